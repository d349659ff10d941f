package main

import (
	"bytes"
	"strings"
	"testing"

	"mtbench/internal/series"
	"mtbench/results"
)

// TestFailureIsToldAsItHappens: the bar's next run overwrites its text, and not the reason.
func TestFailureIsToldAsItHappens(t *testing.T) {
	var bar, lines bytes.Buffer
	for w, p := range map[*bytes.Buffer]series.Progress{
		&bar: &barProgress{w: &bar}, &lines: &lineProgress{w: &lines},
	} {
		p.Begin(2, 0)
		p.Ran(series.Slot{Cell: results.Cell{Model: "locked"}}, &results.Failed{Reason: "planted"}, 0)
		p.Ran(series.Slot{Cell: results.Cell{Model: "locked"}}, &results.Run{Completed: true}, 0)
		p.End()
		if !strings.Contains(w.String(), "FAILED: planted\n") {
			t.Errorf("%T does not keep the reason: %q", p, w)
		}
	}
}

// TestCaseOfTwoBuilds: the line of a run says its build, and its case once.
func TestCaseOfTwoBuilds(t *testing.T) {
	s := series.Slot{Cell: results.Cell{Model: "locked", Build: "head", Threads: 4, Depth: 2}}
	if got, want := caseOf(s), "locked head  4 threads  wait off  depth 2"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
