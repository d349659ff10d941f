package table

import (
	"math"
	"strconv"

	"mtbench/internal/verdict"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

func occasionSpecs() []Spec {
	return []Spec{{Name: "occasions", Title: "The same series on several occasions: " +
		"time of equal work, as a ratio", Level: Open, Brief: true, Place: Top, All: occasionsSection}}
}

// occasionsSection says how far the ratios moved between series that differ in their time alone,
// beside the interval that each gives.
func occasionsSection(sources []*view.Source) (Section, bool) {
	var files []*results.File
	for _, s := range sources {
		if s.OfModel == "" {
			files = append(files, s.From)
		}
	}
	o, ok := verdict.OccasionsOf(files)
	if !ok {
		return Section{}, false
	}
	sec := Section{Lead: o.Sentences(), Notes: []string{
		"A ratio is the model's time over that of the first model, with the interval of its series. " +
			"Moved: the highest over the lowest of the series, of the ratio and of each model's own " +
			"median."}}
	g := &Grid{Keys: 2, Cols: []Column{caseColumn(), {Head: "model", Text: true}}}
	for i, at := range o.Began {
		g.Cols = append(g.Cols, Column{Head: strconv.Itoa(i+1) + ": " +
			at.UTC().Format("2006-01-02 15:04")})
	}
	g.Cols = append(g.Cols, Column{Head: "ratio moved"}, Column{Head: "first model moved"},
		Column{Head: "model moved"}, Column{Head: "verdict", Text: true})
	for i := range o.Cases {
		g.Rows = append(g.Rows, GridRow{Rule: true, Cells: occasionCells(&o.Cases[i])})
	}
	sec.Table = g
	return sec, true
}

func occasionCells(c *verdict.Occasion) []Cell {
	texts := []string{c.Cell.Case().String(), c.Other}
	for _, x := range c.Each {
		texts = append(texts, occasionText(x))
	}
	texts = append(texts, movedText(c.Moved()), movedText(c.ModelMoved(false)),
		movedText(c.ModelMoved(true)), c.Agreement().String())
	return textCells(texts...)
}

func occasionText(c *verdict.Comparison) string {
	switch {
	case c == nil:
		return format.None
	case math.IsNaN(c.Change.Estimate):
		return "no ratio"
	}
	return format.RatioText(math.Exp(c.Change.Estimate)) + " [" +
		format.RatioText(math.Exp(c.Change.Lo)) + ", " + format.RatioText(math.Exp(c.Change.Hi)) + "]"
}

func movedText(log float64, ok bool) string {
	if !ok {
		return format.None
	}
	return verdict.FormatSize(log)
}
