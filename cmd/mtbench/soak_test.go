package main

import (
	"strings"
	"testing"
	"time"
)

// TestTheOtherIsExactlyAsMuchLonger: no rounding takes a nanosecond of what is planted.
func TestTheOtherIsExactlyAsMuchLonger(t *testing.T) {
	for truth, want := range map[float64]time.Duration{1.03: 51500, 1.1: 55000, 0.97: 48500} {
		if got := longer(50*time.Microsecond, truth); got != want {
			t.Errorf("%g times 50 µs is %d ns, want %d", truth, got, want)
		}
	}
}

// TestSoaksRun makes each soak as short as it can be; what they find on a busy host is not
// asserted.
func TestSoaksRun(t *testing.T) {
	for args, want := range map[string][]string{
		"soak aa --comparisons 1 --pairs 2 --reruns 0": {
			"1 comparisons of lockless with itself, 2 pairs each", "differ unadjusted"},
		"soak series --series 5 --first 2 --ratio 1.25": {"5 simulated series, ratio 1.25",
			"t, 2 degrees         1     0", "AR(.8), drift        2     0", "all                  5     0"},
		"soak truth --trials 1 --first 3 --max-pairs 2 --service 5us --reruns 0": {
			"1 trials of inline with +3.0 % planted, 2 pairs in all", "an interval 1 % wide: 0",
			"the 95 % interval holds the truth: 1"},
		"soak account --max-pairs 2 --reruns 0 --promise 2%": {
			"locked with accounting on against off, 2 pairs", "lockless with accounting on",
			"total_time", "cpu_per_page", "at most 2 % promised: not contradicted"},
	} {
		out, errs, status := mtbench(t, t.TempDir(), strings.Fields(args)...)
		if status != statusOK {
			t.Errorf("mtbench %s: status %d: %s", args, status, errs)
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("mtbench %s: no %q in\n%s", args, w, out)
			}
		}
	}
}
