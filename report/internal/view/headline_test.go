package view

import (
	"math"
	"strings"
	"testing"

	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/report/internal/reporttest"
	"mtbench/results"
)

// TestPlotsAndTablesGiveTheSameRatio: the model's time over the base's, in every case and pair.
func TestPlotsAndTablesGiveTheSameRatio(t *testing.T) {
	f := reporttest.DefaultSynth().File()
	s := SourceOf(f, 0, 1)
	of := map[results.Cell]verdict.Comparison{}
	for _, c := range verdict.CompareAll(f, metric.Get(metric.EqualWorkTime)) {
		of[c.Cell] = c
	}
	faster := 0
	for _, d := range s.Diffs() {
		c := of[d.Case]
		if d.Ratio != math.Exp(c.Change.Estimate) || d.Lo != math.Exp(c.Change.Lo) ||
			d.Hi != math.Exp(c.Change.Hi) || (d.Verdict == Faster) != (c.State == verdict.LowerThan) {
			t.Errorf("%s: %v [%v, %v], the table has %s", d.Case, d.Ratio, d.Lo, d.Hi, c.String())
		}
		for i, p := range d.Pairs {
			if p.Ratio != math.Exp(c.Pairs[i].LogRatio) {
				t.Errorf("%s: pair %d is %v", d.Case, i, p.Ratio)
			}
		}
		if d.Verdict == Faster && d.Ratio < 1 {
			faster++
		}
	}
	if faster < 5 {
		t.Errorf("faster in %d cases", faster)
	}
}

// TestTheHeadlineCannotFlatter: what it quotes has an interval and its pairs by sign; runs at the
// bound are said; a case whose pages mostly go out raw is quoted only where there is no other, and
// says so.
func TestTheHeadlineCannotFlatter(t *testing.T) {
	f := reporttest.DefaultSynth().File()
	raw := func(threads ...int) string {
		for i := range f.Runs {
			r := &f.Runs[i]
			if r.BusyRatio == nil {
				continue
			}
			ratio := 0.4
			for _, n := range threads {
				if r.Threads == n {
					ratio = 0.95
				}
			}
			r.BusyRatio = &ratio
		}
		s := SourceOf(f, 0, 1)
		return TimeFinding(s, s.Diffs()).Text()
	}
	for i := range f.Runs { // the largest difference is with 16 threads and wait off
		if r := &f.Runs[i]; r.Threads == 16 && !r.Wait && r.Model == "lockless" {
			r.TotalTimeMS /= 4
		}
	}
	open := raw()
	for _, part := range []string{"× the time per compressed page [",
		"(16 threads, wait off, 10 pairs: 10 lower, 0 higher)",
		"in 1 case some runs do not complete and count by their bound"} {
		if !strings.Contains(open, part) {
			t.Errorf("%q lacks %q", open, part)
		}
	}
	if text := raw(16); strings.Contains(text, "16 threads") ||
		!strings.Contains(text, "beside 1 case in which nine pages in ten find no thread free") {
		t.Errorf("another case can be quoted: %q", text)
	}
	for i := range f.Runs {
		f.Runs[i].Wait = false
	}
	if text := raw(1, 2, 4, 8, 16); !strings.Contains(text, "no answer about handing them over") {
		t.Errorf("every page is raw: %q", text)
	}
}

// TestTheIntervalCoversOneSeries: what stands behind the summary says that another day is another
// series.
func TestTheIntervalCoversOneSeries(t *testing.T) {
	for _, pairs := range []int{0, 10} {
		f := reporttest.DefaultSynth().File()
		if f.Header.Matrix.Pairs = pairs; pairs == 0 {
			f.Header.Matrix.Equal = 0.1
		}
		s := SourceOf(f, 0, 1)
		if text := s.sureText(f, s.Diffs()); !strings.Contains(text,
			"within this one series: another day may lie outside of them") {
			t.Errorf("%d pairs planned: %q", pairs, text)
		}
	}
}
