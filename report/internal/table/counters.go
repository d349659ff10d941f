package table

import (
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// counterSpecs is the section on what the CPU counted.
func counterSpecs() []Spec {
	return []Spec{{Name: "counters", Title: "Hardware counters: what the CPU counted of each role",
		Of: countersSection}}
}

// countersSection is there where counters were asked for, and says why they are absent.
func countersSection(s *view.Source) (Section, bool) {
	if !s.Header.Scenario.Counters {
		return Section{}, false
	}
	if why := s.Header.Host.NoCounters; why != "" {
		return Section{Lead: []string{"Hardware counters were asked for, and this host has none: " + why +
			"."}}, true
	}
	g := &Grid{Keys: 3, Cols: []Column{caseColumn(), {Head: "model", Text: true},
		{Head: "thread", Text: true}, {Head: "instructions (per page)"}, {Head: "cycles (per page)"},
		{Head: "instructions a cycle"}, {Head: "cache misses (per page)"}}}
	s.Each(s.Contenders(), func(c *view.Figures) {
		for _, role := range []string{"main", "worker"} {
			row := textCells(c.Cell.String(), format.CleanText(c.Model, 24), role)
			for _, of := range countedFigures(role) {
				row = append(row, Cell{Text: spread(view.SampleOf(c.Runs, of))})
			}
			g.Rows = append(g.Rows, GridRow{Cells: row, Rule: role == "main"})
		}
	})
	return Section{Table: g, Lead: []string{"User mode of the " + s.Measured() +
			"'s threads, by perf_event_open; workers together. Median over the runs of a case; in " +
			"brackets the lowest and the highest run."}},
		true
}

// countedFigures are the columns: sums of a role over the pages sent, and one of them over another.
func countedFigures(role string) []func(*results.Run) (float64, bool) {
	sum := func(r *results.Run, of func(*results.Counters) int64) (float64, bool) {
		total, known := 0.0, false
		for i := range r.ThreadUsage {
			u := &r.ThreadUsage[i]
			if u.Process == r.Measured() && u.Role == role {
				if u.Counters != nil {
					total, known = total+float64(of(u.Counters)), true
				}
			}
		}
		return total, known
	}
	instructions := func(c *results.Counters) int64 { return c.Instructions }
	cycles := func(c *results.Counters) int64 { return c.Cycles }
	misses := func(c *results.Counters) int64 { return c.CacheMisses }
	aPage := func(of func(*results.Counters) int64) func(*results.Run) (float64, bool) {
		return func(r *results.Run) (float64, bool) {
			n, ok := sum(r, of)
			return n / float64(r.Pages), ok && r.Pages > 0
		}
	}
	aCycle := func(r *results.Run) (float64, bool) {
		n, ok := sum(r, instructions)
		c, _ := sum(r, cycles)
		return n / c, ok && c > 0
	}
	return []func(*results.Run) (float64, bool){aPage(instructions), aPage(cycles), aCycle,
		aPage(misses)}
}
