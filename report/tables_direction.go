package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mtbench/results"
)

// direction is which way a figure goes from locked to lockless.
type direction int

const (
	untold direction = iota // cannot be told
	rises
	falls
	same // the publication prints the same figure twice
)

func (d direction) String() string {
	return [...]string{"cannot be told", "higher", "lower", "the same"}[d]
}

// agreement is one figure of one case: the letter's direction, this file's, and what follows.
type agreement struct {
	figure       string
	letter, here direction
	letterText   string // locked → lockless
	hereText     string
	why          string // where the answer is "cannot be told"
}

const (
	agrees   = "agrees"
	opposite = "opposite"
)

func (a *agreement) answer() cell {
	switch {
	case a.why != "":
		return cell{text: untold.String()}
	case a.letter == a.here:
		return cell{text: agrees, tone: good}
	}
	return cell{text: opposite, tone: bad}
}

// letterFigure is a column of the published table that has a direction.
type letterFigure struct {
	name string
	of   func(*results.Run) (float64, bool) // of a run of this file
	text func(*cellFigures) string
}

func letterFigures() []letterFigure {
	return []letterFigure{
		{"CPU main (%)", mainCPU, func(c *cellFigures) string { return fixed(c.mainCPU.median(), 1) }},
		{"CPU threads (%)", workerMean, func(c *cellFigures) string {
			return rangeText(c.workerLow, c.workerHigh)
		}},
		{"total time (ms)", totalTime, func(c *cellFigures) string {
			if c.unfinished > len(c.runs)/2 {
				return cannot
			}
			return whole(c.total.median())
		}},
		{"busy-ratio", busyRatio, busyText},
	}
}

// comparisons compares the contenders of a file in pairs.
type comparisons struct {
	cells map[plotCell][]*results.Run
	s     *plotSource
}

func (s *plotSource) comparisons() comparisons { return comparisons{cells: s.cells(), s: s} }

// agreements are the figures of a case that the letter has too; nil where it has none, or where
// one of the two models was not run.
func (c comparisons) agreements(threads int, wait bool,
	letter map[plotCell]*cellFigures) []agreement {
	from, to := plotCell{"locked", threads, wait}, plotCell{"lockless", threads, wait}
	if letter[from] == nil || len(c.cells[from]) == 0 || len(c.cells[to]) == 0 {
		return nil
	}
	hereFrom, hereTo := c.s.figures(from, c.cells[from]), c.s.figures(to, c.cells[to])
	var out []agreement
	for _, fig := range letterFigures() {
		if fig.name == "busy-ratio" && wait {
			continue // 0 by construction
		}
		a := agreement{
			figure:     fig.name,
			letterText: fig.text(letter[from]) + " → " + fig.text(letter[to]),
			hereText:   fig.text(hereFrom) + " → " + fig.text(hereTo),
		}
		a.letter, a.why = letterDirection(fig, letter[from], letter[to])
		here, why := c.pairedDirection(from, to, fig.of)
		a.here = here
		if a.why == "" {
			a.why = why
		}
		out = append(out, a)
	}
	return out
}

// letterDirection compares two single published runs: there is nothing to be sure by.
func letterDirection(fig letterFigure, from, to *cellFigures) (direction, string) {
	if fig.name == "CPU threads (%)" && from.workerLow.low() <= to.workerHigh.high() &&
		to.workerLow.low() <= from.workerHigh.high() {
		return untold, "the letter's ranges overlap"
	}
	a, _ := fig.of(from.runs[0])
	b, _ := fig.of(to.runs[0])
	switch {
	case b > a:
		return rises, ""
	case b < a:
		return falls, ""
	}
	return same, "the letter prints the same figure for both"
}

// pairedDirection is the sign of the median difference in pairs, if its 95 % interval by order
// statistics leaves 0 out; otherwise why it has none.
func (c comparisons) pairedDirection(from, to plotCell,
	of func(*results.Run) (float64, bool)) (direction, string) {
	diffs := pairDifferences(c.cells[from], c.cells[to], of)
	_, lo, hi := plotCentre(diffs)
	switch {
	case len(diffs) == 0:
		return untold, "no pair has this figure"
	case lo > hi:
		return untold, fmt.Sprintf("not enough evidence: %s, 6 are needed",
			count(len(diffs), "pair", "pairs"))
	case lo > 0:
		return rises, ""
	case hi < 0:
		return falls, ""
	}
	return untold, fmt.Sprintf("the interval over %d pairs holds 0", len(diffs))
}

// pairDifferences are to − from for each pair that has both. Two runs that could not complete tie;
// one of them is worse than any finite time.
func pairDifferences(from, to []*results.Run, of func(*results.Run) (float64, bool)) []float64 {
	var diffs []float64
	for _, b := range to {
		i := slices.IndexFunc(from, func(a *results.Run) bool { return a.Pair == b.Pair })
		if i < 0 {
			continue
		}
		x, okX := of(from[i])
		y, okY := of(b)
		if !okX || !okY {
			continue
		}
		if math.IsInf(x, 1) && math.IsInf(y, 1) {
			x, y = 0, 0
		}
		diffs = append(diffs, y-x)
	}
	return diffs
}

// agreeWords is the short form for the table of cases; empty but in the rows of lockless.
func (c comparisons) agreeWords(cell plotCell, letter map[plotCell]*cellFigures) string {
	if cell.model != "lockless" {
		return ""
	}
	short := map[string]string{"CPU main (%)": "main", "CPU threads (%)": "threads",
		"total time (ms)": "time", "busy-ratio": "busy"}
	by := map[string][]string{}
	for _, a := range c.agreements(cell.threads, cell.wait, letter) {
		answer := a.answer().text
		by[answer] = append(by[answer], short[a.figure])
	}
	var parts []string
	for _, answer := range []string{agrees, opposite, untold.String()} {
		if len(by[answer]) > 0 {
			parts = append(parts, answer+": "+strings.Join(by[answer], ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// directionSection sets each figure of the letter beside this file's, with a reason where the
// direction cannot be told.
func directionSection(s *plotSource, cmps comparisons) section {
	sec := section{
		id: "direction", title: "Does the direction of the letter hold here?",
		lead: []string{"From locked to lockless. A direction is told here only if the 95 % interval " +
			"of the median difference over pairs leaves 0 out; the letter has one run a case."},
		table: &grid{keys: 2, cols: []column{
			caseColumn(), {head: "figure", text: true},
			{head: "letter: locked → lockless"}, {head: "here: locked → lockless"},
			{head: "direction agrees?", text: true}, {head: "why not told", text: true},
		}},
	}
	letter := letterOf()
	s.eachCase([]string{"lockless"}, func(c *cellFigures, _ bool) {
		for i, a := range cmps.agreements(c.threads, c.wait, letter) {
			cells := textCells(caseName(c, i == 0), a.figure, a.letterText, a.hereText, "", a.why)
			cells[4] = a.answer()
			sec.table.rows = append(sec.table.rows, gridRow{cells: cells, rule: i == 0})
		}
	})
	if len(sec.table.rows) == 0 {
		return absentSection(sec.id, sec.title, "This file has no case of the letter with both "+
			"models. mtbench run --models locked,lockless --threads 4,8,16 measures them.")
	}
	return sec
}
