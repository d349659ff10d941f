package view

import (
	"math"
	"strings"
	"testing"

	"mtbench/report/internal/reporttest"
	"mtbench/results"
)

// What disturbed the runs is said, and a file of which most were disturbed beyond use begins with a
// warning.
func TestHandOverNoise(t *testing.T) {
	f := reporttest.HandOverFile()
	if got, want := HandOverOf(f).NoiseText(), "Of 34 runs the noise grade is: 10 noisy, 24 clean; "+
		"others used 0.10 CPUs meanwhile."; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	for i := range f.Runs {
		f.Runs[i].Noise.Grade = "void"
	}
	if got := HandOverOf(f).NoiseText(); !strings.HasPrefix(got, "WARNING: 34 of 34 runs") {
		t.Error(got)
	}
	for i := range f.Runs {
		f.Runs[i].Noise = nil
	}
	if got := HandOverOf(f).NoiseText(); !strings.Contains(got, "not known") {
		t.Error(got)
	}
}

// The regrets of a file whose figures can be worked out by hand.
func TestRegrets(t *testing.T) {
	h := HandOverOf(reporttest.HandOverFile())
	got := map[string]Regret{}
	for _, r := range h.Regrets() {
		got[r.Model] = r
	}
	// Without work 400 and 250 ns against 200, with it 2 × 2,900 against 2,700; CPU 600 and 400
	// against 200, then 10,600 against 10,400 and 3 × 10,200 against that.
	for _, c := range []struct {
		model     string
		rate, cpu float64
	}{
		{"locked", 5800. / 2700, 3},
		{"lockless", 1, 2},
		{"ring", 1.25, 3 * 10200. / 10400},
	} {
		r := got[c.model]
		near(t, c.model+" worst pages/s", Worst(r.Rate).By, c.rate)
		near(t, c.model+" worst CPU", Worst(r.CPU).By, c.cpu)
	}
	near(t, "lockless median CPU", MedianFactor(got["lockless"].CPU), 1.5)
	near(t, "lockless median pages/s", MedianFactor(got["lockless"].Rate), 1)
	if first := h.Regrets()[0].Model; first != "lockless" {
		t.Errorf("least regret is %s's", first)
	}
	if w := Worst(got["locked"].CPU); w.WorkNS != 0 {
		t.Errorf("locked costs most in %v", w.HandOverCell)
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got/want-1) > 0.002 {
		t.Errorf("%s is %g, want %g", what, got, want)
	}
}

// Medians are of the repeats that there are, and a case of one model has no second.
func TestHandOverMedians(t *testing.T) {
	f := reporttest.HandOverFile()
	h := HandOverOf(f)
	c := results.HandOverCell{Model: "lockless", Threads: 1, Load: 100}
	ns := func(r *results.HandOver) (float64, bool) { return r.PageNS, true }
	near(t, "median", h.Median(c, ns), 200)
	if least, most := h.Repeats(); least != 2 || most != 3 {
		t.Errorf("%d to %d repeats", least, most)
	}
	if !math.IsNaN(h.Median(c.Of("none"), ns)) || !math.IsNaN(MedianFactor(nil)) ||
		!math.IsNaN(Worst(nil).By) {
		t.Error("a figure of nothing")
	}
	if b := h.Buckets(c); len(b) != 3 || b[0].Pages != 150 {
		t.Errorf("%v", b)
	}
	if at, ok := h.Telling(); !ok || at.WorkNS != 10_000 || at.Threads != 4 {
		t.Errorf("%v, %v", at, ok)
	}
	alone := &results.HandOverFile{Header: f.Header, Runs: f.Runs[:1]}
	if text := HandOverOf(alone).LeadText(f.Runs[0].Case(), true); text != "" {
		t.Errorf("a lead of %s over nobody", text)
	}
}
