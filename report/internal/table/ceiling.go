package table

import (
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

func ceilingSpecs() []Spec {
	return []Spec{{Name: "ceiling", Title: "How near to the ceiling", Level: Open, Of: ceilingSection}}
}

// ceilingSection is every model as a share of ideal, case by case.
func ceilingSection(s *view.Source) (Section, bool) {
	cases, rows := s.Ceiling()
	if len(rows) == 0 {
		return Section{}, false
	}
	sec := Section{Lead: []string{view.CeilingText(rows) + " The figure is the time of equal work " +
		"of ideal, whose workers share pages out without any coordination, over that of the model: " +
		"medians; 0 could not complete. A little above 1 means that the main thread does " +
		"search and copying, which the workers of ideal do. With wait off a page that goes out raw " +
		"takes time too."}}
	if s.Header.Scenario.LinkBandwidth > 0 {
		sec.Lead = append(sec.Lead, "The link of this file is limited, and each worker of ideal has its "+
			"own part of link and burst, which may hold it more than one link holds main: it is no "+
			"ceiling then. --link-bandwidth 0 makes it one.")
	}
	g := &Grid{Keys: 1, Cols: []Column{{Head: "model", Text: true}, {Head: "median"}}}
	for _, c := range cases {
		g.Cols = append(g.Cols, Column{Head: c.String()})
	}
	for _, r := range rows {
		texts := []string{r.Model, format.Fixed(r.Median, 2)}
		for _, v := range r.Shares {
			texts = append(texts, format.Fixed(v, 2))
		}
		g.Rows = append(g.Rows, GridRow{Cells: textCells(texts...)})
	}
	sec.Table = g
	return sec, true
}
