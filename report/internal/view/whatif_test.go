package view

import (
	"strings"
	"testing"

	"mtbench/report/internal/reporttest"
	"mtbench/results"
)

func whatIfSource() *Source {
	f := reporttest.WithWhatIf(reporttest.TinyFile(5))
	return SourcesOf([]*results.File{f}, nil)[0]
}

// TestWhatIfText: the sentence is of the cost without which a page takes least, and what does no
// more than chance is counted only.
func TestWhatIfText(t *testing.T) {
	list := whatIfSource().WhatIfs()
	if len(list) != 2 || list[0].Others != 1 || len(list[0].Rows) != 2 || len(list[1].Rows) != 1 ||
		list[0].Rows[0].Cost != "idle_wake_ns" {
		t.Fatalf("%+v", list)
	}
	if got, want := list[0].Text(), "With 16 threads, wait on, 92 % of locked's time is the "+
		"wake-up of an idle CPU (idle_wake_ns): a page takes 100 µs, and 8.00 without it"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	slow := *list[0]
	slow.Rows = slow.Rows[:1]
	slow.Rows[0].Time[0] = 0.7
	if got, want := slow.Text(), "With 16 threads, wait on, no single cost is part of locked's time: "+
		"without any of them a page takes as long"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestDecided: two costs decide the ratio of the models, and the one that turns it is named with
// where it does; a cost that is gone altogether turns nothing.
func TestDecided(t *testing.T) {
	s := whatIfSource()
	want := "Two costs decide the result: the wake-up of an idle CPU (idle_wake_ns), which takes " +
		"the time of lockless over that of locked from 0.263 to 1.25 with 16 threads, wait on; and a " +
		"line " +
		"(line_ns), which takes the time of lockless over that of locked from 0.500 to 0.505 with 16 " +
		"threads, wait on. Another model is then ahead: the wake-up of an idle CPU (idle_wake_ns) at " +
		"0.5× with 16 threads, wait on."
	if got := s.DecidedText(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s.From.WhatIf[1].Points[1].Time = 60
	if got := s.DecidedText(); !strings.HasSuffix(got, "puts another model ahead.") {
		t.Errorf("got %q", got)
	}
	s.From.WhatIf = s.From.WhatIf[:4] // locked alone
	if got := s.DecidedText(); got != "Two costs decide the result: the wake-up of an idle CPU "+
		"(idle_wake_ns), which takes the time of a page from 60.0 to 190 with 16 threads, wait on; and "+
		"a line (line_ns), which takes the time of a page from 95.0 to 110 with 16 threads, wait on." {
		t.Errorf("got %q", got)
	}
}

// TestWhatIfChange: a change is in percent, or a multiple from two on.
func TestWhatIfChange(t *testing.T) {
	for want, log := range map[string]float64{"0 %": 0.001, "-50 %": -0.6931, "×2.00": 0.69315,
		"+50 %": 0.405465} {
		if got := WhatIfChange(log); got != want {
			t.Errorf("%v: got %q, want %q", log, got, want)
		}
	}
}
