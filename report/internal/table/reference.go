package table

import (
	"fmt"
	"strconv"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

func referenceSpecs() []Spec {
	return []Spec{{Name: "reference", Title: "Beside a real QEMU", Level: Open, Brief: true,
		Place: Top, Of: referenceSection}}
}

// referenceSection sets a real program beside a model, figure by figure.
func referenceSection(s *view.Source) (Section, bool) {
	model, rows := s.References()
	if len(rows) == 0 {
		return Section{}, false
	}
	ref := s.Header.Reference
	program, model := format.CleanText(ref.Model, 24), format.CleanText(model, 24)
	sec := Section{Lead: []string{fmt.Sprintf("%s is %s, on the same pages, threads, waits, level "+
		"and max-bandwidth, with a guest that writes nothing. Medians over the runs; the ratio is %s "+
		"over %s in pairs, with its interval. Every page of both was compared with what was given.",
		program, format.CleanText(ref.Program, 100), model, program)}}
	g := &Grid{Keys: 2, Cols: []Column{caseColumn(), {Head: "figure", Text: true}, {Head: program},
		{Head: model}, {Head: model + " / " + program}, {Head: "pairs"}}}
	for i := range rows {
		r := &rows[i]
		first := i == 0 || rows[i-1].Case != r.Case
		name, pairs := "", format.None
		if first {
			name = r.Case.String()
		}
		if r.Pairs > 0 {
			pairs = strconv.Itoa(r.Pairs)
		}
		g.Rows = append(g.Rows, GridRow{Rule: first, Cells: textCells(name, r.Figure,
			format.Sig(r.Program.Median()), format.Sig(r.Model.Median()), r.RatioText(), pairs)})
	}
	sec.Table = g
	sec.Notes = []string{"What differs beside the hand-over:"}
	for _, text := range ref.Differs {
		sec.Notes = append(sec.Notes, "– "+format.Sentence(format.Upper(format.CleanText(text, 300))))
	}
	return sec, true
}
