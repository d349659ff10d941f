package table

import (
	"fmt"
	"math"
	"mtbench/results"
	"slices"
	"strconv"

	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

// pairSpecs are the comparisons of every contender with the first, by each metric that asks for
// one: by how much and how sure. Times are read first.
func pairSpecs() []Spec {
	var all []Spec
	for _, m := range metric.All() {
		if m.Pairs == "" {
			continue
		}
		spec := Spec{Name: "pairs-" + m.Name, Title: "In pairs: " + m.Pairs,
			Of: always(func(s *view.Source) Section { return PairSection(s, m) })}
		if m.Name == metric.EqualWorkTime {
			spec.Level = Open
		}
		all = append(all, spec)
	}
	return all
}

func PairSection(s *view.Source, m metric.Metric) Section {
	var sec Section
	all := contendersOnly(s, s.CompareAll(m))
	if len(all) == 0 {
		return absent("This file has no pairs of two models. " +
			"mtbench run --models locked,lockless measures them.")
	}
	sec.Lead = []string{
		"Change from " + all[0].Base + " to the model: " + view.TestText(&all[0]) +
			" A figure is given " +
			"only where it is proved. " + metricDoc(m),
	}
	floors, pool := map[string]bool{}, verdict.PoolOf(s.From)
	for i := range all {
		if class := pool(all[i].Cell); !floors[class] {
			floors[class] = true
			sec.Lead = append(sec.Lead, "With wait "+class+": "+pairFloorText(&all[i]))
		}
	}
	sec.Table = &Grid{Keys: 2, Cols: []Column{
		caseColumn(), {Head: "model", Text: true}, {Head: "change (%)"}, {Head: "95 % interval (%)"},
		{Head: "evidence"},
		{Head: "pairs", Text: true}, {Head: "verdict", Text: true},
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
	return slices.DeleteFunc(slices.Clone(all), func(c verdict.Comparison) bool {
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
	cells := textCells(name, c.Other, format.None, format.None, format.None, pairsText(c), c.Word())
	if c.Decided() {
		if !c.Unsized() {
			cells[2].Text = format.ChangeText(c.Change.Estimate)
			cells[3].Text = format.IntervalText(c.Change.Lo, c.Change.Hi)
		}
		cells[4].Text = c.Sureness()
		cells[6].Tone = betterTone(c)
		cells[6].Text += onlyText(c) + boundText(c)
	} else {
		cells[6].Text = c.String()
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

// boundText says what a run at its bound makes of the figures.
func boundText(c *verdict.Comparison) string {
	switch {
	case c.Unsized():
		return fmt.Sprintf("; no ratio, for in %d of %d pairs neither run completes", c.BothBound, c.N())
	case c.OneBound+c.BothBound > 0 && !math.IsInf(c.Change.Estimate, 0):
		return fmt.Sprintf("; in %d of %d pairs a run does not complete and counts by its bound",
			c.OneBound+c.BothBound, c.N())
	}
	return ""
}

// pairsText is "9: 8 lower, 1 higher"; of a fixed number "8 of 10: …" where pairs are missing.
func pairsText(c *verdict.Comparison) string {
	text := strconv.Itoa(len(c.Pairs))
	if !c.Sequential() && c.Planned != len(c.Pairs) {
		text += " of " + strconv.Itoa(c.Planned)
	}
	if len(c.Pairs) > 0 {
		text += ": " + c.Signs()
	}
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

// pairFloorText says by how much a model differs from itself here, and how that is known.
func pairFloorText(c *verdict.Comparison) string {
	floor := c.FloorOf
	if !floor.Measured() {
		return format.Sentence(view.FloorSentence(floor.For(c.N()), true, floor.Pairs) +
			"; mtbench run --aa makes more")
	}
	text := format.Sentence(view.FloorSentence(floor.For(c.N()), false, floor.Pairs))
	if floor.Discordant > 0 {
		text += fmt.Sprintf(" Of %s just one run completed.",
			format.Count(floor.Discordant, "A/A pair", "A/A pairs"))
	}
	return text
}
