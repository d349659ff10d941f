package table

import (
	"strconv"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

func elsewhereSpecs() []Spec {
	return []Spec{{Name: "elsewhere", Title: "Published results of others beside ours",
		Of: besideSection}}
}

// besideSection is elsewhereSection where models are compared.
func besideSection(s *view.Source) (Section, bool) {
	if s.OfModel != "" || s.Header.Scenario.DestinationAlone() {
		return Section{}, false
	}
	return elsewhereSection(s)
}

// elsewhereSection sets the direction of published results against that of the file.
func elsewhereSection(s *view.Source) (Section, bool) {
	list, err := s.Besides()
	if err != nil {
		return absent("The published results cannot be read: " + err.Error()), true
	}
	if list == nil {
		return Section{}, false
	}
	sec := Section{Lead: []string{"Direction against direction: figures of others are of other " +
		"machines and mostly of one run, and their sizes are no target. A direction of ours is that " +
		"of medians; it is not given where the ranges of the runs overlap, or, predicted, where not " +
		"every resampling has it."}}
	g := &Grid{Keys: 1, Cols: []Column{{Head: "published", Text: true}, {Head: "theirs", Text: true},
		{Head: "ours", Text: true}, {Head: "direction", Text: true}}}
	for i := range list {
		b := &list[i]
		name := strconv.Itoa(i+1) + ": " + b.Project
		sec.Notes = append(sec.Notes, noteOf(name, b.Elsewhere))
		if b.Pair != nil {
			g.Rows = append(g.Rows, GridRow{Rule: true, Cells: textCells(name+", "+b.Who,
				b.FiguresText(), b.PairText()+": "+b.OursText(), b.AgreesText())})
		}
	}
	sec.Table = g
	return sec, true
}

// noteOf says what of a published result is comparable; its figures stand in the table if it has a
// pair.
func noteOf(name string, e *view.Elsewhere) string {
	text := name + ": " + e.Setting + " (" + e.Source + ")"
	if e.Pair == nil {
		text = name + ", " + e.Who + ": " + e.Setting + ": " + e.FiguresText() + " (" + e.Source +
			"), set beside nothing"
	}
	return format.Sentence(text + ". Comparable: " + e.Comparable + ". Not: " + e.Apart)
}
