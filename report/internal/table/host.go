package table

import (
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

func hostSpecs() []Spec {
	return []Spec{
		{Name: "carried", Title: "A larger host with the costs of a virtual machine", Level: Open, Brief: true,
			Place: Top, Of: carriedSection},
		{Name: "host", Title: "The host that is predicted", Level: Open, Place: Top,
			Of: hostSection},
	}
}

func carriedSection(s *view.Source) (Section, bool) {
	text := s.CarriedText()
	return Section{Warn: true, Lead: []string{text}}, text != ""
}

// hostSection names the profile of a prediction, its costs with their sources, and says whether the
// answer holds over the range of those that are assumed.
func hostSection(s *view.Source) (Section, bool) {
	lead := s.HostLead()
	if lead == "" {
		return Section{}, false
	}
	sec := Section{Lead: []string{lead}}
	if text := s.HoldsText(); text != "" {
		sec.Lead = append(sec.Lead, text)
	}
	g := &Grid{Keys: 1, Cols: []Column{{Head: "cost", Text: true}, {Head: "value (ns)"},
		{Head: "range (ns)"}, {Head: "source", Text: true}}}
	costs := s.Predicted().Costs
	for i := range costs {
		g.Rows = append(g.Rows, GridRow{Cells: hostCells(&costs[i])})
	}
	sec.Table = g
	return sec, true
}

func hostCells(c *results.HostCost) []Cell {
	interval := format.None
	if c.Assumed() {
		interval = format.Trimmed(c.Low) + "–" + format.Trimmed(c.High)
	}
	return textCells(c.Cost+": "+c.What, format.Trimmed(c.Value), interval, c.Source)
}
