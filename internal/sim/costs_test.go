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
		"Slice is 10ns":       {Slice: 10},
		"Atomic is -1ns":      {Slice: time.Millisecond, Atomic: -1},
		"WakeSpread is 3; it": {Slice: time.Millisecond, WakeSpread: 3},
		"WakeSpread is NaN":   {Slice: time.Millisecond, WakeSpread: math.NaN()},
	} {
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
}
