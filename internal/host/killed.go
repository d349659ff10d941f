package host

import (
	"path/filepath"
	"strconv"
	"strings"
)

// A MemoryWatch knows the bounds of memory, and how many processes the kernel had killed for
// memory, when a run began.
type MemoryWatch struct {
	machine *Machine
	bounds  []MemoryBound
	kills   int64
	counted bool
}

// WatchMemory begins to watch.
func (m *Machine) WatchMemory() *MemoryWatch {
	w := &MemoryWatch{machine: m, bounds: m.MemoryBounds()}
	w.kills, w.counted = m.memoryKills()
	return w
}

// memoryKills is how many processes of this process's own cgroup the kernel has killed for memory;
// false if no group counts them.
func (m *Machine) memoryKills() (int64, bool) {
	for _, g := range m.memoryGroups() { // its own comes first
		file := "memory.oom_control"
		if g.v2 {
			file = "memory.events"
		}
		text := m.read(m.sys, filepath.Join(g.dir, file))
		if n, err := strconv.ParseInt(firstWord(text, "oom_kill "), 10, 64); err == nil {
			return n, true
		}
	}
	return 0, false
}

// nearShare is the part of what a bound left at the start from which on processes were near it.
const nearShare = 0.8

// Killed says which bound made the kernel kill (SIGKILL) a process of a run, all of which have held
// peak bytes at most; "" if none is known to.
func (w *MemoryWatch) Killed(peak int64) string {
	bound, ok := tightest(w.shared())
	now, counted := w.machine.memoryKills()
	switch {
	case w.counted && counted && now > w.kills && !ok:
		return "the kernel had no memory left"
	case w.counted && counted && now > w.kills:
		return bound.What + " was reached"
	case ok && float64(peak) >= nearShare*float64(bound.Left):
		return bound.What + " was near (its processes held up to " + mebibytes(peak) + ")"
	}
	return ""
}

// shared are the bounds that hold for all processes together: the kernel kills for these alone.
func (w *MemoryWatch) shared() (all []MemoryBound) {
	for _, b := range w.bounds {
		if !b.Each {
			all = append(all, b)
		}
	}
	return all
}

// Refused says which limit each process has, if words, which one of them left, are about memory
// that it did not get; else "".
func (w *MemoryWatch) Refused(words string) string {
	if !strings.Contains(words, "cannot allocate memory") && !strings.Contains(words,
		"out of memory") {
		return ""
	}
	for _, b := range w.bounds {
		if b.Each {
			return "each process has " + b.What
		}
	}
	return ""
}
