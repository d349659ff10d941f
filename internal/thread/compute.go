package thread

import (
	"runtime"
	"slices"
	"time"
)

// calibration says how many turns of the work loop take a nanosecond on this CPU.
//
// Compute runs a number of turns instead of watching a clock: a wall clock would count the time in
// which the thread was preempted as work, and the thread's CPU clock is a system call of the same
// order as the shortest work asked for. So the work is the same whatever happens around it, as a
// codec's is: a CPU that is slower than at calibration takes longer for it.
type calibration struct {
	turnsPerNS float64
}

const (
	calibrationChunk = 10_000 // turns: some twenty microseconds, so that most are undisturbed
	calibrationTries = 101
)

// calibrate times the loop in short chunks and takes the median: a chunk in which the thread was
// preempted is far off and does not count, and neither does the odd one at a higher frequency.
func calibrate() calibration {
	var chunks [calibrationTries]time.Duration
	for i := range chunks {
		from := time.Now()
		runtime.KeepAlive(work(calibrationChunk))
		chunks[i] = max(1, time.Since(from))
	}
	slices.Sort(chunks[:])
	return calibration{turnsPerNS: calibrationChunk / float64(chunks[calibrationTries/2])}
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
