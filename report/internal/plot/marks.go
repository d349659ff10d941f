package plot

import (
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

// runMark is one run at its place in the units of the axes.
type runMark struct {
	x, y float64
	run  string // runKey
	text string
}

// runDots draws the runs of one model. All marks go into one path: a page with a thousand of them
// stays small, and overlapping marks keep one opacity.
type runDots struct {
	style  modelStyle
	marks  []runMark
	radius vg.Length
	alpha  float64
	spots  *[]Spot // where each was drawn; nil where nobody can point at them
}

// Plot implements [plot.Plotter].
func (d runDots) Plot(c draw.Canvas, p *plot.Plot) {
	if len(d.marks) == 0 {
		return
	}
	tx, ty := p.Transforms(&c)
	var path vg.Path
	for _, m := range d.marks {
		if !format.Finite(m.x) || !format.Finite(m.y) {
			continue
		}
		pt := vg.Point{X: tx(m.x), Y: ty(m.y)}
		addShape(&path, d.style.marker, pt, d.radius)
		if d.spots != nil {
			at := Spot{X: pt.X.Points(), Y: pt.Y.Points(), Run: m.run, Text: m.text}
			*d.spots = append(*d.spots, at)
		}
	}
	c.SetColor(faded(d.style.ink, d.alpha))
	c.Fill(path)
}

// addShape adds the mark of a model to a path.
func addShape(p *vg.Path, marker string, pt vg.Point, r vg.Length) {
	switch marker {
	case view.Circle:
		p.Move(vg.Point{X: pt.X + r, Y: pt.Y})
		p.Arc(pt, r, 0, 2*math.Pi)
	case view.Diamond:
		diamondPath(p, pt, r*1.25)
	case view.Square:
		polygonPath(p, pt, r*1.2, 4, math.Pi/4)
	case view.Pyramid:
		polygonPath(p, pt, r*1.25, 3, math.Pi/2)
	default:
		polygonPath(p, pt, r*1.25, 3, -math.Pi/2)
	}
	p.Close()
}

func polygonPath(p *vg.Path, pt vg.Point, r vg.Length, n int, turn float64) {
	for i := range n {
		sin, cos := math.Sincos(turn + 2*math.Pi*float64(i)/float64(n))
		q := vg.Point{X: pt.X + r*vg.Length(cos), Y: pt.Y + r*vg.Length(sin)}
		if i == 0 {
			p.Move(q)
			continue
		}
		p.Line(q)
	}
}

// crossMarks are the runs that could not complete: a cross, whatever the model, in its colour.
type crossMarks struct {
	style modelStyle
	marks []runMark
	spots *[]Spot
}

// Plot implements [plot.Plotter].
func (d crossMarks) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	sty := draw.LineStyle{Color: d.style.ink.Rgb, Width: vg.Points(1.4)}
	for _, m := range d.marks {
		pt := vg.Point{X: tx(m.x), Y: ty(m.y)}
		drawCross(c, sty, pt, 3.2)
		at := Spot{X: pt.X.Points(), Y: pt.Y.Points(), Run: m.run, Text: m.text}
		*d.spots = append(*d.spots, at)
	}
}

func drawCross(c draw.Canvas, sty draw.LineStyle, pt vg.Point, r vg.Length) {
	c.StrokeLine2(sty, pt.X-r, pt.Y-r, pt.X+r, pt.Y+r)
	c.StrokeLine2(sty, pt.X-r, pt.Y+r, pt.X+r, pt.Y-r)
}

// centreMark is a median with its interval, lo to hi; without one, lo > hi. The joining line does
// not lead to a mark that stands alone, or over it.
type centreMark struct {
	x, y, lo, hi float64
	alone        bool
}

// centres draws medians as bars with whiskers, joined by a thin line.
type centres struct {
	style modelStyle
	shape bool // the mark of the model in place of bar and whisker
	marks []centreMark
	half  float64 // half the length of the bar, in units of x
	join  bool
}

// Plot implements [plot.Plotter].
func (d centres) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	bar := draw.LineStyle{Color: d.style.ink.Rgb, Width: vg.Points(2.4)}
	whisker := draw.LineStyle{Color: d.style.ink.Rgb, Width: vg.Points(1.2)}
	join := draw.LineStyle{Color: faded(d.style.ink, 0.5), Width: vg.Points(1)}
	if d.shape {
		join.Color, join.Dashes = faded(d.style.ink, 0.8), d.style.dashes
	}
	for i, m := range d.marks {
		if !format.Finite(m.x) || !format.Finite(m.y) {
			continue // a figure that is not there has no place
		}
		x, y := tx(m.x), ty(m.y)
		if d.join && i > 0 && !m.alone && !d.marks[i-1].alone && format.Finite(d.marks[i-1].y) {
			c.StrokeLine2(join, tx(d.marks[i-1].x), ty(d.marks[i-1].y), x, y)
		}
		switch {
		case d.shape && m.alone: // the crosses of its runs stand there
			continue
		case d.shape:
			var path vg.Path
			addShape(&path, d.style.marker, vg.Point{X: x, Y: y}, 2.6)
			c.SetColor(d.style.ink.Rgb)
			c.Fill(path)
			continue
		}
		c.StrokeLine2(bar, tx(m.x-d.half), y, tx(m.x+d.half), y)
		if m.lo <= m.hi {
			drawWhisker(c, whisker, x, ty(m.lo), ty(m.hi), 3)
		}
	}
}

func drawWhisker(c draw.Canvas, sty draw.LineStyle, x, lo, hi, cap vg.Length) {
	c.StrokeLine2(sty, x, lo, x, hi)
	c.StrokeLine2(sty, x-cap, lo, x+cap, lo)
	c.StrokeLine2(sty, x-cap, hi, x+cap, hi)
}

// band fills the panel between two values of one axis.
type band struct {
	lo, hi   float64
	ink      Ink
	alpha    float64
	vertical bool // between two values of x
}

// Plot implements [plot.Plotter].
func (b band) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	r := c.Rectangle
	if b.vertical {
		r.Min.X, r.Max.X = tx(b.lo), tx(b.hi)
	} else {
		r.Min.Y, r.Max.Y = ty(b.lo), ty(b.hi)
	}
	c.SetColor(faded(b.ink, b.alpha))
	c.Fill(r.Path())
}

// rules draws grid lines at values of y, or of x.
type rules struct {
	at       []float64
	ink      Ink
	width    vg.Length
	dashes   []vg.Length
	vertical bool
	to       float64 // where level ones end, so that they strike no names out; 0: at the border
}

// Plot implements [plot.Plotter].
func (g rules) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	sty := draw.LineStyle{Color: g.ink.Rgb, Width: g.width, Dashes: g.dashes}
	for _, v := range g.at {
		if g.vertical {
			c.StrokeLine2(sty, tx(v), c.Min.Y, tx(v), c.Max.Y)
			continue
		}
		end := c.Max.X
		if g.to > 0 {
			end = tx(g.to)
		}
		c.StrokeLine2(sty, c.Min.X, ty(v), end, ty(v))
	}
}

// words writes a text at a place of the axes.
type words struct {
	x, y   float64
	text   string
	ink    Ink
	size   vg.Length
	bold   bool
	xalign draw.XAlignment
	dx, dy vg.Length
}

// Plot implements [plot.Plotter].
func (t words) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	sty := plotText(t.ink, t.size, t.bold)
	sty.XAlign, sty.YAlign = t.xalign, draw.YCenter
	c.FillText(sty, vg.Point{X: tx(t.x) + t.dx, Y: ty(t.y) + t.dy}, t.text)
}

// curve is one line over x, noted as one spot at its last point.
type curve struct {
	style  modelStyle
	alpha  float64
	width  vg.Length
	points []runMark
	spots  *[]Spot
	cross  bool // ends in the cross of CAN'T COMPLETE
}

// Plot implements [plot.Plotter].
func (d curve) Plot(c draw.Canvas, p *plot.Plot) {
	if len(d.points) == 0 {
		return
	}
	tx, ty := p.Transforms(&c)
	line := make([]vg.Point, len(d.points))
	for i, m := range d.points {
		line[i] = vg.Point{X: tx(m.x), Y: ty(m.y)}
	}
	c.StrokeLines(draw.LineStyle{Color: faded(d.style.ink, d.alpha), Width: d.width,
		Dashes: d.style.dashes}, line)
	end := line[len(line)-1]
	if d.cross {
		drawCross(c, draw.LineStyle{Color: d.style.ink.Rgb, Width: vg.Points(1.4)}, end, 3.2)
	} else {
		var path vg.Path
		addShape(&path, d.style.marker, end, 2.6)
		c.SetColor(d.style.ink.Rgb)
		c.Fill(path)
	}
	last := d.points[len(d.points)-1]
	*d.spots = append(*d.spots,
		Spot{X: end.X.Points(), Y: end.Y.Points(), Run: last.run, Text: last.text})
}

// niceTicks are about n round values from lo to hi.
func niceTicks(lo, hi float64, n int) []float64 {
	if !(hi > lo) || math.IsInf(hi-lo, 0) {
		return []float64{lo}
	}
	step := niceStep((hi - lo) / float64(n))
	var out []float64
	for i := math.Ceil(lo/step - 1e-9); i*step <= hi+step*1e-9 && len(out) < 100; i++ {
		out = append(out, i*step)
	}
	return out
}

// niceStep is the smallest of 1, 2, 2.5, 5 × 10^k that is at least raw.
func niceStep(raw float64) float64 {
	mag := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*mag >= raw*(1-1e-9) {
			return m * mag
		}
	}
	return 10 * mag
}

// logTicks are 1, 2 and 5 × 10^k from lo to hi.
func logTicks(lo, hi float64) []float64 {
	var out []float64
	for k := math.Floor(math.Log10(lo)); k <= math.Ceil(math.Log10(hi)); k++ {
		for _, m := range []float64{1, 2, 5} {
			if v := m * math.Pow(10, k); v >= lo*(1-1e-9) && v <= hi*(1+1e-9) {
				out = append(out, v)
			}
		}
	}
	return out
}

// tickLabel is a value as an axis shows it, free of the noise of binary fractions.
func tickLabel(v float64) string {
	if v == 0 {
		return "0" // and not -0
	}
	s := strconv.FormatFloat(v, 'g', 6, 64)
	if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) < format.MostFixed {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return s
}

func constantTicks(at []float64, label func(float64) string) plot.ConstantTicks {
	ticks := make(plot.ConstantTicks, len(at))
	for i, v := range at {
		ticks[i] = plot.Tick{Value: v, Label: label(v)}
	}
	return ticks
}

// jitter spreads runs that share a place: the golden ratio fills [-1, 1] evenly whatever their
// number, the first stands in the middle, and the same run always goes to the same place.
func jitter(i int) float64 {
	_, frac := math.Modf(0.5 + float64(i)*0.6180339887498949)
	return 2*frac - 1
}

// legendOf is the legend entry of a model.
func legendOf(style modelStyle, label string) legendEntry {
	return legendEntry{label, func(c draw.Canvas, at vg.Point) {
		var path vg.Path
		addShape(&path, style.marker, at, 4)
		c.SetColor(style.ink.Rgb)
		c.Fill(path)
	}}
}

// legendMedian is a bar without a whisker.
func legendMedian() legendEntry {
	return legendEntry{"median", func(c draw.Canvas, at vg.Point) {
		bar := draw.LineStyle{Color: InkText.Rgb, Width: vg.Points(2.4)}
		c.StrokeLine2(bar, at.X-5, at.Y, at.X+5, at.Y)
	}}
}

// legendMarks explain medians that are marks of their models, and runs that are small ones.
func legendMarks() []legendEntry {
	circle := func(r vg.Length, alpha float64) func(draw.Canvas, vg.Point) {
		return func(c draw.Canvas, at vg.Point) {
			var path vg.Path
			addShape(&path, view.Circle, at, r)
			c.SetColor(faded(InkText, alpha))
			c.Fill(path)
		}
	}
	return []legendEntry{{"median", circle(2.6, 1)}, {"run", circle(1.2, 0.5)}}
}

func legendWhisker(text string) legendEntry {
	return legendEntry{text, func(c draw.Canvas, at vg.Point) {
		bar := draw.LineStyle{Color: InkText.Rgb, Width: vg.Points(2.4)}
		c.StrokeLine2(bar, at.X-5, at.Y, at.X+5, at.Y)
		drawWhisker(c, draw.LineStyle{Color: InkText.Rgb, Width: vg.Points(1)},
			at.X, at.Y-5, at.Y+5, 2)
	}}
}

func legendCross() legendEntry {
	return legendEntry{"run that could not complete", func(c draw.Canvas, at vg.Point) {
		drawCross(c, draw.LineStyle{Color: InkText.Rgb, Width: vg.Points(1.4)}, at, 3.2)
	}}
}

func legendFill(text string, fill color.Color) legendEntry {
	return legendEntry{text, func(c draw.Canvas, at vg.Point) {
		c.SetColor(fill)
		c.Fill(vg.Rectangle{
			Min: vg.Point{X: at.X - 5, Y: at.Y - 4.5}, Max: vg.Point{X: at.X + 6, Y: at.Y + 4.5},
		}.Path())
	}}
}

// ringMarks are rings around marks that a reader should doubt.
type ringMarks []runMark

// Plot implements [plot.Plotter].
func (d ringMarks) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	for _, m := range d {
		drawRing(c, vg.Point{X: tx(m.x), Y: ty(m.y)})
	}
}

func drawRing(c draw.Canvas, pt vg.Point) {
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: InkText.Rgb, Radius: 5, Shape: draw.RingGlyph{}}, pt)
}

func legendRing() legendEntry {
	return legendEntry{"graded noisy or void", func(c draw.Canvas, at vg.Point) { drawRing(c, at) }}
}
