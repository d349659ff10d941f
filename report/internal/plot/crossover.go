package plot

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

const crossoverQuestion = "At which cost of a page does the model stop mattering?"

// crossPoint is one case of one file on the map.
type crossPoint struct {
	view.Diff
	service float64 // µs a page
	codec   string
}

// crossoverPlot is the map of service time × threads, over all files.
func crossoverPlot(srcs []*view.Source) Plot {
	p := Plot{
		ID: "crossover", Question: crossoverQuestion,
		Caption: "Each mark is one case of one file: up where the contender is faster, down where " +
			"it is slower, a circle where neither is proved, a dot where there are too few pairs. The " +
			"number is the time of the contender over the base's, as in the tables. Across is the " +
			"measured codec time of a page, " +
			"with the codec that took it.",
	}
	points := crossPoints(srcs)
	if services(points) < 2 {
		p.Missing = "the map needs files of at least two page costs. Make them with mtbench run " +
			"--codec none, --codec s2, --codec zlib and --codec spin:100us, and give all of them to " +
			"mtbench report"
		return p
	}
	p.Title = crossoverFinding(points)
	p.Build = func(Size) *figure { return crossoverFigure(points) }
	return p
}

func crossPoints(srcs []*view.Source) []crossPoint {
	var out []crossPoint
	for _, s := range srcs {
		models := s.Contenders()
		if len(models) < 2 {
			continue
		}
		us := serviceTime(s)
		if us <= 0 {
			continue
		}
		codec := format.CleanText(s.Header.Scenario.Codec, 16)
		for _, d := range view.DiffsOf(s.Diffs(), s.MainModel(models)) {
			out = append(out, crossPoint{d, us, codec})
		}
	}
	return out
}

// serviceTime is the median over runs of the time that a worker takes for a page, µs.
func serviceTime(s *view.Source) float64 {
	var xs []float64
	for _, r := range s.Kept() {
		if r.ServiceTimeUS != nil && *r.ServiceTimeUS > 0 {
			xs = append(xs, *r.ServiceTimeUS)
		}
	}
	if len(xs) == 0 {
		return s.Header.Host.PageServiceU
	}
	med, _, _ := view.Centre(xs)
	return med
}

func services(points []crossPoint) int {
	seen := map[float64]bool{}
	for _, p := range points {
		seen[p.service] = true
	}
	return len(seen)
}

func crossoverFinding(points []crossPoint) string {
	by := map[view.Outcome][]float64{}
	for _, p := range points {
		by[p.Verdict] = append(by[p.Verdict], p.service)
	}
	model := points[0].Model
	if len(by[view.Faster]) == 0 {
		return fmt.Sprintf("%s is faster at no page cost from %s to %s µs", model,
			format.Sig(slices.MinFunc(points, byService).service), format.Sig(slices.MaxFunc(points,
				byService).service))
	}
	return fmt.Sprintf("%s is faster in %d of %s, at page costs of %s µs, slower in %d; %d "+
		"are equal or unproved", model, len(by[view.Faster]), format.CasesWord(len(points)),
		span(by[view.Faster]),
		len(by[view.Slower]), len(by[view.Tied])+len(by[view.Unproven]))
}

// span is the range of values, or the one there is.
func span(vs []float64) string {
	lo, hi := format.Sig(slices.Min(vs)), format.Sig(slices.Max(vs))
	if lo == hi {
		return lo
	}
	return lo + " to " + hi
}

func byService(a, b crossPoint) int {
	switch {
	case a.service < b.service:
		return -1
	case a.service > b.service:
		return 1
	}
	return 0
}

func crossoverFigure(points []crossPoint) *figure {
	fig := &figure{height: 250,
		foot: "each column is one file; files may come of different hosts"}
	inks := map[view.Outcome]Ink{view.Faster: inkVermilion, view.Slower: inkBlue, view.Tied: inkRest,
		view.Unproven: inkRest}
	for _, v := range []struct {
		verdict view.Outcome
		text    string
	}{{view.Faster, points[0].Model + " is faster"}, {view.Slower, points[0].Base + " is faster"},
		{view.Tied, "equal or unproved"}, {view.TooFew, "too few pairs"}} {
		fig.legend = append(fig.legend, legendEntry{format.CleanText(v.text, 40),
			func(c draw.Canvas, at vg.Point) { drawVerdict(c, v.verdict, inks[v.verdict], at) }})
	}
	var threads []int
	for _, p := range points {
		if !slices.Contains(threads, p.Threads) {
			threads = append(threads, p.Threads)
		}
	}
	slices.Sort(threads)
	for _, wait := range []bool{false, true} {
		if slices.ContainsFunc(points, func(p crossPoint) bool { return p.Wait == wait }) {
			fig.panels = append(fig.panels, crossoverPanel(points, threads, wait))
		}
	}
	return fig
}

func crossoverPanel(points []crossPoint, threads []int, wait bool) *panel {
	p := &panel{Plot: newPlot("compress-wait-thread "+format.WaitWord(wait)[len("wait "):],
		"service time of a page (µs, log scale)", "compression threads")}
	lo := slices.MinFunc(points, byService).service / 2
	hi := slices.MaxFunc(points, byService).service * 2
	p.X.Min, p.X.Max = math.Log10(lo), math.Log10(hi)
	marks := constantTicks(logTicks(lo, hi), tickLabel)
	for i := range marks {
		marks[i].Value = math.Log10(marks[i].Value)
	}
	p.X.Tick.Marker = marks
	var ticks plot.ConstantTicks
	var at []float64
	for i, n := range threads {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: fmt.Sprint(n)})
		at = append(at, float64(i))
	}
	p.Y.Tick.Marker = ticks
	p.Y.Min, p.Y.Max = -0.7, float64(len(threads))-0.1
	p.Add(rules{at: at, ink: inkGrid, width: 0.6})
	p.Add(codecNames(points, float64(len(threads))-0.35)...)
	p.Add(verdictMarks{points, threads, wait})
	return p
}

// codecNames writes each codec above its column.
func codecNames(points []crossPoint, y float64) []plot.Plotter {
	var out []plot.Plotter
	seen := map[float64]bool{}
	for _, p := range points {
		if seen[p.service] {
			continue
		}
		seen[p.service] = true
		out = append(out, words{x: math.Log10(p.service), y: y, text: p.codec, ink: inkFaint,
			size: plotFootSize, xalign: draw.XCenter})
	}
	return out
}

// verdictMarks are the points of one panel of the map.
type verdictMarks struct {
	points  []crossPoint
	threads []int
	wait    bool
}

// Plot implements [plot.Plotter].
func (m verdictMarks) Plot(c draw.Canvas, p *plot.Plot) {
	inks := map[view.Outcome]Ink{view.Faster: inkVermilion, view.Slower: inkBlue, view.Tied: inkRest,
		view.Unproven: inkRest}
	tx, ty := p.Transforms(&c)
	sty := plotText(InkText, plotFootSize, false)
	sty.XAlign, sty.YAlign = draw.XCenter, draw.YTop
	for _, pt := range m.points {
		if pt.Wait != m.wait {
			continue
		}
		y := float64(slices.Index(m.threads, pt.Threads))
		at := vg.Point{X: tx(math.Log10(pt.service)), Y: ty(y)}
		drawVerdict(c, pt.Verdict, inks[pt.Verdict], at)
		if pt.Verdict != view.TooFew && !math.IsNaN(pt.Ratio) {
			c.FillText(sty, vg.Point{X: at.X, Y: at.Y - 7}, timesText(pt.Ratio))
		}
	}
}

// timesText is a ratio, or that one side alone completed.
func timesText(ratio float64) string {
	if math.IsInf(format.LogOr(ratio), 0) {
		return "alone"
	}
	return format.Sig(ratio) + "×"
}

func drawVerdict(c draw.Canvas, v view.Outcome, ink Ink, at vg.Point) {
	var path vg.Path
	switch v {
	case view.Faster:
		polygonPath(&path, at, 6, 3, math.Pi/2)
		path.Close()
	case view.Slower:
		polygonPath(&path, at, 6, 3, -math.Pi/2)
		path.Close()
	case view.Tied, view.Unproven:
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: ink.Rgb, Radius: 4.5, Shape: draw.RingGlyph{}}, at)
		return
	default:
		path.Move(vg.Point{X: at.X + 1.2, Y: at.Y})
		path.Arc(at, 1.2, 0, 2*math.Pi)
		ink = inkFaint
	}
	c.SetColor(ink.Rgb)
	c.Fill(path)
}
