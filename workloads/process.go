package workloads

import (
	"bufio"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// holdCollector keeps the Go collector out of the measured time: it runs now and then not again,
// unless the heap outgrows what the run was said to need and the threads are not sealed. The
// function it returns undoes that.
func (sc Scenario) holdCollector() func() {
	runtime.GC()
	percent := debug.SetGCPercent(-1)
	most := max(reserve, sc.MemoryNeeded())
	if sc.Sealed {
		most = math.MaxInt64 // the world cannot be stopped
	}
	limit := debug.SetMemoryLimit(most)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// collections is what the Go collector did.
type collections struct {
	cycles int
	paused time.Duration
}

func readCollections() collections {
	var s debug.GCStats
	debug.ReadGCStats(&s) // which does not stop the world: sealed threads could not be stopped
	return collections{int(s.NumGC), s.PauseTotal}
}

func (c collections) since(before collections) collections {
	return collections{c.cycles - before.cycles, c.paused - before.paused}
}

// peakMemory is the peak resident memory of this process in bytes.
func peakMemory() int64 {
	if f, err := os.Open("/proc/self/status"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if text, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
				kib, err := strconv.ParseInt(strings.Fields(text)[0], 10, 64)
				if err == nil {
					return kib << 10
				}
			}
		}
	}
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Maxrss << 10
}
