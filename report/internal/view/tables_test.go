package view

import (
	"testing"

	"mtbench/report/internal/reporttest"
)

func TestAgreement(t *testing.T) {
	letter := LetterOf()
	answers := func(pairs int) map[string]string {
		s := SourceOf(reporttest.TinyFile(pairs), 0, 1)
		got := map[string]string{}
		for _, a := range s.Comparisons().Agreements(4, false, letter) {
			got[a.short] = a.Answer()
		}
		return got
	}
	// The letter: main and time fall, busy rises from 0.54 to 0.55. Here main never differs, time
	// falls, busy halves.
	got := answers(10)
	want := map[string]string{"main": "cannot be told", "threads": "cannot be told",
		"time": "agrees", "busy": "opposite"}
	for figure, answer := range want {
		if got[figure] != answer {
			t.Errorf("%s: %q, want %q", figure, got[figure], answer)
		}
	}
	// The same figures in too few pairs prove nothing.
	for figure, answer := range answers(3) {
		if answer != "cannot be told" {
			t.Errorf("3 pairs: %s is %q", figure, answer)
		}
	}
}
