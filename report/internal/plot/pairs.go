package plot

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// PairsPlot is each pair's difference with interval, against the A/A floor.
func PairsPlot(s *view.Source, diffs []view.Diff) Plot {
	p := Plot{
		ID:       "pairs" + s.Tag,
		Question: "By how much is one model faster, and how sure is it?",
		Caption: "Time of equal work (with wait on without setup, with wait off per compressed page) " +
			"of the model over that of the first in the same pair, as in the tables: under 1 the model " +
			"is faster. A pair has one seed, and its runs follow each other. The bar is " +
			"the Hodges-Lehmann estimate, the whisker its 95 % interval. “Unproved” is neither a " +
			"difference nor equality. The grey band is the floor: " + floorCaption(diffs) +
			" In the strips only one of the two completed.",
	}
	if s.Header.Kind == results.Published {
		p.Missing = "published figures are one run a case, so there are no pairs; mtbench run " +
			"--pairs makes some"
		return p
	}
	if view.MostPairs(diffs) == 0 {
		p.Missing = "the file has no pairs; mtbench run --models locked,lockless makes them"
		return p
	}
	p.found(view.PairsFinding(s, diffs))
	p.Title = view.SaidOf(s, p.Title)
	p.Build = func(Size) *figure { return pairsFigure(s, diffs) }
	return p
}

// pairScale is the axis of ratios: logarithmic, symmetric about 1.
type pairScale struct{ reach float64 }

func pairScaleOf(diffs []view.Diff) pairScale {
	reach := math.Log(1.1)
	for _, d := range diffs {
		for _, p := range d.Pairs {
			if l := math.Abs(format.LogOr(p.Ratio)); !math.IsInf(l, 0) {
				reach = math.Max(reach, l*1.25)
			}
		}
	}
	return pairScale{reach}
}

// place is the height of a ratio; pairs of which one side completed go to the strips, spread by j.
func (s pairScale) place(ratio float64, j int) float64 {
	l := format.LogOr(ratio)
	strip := s.reach * (1.125 + 0.04*jitter(3*j+1))
	if math.IsInf(l, 0) {
		return math.Copysign(strip, l)
	}
	return l
}

// centre is the height of an estimate or of an end of its interval.
func (s pairScale) centre(ratio float64) float64 {
	return math.Max(-s.reach*1.125, math.Min(s.reach*1.125, format.LogOr(ratio)))
}

func pairsFigure(s *view.Source, diffs []view.Diff) *figure {
	fig := &figure{height: 240, foot: s.Foot()}
	models := s.Contenders()
	for _, m := range models[1:] {
		fig.legend = append(fig.legend, legendOf(styleOf(s, m), format.CleanText(m, 20)+" against "+
			format.CleanText(models[0], 20)))
	}
	if slices.ContainsFunc(diffs, func(d view.Diff) bool { return d.Verdict != view.TooFew }) {
		fig.legend = append(fig.legend, legendWhisker("estimate, 95 % interval"))
	}
	if d, ok := view.LeastFloor(diffs); ok && s.Predicted() == nil {
		fig.legend = append(fig.legend, legendFill(FloorWord(d), faded(inkRest, 0.35)))
	}
	scale := pairScaleOf(diffs)
	for _, l := range s.Lines() {
		fig.panels = append(fig.panels, pairsPanel(s, diffs, scale, l))
	}
	return fig
}

func pairsPanel(s *view.Source, diffs []view.Diff, scale pairScale, line view.Line) *panel {
	models := s.Contenders()
	base, other := format.CleanText(models[0], 12), "the other"
	if len(models) == 2 {
		other = format.CleanText(models[1], 12)
	}
	work := metric.Get(metric.OfEqualWork(line.At("", 0))).Shown.Name
	label := "time of " + other + " / " + base + " (×)\n" + // the label is read from below
		"← " + other + " faster · " + base + " faster →"
	p := &panel{Plot: newPlot(line.String()+": "+work,
		"compression threads", label)}
	threadAxis(p.Plot, s.Threads())
	scale.apply(p, base, strings.TrimPrefix(other, "the "), oneSided(diffs))
	for i, m := range models[1:] {
		for _, d := range view.DiffsOf(diffs, m) {
			if view.LineOf(d.Case) == line {
				addPairs(p, s.Threads(), styleOf(s, m), d, scale, i, len(models)-1, s.Predicted() == nil)
			}
		}
	}
	return p
}

// oneSided tells whether some pair has one side that completed, which asks for the strips.
func oneSided(diffs []view.Diff) bool {
	for _, d := range diffs {
		for _, p := range d.Pairs {
			if math.IsInf(format.LogOr(p.Ratio), 0) {
				return true
			}
		}
	}
	return false
}

// apply sets the axis up; its values are logarithms.
func (s pairScale) apply(p *panel, base, other string, strips bool) {
	var ticks []float64
	for _, v := range ratioTicks(s.reach) {
		ticks = append(ticks, math.Log(v))
	}
	p.Y.Min, p.Y.Max = -s.reach, s.reach
	p.Add(rules{at: ticks, ink: inkGrid, width: 0.6})
	if strips {
		p.Y.Min, p.Y.Max = -s.reach*1.22, s.reach*1.22
		p.Add(band{lo: s.reach * 1.03, hi: s.reach * 1.22, ink: inkStrip, alpha: 1})
		p.Add(band{lo: -s.reach * 1.22, hi: -s.reach * 1.03, ink: inkStrip, alpha: 1})
	}
	marks := constantTicks(ticks, func(v float64) string { return fmt.Sprintf("%.3g", math.Exp(v)) })
	if strips {
		marks = append(marks, plot.Tick{Value: s.reach * 1.125, Label: "only " + base + "\ncompletes"},
			plot.Tick{Value: -s.reach * 1.125, Label: "only " + other + "\ncompletes"})
	}
	p.Y.Tick.Marker = marks
	p.Add(rules{at: []float64{0}, ink: inkFaint, width: 1})
}

// ratioTicks are round ratios within ± reach of 1 in logarithms.
func ratioTicks(reach float64) []float64 {
	steps := []float64{1, 2, 5, 10, 20, 50, 100}
	switch {
	case reach < math.Log(1.25):
		steps = []float64{1, 1.05, 1.1, 1.15, 1.2}
	case reach < math.Log(2.2):
		steps = []float64{1, 1.2, 1.5, 2}
	case reach < math.Log(5):
		steps = []float64{1, 1.5, 2, 3, 4}
	}
	var out []float64
	for _, v := range steps {
		if math.Log(v) > reach*0.92 {
			break
		}
		out = append(out, v)
		if v > 1 {
			out = append(out, 1/v)
		}
	}
	return out
}

// addPairs draws the pairs of model i of k in a case, and, of a measured file, the floor.
func addPairs(p *panel, threads []int, style modelStyle, d view.Diff, scale pairScale, i, k int,
	measured bool) {
	offset, half := slot(i, k)
	at := 0.0
	for j, n := range threads {
		if n == d.Threads {
			at = float64(j)
		}
	}
	if d.Floor > 0 && i == 0 && measured {
		f := math.Min(d.Floor, scale.reach)
		p.Add(box{at - 0.5, at + 0.5, -f, f})
	}
	dots := runDots{style: style, radius: 2.4, alpha: 0.5, spots: &p.spots}
	for j, pair := range d.Pairs {
		dots.marks = append(dots.marks, runMark{at + offset + half*0.7*jitter(j),
			scale.place(pair.Ratio, j), pair.Run, pair.Text})
	}
	p.Add(dots)
	if k < mostInLegend { // of more there is no room for a word each; the table has them
		p.Add(verdictWord(d, at+offset, scale))
	}
	if d.Verdict == view.TooFew || math.IsNaN(d.Ratio) {
		return // no figure is quoted, or pairs of which now one side and now the other completed
	}
	mid := centres{style: style, half: half * 0.8}
	mark := centreMark{x: at + offset, y: scale.centre(d.Ratio), lo: 1, hi: 0}
	if d.Lo <= d.Hi {
		mark.lo, mark.hi = scale.centre(d.Lo), scale.centre(d.Hi)
	}
	mid.marks = append(mid.marks, mark)
	p.Add(mid)
}

// verdictWord writes what a case comes to under its marks.
func verdictWord(d view.Diff, x float64, scale pairScale) words {
	text := map[view.Outcome]string{view.Unproven: "unproved", view.Tied: "equal",
		view.Faster: "faster",
		view.Slower: "slower", view.HostMoved: "host changed"}
	w := words{x: x, y: -scale.reach, text: text[d.Verdict], ink: InkText, size: plotFootSize,
		xalign: draw.XCenter, dy: 7}
	if d.Verdict == view.TooFew {
		w.text = fmt.Sprintf("n = %d", d.N)
	}
	return w
}

// FloorWord says in the legend whether the floor was measured.
func FloorWord(d view.Diff) string {
	if d.Assumed {
		return "floor, " + view.AssumedText(d.Floor, d.AaPairs)
	}
	return "A/A floor"
}

// floorCaption is the same as a sentence.
func floorCaption(diffs []view.Diff) string {
	d, ok := view.LeastFloor(diffs)
	if !ok {
		return "no case has one."
	}
	if d.Assumed {
		return view.AssumedText(d.Floor, d.AaPairs) + "."
	}
	return "as many pairs of a model with itself differ by so much (A/A); it changes no verdict."
}

// box is the A/A floor of one case.
type box struct{ x0, x1, y0, y1 float64 }

// Plot implements [plot.Plotter].
func (b box) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	c.SetColor(faded(inkRest, 0.35))
	c.Fill(vg.Rectangle{
		Min: vg.Point{X: tx(b.x0), Y: ty(b.y0)}, Max: vg.Point{X: tx(b.x1), Y: ty(b.y1)},
	}.Path())
}
