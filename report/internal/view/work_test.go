package view

import (
	"strings"
	"testing"

	"mtbench/report/internal/reporttest"
	"mtbench/results"
)

// TestWhoCompressesLessIsNotFaster: in half the total time a tenth of the pages is almost five
// times as long a page; with wait on, and half the setup, only the rest of the time counts.
func TestWhoCompressesLessIsNotFaster(t *testing.T) {
	f := reporttest.TinyFile(12)
	for i := range f.Runs {
		if f.Runs[i].Model == "lockless" {
			f.Runs[i].PagesCompressed, f.Runs[i].PagesRaw = 100, 900
		}
	}
	s := SourceOf(f, 0, 1)
	title := TimeFinding(s, s.Diffs()).Text()
	want := "lockless is slower than locked for equal work in 1 of 1 case: 4.7"
	if !strings.HasPrefix(title, want) || !strings.Contains(title, "× the time per compressed page") {
		t.Errorf("the title is %q, want %q …", title, want)
	}

	for i := range f.Runs {
		r := &f.Runs[i]
		r.Wait, r.BusyRatio, r.SetupTimeMS = true, nil, 10
		if r.TotalTimeMS = 1010; r.Model == "lockless" {
			r.TotalTimeMS, r.SetupTimeMS = 1400, 900
		}
	}
	s = SourceOf(f, 0, 1)
	if title := TimeFinding(s, s.Diffs()).Text(); !strings.Contains(title, ": 0.500× the time [") ||
		strings.Contains(title, "compressed") {
		t.Errorf("the title is %q; without setup it takes half the time", title)
	}

	for i := range f.Runs {
		f.Runs[i].Wait, f.Runs[i].WhenFull = false, results.FullSelf
	}
	s = SourceOf(f, 0, 1)
	if title := TimeFinding(s, s.Diffs()).Text(); !strings.Contains(title, ": 0.500× the time [") ||
		!strings.Contains(title, "self") {
		t.Errorf("the title is %q; main compresses what finds no thread, so that the work is equal",
			title)
	}
}
