package thread

import (
	"math"
	"runtime"
	"time"
)

// calibration says how long one turn of the work loop takes on an undisturbed CPU.
//
// Compute runs a number of turns instead of watching a clock: a wall clock would count the time in
// which the thread was preempted as work, and the thread's CPU clock is a system call of the same
// order as the shortest work asked for. So the work is the same whatever happens around it, as a
// codec's is: a CPU that is slower than at calibration takes longer for it.
type calibration struct {
	turnsPerNS float64
}

const (
	calibrationChunk = 10_000 // turns: some ten microseconds, short enough to be undisturbed often
	calibrationTries = 100
)

// calibrate times the loop in short chunks and takes the fastest: a chunk in which the thread was
// preempted or interrupted is longer, never shorter. The first chunks also raise the frequency.
func calibrate() calibration {
	best := time.Duration(math.MaxInt64)
	for range calibrationTries {
		from := time.Now()
		runtime.KeepAlive(work(calibrationChunk))
		if d := time.Since(from); d > 0 && d < best {
			best = d
		}
	}
	return calibration{turnsPerNS: calibrationChunk / float64(best.Nanoseconds())}
}

func (c calibration) compute(d time.Duration) {
	if d > 0 {
		runtime.KeepAlive(work(int64(float64(d) * c.turnsPerNS)))
	}
}

// work is a chain of dependent operations that no compiler folds and no CPU runs side by side.
//
//go:noinline
func work(turns int64) uint64 {
	x := uint64(turns) | 1
	for range turns {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}
