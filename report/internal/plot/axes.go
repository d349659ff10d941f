package plot

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// scaleY is the vertical axis of a panel: linear from 0, or logarithmic where the values span
// more than logSpan; above the values there may be a strip for runs without a value. The axis of
// the library stays linear and is given pos(value): its own logarithmic one misplaces labels.
type scaleY struct {
	lo, hi float64 // of the values
	log    bool
	strip  bool
}

// logSpan is the highest / lowest value from which an axis is logarithmic.
const logSpan = 12

// scaleOf is the axis for values of 0 and more; linear forbids a logarithmic one.
func scaleOf(values []float64, strip, linear bool) scaleY {
	s := scaleY{lo: math.Inf(1), hi: math.Inf(-1), strip: strip}
	for _, v := range values {
		s.lo, s.hi = math.Min(s.lo, v), math.Max(s.hi, v)
	}
	switch {
	case len(values) == 0:
		s.lo, s.hi = 0, 1
	case !linear && s.lo > 0 && s.hi/s.lo > logSpan:
		s.log = true
		s.lo, s.hi = s.lo/1.25, s.hi*1.25
	default:
		s.lo, s.hi = 0, s.hi*1.06
	}
	if s.hi <= s.lo {
		s.hi = s.lo + 1
	}
	return s
}

// pos is where a value stands on the axis.
func (s scaleY) pos(v float64) float64 {
	if s.log {
		return math.Log10(math.Max(v, s.lo))
	}
	return v
}

// at is the place at a height of the axis without its strip, 0 to 1 and more.
func (s scaleY) at(f float64) float64 {
	return s.pos(s.lo) + (s.pos(s.hi)-s.pos(s.lo))*f
}

// Heights of the strip above the values, in heights of the axis.
const (
	stripFrom = 1.02
	stripMid  = 1.09
	stripTo   = 1.16
)

// apply sets the axis, its grid and its strip on a panel.
func (s scaleY) apply(p *plot.Plot) {
	ticks := niceTicks(s.lo, s.hi, 5)
	if s.log {
		ticks = logTicks(s.lo, s.hi)
	}
	marks := constantTicks(ticks, tickLabel)
	at := make([]float64, len(marks))
	for i := range marks {
		marks[i].Value = s.pos(marks[i].Value)
		at[i] = marks[i].Value
	}
	p.Y.Min, p.Y.Max = s.at(0), s.at(1)
	p.Add(rules{at: at, ink: inkGrid, width: 0.6})
	if s.strip {
		p.Y.Max = s.at(stripTo)
		p.Add(band{lo: s.at(stripFrom), hi: s.at(stripTo), ink: inkStrip, alpha: 1})
		marks = append(marks, plot.Tick{Value: s.at(stripMid), Label: "can’t\ncomplete"})
	}
	p.Y.Tick.Marker = marks
}

// threadAxis puts thread counts on the horizontal axis, evenly spaced.
func threadAxis(p *plot.Plot, threads []int) {
	ticks := make(plot.ConstantTicks, len(threads))
	for i, n := range threads {
		ticks[i] = plot.Tick{Value: float64(i), Label: strconv.Itoa(n)}
	}
	p.X.Tick.Marker = ticks
	p.X.Tick.Length = vg.Points(0)
	p.X.Min, p.X.Max = -0.5, float64(len(threads))-0.5
	between := make([]float64, 0, len(threads))
	for i := 1; i < len(threads); i++ {
		between = append(between, float64(i)-0.5)
	}
	p.Add(rules{at: between, ink: inkGrid, width: 0.6, vertical: true})
}

// slot is where model m of k stands around a thread count, and half the width it has.
func slot(m, k int) (offset, half float64) {
	w := 0.8 / float64(k)
	return (float64(m) - float64(k-1)/2) * w, w * 0.4
}
