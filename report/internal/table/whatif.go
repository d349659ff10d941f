package table

import (
	"fmt"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

func whatIfSpecs() []Spec {
	return []Spec{{Name: "what-if", Title: "What if: which cost decides", Level: Open, Brief: true,
		Place: Top, Of: whatIfSection}}
}

// mostCosts is how many costs of a cell are shown.
const mostCosts = 5

// whatIfSection says what each model's time is made of: the costs of the host, changed one at a
// time.
func whatIfSection(s *view.Source) (Section, bool) {
	if s.Predicted() == nil {
		return Section{}, false
	}
	cells := s.WhatIfs()
	if len(cells) == 0 {
		return absent("Which cost decides is not asked in this file. mtbench predict --what-if does."),
			true
	}
	sec := Section{Lead: []string{s.DecidedText()}}
	g := &Grid{Keys: 2, Cols: []Column{caseColumn(), {Head: "model", Text: true},
		{Head: "cost", Text: true}, {Head: "as it is"}}}
	for _, what := range []string{"time", "CPU"} {
		for _, f := range []string{"at 0", "at ½", "at 2×"} {
			g.Cols = append(g.Cols, Column{Head: what + " " + f})
		}
	}
	for _, w := range cells {
		sec.Lead = append(sec.Lead, format.Sentence(w.Text()))
		g.Rows = append(g.Rows, whatIfRows(w)...)
	}
	sec.Table = g
	sec.Notes = []string{"Each row is the case predicted again with one cost of the host changed " +
		"and nothing else: the change of time and of CPU time a compressed page. Costs are in ns. They " +
		"do not add up: what one hides, another shows once it is gone. Not shown is what changes the " +
		"time by less than other seeds do, or by less than 2 %."}
	return sec, true
}

func whatIfRows(w *view.WhatIf) (rows []GridRow) {
	for i, r := range w.Rows[:min(mostCosts, len(w.Rows))] {
		texts := []string{"", "", r.Name(), format.SigTrimmed(r.Value)}
		if i == 0 {
			texts[0], texts[1] = w.String(), w.Model
		}
		for _, log := range append(append([]float64{}, r.Time...), r.CPU...) {
			texts = append(texts, view.WhatIfChange(log))
		}
		rows = append(rows, GridRow{Cells: textCells(texts...), Rule: i == 0})
	}
	if len(rows) == 0 {
		texts := []string{w.String(), w.Model, fmt.Sprintf("none of %d does more than chance", w.Others)}
		rows = append(rows, GridRow{Cells: textCells(append(texts, make([]string, 7)...)...), Rule: true})
	}
	return rows
}
