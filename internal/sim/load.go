package sim

import "math"

// load is the part of its time that a thread was runnable of late, 0 to 1: an average whose weights halve every
// loadHalf, as Linux's per-entity load tracking has it. It is what CPUs are compared by.
type load struct {
	avg      float64
	since    int64
	runnable bool
}

// loadHalf is in ns.
const loadHalf = 32e6

// enter: from now on the thread is runnable, or is not.
func (l *load) enter(now int64, runnable bool) {
	l.avg, l.since, l.runnable = l.at(now), now, runnable
}

// at is the load now.
func (l *load) at(now int64) float64 {
	to := 0.0
	if l.runnable {
		to = 1
	}
	return to + (l.avg-to)*math.Exp2(-float64(now-l.since)/loadHalf)
}
