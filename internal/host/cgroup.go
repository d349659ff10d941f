package host

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
)

// A group is one directory of the cgroup file system that holds this process, with the files of
// its version's CPU controller.
type group struct {
	dir string // below sys
	v2  bool
}

// groups lists the process's CPU cgroup and its parents: the tightest of them binds. In a
// container the path that /proc names may not exist under the mount; its root then stands for it.
func (m *Machine) groups() []group {
	var all []group
	for _, c := range m.memberships() {
		for _, base := range bases(c) {
			v2 := len(c.Controllers) == 0
			for p := filepath.Clean("/" + c.Path); ; p = filepath.Dir(p) {
				all = append(all, group{filepath.Join(base, p), v2})
				if p == "/" {
					break
				}
			}
		}
	}
	return all
}

// bases is where a hierarchy is mounted, below sys; a hybrid host has v2 under "unified".
func bases(c procfs.Cgroup) []string {
	if len(c.Controllers) == 0 {
		return []string{"fs/cgroup", "fs/cgroup/unified"}
	}
	return []string{"fs/cgroup/cpu", "fs/cgroup/cpu,cpuacct"}
}

// memberships are the lines of /proc/self/cgroup that concern CPU time.
func (m *Machine) memberships() []procfs.Cgroup {
	var cpu []procfs.Cgroup
	for line := range strings.Lines(m.read(m.proc, "self/cgroup")) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) != 3 {
			continue
		}
		switch {
		case f[1] == "":
			cpu = append(cpu, procfs.Cgroup{Path: f[2]})
		case containsWord(f[1], "cpu"):
			cpu = append(cpu, procfs.Cgroup{Path: f[2], Controllers: []string{"cpu"}})
		}
	}
	return cpu
}

func containsWord(list, word string) bool {
	for w := range strings.SplitSeq(list, ",") {
		if w == word {
			return true
		}
	}
	return false
}

// quota is the tightest CPU quota over the process, in CPUs; false if there is none.
func (m *Machine) quota() (float64, bool) {
	tightest := 0.0
	for _, g := range m.groups() {
		if q, ok := m.groupQuota(g); ok && (tightest == 0 || q < tightest) {
			tightest = q
		}
	}
	return tightest, tightest > 0
}

func (m *Machine) groupQuota(g group) (float64, bool) {
	words := strings.Fields(m.read(m.sys, filepath.Join(g.dir, "cpu.max")))
	if !g.v2 {
		words = []string{m.read(m.sys, filepath.Join(g.dir, "cpu.cfs_quota_us")),
			m.read(m.sys, filepath.Join(g.dir, "cpu.cfs_period_us"))}
	}
	if len(words) != 2 {
		return 0, false
	}
	quota, err1 := strconv.ParseFloat(words[0], 64) // "max" and -1 mean none
	period, err2 := strconv.ParseFloat(words[1], 64)
	if err1 != nil || err2 != nil || quota <= 0 || period <= 0 {
		return 0, false
	}
	return quota / period, true
}

// throttled is how long each group has been throttled since it was made, by directory; nil if no
// group counts it.
func (m *Machine) throttled() map[string]time.Duration {
	var times map[string]time.Duration
	for _, g := range m.groups() {
		for line := range strings.Lines(m.read(m.sys, filepath.Join(g.dir, "cpu.stat"))) {
			if d, ok := throttleLine(line); ok {
				if times == nil {
					times = map[string]time.Duration{}
				}
				times[g.dir] = d
			}
		}
	}
	return times
}

// throttleLine reads "throttled_usec N" (version 2) or "throttled_time N" (version 1, in ns).
func throttleLine(line string) (time.Duration, bool) {
	f := strings.Fields(line)
	if len(f) != 2 {
		return 0, false
	}
	unit := map[string]time.Duration{
		"throttled_usec": time.Microsecond, "throttled_time": time.Nanosecond,
	}[f[0]]
	n, err := strconv.ParseInt(f[1], 10, 64)
	if unit == 0 || err != nil || n < 0 || n > int64(time.Duration(1<<62)/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// throttledBetween is the growth of the group that grew most: groups above one another count the
// same standstill.
func throttledBetween(before, after map[string]time.Duration) time.Duration {
	var most time.Duration
	for dir, d := range after {
		if b, ok := before[dir]; ok {
			most = max(most, d-b)
		}
	}
	return most
}
