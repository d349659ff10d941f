package plot

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

// whatIfPlot is what each cost of a predicted host does to the time of a page.
func whatIfPlot(s *view.Source) Plot {
	p := Plot{
		ID:       "what-if" + s.Tag,
		Question: "Which cost of the host decides how long a page takes?",
		Caption: "Each row is the case predicted again with one cost changed: the mark at 0 is without " +
			"it, the other marks are half of it and twice it. To the left a page takes less time. What " +
			"is beyond the axis stands at its end. Effects do not add up.",
	}
	cells := s.WhatIfs()
	if len(cells) == 0 {
		p.Missing = "the file has no what-if; mtbench predict --what-if makes one"
		return p
	}
	p.Title = view.SaidOf(s, strongest(cells).Text())
	p.Build = func(Size) *figure {
		fig := &figure{foot: s.HostFoot(len(s.From.WhatIf), "costs")}
		for i, name := range []string{"without it", "half of it", "twice it"} {
			fig.legend = append(fig.legend, legendOf(factorStyles()[i], name))
		}
		rows := 1
		for _, w := range cells {
			rows = max(rows, min(mostCosts, len(w.Rows)))
			fig.panels = append(fig.panels, whatIfPanel(w))
		}
		fig.height = costRow*vg.Length(rows) + 60
		return fig
	}
	return p
}

// strongest is the cell of which one cost is the largest part.
func strongest(cells []*view.WhatIf) *view.WhatIf {
	best, gain := cells[0], 0.0
	for _, w := range cells {
		for _, r := range w.Rows {
			if r.Time[0] < gain {
				best, gain = w, r.Time[0]
			}
		}
	}
	return best
}

// mostCosts is how many costs of a cell are drawn, costRow how much room each has.
const (
	mostCosts = 5
	costRow   = vg.Length(18)
)

// factorStyles are the marks of view.WhatIfFactors.
func factorStyles() []modelStyle {
	return []modelStyle{{ink: inkGreen, marker: view.Circle}, {ink: inkBlue, marker: view.Pyramid},
		{ink: inkVermilion, marker: view.Triangle}}
}

// mostChange is the end of the axis, in percent.
const mostChange = 100

func whatIfPanel(w *view.WhatIf) *panel {
	rows := w.Rows[:min(mostCosts, len(w.Rows))]
	p := &panel{Plot: newPlot(format.CleanText(w.Model, 16)+", "+w.String(),
		"change of the time of a page (%)", "")}
	p.X.Min, p.X.Max = -mostChange, mostChange
	p.X.Tick.Marker = constantTicks([]float64{-100, -50, 0, 50, 100}, tickLabel)
	n := max(1, len(rows))
	p.Y.Min, p.Y.Max = -0.5, float64(n)-0.5
	ticks := make(plot.ConstantTicks, 0, len(rows))
	for i, r := range rows {
		ticks = append(ticks, plot.Tick{Value: float64(n - 1 - i), Label: format.CleanText(r.Cost, 20)})
	}
	p.Y.Tick.Marker, p.Y.Tick.Length = ticks, 0
	p.Add(costMarks{rows})
	return p
}

// costMarks draws a row for each cost, the first at the top: a line from the least to the most, and
// a mark for each factor.
type costMarks struct{ rows []view.WhatIfRow }

// Plot implements [plot.Plotter].
func (m costMarks) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	axis := draw.LineStyle{Color: inkFaint.Rgb, Width: vg.Points(0.75)}
	c.StrokeLine2(axis, tx(0), c.Min.Y, tx(0), c.Max.Y)
	for i, r := range m.rows {
		y := ty(float64(len(m.rows) - 1 - i))
		low, high := 0.0, 0.0
		for _, log := range r.Time {
			if x := changeAt(log); !math.IsNaN(x) {
				low, high = min(low, x), max(high, x)
			}
		}
		bar := draw.LineStyle{Color: faded(inkGrey, 0.6), Width: vg.Points(3)}
		c.StrokeLine2(bar, tx(low), y, tx(high), y)
		for k, log := range r.Time {
			if x := changeAt(log); !math.IsNaN(x) {
				legendOf(factorStyles()[k], "").draw(c, vg.Point{X: tx(x), Y: y})
			}
		}
	}
}

// changeAt is where a log ratio stands on the axis.
func changeAt(log float64) float64 { return min(100*math.Expm1(log), mostChange) }
