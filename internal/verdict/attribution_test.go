package verdict

import (
	"math"
	"testing"
)

func stepSeries(pairs int, seed uint64) series {
	return series{cells: oneCell(), pairs: pairs, noise: newNoise(seed, 0.01),
		models: []string{"step0-locked", "step1-depth", "step2-results", "step10-lockless"},
		ratios: []float64{1, 0.8, 0.8, 0.6}}
}

// TestAttribution plants what each step does, and finds it, in order and adding up.
func TestAttribution(t *testing.T) {
	all := Attribute(stepSeries(14, 51).file(), totalTimeMetric())
	if len(all) != 1 || len(all[0].Steps) != 3 || all[0].Pairs != 14 {
		t.Fatalf("%+v", all)
	}
	sum := 0.0
	for i, want := range []float64{0.8, 1, 0.75} {
		s := all[0].Steps[i]
		sum += s.Change.Estimate
		if !s.Change.Contains(math.Log(want)) || s.Proved() != (want != 1) {
			t.Errorf("%s → %s: %+v p %v, planted %v", s.From, s.To, s.Change, s.Adjusted, math.Log(want))
		}
	}
	whole := all[0].Whole
	if math.Abs(sum-whole.Change.Estimate) > 1e-12 || whole.From != "step0-locked" ||
		whole.To != "step10-lockless" {
		t.Errorf("steps add up to %v, the whole is %+v", sum, whole)
	}
}

func TestAttributionLeavesOutWhatDidNotComplete(t *testing.T) {
	f := stepSeries(8, 52).file()
	f.Runs[2].Completed = false
	f.Runs[5].TotalTimeMS = 0 // no value
	a := Attribute(f, totalTimeMetric())[0]
	if a.Pairs != 6 || a.Excluded != 2 {
		t.Errorf("%d rounds, %d left out; want 6 and 2", a.Pairs, a.Excluded)
	}
}

func TestNoStepsNoAttribution(t *testing.T) {
	if all := Attribute(twoModels(1, 4, 53).file(), totalTimeMetric()); all != nil {
		t.Errorf("%+v", all)
	}
	for _, name := range []string{"step", "stepx-y", "locked", "step3"} {
		if _, ok := stepNumber(name); ok {
			t.Errorf("%q is a step", name)
		}
	}
}
