package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mtbench/results"
)

// letterOf are the letter's figures by cell. The letter is part of the program: it reads or the
// build is broken.
func letterOf() map[plotCell]*cellFigures {
	file, err := results.Letter()
	if err != nil {
		panic(err)
	}
	s := sourceOf(file, 0, 1)
	out := map[plotCell]*cellFigures{}
	s.each(s.models(), func(f *cellFigures) { out[f.plotCell] = f })
	return out
}

// casesSection is the published table: a block for each case, a row for each model, and beside the
// figures measured here those of the letter.
func casesSection(s *plotSource, cmps comparisons) section {
	sec := section{
		id: "cases", title: "CPU usage, time and result of each case",
		lead: []string{
			"Median over the runs of a case; in brackets the lowest and the highest run. " +
				"CPU is CPU time over wall time, in percent of one CPU; of the compression threads " +
				"the lowest~highest of the case. ∞ is a run that could not complete.",
		},
	}
	letter := letterOf()
	if s.header.Kind == results.Published || !s.hasCaseOf(letter) {
		return orAbsent(s, plainCases(s, sec))
	}
	g := &grid{keys: 2, cols: letterColumns(caseColumns())}
	s.eachCase(slices.DeleteFunc(s.contenders(), isStep), func(c *cellFigures, first bool) {
		cells := besides(caseCells(c, first), letterCells(letter[c.plotCell]))
		cells = append(cells, cell{text: cmps.agreeWords(c.plotCell, letter)})
		g.rows = append(g.rows, gridRow{cells: cells, rule: first})
	})
	sec.table = g
	sec.notes = append([]string{
		"Letter: cover letter of 2018-10-16, locked is its \"before\" and lockless its \"after\"; " +
			"published, one run, CPU sampling not stated, 64 logical CPUs.",
	}, s.caseNotes()...)
	return orAbsent(s, sec)
}

// caseNotes say what a reader of the table must not overlook.
func (s *plotSource) caseNotes() []string {
	var notes []string
	if text := s.rerunText(); text != "" {
		notes = append(notes, text)
	}
	if text := s.extrasText(); text != "" {
		notes = append(notes, text)
	}
	if text := s.setupText(); text != "" {
		notes = append(notes, text)
	}
	var refused []string
	s.each(slices.DeleteFunc(s.contenders(), isStep), func(c *cellFigures) {
		if c.busy.median() >= mostlyBusy {
			refused = append(refused, c.model+" with "+c.caseText())
		}
	})
	if len(refused) > 0 {
		notes = append(notes, sentence(fmt.Sprintf("A busy-ratio near 1 means that nearly nothing was "+
			"compressed, so that the case hardly tests the hand-over: %s", named(refused))))
	}
	return notes
}

// muchSetup is the share of the total time from which on a reader is told of setup.
const muchSetup = 0.05

// setupText says how much of the total time is the making of threads and codec states, which a larger guest would dwarf:
// of the models in the case where it is most.
func (s *plotSource) setupText() string {
	shares := map[plotCell]float64{}
	var most plotCell
	s.each(slices.DeleteFunc(s.contenders(), isStep), func(c *cellFigures) {
		if shares[c.plotCell] = c.setup.median(); shares[c.plotCell] > shares[most] {
			most = c.plotCell
		}
	})
	if !(shares[most] >= muchSetup) {
		return ""
	}
	var words []string
	for _, m := range s.contenders() {
		c := plotCell{m, most.threads, most.wait}
		if share, ok := shares[c]; ok && !math.IsNaN(share) {
			words = append(words, fmt.Sprintf("%.0f %% of that of %s", 100*share, cleanText(m, 24)))
		}
	}
	return sentence(fmt.Sprintf("Setup, the making of threads and codec states, is part of the total time, as it is QEMU's, and "+
		"does not grow with memory. With %s it is %s; with the letter's 120 GiB it would be next to nothing", most.caseText(),
		strings.Join(words, ", ")))
}

// extrasText names the models that ran in one case only, which the table leaves out.
func (s *plotSource) extrasText() string {
	runs := map[plotCell]int{}
	for _, r := range s.extras {
		runs[plotCell{r.Model, r.Threads, r.Wait}]++
	}
	var words []string
	for _, e := range s.header.Matrix.Extra {
		c := plotCell{e.Model, e.Threads, e.Wait}
		if n := runs[c]; n > 0 {
			words = append(words, fmt.Sprintf("%s (%s, %s)", cleanText(e.Model, 24), c.caseText(),
				count(n, "run", "runs")))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return sentence("Run besides, as evidence for a claim, and in no table or plot: " +
		named(words))
}

// mostlyBusy is the busy-ratio from which a case is no test of handing pages over.
const mostlyBusy = 0.9

// hasCaseOf says whether the file has a case that the letter has too.
func (s *plotSource) hasCaseOf(letter map[plotCell]*cellFigures) bool {
	return slices.ContainsFunc(s.runs, func(r *results.Run) bool {
		return letter[plotCell{r.Model, r.Threads, r.Wait}] != nil
	})
}

func plainCases(s *plotSource, sec section) section {
	g := &grid{keys: 2, cols: caseColumns()}
	s.eachCase(slices.DeleteFunc(s.contenders(), isStep), func(c *cellFigures, first bool) {
		g.rows = append(g.rows, gridRow{cells: caseCells(c, first), rule: first})
	})
	sec.table, sec.notes = g, s.caseNotes()
	return sec
}

// baselineSection are the models that price the harness: never part of a verdict.
func baselineSection(s *plotSource) section {
	g := &grid{keys: 2, cols: append(caseColumns(), column{head: "CPU a page (µs)"})}
	s.eachCase(s.baselines(), func(c *cellFigures, first bool) {
		cells := append(caseCells(c, first), cell{text: whole(c.cpuPage.median())})
		g.rows = append(g.rows, gridRow{cells: cells, rule: first})
	})
	if len(g.rows) == 0 {
		return absentSection("baselines", "Harness baselines",
			"None in this file. mtbench run --models locked,lockless,null,inline,ideal prices the "+
				"harness.")
	}
	return section{
		id: "baselines", title: "Harness baselines", table: g,
		lead: []string{"null refuses every page, inline has no threads, ideal has no " +
			"coordination: what the harness itself costs and what could be reached at most. " +
			"They are part of no verdict."},
	}
}

func orAbsent(s *plotSource, sec section) section {
	if sec.table != nil && len(sec.table.rows) > 0 {
		return sec
	}
	return absentSection(sec.id, sec.title, "No run that ended is in this file. "+
		"mtbench run --resume FILE goes on with it.")
}

// eachCase is each with a word whether a new case begins.
func (s *plotSource) eachCase(models []string, f func(c *cellFigures, first bool)) {
	last := plotCell{threads: -1}
	s.each(models, func(c *cellFigures) {
		first := c.threads != last.threads || c.wait != last.wait
		last = c.plotCell
		f(c, first)
	})
}

func caseColumns() []column {
	return []column{
		caseColumn(), {head: "model", text: true},
		{head: "CPU main (%)"}, {head: "CPU threads (%)"}, {head: "total time (ms)"},
		{head: "busy-ratio"}, {head: "migration", text: true}, {head: "runs (n)"},
	}
}

// letterFrom and letterTo are the columns of caseColumns that the letter has too.
const letterFrom, letterTo = 2, 6

// letterColumns puts the letter's column behind each figure that it has, never parted from it.
func letterColumns(cols []column) []column {
	var out []column
	for i, c := range cols {
		out = append(out, c)
		if letterFrom <= i && i < letterTo {
			out = append(out, column{head: "letter: " + c.head, beside: true})
		}
	}
	return append(out, column{head: "direction agrees?", text: true})
}

// besides does so with the cells of a row.
func besides(cells, letter []cell) []cell {
	var out []cell
	for i, c := range cells {
		out = append(out, c)
		if letterFrom <= i && i < letterTo {
			out = append(out, letter[i-letterFrom])
		}
	}
	return out
}

func caseCells(c *cellFigures, first bool) []cell {
	cells := textCells(caseName(c, first), c.model, fixed(c.mainCPU.median(), 1),
		rangeText(c.workerLow, c.workerHigh), timeSpread(c), busyText(c), "", fmt.Sprint(len(c.runs)))
	cells[6] = resultCell(c)
	return cells
}

func caseName(c *cellFigures, first bool) string {
	if !first {
		return ""
	}
	return c.caseText()
}

func letterCells(c *cellFigures) []cell {
	if c == nil {
		return textCells("", "", "", "")
	}
	total := whole(c.total.median())
	if c.unfinished > 0 {
		total = cannot
	}
	return textCells(fixed(c.mainCPU.median(), 1), rangeText(c.workerLow, c.workerHigh), total,
		busyText(c))
}

func timeSpread(c *cellFigures) string {
	if c.unfinished == len(c.runs) {
		return none
	}
	return spread(c.total)
}

// busyText is "–" with wait on, where the sample is empty.
func busyText(c *cellFigures) string { return fixed(c.busy.median(), 2) }

func resultCell(c *cellFigures) cell {
	if c.unfinished == 0 {
		return cell{text: "completed"}
	}
	if len(c.runs) == 1 {
		return cell{text: cannot, tone: bad}
	}
	return cell{text: fmt.Sprintf("%s %d of %d", cannot, c.unfinished, len(c.runs)), tone: bad}
}
