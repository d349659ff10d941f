package view

import (
	"strings"
	"testing"

	"mtbench/report/internal/reporttest"
	"mtbench/results"
)

// TestWhereSendingRawIsFaster: of two models that take 1055 and 500 ms, raw at 750 ms beats one;
// where it beats none the sentence says so, and a file without it says nothing.
func TestWhereSendingRawIsFaster(t *testing.T) {
	f := reporttest.TinyFile(12)
	text := func() string { s := SourceOf(f, 0, 1); return s.PaysText() }
	if got := text(); got != "" {
		t.Errorf("without null: %q", got)
	}
	f.Header.Matrix.Extra = []results.Cell{{Model: raw, Threads: 4}}
	for pair := range 12 {
		r := reporttest.TinyRun(raw, pair, 750, 1)
		r.PagesCompressed, r.PagesRaw = 0, 1000
		f.Runs = append(f.Runs, r)
	}
	got := text()
	for _, part := range []string{"is faster than locked with 4 threads, wait off (0.711×, ",
		"n = 12 pairs, proved",
		"it is not faster than lockless with 4 threads, wait off (1.50×", "of unequal work"} {
		if !strings.Contains(got, part) {
			t.Errorf("%q lacks %q", got, part)
		}
	}
	for i := range f.Runs {
		if f.Runs[i].Model == raw {
			f.Runs[i].Completed = false
		}
	}
	if got := text(); !strings.Contains(got, "is faster nowhere that it was tried: locked with") ||
		!strings.Contains(got, "can't complete against") {
		t.Errorf("where raw never completes: %q", got)
	}
}
