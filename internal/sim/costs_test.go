package sim

import (
	"math"
	"strings"
	"testing"
	"time"
)

// Impossible costs are refused by name.
func TestCostsAreChecked(t *testing.T) {
	for want, c := range map[string]Costs{
		"tick_ns is 1µs":       {Slice: time.Millisecond, Tick: time.Microsecond},
		"pull_missed is 1.5":   {Slice: time.Millisecond, PullMissed: 1.5},
		"pull_missed is NaN":   {Slice: time.Millisecond, PullMissed: math.NaN()},
		"slice_ns is 10ns":     {Slice: 10},
		"atomic_ns is -1ns":    {Slice: time.Millisecond, Atomic: -1},
		"wake_spread is 3; it": {Slice: time.Millisecond, WakeSpread: 3},
	} {
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
}
