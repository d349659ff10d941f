package report

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const crossoverQuestion = "At which cost of a page does the model stop mattering?"

// crossPoint is one case of one file on the map.
type crossPoint struct {
	plotDiff
	service float64 // µs a page
	codec   string
}

// crossoverPlot is the map of service time × threads, over all files.
func crossoverPlot(srcs []*plotSource) Plot {
	p := Plot{
		ID: "crossover", Question: crossoverQuestion,
		Caption: "Each mark is one case of one file: up where the contender is faster, down where " +
			"it is slower, a circle where neither is proved, a dot where there are too few pairs; the number is base / contender. Across is the measured codec time of a page, " +
			"with the codec that took it.",
	}
	points := crossPoints(srcs)
	if services(points) < 2 {
		p.Missing = "the map needs files of at least two page costs; mtbench run --codec none, " +
			"--codec s2, --codec zlib and --codec spin:100us make them, and mtbench report takes " +
			"them together"
		return p
	}
	p.Title = crossoverFinding(points)
	p.build = func(plotSize) *figure { return crossoverFigure(points, p.Title) }
	return p
}

func crossPoints(srcs []*plotSource) []crossPoint {
	var out []crossPoint
	for _, s := range srcs {
		models := s.contenders()
		if len(models) < 2 {
			continue
		}
		us := s.serviceTime()
		if us <= 0 {
			continue
		}
		codec := cleanText(s.header.Scenario.Codec, 16)
		for _, d := range diffsOf(s.diffs(), mainModel(models)) {
			out = append(out, crossPoint{d, us, codec})
		}
	}
	return out
}

// serviceTime is the median over runs of the time that a worker takes for a page, µs.
func (s *plotSource) serviceTime() float64 {
	var xs []float64
	for _, r := range s.kept() {
		if r.ServiceTimeUS != nil && *r.ServiceTimeUS > 0 {
			xs = append(xs, *r.ServiceTimeUS)
		}
	}
	if len(xs) == 0 {
		return s.header.Host.PageServiceU
	}
	med, _, _ := plotCentre(xs)
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
	by := map[plotVerdict][]float64{}
	for _, p := range points {
		by[p.verdict] = append(by[p.verdict], p.service)
	}
	model := points[0].model
	if len(by[faster]) == 0 {
		return fmt.Sprintf("%s wins at no page cost from %s to %s µs", model,
			sig(slices.MinFunc(points, byService).service), sig(slices.MaxFunc(points, byService).service))
	}
	return fmt.Sprintf("%s wins in %d of %s, at page costs of %s µs; it loses in %d and is not "+
		"told apart in %d", model, len(by[faster]), casesWord(len(points)), span(by[faster]),
		len(by[slower]), len(by[tied])+len(by[unproven]))
}

// span is the range of values, or the one there is.
func span(vs []float64) string {
	lo, hi := sig(slices.Min(vs)), sig(slices.Max(vs))
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

func crossoverFigure(points []crossPoint, title string) *figure {
	fig := &figure{title: title, height: 250,
		foot: "each column is one file; files may come of different hosts"}
	inks := map[plotVerdict]plotInk{faster: inkLockless, slower: inkLocked, tied: inkRest, unproven: inkRest}
	for _, v := range []struct {
		verdict plotVerdict
		text    string
	}{{faster, points[0].model + " wins"}, {slower, points[0].base + " wins"},
		{tied, "cannot be told apart"}, {tooFew, "too few pairs"}} {
		fig.legend = append(fig.legend, legendEntry{cleanText(v.text, 40),
			func(c draw.Canvas, at vg.Point) { drawVerdict(c, v.verdict, inks[v.verdict], at) }})
	}
	var threads []int
	for _, p := range points {
		if !slices.Contains(threads, p.threads) {
			threads = append(threads, p.threads)
		}
	}
	slices.Sort(threads)
	for _, wait := range []bool{false, true} {
		if slices.ContainsFunc(points, func(p crossPoint) bool { return p.wait == wait }) {
			fig.panels = append(fig.panels, crossoverPanel(points, threads, wait))
		}
	}
	return fig
}

func crossoverPanel(points []crossPoint, threads []int, wait bool) *panel {
	p := &panel{Plot: newPlot("compress-wait-thread "+waitWord(wait)[len("wait "):],
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
	inks := map[plotVerdict]plotInk{faster: inkLockless, slower: inkLocked, tied: inkRest, unproven: inkRest}
	tx, ty := p.Transforms(&c)
	sty := plotText(inkText, plotFootSize, false)
	sty.XAlign, sty.YAlign = draw.XCenter, draw.YTop
	for _, pt := range m.points {
		if pt.wait != m.wait {
			continue
		}
		y := float64(slices.Index(m.threads, pt.threads))
		at := vg.Point{X: tx(math.Log10(pt.service)), Y: ty(y)}
		drawVerdict(c, pt.verdict, inks[pt.verdict], at)
		if pt.verdict != tooFew && !math.IsNaN(pt.ratio) {
			c.FillText(sty, vg.Point{X: at.X, Y: at.Y - 7}, timesText(pt.ratio))
		}
	}
}

// timesText is a ratio, or that one side alone completed.
func timesText(ratio float64) string {
	if math.IsInf(logOr(ratio), 0) {
		return "alone"
	}
	return sig(ratio) + "×"
}

func drawVerdict(c draw.Canvas, v plotVerdict, ink plotInk, at vg.Point) {
	var path vg.Path
	switch v {
	case faster:
		polygonPath(&path, at, 6, 3, math.Pi/2)
		path.Close()
	case slower:
		polygonPath(&path, at, 6, 3, -math.Pi/2)
		path.Close()
	case tied, unproven:
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: ink.rgb, Radius: 4.5, Shape: draw.RingGlyph{}}, at)
		return
	default:
		path.Move(vg.Point{X: at.X + 1.2, Y: at.Y})
		path.Arc(at, 1.2, 0, 2*math.Pi)
		ink = inkFaint
	}
	c.SetColor(ink.rgb)
	c.Fill(path)
}
