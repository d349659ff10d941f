package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"mtbench/report/internal/format"
	"mtbench/results"
)

// ceiling is the baseline that bounds the others.
const ceiling = "ideal"

// CeilingRow is a model and how near it comes to the ceiling: of each case the time of equal work
// of ideal over its own, NaN where either has none.
type CeilingRow struct {
	Model  string
	Shares []float64 // by the cases of Ceiling
	Least  float64   // of Shares
	Median float64
}

// Ceiling returns the cases of the file in which ideal ran, and every ranked model as a share of
// it, the highest median first.
func (s *Source) Ceiling() (cases []results.Cell, rows []CeilingRow) {
	best := map[results.Cell]float64{}
	s.Each([]string{ceiling}, func(c *Figures) {
		if v := c.Equal.Median(); format.Finite(v) && v > 0 {
			cases, best[c.Case()] = append(cases, c.Case()), v
		}
	})
	if len(cases) == 0 {
		return nil, nil
	}
	cells := s.Cells()
	for _, m := range s.Ranked() {
		row := CeilingRow{Model: m, Least: math.Inf(1)}
		var known Sample
		for _, c := range cases {
			share := math.NaN()
			if runs := cells[c.Of(m)]; len(runs) > 0 {
				share = best[c] / s.FiguresOf(c.Of(m), runs).Equal.Median()
			}
			if row.Shares = append(row.Shares, share); !math.IsNaN(share) {
				known, row.Least = append(known, share), min(row.Least, share)
			}
		}
		slices.Sort(known)
		if row.Median = known.Median(); len(known) > 0 {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b CeilingRow) int { return cmp.Compare(b.Median, a.Median) })
	return cases, rows
}

// CeilingText names the model that is nearest to the ceiling over all cases.
func CeilingText(rows []CeilingRow) string {
	if len(rows) == 0 {
		return ""
	}
	return fmt.Sprintf("Nearest to the ceiling is %s: %s of it in the median case, %s in the worst.",
		format.CleanText(rows[0].Model, 24), format.Fixed(rows[0].Median, 2),
		format.Fixed(rows[0].Least, 2))
}
