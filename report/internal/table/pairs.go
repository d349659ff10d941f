package table

import (
	"fmt"
	"math"
	"mtbench/results"
	"slices"
	"strconv"
	"strings"

	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

// pairSpecs are the comparisons of every contender with the first, by each metric that asks for one:
// by how much and how sure. Times are read first.
func pairSpecs() []Spec {
	var all []Spec
	for _, m := range metric.All() {
		if m.Pairs == "" {
			continue
		}
		spec := Spec{Name: "pairs-" + m.Name, Title: "In pairs: " + m.Pairs,
			Of: always(func(s *view.Source) Section { return PairSection(s, m) })}
		if m.Name == metric.TotalTime {
			spec.Level, spec.Brief = Open, true
		}
		all = append(all, spec)
	}
	return all
}

func PairSection(s *view.Source, m metric.Metric) Section {
	var sec Section
	all := contendersOnly(s, verdict.CompareAll(s.From, m))
	if len(all) == 0 {
		return absent("This file has no pairs of two models. " +
			"mtbench run --models locked,lockless measures them.")
	}
	sec.Lead = []string{
		"Change from " + all[0].Base + " to the model: Hodges-Lehmann estimate on the log ratio of each pair, " +
			"95 % interval, signed-rank p after Holm over the cells. A figure is given only where it " +
			"is proved and above the floor. " + metricDoc(m),
		pairFloorText(&all[0]),
	}
	sec.Table = &Grid{Keys: 2, Cols: []Column{
		caseColumn(), {Head: "model", Text: true}, {Head: "change (%)"}, {Head: "95 % interval (%)"}, {Head: "p (Holm)"},
		{Head: "pairs (n of m)"}, {Head: "floor (%)"}, {Head: "verdict", Text: true},
	}}
	last := results.Cell{Threads: -1}
	byCell(all)
	for i := range all {
		c := &all[i]
		sec.Table.Rows = append(sec.Table.Rows, pairRow(c, c.Cell != last))
		last = c.Cell
	}
	return sec
}

// contendersOnly leaves out the harness baselines, which are part of no verdict, and the steps,
// which have a section of their own.
func contendersOnly(s *view.Source, all []verdict.Comparison) []verdict.Comparison {
	return slices.DeleteFunc(all, func(c verdict.Comparison) bool {
		return !s.Is(c.Other, view.Model) || s.Is(c.Base, view.Baseline)
	})
}

// byCell sorts as the table of cases is sorted: wait off first, threads rising.
func byCell(all []verdict.Comparison) {
	slices.SortStableFunc(all, func(a, b verdict.Comparison) int {
		if a.Cell.Wait != b.Cell.Wait {
			if b.Cell.Wait {
				return -1
			}
			return 1
		}
		return a.Cell.Threads - b.Cell.Threads
	})
}

func pairRow(c *verdict.Comparison, first bool) GridRow {
	name := ""
	if first {
		name = c.Cell.String()
	}
	cells := textCells(name, c.Other, format.None, format.None, format.None, pairsText(c), format.None, c.Word())
	if c.N() > 0 {
		cells[6].Text = strings.TrimSuffix(verdict.FormatSize(c.Floor), " %")
	}
	if c.Decided() {
		cells[2].Text = format.ChangeText(c.Change.Estimate)
		cells[3].Text = format.IntervalText(c.Change.Lo, c.Change.Hi)
		cells[4].Text = fmt.Sprintf("%.2g", c.Adjusted)
		cells[7].Tone = betterTone(c)
		cells[7].Text += onlyText(c)
	} else {
		cells[7].Text = c.String()
	}
	return GridRow{Cells: cells, Rule: first}
}

// onlyText says in words what an infinite estimate means.
func onlyText(c *verdict.Comparison) string {
	if !math.IsInf(c.Change.Estimate, 0) {
		return ""
	}
	return fmt.Sprintf(": %d of %d runs of %s complete, of %s %d", c.OtherCompleted, c.OtherN, c.Other,
		c.Base, c.BaseCompleted)
}

func pairsText(c *verdict.Comparison) string {
	text := strconv.Itoa(len(c.Pairs)) + " of " + strconv.Itoa(c.Planned)
	if c.Again > 0 {
		text += fmt.Sprintf(", %d run again", c.Again)
	}
	return text
}

func betterTone(c *verdict.Comparison) Tone {
	switch {
	case c.State == verdict.LowerThan && c.Metric.Better == metric.Lower,
		c.State == verdict.HigherThan && c.Metric.Better == metric.Higher:
		return Good
	case c.State == verdict.Equal || c.Metric.Better == metric.Neither:
		return Plain
	}
	return Bad
}

// metricDoc is what the metric is, as a sentence.
func metricDoc(m metric.Metric) string {
	return "The figure: " + m.Doc + " (" + m.Unit + ")."
}

// pairFloorText says which differences this machine cannot tell, and how that is known.
func pairFloorText(c *verdict.Comparison) string {
	floor := c.FloorOf
	if !floor.Measured() {
		return format.Sentence(format.Upper(view.FloorSentence(floor.For(c.N()), true, floor.Pairs)) +
			"; mtbench run makes more with more --pairs")
	}
	text := fmt.Sprintf("Differences under %s cannot be told apart on this machine with as many "+
		"pairs as the first case has (%s of a model with itself).",
		verdict.FormatSize(floor.For(c.N())), format.Count(floor.Pairs, "A/A pair", "A/A pairs"))
	if floor.Discordant > 0 {
		text += fmt.Sprintf(" Of %s just one run completed.",
			format.Count(floor.Discordant, "A/A pair", "A/A pairs"))
	}
	return text
}
