package verdict

import (
	"math"
	"strings"
	"testing"
	"time"

	"mtbench/results"
)

// occasions are series of one matrix whose ratios are given, made an hour apart.
func occasions(sigma float64, ratios ...float64) []*results.File {
	var files []*results.File
	for i, ratio := range ratios {
		f := series{cells: oneCell(), models: []string{"locked", "lockless"},
			ratios: []float64{1, ratio}, pairs: 12, noise: newNoise(uint64(i), sigma)}.file()
		f.Header.Kind = results.Measured
		f.Header.Created = time.Date(2026, 1, 1, i, 0, 0, 0, time.UTC)
		files = append(files, f)
	}
	return files
}

func TestOccasionsSayHowFarARatioMoved(t *testing.T) {
	o, ok := OccasionsOf(occasions(0.002, 0.5, 0.55, 0.6))
	if !ok || len(o.Cases) != 1 {
		t.Fatalf("%v, %+v", ok, o)
	}
	c := &o.Cases[0]
	if moved, ok := c.Moved(); !ok || math.Abs(moved-math.Log(1.2)) > 0.02 {
		t.Errorf("the ratio moved by %v (%v), want log 1.2", moved, ok)
	}
	if moved, ok := c.ModelMoved(false); !ok || moved > 0.05 {
		t.Errorf("the first model moved by %v (%v), want about nothing", moved, ok)
	}
	if moved, ok := c.ModelMoved(true); !ok || math.Abs(moved-math.Log(1.2)) > 0.05 {
		t.Errorf("the other model moved by %v (%v), want log 1.2", moved, ok)
	}
	if c.Agreement() != SameVerdict || !c.disjoint() || o.Apart() != time.Hour {
		t.Errorf("%v, disjoint %v, %v apart", c.Agreement(), c.disjoint(), o.Apart())
	}
	said := strings.Join(o.Sentences(), " ")
	for _, want := range []string{"3 series", "60 min apart", "the same in each in 1",
		"nothing in common in 1 of 1"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q lacks %q", said, want)
		}
	}
}

// A referee's finding: +61 % one day, "equal" another, and each interval covers its own day alone.
func TestOccasionsThatDisagree(t *testing.T) {
	for _, c := range []struct {
		ratios []float64
		want   Agreement
	}{
		{[]float64{0.5, 1.6}, OtherVerdict},
		{[]float64{1, 1.6}, OtherVerdict},
		{[]float64{1.6, 1.6}, SameVerdict},
	} {
		o, ok := OccasionsOf(occasions(0.002, c.ratios...))
		if !ok || o.Cases[0].Agreement() != c.want {
			t.Errorf("ratios %v: %v, want %v", c.ratios, o.Cases[0].Agreement(), c.want)
		}
	}
	if o, ok := OccasionsOf(occasions(1, 1.6, 1.6)); !ok || o.Cases[0].Agreement() != NoVerdict {
		t.Errorf("where noise hides all: %v", o.Cases[0].Agreement())
	}
}

func TestWhatIsNoOccasion(t *testing.T) {
	for name, change := range map[string]func(*results.Header){
		"another build":    func(h *results.Header) { h.Binary = "other" },
		"another host":     func(h *results.Header) { h.Host.CPUs = 2 },
		"another kernel":   func(h *results.Header) { h.Host.Kernel = "other" },
		"another workload": func(h *results.Header) { h.Scenario.Memory = 1 },
		"other models":     func(h *results.Header) { h.Matrix.Models = []string{"locked", "spmc"} },
		"a prediction":     func(h *results.Header) { h.Kind = results.Predicted },
		"the same series":  func(h *results.Header) { h.Created = h.Created.Add(-time.Hour) },
	} {
		files := occasions(0.002, 0.5, 0.5)
		change(&files[1].Header)
		if _, ok := OccasionsOf(files); ok {
			t.Errorf("%s passes for another occasion", name)
		}
	}
	if _, ok := OccasionsOf(occasions(0.002, 0.5)); ok {
		t.Error("one series passes for several")
	}
}
