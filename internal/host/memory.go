package host

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"mtbench/results"
)

// memoryFiles are the limit of a group's memory and what of it is used, by version.
func memoryFiles(v2 bool) (limit, used string) {
	if v2 {
		return "memory.max", "memory.current"
	}
	return "memory.limit_in_bytes", "memory.usage_in_bytes"
}

// memoryGroups lists the process's memory cgroup and its parents, as groups does for CPU time.
func (m *Machine) memoryGroups() (all []group) {
	for line := range strings.Lines(m.read(m.proc, "self/cgroup")) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) != 3 || f[1] != "" && !containsWord(f[1], "memory") {
			continue
		}
		bases := []string{"fs/cgroup", "fs/cgroup/unified"}
		if f[1] != "" {
			bases = []string{"fs/cgroup/memory"}
		}
		for _, base := range bases {
			for p := filepath.Clean("/" + f[2]); ; p = filepath.Dir(p) {
				all = append(all, group{filepath.Join(base, p), f[1] == ""})
				if p == "/" {
					break
				}
			}
		}
	}
	return all
}

// unlimited is what version 1 shows of a group without a limit, or more than that.
const unlimited = 1 << 62

// memoryLimit is the group that leaves the process the least memory: its limit and what is left of
// it, in bytes; false if no group has a limit.
func (m *Machine) memoryLimit() (limit, left int64, ok bool) {
	for _, g := range m.memoryGroups() {
		limitFile, usedFile := memoryFiles(g.v2)
		most, err := strconv.ParseInt(m.read(m.sys, filepath.Join(g.dir, limitFile)), 10, 64)
		if err != nil || most < 0 || most >= unlimited { // "max" means none
			continue
		}
		used, _ := strconv.ParseInt(m.read(m.sys, filepath.Join(g.dir, usedFile)), 10, 64)
		if rest := max(0, most-max(0, used)); !ok || rest < left {
			limit, left, ok = most, rest, true
		}
	}
	return limit, left, ok
}

func (m *Machine) memoryBound(results.Noise) *Finding {
	limit, left, ok := m.memoryLimit()
	if !ok {
		return nil
	}
	return &Finding{
		Seen: fmt.Sprintf("a cgroup limit of %d MiB of memory, %d MiB of it left", limit>>20, left>>20),
		Blurs: "which runs are possible: the kernel kills one that needs more, and a run near the limit " +
			"waits for memory to be reclaimed",
		Cure: "docker update --memory SIZE CONTAINER, or systemctl set-property UNIT MemoryMax=SIZE",
	}
}
