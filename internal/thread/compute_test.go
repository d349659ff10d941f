package thread

import (
	"math"
	"testing"
	"time"
)

// TestComputeIsTheSameWorkForTheSameOption: a machine that is told how long a turn takes does not
// measure it, so that two durations are two amounts of work of exactly their ratio, to the turn.
func TestComputeIsTheSameWorkForTheSameOption(t *testing.T) {
	o := Options{MaxThreads: 1, TurnsPerNS: 0.61803}
	for name, work := range map[string]calibration{
		"kernel": NewKernel(o).work, "goroutines": NewGoroutines(o).(*goroutines).work,
	} {
		short, long := work.turns(50*time.Microsecond), work.turns(51500*time.Nanosecond)
		if short != 30902 || math.Abs(float64(long)-1.03*float64(short)) > 1 {
			t.Errorf("%s: %d and %d turns, want 30902 and 1.03 times as many", name, short, long)
		}
	}
}

// TestMachinesMeasureWhatTheyAreNotTold also looks at the careful measurement. Only the order of
// magnitude is asserted: a turn is six dependent operations.
func TestMachinesMeasureWhatTheyAreNotTold(t *testing.T) {
	for name, turns := range map[string]float64{
		"machine": NewKernel(Options{MaxThreads: 1}).work.turnsPerNS, "careful": CalibrateWork(),
	} {
		if !(turns > 0) || math.IsInf(turns, 0) {
			t.Errorf("%s: %v turns a nanosecond", name, turns)
		}
	}
}
