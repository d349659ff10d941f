package table

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

func caseSpecs() []Spec {
	return []Spec{{Name: "cases", Title: "CPU usage, time and result of each case", Level: Open,
		Place: Top, Pictures: true, Printed: true, Of: always(CasesSection)}}
}

// CasesSection is the published table: a block for each case, a row for each model, and beside the
// figures measured here those of the letter.
func CasesSection(s *view.Source) Section {
	sec := Section{
		Lead: []string{
			"Median over the runs of a case; in brackets the lowest and the highest run. " +
				"CPU is CPU time over wall time, in percent of one CPU; of the " + s.Work() + " threads " +
				"the lowest~highest of the case. ∞ is a run that could not complete. " + view.EqualWorkText,
		},
	}
	letter, cmps := s.Letter(), s.Comparisons()
	if s.Header.Kind == results.Published || !hasCaseOf(s, letter) {
		return orAbsent(s, plainCases(s, sec))
	}
	g := &Grid{Keys: 2, Cols: letterColumns(caseColumns())}
	eachCase(s, s.Ranked(), func(c *view.Figures, first bool) {
		cells := besides(caseCells(c, first), letterCells(letter[c.Cell]))
		cells = append(cells, Cell{Text: cmps.AgreeWords(c.Cell, letter)})
		g.Rows = append(g.Rows, GridRow{Cells: cells, Rule: first})
	})
	sec.Table = g
	sec.Notes = append([]string{
		"Letter: cover letter of 2018-10-16, locked is its \"before\" and lockless its \"after\"; " +
			"published, one run, CPU sampling not stated, 64 logical CPUs.",
	}, caseNotes(s)...)
	return orAbsent(s, sec)
}

// caseNotes say what a reader of the table must not overlook.
func caseNotes(s *view.Source) []string {
	var notes []string
	if text := s.RerunText(); text != "" {
		notes = append(notes, text)
	}
	if text := ExtrasText(s); text != "" {
		notes = append(notes, text)
	}
	if text := setupText(s); text != "" {
		notes = append(notes, text)
	}
	var refused []string
	s.Each(s.Ranked(), func(c *view.Figures) {
		if c.Busy.Median() >= mostlyBusy {
			refused = append(refused, c.Model+" with "+c.String())
		}
	})
	if len(refused) > 0 {
		notes = append(notes,
			format.Sentence(fmt.Sprintf("A busy-ratio near 1 means that nearly nothing was "+
				"compressed, so that the case hardly tests the hand-over: %s", view.Named(refused))))
	}
	return notes
}

// muchSetup is the share of the total time from which on a reader is told of setup.
const muchSetup = 5 // %

// setupText says how much of the total time is the making of threads and codec states, which a
// larger guest would dwarf: of the models in the case where it is most.
func setupText(s *view.Source) string {
	shares := map[results.Cell]float64{}
	var most results.Cell
	s.Each(s.Ranked(), func(c *view.Figures) {
		if shares[c.Cell] = c.Setup.Median(); shares[c.Cell] > shares[most] {
			most = c.Cell
		}
	})
	if !(shares[most] >= muchSetup) {
		return ""
	}
	var words []string
	for _, m := range s.Contenders() {
		c := most.Of(m)
		if share, ok := shares[c]; ok && !math.IsNaN(share) {
			words = append(words, fmt.Sprintf("%.0f %% of that of %s", share, format.CleanText(m, 24)))
		}
	}
	return format.Sentence(fmt.Sprintf("Setup, the making of threads and codec states, is part of "+
		"the total time, as it is QEMU's, and "+
		"does not grow with memory. With %s it is %s; with the letter's 120 GiB it would be "+
		"negligible", most.String(),
		strings.Join(words, ", ")))
}

// ExtrasText names the models that ran in one case only, which the table leaves out.
func ExtrasText(s *view.Source) string {
	runs := map[results.Cell]int{}
	for _, r := range s.Extras {
		runs[r.Cell]++
	}
	var words []string
	for _, e := range s.Header.Matrix.Extra {
		if n := runs[e]; n > 0 {
			words = append(words, fmt.Sprintf("%s (%s, %s)", format.CleanText(e.Model, 24), e.String(),
				format.Count(n, "run", "runs")))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return format.Sentence("Run besides, as evidence, and in no table or plot: " +
		view.Named(words))
}

// mostlyBusy is the busy-ratio from which a case is no test of handing pages over.
const mostlyBusy = 0.9

// hasCaseOf says whether the file has a case that the letter has too.
func hasCaseOf(s *view.Source, letter map[results.Cell]*view.Figures) bool {
	return slices.ContainsFunc(s.Runs, func(r *results.Run) bool {
		return letter[r.Cell] != nil
	})
}

func plainCases(s *view.Source, sec Section) Section {
	g := &Grid{Keys: 2, Cols: caseColumns()}
	eachCase(s, s.Ranked(), func(c *view.Figures, first bool) {
		g.Rows = append(g.Rows, GridRow{Cells: caseCells(c, first), Rule: first})
	})
	sec.Table, sec.Notes = g, caseNotes(s)
	return sec
}

func orAbsent(s *view.Source, sec Section) Section {
	if sec.Table != nil && len(sec.Table.Rows) > 0 {
		return sec
	}
	return absent("No run that ended is in this file. " +
		"mtbench run --resume FILE goes on with it.")
}

// eachCase is each with a word whether a new case begins.
func eachCase(s *view.Source, models []string, f func(c *view.Figures, first bool)) {
	last := results.Cell{Threads: -1}
	s.Each(models, func(c *view.Figures) {
		first := c.Case() != last.Case()
		last = c.Cell
		f(c, first)
	})
}

func caseColumns() []Column {
	return []Column{
		caseColumn(), {Head: "model", Text: true},
		figureColumn(metric.MainCPU), figureColumn(metric.WorkerCPU), figureColumn(metric.TotalTime),
		figureColumn(metric.BusyRatio), figureColumn(metric.WallPerCompressed),
		{Head: "migration", Text: true}, {Head: "runs (n)"},
	}
}

// letterFrom and letterTo are the columns of caseColumns that the letter has too.
const letterFrom, letterTo = 2, 6

// letterColumns puts the letter's column behind each figure that it has, never parted from it.
func letterColumns(cols []Column) []Column {
	var out []Column
	for i, c := range cols {
		out = append(out, c)
		if letterFrom <= i && i < letterTo {
			out = append(out, Column{Head: "letter: " + c.Head, Beside: true})
		}
	}
	return append(out, Column{Head: "direction agrees?", Text: true})
}

// besides does so with the cells of a row.
func besides(cells, letter []Cell) []Cell {
	var out []Cell
	for i, c := range cells {
		out = append(out, c)
		if letterFrom <= i && i < letterTo {
			out = append(out, letter[i-letterFrom])
		}
	}
	return out
}

func caseCells(c *view.Figures, first bool) []Cell {
	cells := textCells(caseName(c, first), c.Model, format.Fixed(c.MainCPU.Median(), 1),
		view.RangeText(c.WorkerLow, c.WorkerHigh), timeSpread(c), view.BusyText(c),
		timeText(c.Compressed), "", fmt.Sprint(len(c.Runs)))
	cells[7] = resultCell(c)
	return cells
}

func caseName(c *view.Figures, first bool) string {
	if !first {
		return ""
	}
	return c.String()
}

func letterCells(c *view.Figures) []Cell {
	if c == nil {
		return textCells("", "", "", "")
	}
	total := format.Whole(c.Total.Median())
	if c.Unfinished > 0 {
		total = format.CannotComplete
	}
	return textCells(format.Fixed(c.MainCPU.Median(), 1), view.RangeText(c.WorkerLow, c.WorkerHigh),
		total,
		view.BusyText(c))
}

// timeText is the median; of a time in a case of which most runs do not complete it is ∞.
func timeText(s view.Sample) string {
	if !format.Finite(s.Median()) {
		return format.Whole(s.Median())
	}
	return format.Sig(s.Median())
}

func timeSpread(c *view.Figures) string {
	if c.Unfinished == len(c.Runs) {
		return format.None
	}
	return view.Spread(c.Total)
}

func resultCell(c *view.Figures) Cell {
	if c.Unfinished == 0 {
		return Cell{Text: "completed"}
	}
	if len(c.Runs) == 1 {
		return Cell{Text: format.CannotComplete, Tone: Bad}
	}
	return Cell{Text: fmt.Sprintf("%s %d of %d", format.CannotComplete, c.Unfinished, len(c.Runs)),
		Tone: Bad}
}
