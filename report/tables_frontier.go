package report

import (
	"cmp"
	"slices"
	"strconv"

	"mtbench/results"
)

// frontierSection is the highest dirty rate at which a migration still completes, by model and
// case, and as a share of what the model without coordination reaches.
func frontierSection(f *results.File) section {
	sec := section{
		id: "frontier", title: "The frontier: highest dirty rate that still completes",
		lead: []string{"Median over the repeats of a search [lowest–highest]; above it the lowest " +
			"rate that did not complete. The share is of the median of ideal in the same case."},
	}
	if len(f.Frontier) == 0 {
		return absentSection(sec.id, sec.title, "This file has no search for it. mtbench frontier "+
			"makes one.")
	}
	by := map[plotCell][]*results.Frontier{}
	for i := range f.Frontier {
		r := &f.Frontier[i]
		c := plotCell{r.Model, r.Threads, r.Wait}
		by[c] = append(by[c], r)
	}
	sec.table = &grid{keys: 2, cols: []column{
		caseColumn(), {head: "model", text: true}, {head: "highest completed (pages/s)"},
		{head: "lowest not completed (pages/s)"}, {head: "share of ideal (%)"}, {head: "repeats (n)"},
	}}
	last := plotCell{threads: -1}
	for _, c := range frontierCells(by) {
		first := c.threads != last.threads || c.wait != last.wait
		sec.table.rows = append(sec.table.rows, frontierRow(by, c, first))
		last = c
	}
	return sec
}

// frontierCells sorts as the table of cases is sorted.
func frontierCells(by map[plotCell][]*results.Frontier) []plotCell {
	wait := func(c plotCell) int {
		if c.wait {
			return 1
		}
		return 0
	}
	return slices.SortedFunc(keysOf(by), func(a, b plotCell) int {
		return cmp.Or(wait(a)-wait(b), a.threads-b.threads, cmp.Compare(a.model, b.model))
	})
}

func frontierRow(by map[plotCell][]*results.Frontier, c plotCell, first bool) gridRow {
	name := ""
	if first {
		name = c.caseText()
	}
	highest := frontierSample(by[c], func(r *results.Frontier) *results.Number { return r.Highest })
	failed := frontierSample(by[c], func(r *results.Frontier) *results.Number { return r.Lowest })
	ideal := frontierSample(by[plotCell{"ideal", c.threads, c.wait}],
		func(r *results.Frontier) *results.Number { return r.Highest })
	share := none
	if len(ideal) > 0 && len(highest) > 0 && ideal.median() > 0 {
		share = fixed(100*highest.median()/ideal.median(), 1)
	}
	return gridRow{rule: first, cells: textCells(name, c.model, spread(highest), spread(failed), share,
		strconv.Itoa(len(by[c])))}
}

func frontierSample(all []*results.Frontier, of func(*results.Frontier) *results.Number) sample {
	var s sample
	for _, r := range all {
		if v := of(r); v != nil {
			s = append(s, *v)
		}
	}
	slices.Sort(s)
	return s
}
