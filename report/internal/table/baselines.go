package table

import (
	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

func baselineSpecs() []Spec {
	return []Spec{{Name: "baselines", Title: "Harness baselines", Of: ofModels(baselineSection)}}
}

// baselineSection are the models that show what the harness costs: never part of a verdict.
func baselineSection(s *view.Source) Section {
	g := &Grid{Keys: 2, Cols: append(caseColumns(), figureColumn(metric.CPUPerPage))}
	eachCase(s, s.Baselines(), func(c *view.Figures, first bool) {
		cells := append(caseCells(c, first), Cell{Text: format.Whole(c.CPUPage.Median())})
		g.Rows = append(g.Rows, GridRow{Cells: cells, Rule: first})
	})
	if len(g.Rows) == 0 {
		return absent("None in this file. mtbench run --models locked,lockless,null,inline,ideal " +
			"shows what the " +
			"harness costs.")
	}
	return Section{
		Table: g,
		Lead: []string{"null refuses every page, inline has no threads, ideal has no " +
			"coordination: what the harness itself costs and what could be reached at most. " +
			"They are part of no verdict."},
	}
}
