package sim

import "math"

// average is that of a figure over the time of late: its weights halve every averageHalf, as
// Linux's per-entity load tracking has it. A thread has one of whether it was runnable, by which
// CPUs are compared.
type average struct {
	avg, level float64
	since      int64
}

// averageHalf is in ns.
const averageHalf = 32e6

// enter: from now on the figure is level.
func (a *average) enter(now int64, level float64) {
	a.avg, a.since, a.level = a.at(now), now, level
}

// at is the average now.
func (a *average) at(now int64) float64 {
	return a.level + (a.avg-a.level)*halved(now-a.since)
}

// halved is what is left of 1 after d ns. What is halved most often has hardly begun to be: then
// three terms of the series are right to 3e-6.
func halved(d int64) float64 {
	x := float64(d) * (math.Ln2 / averageHalf)
	if x < 1.0/40 {
		return 1 - x + x*x/2
	}
	return math.Exp(-x)
}
