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

// A MemoryBound is something that a run's memory must fit into.
type MemoryBound struct {
	What  string // such as "the memory limit of 512 MiB of its cgroup"
	Limit int64  // bytes
	Left  int64  // bytes of Limit that a run may still take
	Each  bool   // holds for each process by itself, not for all of them together
}

// MemoryBounds lists what the kernel tells of the memory that a run may take: the machine's, the
// cgroup's limit that leaves the least, and the resource limits of each process.
func (m *Machine) MemoryBounds() []MemoryBound {
	var all []MemoryBound
	if total, available := m.memory(); available > 0 {
		all = append(all, MemoryBound{What: "this machine's memory of " + mebibytes(total),
			Limit: total, Left: available})
	}
	if limit, left, ok := m.memoryLimit(); ok {
		all = append(all, MemoryBound{What: "the memory limit of " + mebibytes(limit) +
			" of its cgroup", Limit: limit, Left: left})
	}
	return append(all, m.resourceLimits()...)
}

func mebibytes(n int64) string { return strconv.FormatInt(n>>20, 10) + " MiB" }

// tightest is the bound that leaves the least; false if there is none.
func tightest(bounds []MemoryBound) (least MemoryBound, ok bool) {
	for i, b := range bounds {
		if i == 0 || b.Left < least.Left {
			least = b
		}
	}
	return least, len(bounds) > 0
}

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

// resourceLimits are this process's limits of address space and data (getrlimit(2)), which the
// processes of a run inherit. What this process has taken stands for what one of them begins with.
func (m *Machine) resourceLimits() (all []MemoryBound) {
	for _, l := range []struct{ name, line, used string }{
		{"RLIMIT_AS", "Max address space", "VmSize:"}, {"RLIMIT_DATA", "Max data size", "VmData:"},
	} {
		soft := firstWord(m.read(m.proc, "self/limits"), l.line)
		limit, err := strconv.ParseInt(soft, 10, 64) // "unlimited" is not a number
		if err != nil || limit < 0 || limit >= unlimited {
			continue
		}
		used, _ := strconv.ParseInt(firstWord(m.read(m.proc, "self/status"), l.used), 10, 53)
		all = append(all, MemoryBound{What: l.name + " of " + mebibytes(limit), Limit: limit,
			Left: max(0, limit-used<<10), Each: true})
	}
	return all
}

// firstWord is the first word behind label in the line of text that begins with it.
func firstWord(text, label string) string {
	for line := range strings.Lines(text) {
		if rest, found := strings.CutPrefix(line, label); found {
			if f := strings.Fields(rest); len(f) > 0 {
				return f[0]
			}
		}
	}
	return ""
}

func (m *Machine) memoryBound(results.Noise) *Finding {
	limit, left, ok := m.memoryLimit()
	if !ok {
		return nil
	}
	return &Finding{
		Seen: fmt.Sprintf("a cgroup limit of %d MiB of memory, %d MiB of it left", limit>>20, left>>20),
		Disturbs: "which runs are possible: the kernel kills one that needs more, and a run near the " +
			"limit " +
			"waits for memory to be reclaimed",
		Helps: "docker update --memory SIZE CONTAINER, or systemctl set-property UNIT MemoryMax=SIZE",
	}
}

func (m *Machine) processBound(results.Noise) *Finding {
	b, ok := tightest(m.resourceLimits())
	if !ok {
		return nil
	}
	return &Finding{
		Seen:     fmt.Sprintf("%s for each process, %s of it left", b.What, mebibytes(b.Left)),
		Disturbs: "which runs are possible: a process that needs more gets none and ends",
		Helps:    "ulimit -v unlimited; ulimit -d unlimited (in the shell that starts mtbench)",
	}
}
