package table

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

func frontierSpecs() []Spec {
	return []Spec{{Name: "frontier", Of: always(frontierSection),
		Title: "The frontier: highest dirty rate that still completes"}}
}

// frontierSection is the highest dirty rate at which a migration still completes, by model and
// case, and as a share of what the model without coordination reaches.
func frontierSection(s *view.Source) Section {
	f := s.From
	sec := Section{
		Lead: []string{"Median over the repeats of a search [lowest–highest]; above it the lowest " +
			"rate that did not complete. The share is of the median of ideal in the same case."},
	}
	if len(f.Frontier) == 0 {
		return absent("This file has no search for it. mtbench frontier " +
			"makes one.")
	}
	by := map[results.Cell][]*results.Frontier{}
	for i := range f.Frontier {
		r := &f.Frontier[i]
		c := r.Cell
		by[c] = append(by[c], r)
	}
	sec.Table = &Grid{Keys: 2, Cols: []Column{
		caseColumn(), {Head: "model", Text: true}, {Head: "highest completed (pages/s)"},
		{Head: "lowest not completed (pages/s)"}, {Head: "share of ideal (%)"}, {Head: "repeats (n)"},
	}}
	last := results.Cell{Threads: -1}
	for _, c := range frontierCells(by) {
		first := c.Case() != last.Case()
		sec.Table.Rows = append(sec.Table.Rows, frontierRow(by, c, first))
		last = c
	}
	return sec
}

// frontierCells sorts as the table of cases is sorted.
func frontierCells(by map[results.Cell][]*results.Frontier) []results.Cell {
	wait := func(c results.Cell) int {
		if c.Wait {
			return 1
		}
		return 0
	}
	return slices.SortedFunc(maps.Keys(by), func(a, b results.Cell) int {
		return cmp.Or(wait(a)-wait(b), a.Case().Compare(b.Case()), cmp.Compare(a.Model, b.Model))
	})
}

func frontierRow(by map[results.Cell][]*results.Frontier, c results.Cell, first bool) GridRow {
	name := ""
	if first {
		name = c.String()
	}
	highest := frontierSample(by[c], func(r *results.Frontier) *results.Number { return r.Highest })
	failed := frontierSample(by[c], func(r *results.Frontier) *results.Number { return r.Lowest })
	ideal := frontierSample(by[c.Of("ideal")],
		func(r *results.Frontier) *results.Number { return r.Highest })
	share := format.None
	if len(ideal) > 0 && len(highest) > 0 && ideal.Median() > 0 {
		share = format.Fixed(100*highest.Median()/ideal.Median(), 1)
	}
	return GridRow{Rule: first, Cells: textCells(name, c.Model, view.Spread(highest),
		view.Spread(failed), share,
		strconv.Itoa(len(by[c])))}
}

func frontierSample(all []*results.Frontier,
	of func(*results.Frontier) *results.Number) view.Sample {
	var s view.Sample
	for _, r := range all {
		if v := of(r); v != nil {
			s = append(s, *v)
		}
	}
	slices.Sort(s)
	return s
}
