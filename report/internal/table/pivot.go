package table

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// Pivot is the runs of all files by the values of some axes: a row for each combination that has
// runs. Keys are names of [results.Keys].
func Pivot(srcs []*view.Source, keys []string) Section {
	groups := pivotGroups(srcs, keys)
	g := &Grid{Keys: len(keys)}
	for _, key := range keys {
		g.Cols = append(g.Cols, Column{Head: strings.ReplaceAll(key, "_", " "), Text: true})
	}
	g.Cols = append(g.Cols, Column{Head: "runs (n)"}, Column{Head: "completed (n)"})
	figures := pivotFigures()
	for _, m := range figures {
		g.Cols = append(g.Cols, Column{Head: m.Head()})
	}
	for i, group := range groups {
		row := textCells(group.values...)
		row = append(row, textCells(format.Fixed(float64(len(group.runs)), 0),
			format.Fixed(float64(group.completed()), 0))...)
		for _, m := range figures {
			row = append(row, Cell{Text: spread(view.SampleOf(group.runs, m.In(m.Shown)))})
		}
		rule := i > 0 && group.values[0] != groups[i-1].values[0] && len(keys) > 1
		g.Rows = append(g.Rows, GridRow{Cells: row, Rule: rule})
	}
	return Section{Spec: Spec{Name: "pivot", Level: Open, Title: "Runs by " +
		strings.ReplaceAll(strings.Join(keys, " and "), "_", " ")}, ID: "pivot", Table: g,
		Lead: []string{"Median over the runs of a row; in brackets the lowest and the highest run. A " +
			"row takes the runs of different cases together unless every axis is named: it describes and " +
			"proves nothing. ∞ is a run that could not complete."}}
}

// pivotFigures are the figures of a pivot.
func pivotFigures() []metric.Metric {
	return []metric.Metric{metric.Get(metric.MigrationTime), metric.Get(metric.WallPerCompressed),
		metric.Get(metric.BusyRatio), metric.Get(metric.MainCPU), metric.Get(metric.CPUPerPage)}
}

// spread is a median with its lowest and highest run.
func spread(s view.Sample) string {
	text := finite(s.Median())
	if len(s) > 1 && s.Low() != s.High() {
		text += " [" + finite(s.Low()) + "–" + finite(s.High()) + "]"
	}
	return text
}

func finite(v float64) string {
	switch {
	case math.IsNaN(v):
		return format.None
	case math.IsInf(v, 1):
		return "∞"
	}
	return format.Sig(v)
}

// pivotGroup is the runs with the same values of the keys.
type pivotGroup struct {
	values []string
	runs   []*results.Run
}

func (g *pivotGroup) completed() int {
	n := 0
	for _, r := range g.runs {
		if r.Completed {
			n++
		}
	}
	return n
}

// pivotGroups groups the runs that count, in the order of the keys' axes.
func pivotGroups(srcs []*view.Source, keys []string) []*pivotGroup {
	var groups []*pivotGroup
	at := map[string]*pivotGroup{}
	for _, s := range srcs {
		for _, r := range s.Kept() {
			values := make([]string, len(keys))
			for i, key := range keys {
				values[i] = s.Header.Coordinate(r.Cell, key)
			}
			name := strings.Join(values, "\x00")
			if at[name] == nil {
				at[name] = &pivotGroup{values: values}
				groups = append(groups, at[name])
			}
			at[name].runs = append(at[name].runs, r)
		}
	}
	slices.SortStableFunc(groups, func(a, b *pivotGroup) int { return compareBy(keys, a, b) })
	return groups
}

// compareBy orders by the keys, one after another: numbers as numbers.
func compareBy(keys []string, a, b *pivotGroup) int {
	for i := range keys {
		x, y := a.values[i], b.values[i]
		if x == y {
			continue
		}
		n, err1 := results.ParseSize(x)
		m, err2 := results.ParseSize(y)
		if err1 == nil && err2 == nil && n != m {
			return cmp.Compare(n, m)
		}
		return cmp.Compare(x, y)
	}
	return 0
}
