package report

import (
	"strings"
	"testing"

	"mtbench/report/internal/reporttest"
	"mtbench/results"
)

// wholeMatrix is a series with the cases of the default matrix.
func wholeMatrix() *results.File {
	s := reporttest.DefaultSynth()
	s.Threads = []int{1, 4, 8, 16}
	return s.File()
}

// TestTheAnswerFitsAScreen: at every width the answer is one table of a row a case, has at most 40
// lines, and says who, by how much, how sure, why and on what host.
func TestTheAnswerFitsAScreen(t *testing.T) {
	f := wholeMatrix()
	for _, width := range []int{80, 100, 120, 200} {
		text := render(t, terminalOf(Options{Width: width, Brief: true, Index: true}), f)
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if len(lines) > 40 {
			t.Errorf("%d columns: %d lines", width, len(lines))
		}
		rows := 0
		for _, line := range lines {
			if strings.TrimSpace(line) == "" {
				t.Errorf("%d columns: a blank line", width)
			}
			if strings.Contains(line, "│") && (strings.Contains(line, " off ") ||
				strings.Contains(line, " on ")) {
				rows++
			}
		}
		if rows != 8 || strings.Count(text, "─┼─") == 0 || strings.Count(text, "\n──") != 1 {
			t.Errorf("%d columns: %d rows of 8 cases, in one table?\n%s", width, rows, text)
		}
		for _, part := range []string{"lockless is faster than locked in ", "Why: ",
			"A verdict is proved", "Host: ", "same work", "verdict", "ratio", "--details"} {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), part) {
				t.Errorf("%d columns: %q is missing", width, part)
			}
		}
	}
}

// TestColumnsLeaveByTheirOrder: where there is less room, the shares go first, then the evidence,
// then the pairs; ratio, verdict and work stay.
func TestColumnsLeaveByTheirOrder(t *testing.T) {
	order := []string{"compressed", "evidence", "pairs"}
	r := New([]*results.File{wholeMatrix()}, known())
	for width := 200; width >= 80; width -= 4 {
		var out strings.Builder
		if err := r.Terminal(&out, Options{Width: width, Brief: true}); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		head := text[strings.Index(text, "│"):strings.Index(text, "┼")]
		gone := true
		for _, name := range order {
			if there := strings.Contains(head, name); there {
				gone = false
			} else if !gone {
				t.Errorf("%d columns: %q left before another", width, name)
			}
		}
		for _, name := range []string{"locked", "lockless", "ratio", "verdict", "same work"} {
			if !strings.Contains(head, name) {
				t.Errorf("%d columns: no %q", width, name)
			}
		}
	}
}

// TestDetailsBeginAndEndWithTheAnswer: sections without data are named in one place, with the
// command that brings them, and no line of a table is blank.
func TestDetailsBeginAndEndWithTheAnswer(t *testing.T) {
	f := wholeMatrix()
	text := render(t, terminalOf(Options{Width: 100}), f)
	answer := render(t, terminalOf(Options{Width: 100, Brief: true}), f)
	if !strings.HasPrefix(text, answer) || !strings.HasSuffix(text, answer) {
		t.Error("the answer is not the first thing and the last")
	}
	if strings.Count(text, "mtbench frontier") != 1 ||
		!strings.Contains(text, "frontier: This file has no search for it. mtbench frontier makes one.") {
		t.Error("what the file lacks is not named once")
	}
	for line := range strings.Lines(text) {
		if strings.Contains(line, "│") && strings.Trim(line, " │\n") == "" {
			t.Fatalf("a blank row: %q", line)
		}
	}
}

// TestAnUnprovedAnswerSaysSo: a direction without a proof is about a figure, with the pairs that
// agree.
func TestAnUnprovedAnswerSaysSo(t *testing.T) {
	s := reporttest.DefaultSynth()
	s.Threads, s.Pairs, s.Stuck = []int{4}, 2, false
	text := render(t, terminalOf(Options{Width: 100, Brief: true}), s.File())
	text = strings.Join(strings.Fields(text), " ")
	for _, part := range []string{"lockless takes about 0.7", "(2 of 2 pairs, unproved)", "│ ~0.7",
		"│ unproved │"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing: %s", part, text)
		}
	}
}
