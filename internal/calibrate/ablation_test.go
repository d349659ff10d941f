package calibrate

import (
	"strings"
	"testing"
)

// What is left out is nowhere in a profile, and all else is as it was; also in the parts of a pool.
func TestWithout(t *testing.T) {
	pool := pool([]*Calibration{committed(t), committed(t)})
	for i := range 2 { // the pool itself, and its first part
		whole, err := pool.Resampling(i, nil)
		if err != nil {
			t.Fatal(err)
		}
		less, err := pool.Without([]string{"crowd", "wake-place", "halt-polling", "main-page"})
		if err != nil {
			t.Fatal(err)
		}
		p, err := less.Resampling(i, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := p.Costs
		if p.Crowd.Encode != [3]float64{1, 1, 1} || p.Crowd.Decode != 1 || p.Rates.Own != 0 ||
			c.HaltPoll != 0 || c.WakeLocal != c.FutexWake || c.WakeBusy != c.FutexWake {
			t.Errorf("%d: %+v", i, p)
		}
		was := whole.Costs
		if c.FutexWake != was.FutexWake || c.IdleWake != was.IdleWake || whole.Rates.Own == 0 {
			t.Errorf("%d: others changed from %+v to %+v", i, whole.Costs, c)
		}
	}
	_, err := pool.Without([]string{"moves"})
	if err == nil || !strings.Contains(err.Error(), "halt-polling") {
		t.Errorf("an unknown effect: %v", err)
	}
}
