package modeltest

import (
	"os"
	"runtime"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// watchTick is how often the watchdog looks.
const watchTick = 50 * time.Millisecond

// usage is what the process has had of the host.
type usage struct {
	at    time.Duration // monotonic, from an arbitrary zero
	cpu   time.Duration // of all its threads
	wants int           // threads that run or wait for a CPU at this moment, the caller aside
}

// chance is how much the process could have done between two looks. Where threads want a CPU it is
// the CPU time that they got, since only that can bring them on; where nobody wants one, all sleep,
// and time is all that they wait for. It is never more than two ticks: a process that was stopped
// had the time, but could not use it.
func chance(from, to usage) time.Duration {
	c := to.at - from.at
	if to.wants > 0 {
		c = min(c, to.cpu-from.cpu)
	}
	return max(0, min(c, 2*watchTick))
}

func readUsage() usage {
	u := readClock()
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &r) == nil {
		u.cpu = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	u.wants = runnable()
	return u
}

// readClock is readUsage without an allocation: it takes it that nobody waits for a CPU.
func readClock() (u usage) {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) == nil {
		u.at = time.Duration(ts.Nano())
	}
	return u
}

// runnable counts the threads of the process that run or wait for a CPU, less the one that asks; 0
// where /proc does not tell.
func runnable() int {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	all, err := procfs.AllThreads(os.Getpid())
	if err != nil {
		return 0
	}
	n, self := 0, unix.Gettid()
	for _, p := range all {
		if s, err := p.Stat(); err == nil && s.State == "R" && p.PID != self {
			n++
		}
	}
	return n
}
