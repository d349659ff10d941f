package thread

import (
	"math"
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

// A chunk of the calibration takes some twenty microseconds, so that most are undisturbed.
const (
	calibrationChunk = 10_000 // turns
	quickTries       = 101    // of a machine that measures for itself: some 2 ms
	carefulTries     = 5001   // of CalibrateWork: some 0.1 s
)

// CalibrateWork measures how many turns of the work loop take a nanosecond: what Compute's
// durations mean on this host, for [Options]. It takes about 0.2 s, of which the first half brings
// the CPU to the speed that it works at, and does not count.
func CalibrateWork() float64 {
	calibrate(carefulTries)
	return calibrate(carefulTries)
}

// calibrate times the loop in short chunks and takes the median: a chunk in which the thread was
// preempted is far off and does not count, and neither does the odd one at a higher frequency.
func calibrate(tries int) (turnsPerNS float64) {
	chunks := make([]time.Duration, tries)
	for i := range chunks {
		from := time.Now()
		runtime.KeepAlive(work(calibrationChunk))
		chunks[i] = max(1, time.Since(from))
	}
	slices.Sort(chunks)
	return calibrationChunk / float64(chunks[tries/2])
}

// turns is the work that stands for d: the same for the same d, whatever happens around it.
func (c calibration) turns(d time.Duration) int64 {
	return int64(math.Round(float64(d) * c.turnsPerNS))
}

func (c calibration) compute(d time.Duration) {
	if d > 0 {
		runtime.KeepAlive(work(c.turns(d)))
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
