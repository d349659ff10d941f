package table

import (
	"strings"
	"testing"

	"mtbench/report/internal/format"
	"mtbench/report/internal/reporttest"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// TestCost: the cost of a thread is a sum, and the share of the codec is that of pages and their
// time.
func TestCost(t *testing.T) {
	f := reporttest.TinyFile(1)
	service := 300.0
	for i := range f.Runs {
		f.Runs[i].ServiceTimeUS = &service
	}
	sec := costSection(view.SourceOf(f, 0, 1))
	for head, want := range map[string]string{"CPU main (ms)": "600", "CPU workers (ms)": "600",
		"CPU a compressed page (µs)": "1200", "codec’s share (%)": "25.0",
		"CPU destination (ms)": format.None} {
		if got := cellOf(t, sec, 0, head); got != want {
			t.Errorf("%s is %q, want %q", head, got, want)
		}
	}
}

// TestDowntimeBesideItsLimit counts the runs that kept it and names the cases of few rate windows.
func TestDowntimeBesideItsLimit(t *testing.T) {
	f := reporttest.TinyFile(4)
	f.Header.Pilot = &results.Pilot{Windows: 2.5}
	for i := range f.Runs {
		r := &f.Runs[i]
		r.DowntimeLimitMS, r.DowntimeMS = 10, 5
		if r.Pair == 0 && r.Model == "locked" {
			r.DowntimeMS = 10.1
		}
		if r.Model == "lockless" {
			r.TotalTimeMS = 250
		}
	}
	sec := downtimeSection(view.SourceOf(f, 0, 1))
	if got := cellOf(t, sec, 0, "limit kept (runs)"); got != "3 of 4" {
		t.Errorf("kept is %q", got)
	}
	notes := strings.Join(sec.Notes, "\n")
	for _, part := range []string{"7 of 8 runs that completed kept the downtime limit (88 %).",
		"Fewer than 4 rate windows, so that bandwidth and threshold are hardly estimated: lockless " +
			"with 4 threads, " +
			"wait off (2.50).", "covers 2.50 rate windows"} {
		if !strings.Contains(notes, part) {
			t.Errorf("the notes lack %q: %s", part, notes)
		}
	}
}
