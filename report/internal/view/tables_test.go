package view

import (
	"testing"

	"mtbench/report/internal/reporttest"
	"mtbench/results"
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

// TestSelfIsNotTheLettersCase: what the letter says of wait off is of pages that go out raw.
func TestSelfIsNotTheLettersCase(t *testing.T) {
	cmps := SourceOf(reporttest.TinyFile(10), 0, 1).Comparisons()
	raw := results.Cell{Model: "lockless", Threads: 4}
	self := raw
	self.WhenFull = results.FullSelf
	if cmps.AgreeWords(raw, LetterOf()) == "" {
		t.Error("nothing is said of the letter's own case")
	}
	if words := cmps.AgreeWords(self, LetterOf()); words != "" {
		t.Errorf("of a case with self it is said: %s", words)
	}
}
