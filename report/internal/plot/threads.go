package plot

import (
	"cmp"
	"math"

	"gonum.org/v1/plot/vg"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// byThreads is a figure whose horizontal axis is the number of threads.
type byThreads struct {
	src    *view.Source
	panels []threadPanel
	ylabel string
	top    float64 // the axis reaches at least here, where a share has a natural end; else 0
	linear bool    // shares are not shown on a logarithmic axis
}

// threadPanel is what one panel shows of a run.
type threadPanel struct {
	head string
	line view.Line
	// ylabel of a panel whose values are of its own kind and scale; else the panels share both.
	ylabel string
	// value of a run; false: it has none, +Inf: it did not complete and is drawn in the strip.
	value metric.Value
	// more values of the run, drawn small around it: each worker of the pool.
	each func(*results.Run) []float64
	text func(*results.Run) string
}

func (b *byThreads) build(size Size) *figure {
	shared, strip := b.scale(b.panels)
	fig := &figure{height: 250, foot: b.src.Foot()}
	fig.legend = modelLegend(b.src)
	if b.named() {
		fig.height = max(fig.height, endLabelGap*vg.Length(len(b.src.Models()))+110)
	}
	wide := size.panelWidth(len(b.panels))
	bar, whisker := false, false
	for _, tp := range b.panels {
		scale := shared
		if tp.ylabel != "" {
			scale, _ = b.scale([]threadPanel{tp})
		}
		p, centres := b.panel(tp, scale, wide)
		fig.panels = append(fig.panels, p)
		for _, m := range centres {
			bar, whisker = true, whisker || m.lo <= m.hi
		}
	}
	switch {
	case bar && b.named():
		fig.legend = append(fig.legend, legendMarks()...)
	case whisker:
		fig.legend = append(fig.legend, legendWhisker("median, 95 % interval"))
	case bar:
		fig.legend = append(fig.legend, legendMedian())
	}
	if strip {
		fig.legend = append(fig.legend, legendCross())
	}
	return fig
}

// scale is that of all that some panels show, which share it so that they can be compared, and
// whether some run did not complete.
func (b *byThreads) scale(panels []threadPanel) (scaleY, bool) {
	values, strip := b.values(panels)
	scale := scaleOf(values, strip, b.linear || b.top > 0)
	if b.top > 0 {
		scale.hi = max(scale.hi, b.top*1.03)
	}
	return scale, strip
}

func (b *byThreads) values(panels []threadPanel) (values []float64, strip bool) {
	for _, tp := range panels {
		for _, r := range b.src.Kept() {
			if view.LineOf(r.Cell) != tp.line {
				continue
			}
			v, ok := tp.value(r)
			switch {
			case ok && math.IsInf(v, 1):
				strip = true
			case ok:
				values = append(values, v)
			}
			if tp.each != nil {
				values = append(values, tp.each(r)...)
			}
		}
	}
	return values, strip
}

// named tells whether the models are named at the ends of their lines, not in a legend.
func (b *byThreads) named() bool { return len(b.src.Models()) > mostInLegend }

// panel draws one panel as wide as that, and says which medians it has.
func (b *byThreads) panel(tp threadPanel, scale scaleY, wide vg.Length) (*panel, []centreMark) {
	p := &panel{Plot: newPlot(tp.head, "compression threads", cmp.Or(tp.ylabel,
		b.ylabel)+scale.note())}
	threadAxis(p.Plot, b.src.Threads())
	scale.apply(p.Plot)
	cells := b.src.Cells()
	models := b.src.Models()
	var marks []centreMark
	var names endLabels
	for i, m := range models {
		of := b.model(p, tp, scale, cells, m, i, len(models))
		if len(of) > 0 {
			end := of[len(of)-1]
			names = append(names, endLabel{end.x, end.y, format.CleanText(m, 20), styleOf(b.src, m)})
		}
		marks = append(marks, of...)
	}
	if b.named() && len(names) > 0 {
		n := float64(len(b.src.Threads()))
		unit := float64(max(wide-names.room(), wide/4)) / (n - 0.4)
		p.X.Min, p.X.Max = -0.4, n-0.8+float64(names.room())/unit
		p.Add(names)
	}
	return p, marks
}

// namedSlot is how much of its place around a thread count a model has where lines are named: they
// are the closer to upright over their count, and each has a mark of its own.
const namedSlot = 0.3

func (s scaleY) note() string {
	if s.log {
		return ", log scale"
	}
	return ""
}

// model draws the runs and the medians of one model.
func (b *byThreads) model(p *panel, tp threadPanel, scale scaleY,
	cells map[results.Cell][]*results.Run, model string, i, k int) []centreMark {
	offset, half := slot(i, k)
	style := styleOf(b.src, model)
	dots := runDots{style: style, radius: 2.4, alpha: 0.5, spots: &p.spots}
	if b.named() {
		offset, half, dots.radius = offset*namedSlot, half*namedSlot, 1.2
	}
	small := runDots{style: style, radius: 1.1, alpha: 0.35}
	crosses := crossMarks{style: style, spots: &p.spots}
	mid := centres{style: style, half: half * 0.95, join: true, shape: b.named()}
	for at, n := range b.src.Threads() {
		runs := cells[tp.line.At(model, n)]
		var values []float64
		for j, r := range runs {
			m := runMark{x: float64(at) + offset + half*0.85*jitter(j), run: view.RunKey(r),
				text: tp.text(r)}
			v, ok := tp.value(r)
			switch {
			case !ok:
				continue
			case math.IsInf(v, 1):
				m.y = scale.at(stripMid + 0.04*jitter(3*j+1))
				crosses.marks = append(crosses.marks, m)
			default:
				m.y = scale.pos(v)
				dots.marks = append(dots.marks, m)
			}
			values = append(values, v)
			small.marks = append(small.marks, workerMarks(tp, scale, r, m.x)...)
		}
		mid.marks = append(mid.marks, middle(values, float64(at)+offset, scale)...)
	}
	p.Add(small, dots, mid, crosses)
	return mid.marks
}

// middle is the median of a cell; it is in the strip where most of its runs did not complete.
func middle(values []float64, x float64, scale scaleY) []centreMark {
	if len(values) == 0 {
		return nil
	}
	med, lo, hi := view.Centre(values)
	if math.IsInf(med, 1) {
		return []centreMark{{x: x, y: scale.at(stripMid), lo: 1, hi: 0, alone: true}}
	}
	if lo > hi {
		return []centreMark{{x: x, y: scale.pos(med), lo: 1, hi: 0}}
	}
	top := scale.pos(hi)
	if math.IsInf(hi, 1) {
		top = scale.at(stripFrom)
	}
	return []centreMark{{x: x, y: scale.pos(med), lo: scale.pos(lo), hi: top}}
}

func workerMarks(tp threadPanel, scale scaleY, r *results.Run, x float64) []runMark {
	if tp.each == nil {
		return nil
	}
	var out []runMark
	for _, v := range tp.each(r) {
		out = append(out, runMark{x: x, y: scale.pos(v)})
	}
	return out
}
