package table

import (
	"fmt"
	"math"
	"strconv"

	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

// stepNames are the contenders of package models/steps; a test holds them to it.
const stepNames = "step0-locked,step1-depth,step2-results,step3-rings,step4-spin,step5-polls," +
	"step6-lockless"

func stepSpecs() []Spec {
	return []Spec{{Name: "steps", Level: Open, Of: ofModels(stepsSection),
		Title: "Where the gain comes from: locked to lockless, one change at a time"}}
}

// stepsSection attributes the difference of locked and lockless to the changes on the way.
func stepsSection(s *view.Source) Section {
	sec := Section{
		Lead: []string{"Change of the time of equal work by each step: mean log ratio over the rounds " +
			"in " +
			"which every step completed, so that the steps multiply to the whole; Student's 95 % " +
			"interval; signed-rank p after Holm over the steps."},
	}
	all := verdict.Attribute(s.From, metric.Get(metric.EqualWorkTime))
	if len(all) == 0 {
		return absent("This file has no steps. mtbench run --models " +
			stepNames + " measures them.")
	}
	sec.Table = &Grid{Keys: 2, Cols: []Column{caseColumn(), {Head: "step", Text: true},
		{Head: "change (%)"}, {Head: "95 % interval (%)"}, {Head: "p (Holm)"}, {Head: "rounds (n)"},
		{Head: "proved?", Text: true}}}
	for i := range all {
		a := &all[i]
		for j := range a.Steps {
			sec.Table.Rows = append(sec.Table.Rows, stepRow(a, &a.Steps[j], j == 0))
		}
		whole := stepRow(a, &a.Whole, false)
		whole.Cells[1].Text = "the whole way"
		sec.Table.Rows = append(sec.Table.Rows, whole)
	}
	return sec
}

func stepRow(a *verdict.Attribution, s *verdict.StepShare, first bool) GridRow {
	name, told := "", "no"
	if first {
		name = a.Cell.String()
	}
	if s.Proved() {
		told = "yes"
	}
	rounds := strconv.Itoa(a.Pairs)
	if a.Excluded > 0 {
		rounds += fmt.Sprintf(" (%d left out)", a.Excluded)
	}
	texts := []string{name, s.From + " → " + s.To, format.None, format.None, format.None, rounds, told}
	if a.Pairs >= 2 && !math.IsNaN(s.Change.Estimate) {
		texts[2] = format.ChangeText(s.Change.Estimate)
		texts[3] = format.IntervalText(s.Change.Lo, s.Change.Hi)
		texts[4] = fmt.Sprintf("%.2g", s.Adjusted)
	}
	return GridRow{Cells: textCells(texts...), Rule: first}
}
