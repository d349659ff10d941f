package table

import (
	"mtbench/report/internal/view"
)

func answerCell(a *view.Agreement) Cell {
	return Cell{Text: a.Answer(), Tone: map[string]Tone{view.Agrees: Good,
		view.Opposite: Bad}[a.Answer()]}
}

func directionSpecs() []Spec {
	return []Spec{{Name: "direction", Title: "Does the direction of the letter hold here?",
		Level: Open,
		Of:    ofModels(directionSection)}}
}

// directionSection sets each figure of the letter beside this file's, with a reason where the
// direction cannot be told.
func directionSection(s *view.Source) Section {
	if s.Header.Scenario.DestinationAlone() {
		return absent("The letter is of whole migrations, and the destination alone was measured.")
	}
	sec := Section{
		Lead: []string{"From locked to lockless. A direction is given here only if the pairs prove " +
			"it, by the rule of the section on pairs; the letter has one run a case."},
		Table: &Grid{Keys: 2, Cols: []Column{
			caseColumn(), {Head: "figure", Text: true},
			{Head: "letter: locked → lockless"}, {Head: "here: locked → lockless"},
			{Head: "direction agrees?", Text: true}, {Head: "why not told", Text: true},
		}},
	}
	letter, cmps := s.Letter(), s.Comparisons()
	eachCase(s, []string{"lockless"}, func(c *view.Figures, _ bool) {
		if !view.LetterCase(c.Cell) {
			return
		}
		for i, a := range cmps.Agreements(c.Threads, c.Wait, letter) {
			cells := textCells(caseName(c, i == 0), a.Figure, a.LetterText, a.HereText, "", a.Why)
			cells[4] = answerCell(&a)
			sec.Table.Rows = append(sec.Table.Rows, GridRow{Cells: cells, Rule: i == 0})
		}
	})
	if len(sec.Table.Rows) == 0 {
		return absent("This file has no case of the letter with both " +
			"models. mtbench run --models locked,lockless --threads 4,8,16 measures them.")
	}
	return sec
}
