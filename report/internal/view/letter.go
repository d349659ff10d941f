package view

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/report/internal/format"
	"mtbench/results"
)

// letterSentence says whether the letter's main claim, less total time with lockless, holds here.
func letterSentence(s *Source) string {
	if s.OfModel != "" || s.Header.Scenario.DestinationAlone() {
		return "" // the letter compares models, over whole migrations
	}
	letter := s.Letter()
	cmps := s.Comparisons()
	n := map[string]int{}
	cases := 0
	for _, w := range s.Waits() {
		for _, threads := range s.Threads() {
			for _, a := range cmps.Agreements(threads, w, letter) {
				if a.Metric == metric.TotalTime {
					n[a.Answer()]++
					cases++
				}
			}
		}
	}
	const said = "The published letter (QEMU patch series of 2018-10-16) reports less total time " +
		"with lockless in each of its six cases (with wait off of unequal work)"
	if cases == 0 {
		return said + ". None of them is in this file, so it says nothing about the letter."
	}
	return fmt.Sprintf("%s. Of the %d that are in this file, %s.%s", said, cases,
		agreementText(n), starvedText(s))
}

// agreementText puts first what weighs most.
func agreementText(n map[string]int) string {
	parts := []struct {
		word string
		n    int
	}{{"it contradicts the letter in", n[Opposite]}, {"it agrees in", n[Agrees]},
		{"it is unproved in", n[untold.String()]}}
	slices.SortStableFunc(parts, func(a, b struct {
		word string
		n    int
	}) int {
		return b.n - a.n
	})
	var out []string
	for _, p := range parts {
		if p.n > 0 {
			out = append(out, fmt.Sprintf("%s %d", p.word, p.n))
		}
	}
	return strings.Join(out, ", ")
}

// Letter are the letter's figures by cell, of what the file may stand beside: the letter has no
// destination that was measured alone.
func (s *Source) Letter() map[results.Cell]*Figures {
	if s.Header.Scenario.DestinationAlone() {
		return nil
	}
	return LetterOf()
}

// LetterOf are the letter's figures by cell. The letter is part of the program: it reads or the
// build is broken.
func LetterOf() map[results.Cell]*Figures {
	file, err := results.Letter()
	if err != nil {
		panic(err)
	}
	s := SourceOf(file, 0, 1)
	out := map[results.Cell]*Figures{}
	s.Each(s.Models(), func(f *Figures) { out[f.Cell] = f })
	return out
}

// LetterCase reports whether the letter could have a case like that of c: one of threads and wait,
// in which a page for which no thread is free goes out raw.
func LetterCase(c results.Cell) bool {
	return c.Case() == results.Cell{Threads: c.Threads, Wait: c.Wait}
}

// BusyText is "–" with wait on, where the sample is empty.
func BusyText(c *Figures) string { return format.Fixed(c.Busy.Median(), 2) }

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

// Agreement is one figure of one case: the letter's direction, this file's, and what follows.
type Agreement struct {
	Metric       string // its name
	Figure       string // as the table calls it
	short        string // in one word
	letter, here direction
	LetterText   string // locked → lockless
	HereText     string
	Why          string // where the answer is "cannot be told"
}

const (
	Agrees   = "agrees"
	Opposite = "opposite"
)

func (a *Agreement) Answer() string {
	switch {
	case a.Why != "":
		return untold.String()
	case a.letter == a.here:
		return Agrees
	}
	return Opposite
}

// letterFigure is a column of the published table that has a direction.
type letterFigure struct {
	short  string
	metric metric.Metric
	text   func(*Figures) string
}

func letterFigures() []letterFigure {
	return []letterFigure{
		{"main", metric.Get(metric.MainCPU), func(c *Figures) string {
			return format.Fixed(c.MainCPU.Median(), 1)
		}},
		{"threads", metric.Get(metric.WorkerCPU), func(c *Figures) string {
			return RangeText(c.WorkerLow, c.WorkerHigh)
		}},
		{"time", metric.Get(metric.TotalTime), func(c *Figures) string {
			if math.IsInf(c.Total.Median(), 1) {
				return format.CannotComplete
			}
			return format.Whole(c.Total.Median())
		}},
		{"busy", metric.Get(metric.BusyRatio), BusyText},
	}
}

// Comparisons are what the pairs of a file prove, lockless against locked, by metric and cell.
type Comparisons struct {
	s  *Source
	by map[string]map[results.Cell]*verdict.Comparison
}

func (s *Source) Comparisons() Comparisons {
	c := Comparisons{s: s, by: map[string]map[results.Cell]*verdict.Comparison{}}
	if s.Header.Kind == results.Published {
		return c
	}
	for _, fig := range letterFigures() {
		cells := map[results.Cell]*verdict.Comparison{}
		all := s.compareBy(fig.metric.Name, "locked", "lockless")
		for i := range all {
			cells[all[i].Cell] = &all[i]
		}
		c.by[fig.metric.Name] = cells
	}
	return c
}

// Agreements are the figures of a case that the letter has too; nil where it has none, or where
// one of the two models was not run.
func (c Comparisons) Agreements(threads int, wait bool,
	letter map[results.Cell]*Figures) []Agreement {
	from, to := results.Cell{Model: "locked", Threads: threads, Wait: wait},
		results.Cell{Model: "lockless", Threads: threads, Wait: wait}
	cells := c.s.Cells()
	if letter[from] == nil || len(cells[from]) == 0 || len(cells[to]) == 0 {
		return nil
	}
	hereFrom, hereTo := c.s.FiguresOf(from, cells[from]), c.s.FiguresOf(to, cells[to])
	var out []Agreement
	for _, fig := range letterFigures() {
		if fig.metric.WaitOff && wait {
			continue // 0 by construction
		}
		a := Agreement{
			Metric: fig.metric.Name, Figure: fig.metric.Head(), short: fig.short,
			LetterText: fig.text(letter[from]) + " → " + fig.text(letter[to]),
			HereText:   fig.text(hereFrom) + " → " + fig.text(hereTo),
		}
		here, why := hereDirection(c.by[fig.metric.Name][results.Cell{Threads: threads, Wait: wait}])
		a.letter, a.Why = letterDirection(fig, letter[from], letter[to])
		a.here = here
		if a.Why == "" {
			a.Why = why
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
func letterDirection(fig letterFigure, from, to *Figures) (direction, string) {
	if fig.metric.Name == metric.WorkerCPU && from.WorkerLow.Low() <= to.WorkerHigh.High() &&
		to.WorkerLow.Low() <= from.WorkerHigh.High() {
		return untold, "the letter's ranges overlap"
	}
	a, _ := fig.metric.Of(from.Runs[0])
	b, _ := fig.metric.Of(to.Runs[0])
	switch {
	case b > a:
		return rises, ""
	case b < a:
		return falls, ""
	}
	return same, "the letter prints the same figure for both"
}

// AgreeWords is the short form for the table of cases; empty but in the rows of lockless.
func (c Comparisons) AgreeWords(cell results.Cell, letter map[results.Cell]*Figures) string {
	if cell.Model != "lockless" || !LetterCase(cell) {
		return ""
	}
	by := map[string][]string{}
	for _, a := range c.Agreements(cell.Threads, cell.Wait, letter) {
		answer := a.Answer()
		by[answer] = append(by[answer], a.short)
	}
	var parts []string
	for _, answer := range []string{Agrees, Opposite, untold.String()} {
		if len(by[answer]) > 0 {
			parts = append(parts, answer+": "+strings.Join(by[answer], ", "))
		}
	}
	return strings.Join(parts, "; ")
}
