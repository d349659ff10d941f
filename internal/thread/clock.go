package thread

import (
	"runtime"
	"slices"
	"time"

	"github.com/prometheus/procfs"
)

// clock is a machine's time: a monotonic clock in nanoseconds, and a counter of ticks that is
// cheaper to read and has no unit until a bracket measures one.
type clock struct {
	base  time.Time
	ticks bool // the CPU's counter is steady; else a tick is a nanosecond of the clock
}

func newClock() clock { return clock{base: time.Now(), ticks: tickSteady()} }

func (c *clock) now() time.Duration { return time.Since(c.base) }

func (c *clock) tick() int64 {
	if c.ticks {
		return rdtick()
	}
	return int64(time.Since(c.base))
}

// tickSteady reports whether the CPU's counter runs at one rate on all cores, whatever their
// frequency and sleep. ARM's generic timer does by definition; a TSC does if the kernel lists
// constant_tsc and nonstop_tsc.
func tickSteady() bool {
	switch runtime.GOARCH {
	case "arm64":
		return true
	case "amd64":
		return cpuHas("constant_tsc", "nonstop_tsc")
	}
	return false
}

func cpuHas(flags ...string) bool {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return false
	}
	cpus, err := fs.CPUInfo()
	if err != nil || len(cpus) == 0 {
		return false
	}
	return !slices.ContainsFunc(flags, func(f string) bool {
		return !slices.Contains(cpus[0].Flags, f)
	})
}
