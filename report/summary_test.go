package report

import (
	"encoding/csv"
	"strings"
	"testing"

	"mtbench/report/internal/reporttest"
	"mtbench/report/internal/table"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// Most runs void: both the text and the page begin with a warning.
func TestVoidFileWarns(t *testing.T) {
	f := reporttest.FewPairs(2)
	for i := range f.Runs {
		f.Runs[i].Noise.Grade = "void"
	}
	f.Runs[3].Noise.Grade = "noisy"
	s := view.SourceOf(f, 0, 1)
	if got := s.GradesText(); !strings.Contains(got, "15 void, 1 noisy") {
		t.Errorf("grades: %q", got)
	}
	const want = "WARNING: 15 of 16 runs are graded void"
	for name, text := range map[string]string{"page": pageText(t, f),
		"terminal": render(t, terminalOf(Options{}), f)} {
		at := strings.Index(text, want)
		if verdict := strings.Index(text, "Nothing is proved yet"); at < 0 || name == "terminal" &&
			at > verdict {
			t.Errorf("%s has no warning before its verdict", name)
		}
	}
	f.Runs[0].Noise.Grade = "clean"
	for i := range 8 {
		f.Runs[i].Noise.Grade = "clean"
	}
	if got := view.SourceOf(f, 0, 1).VoidText(); got != "" {
		t.Errorf("half void: %q", got)
	}
}

// A pair that was run again with the opposite end is told, and its discarded attempt is marked.
func TestRunAgainWithTheOppositeEnd(t *testing.T) {
	f := reporttest.FewPairs(2)
	again := f.Runs[0]
	again.Attempt = 1
	f.Runs[0].Completed = false
	f.Runs = append(f.Runs, again)
	s := view.SourceOf(f, 0, 1)
	for _, sec := range []table.Section{table.CasesSection(s), table.NoiseSection(s)} {
		if text := strings.Join(sec.Notes, " "); !strings.Contains(text,
			"1 attempt at the bound (CAN'T COMPLETE) was run again") {
			t.Errorf("%s: %q", sec.ID, text)
		}
	}
	if got := s.Foot(); !strings.Contains(got,
		"16 runs (and 1 not shown: 1 attempt that was run again)") {
		t.Errorf("foot: %q", got)
	}
	rows, err := csv.NewReader(strings.NewReader(render(t, written((*Report).csv, Options{}),
		f))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]int{}
	for _, row := range rows {
		kept[row[5]]++
	}
	if rows[0][5] != "kept" || kept["false"] != 1 || rows[1][5] != "false" || kept["true"] != 16 {
		t.Errorf("kept: %v", kept)
	}
}

// No cell is as wide as a number with an exponent written out.
func TestHugeFigures(t *testing.T) {
	t.Parallel()
	f := reporttest.FewPairs(2)
	f.Runs[0].TotalTimeMS = 1e308
	for name, format := range formats() {
		if text := render(t, format, f); strings.Contains(text, "00000000000000") {
			t.Errorf("%s writes the zeros of 1e308", name)
		}
	}
	if page := pageText(t, f); strings.Contains(page, "00000000000000000") {
		i := strings.Index(page, "00000000000000000")
		t.Errorf("the page writes the zeros of 1e308: %.100s", page[max(0, i-80):])
	}
}

// The letter's figure is in the same part of a table as the file's own.
func TestLetterStandsBesideItsFigure(t *testing.T) {
	s := view.SourceOf(reporttest.TinyFile(3), 0, 1)
	g := table.CasesSection(s).Table
	for limit := 60; limit < 200; limit += 7 {
		for _, part := range split(cleanGrid(g, true), limit) {
			for i, col := range part.Cols {
				if col.Beside && i <= part.Keys {
					t.Errorf("%d columns: %q begins a table", limit, col.Head)
				}
			}
		}
	}
}

// pageText is the page of a file, without its records.
func pageText(t *testing.T, f *results.File) string {
	t.Helper()
	return render(t, written((*Report).html, Options{}), f)
}
