package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"mtbench/report"
)

// TestTheWordListHasOneHome: the page of docs is what the help prints, in the order of the
// alphabet, each term with a meaning and an example.
func TestTheWordListHasOneHome(t *testing.T) {
	page, err := os.ReadFile("../../docs/words.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != wordList() {
		t.Error("docs/words.md differs: mtbench help words > docs/words.md makes it anew")
	}
	if out, _, _ := mtbench(t, t.TempDir(), "help", "words"); out != string(page) {
		t.Error("mtbench help words prints something else than docs/words.md")
	}
	var terms []string
	for _, w := range report.Words() {
		terms = append(terms, strings.ToLower(w.Term))
		if w.Means == "" || w.Example == "" {
			t.Errorf("%s lacks a meaning or an example", w.Term)
		}
	}
	if !slices.IsSorted(terms) {
		t.Error("the terms are not in the order of the alphabet")
	}
}
