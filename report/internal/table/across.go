package table

import (
	"strconv"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

func acrossSpecs() []Spec {
	return []Spec{{Name: "files",
		Title: "The files side by side: total time (ms), with wait off of unequal work",
		Level: Open, Brief: true, Place: Top, All: filesSection}}
}

// filesSection sets the medians of several files side by side, by file number. A percentage is not
// here: mtbench compare gives one, with its interval.
func filesSection(sources []*view.Source) (Section, bool) {
	if len(sources) < 2 || sources[0].Files < 2 && sources[0].OfModel != "" {
		return Section{}, false
	}
	sec := Section{
		Lead: []string{"Median [lowest–highest run] of each file. Whether a change is one is " +
			"answered by mtbench compare OLD NEW, with an interval."},
		Table: &Grid{Keys: 2, Cols: []Column{caseColumn(), {Head: "model", Text: true}}},
	}
	for i, s := range sources {
		head := strconv.Itoa(i+1) + ": " + s.Name + kindMark(s.Header.Kind) + " (ms)"
		sec.Table.Cols = append(sec.Table.Cols, Column{Head: head})
	}
	union := unionOf(sources)
	eachCase(union, union.Models(), func(c *view.Figures, first bool) {
		cells := textCells(caseName(c, first), c.Model)
		for _, s := range sources {
			cells = append(cells, fileCell(s, c.Cell))
		}
		sec.Table.Rows = append(sec.Table.Rows, GridRow{Cells: cells, Rule: first})
	})
	return orAbsent(union, sec), true
}

// unionOf has the runs of all sources: the cells that any of them has.
func unionOf(sources []*view.Source) *view.Source {
	u := &view.Source{Header: sources[0].Header, Known: sources[0].Known}
	for _, s := range sources {
		u.Runs = append(u.Runs, s.Runs...)
	}
	return u
}

func fileCell(s *view.Source, c results.Cell) Cell {
	runs := s.Cells()[c]
	if len(runs) == 0 {
		return Cell{Text: format.None}
	}
	f := s.FiguresOf(c, runs)
	if f.Unfinished == len(runs) {
		return resultCell(f)
	}
	return Cell{Text: timeSpread(f)}
}

func kindMark(kind string) string {
	if kind == results.Measured {
		return ""
	}
	return ", " + kind
}
