package report

import (
	"math"
	"strings"

	"mtbench/internal/verdict"
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
	figure       string // as the table calls it
	short        string // in one word
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
	name, short string
	metric      string                             // by which internal/verdict compares
	of          func(*results.Run) (float64, bool) // of the letter's one run
	text        func(*cellFigures) string
}

const (
	threadsFigure = "CPU threads (%)"
	busyFigure    = "busy-ratio"
)

func letterFigures() []letterFigure {
	return []letterFigure{
		{"CPU main (%)", "main", "main_cpu", mainCPU, func(c *cellFigures) string {
			return fixed(c.mainCPU.median(), 1)
		}},
		{threadsFigure, "threads", "worker_cpu", workerMean, func(c *cellFigures) string {
			return rangeText(c.workerLow, c.workerHigh)
		}},
		{"total time (ms)", "time", "total_time", totalTime, func(c *cellFigures) string {
			if math.IsInf(c.total.median(), 1) {
				return cannot
			}
			return whole(c.total.median())
		}},
		{busyFigure, "busy", "busy_ratio", busyRatio, busyText},
	}
}

// comparisons are what the pairs of a file prove, lockless against locked, by metric and cell.
type comparisons struct {
	s  *plotSource
	by map[string]map[verdict.Cell]*verdict.Comparison
}

func (s *plotSource) comparisons() comparisons {
	c := comparisons{s: s, by: map[string]map[verdict.Cell]*verdict.Comparison{}}
	if s.header.Kind == results.Published {
		return c
	}
	for _, fig := range letterFigures() {
		cells := map[verdict.Cell]*verdict.Comparison{}
		all := s.compareBy(fig.metric, "locked", "lockless")
		for i := range all {
			cells[all[i].Cell] = &all[i]
		}
		c.by[fig.metric] = cells
	}
	return c
}

// agreements are the figures of a case that the letter has too; nil where it has none, or where
// one of the two models was not run.
func (c comparisons) agreements(threads int, wait bool,
	letter map[plotCell]*cellFigures) []agreement {
	from, to := plotCell{"locked", threads, wait}, plotCell{"lockless", threads, wait}
	cells := c.s.cells()
	if letter[from] == nil || len(cells[from]) == 0 || len(cells[to]) == 0 {
		return nil
	}
	hereFrom, hereTo := c.s.figures(from, cells[from]), c.s.figures(to, cells[to])
	var out []agreement
	for _, fig := range letterFigures() {
		if fig.name == busyFigure && wait {
			continue // 0 by construction
		}
		a := agreement{
			figure: fig.name, short: fig.short,
			letterText: fig.text(letter[from]) + " → " + fig.text(letter[to]),
			hereText:   fig.text(hereFrom) + " → " + fig.text(hereTo),
		}
		here, why := hereDirection(c.by[fig.metric][verdict.Cell{Threads: threads, Wait: wait}])
		a.letter, a.why = letterDirection(fig, letter[from], letter[to])
		a.here = here
		if a.why == "" {
			a.why = why
		}
		out = append(out, a)
	}
	return out
}

// hereDirection is what the pairs of a cell prove, or why they prove nothing.
func hereDirection(c *verdict.Comparison) (direction, string) {
	switch {
	case c == nil || c.N() == 0:
		return untold, "no pair has this figure"
	case c.State == verdict.LowerThan:
		return falls, ""
	case c.State == verdict.HigherThan:
		return rises, ""
	}
	return untold, c.String()
}

// letterDirection compares two single published runs: there is nothing to be sure by.
func letterDirection(fig letterFigure, from, to *cellFigures) (direction, string) {
	if fig.name == threadsFigure && from.workerLow.low() <= to.workerHigh.high() &&
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

// agreeWords is the short form for the table of cases; empty but in the rows of lockless.
func (c comparisons) agreeWords(cell plotCell, letter map[plotCell]*cellFigures) string {
	if cell.model != "lockless" {
		return ""
	}
	by := map[string][]string{}
	for _, a := range c.agreements(cell.threads, cell.wait, letter) {
		answer := a.answer().text
		by[answer] = append(by[answer], a.short)
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
		lead: []string{"From locked to lockless. A direction is told here only if the pairs prove " +
			"it, by the rule of the section on pairs; the letter has one run a case."},
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
