package plot

import (
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mtbench/report/internal/format"
)

// Size is the medium of a picture: a wide one puts two panels side by side, a narrow one, made
// for a phone, stacks them at the same size of text.
type Size struct {
	width  vg.Length
	Narrow bool
}

var (
	Wide   = Size{width: vg.Points(720)}
	Narrow = Size{width: vg.Points(340), Narrow: true}
)

// columns is how many panels stand side by side when there are n.
func (s Size) columns(n int) int {
	if s.Narrow || n < 2 {
		return 1
	}
	return 2
}

// panelWidth is about how wide the axes of one of n panels are.
func (s Size) panelWidth(n int) vg.Length {
	cols := vg.Length(s.columns(n))
	return (s.width-2*plotMargin-plotGap*(cols-1))/cols - 55
}

// Spot is where the mark of one run was drawn: points from the left and the top of the picture.
type Spot struct {
	X, Y float64
	Run  string // runKey of the run
	Text string // what the mark says
}

// figure is one picture, laid out from top to bottom: the finding, the legend, panels, a foot line.
// It is built afresh for each rendering, so that a second rendering cannot see the first.
type figure struct {
	title  string
	detail string
	legend []legendEntry
	panels []*panel
	height vg.Length // of a panel
	foot   string
}

// panel is one plot of a figure. Its marks note where they drew each run.
type panel struct {
	*plot.Plot
	spots []Spot
}

// legendEntry is one mark and its meaning.
type legendEntry struct {
	text string
	draw func(c draw.Canvas, centre vg.Point)
}

const (
	plotMargin  = vg.Length(10)
	plotGap     = vg.Length(14)
	legendMark  = vg.Length(18)
	legendLine  = vg.Length(15)
	legendSpace = vg.Length(10)
)

// wrapped is a text broken into lines that fit.
func wrapped(s string, sty text.Style, width vg.Length) []string {
	var lines []string
	line := ""
	for _, word := range strings.Split(s, " ") {
		next := strings.TrimSpace(line + " " + word)
		if line != "" && sty.Width(next) > width {
			lines = append(lines, line)
			next = word
		}
		line = next
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// balanced is wrapped in lines of about one length: the last one is no single word.
func balanced(s string, sty text.Style, width vg.Length) []string {
	best := wrapped(s, sty, width)
	for narrow := width; narrow > width/3; narrow -= width / 100 {
		lines := wrapped(s, sty, narrow)
		if len(lines) != len(best) {
			break
		}
		best = lines
	}
	return best
}

// legendRows breaks the legend into rows that fit.
func (f *figure) legendRows(width vg.Length) [][]legendEntry {
	sty := plotText(InkText, plotTextSize, false)
	var rows [][]legendEntry
	var used vg.Length
	for _, e := range f.legend {
		w := legendMark + sty.Width(e.text)*otherFont + legendSpace
		if len(rows) == 0 || used+w > width {
			rows = append(rows, nil)
			used = 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], e)
		used += w
	}
	return rows
}

// plotFrame is the geometry of a figure on a medium.
type plotFrame struct {
	title, detail, foot []string
	legend              [][]legendEntry
	cols, rows          int
	head, tail          vg.Length // heights above and below the panels
	height              vg.Length
}

const (
	titleLine  = vg.Length(18)
	detailLine = vg.Length(13)
	footLine   = vg.Length(11.5)
)

// otherFont is how much wider a text may become in a viewer that has none of svgFonts and does not
// fit texts either, as those that draw with DejaVu Sans: lines leave room for it.
const otherFont = 1.18

func (f *figure) frame(s Size) plotFrame {
	inner := (s.width - 2*plotMargin) / otherFont
	small := plotText(inkFaint, plotFootSize, false)
	fr := plotFrame{
		title:  balanced(format.CleanText(f.title, 400), plotText(InkText, plotTitleSize, true), inner),
		detail: wrapped(format.CleanText(format.Upper(f.detail), 600), small, inner),
		legend: f.legendRows(s.width - 2*plotMargin),
		foot:   wrapped(f.foot, small, inner),
		cols:   s.columns(len(f.panels)),
	}
	fr.rows = (len(f.panels) + fr.cols - 1) / fr.cols
	fr.head = plotMargin + titleLine*vg.Length(len(fr.title)) +
		detailLine*vg.Length(len(fr.detail)) + 4 + legendLine*vg.Length(len(fr.legend)) + 8
	fr.tail = 6 + footLine*vg.Length(len(fr.foot)) + plotMargin - 4
	gaps := plotGap * vg.Length(fr.rows-1)
	fr.height = fr.head + f.height*vg.Length(fr.rows) + gaps + fr.tail
	return fr
}

// draw puts the figure on a canvas and returns where each run was drawn.
func (f *figure) draw(c draw.Canvas, fr plotFrame) []Spot {
	c.SetColor(inkPaper.Rgb)
	c.Fill(c.Rectangle.Path())
	left := c.Min.X + plotMargin
	y := c.Max.Y - plotMargin
	title := plotText(InkText, plotTitleSize, true)
	for _, line := range fr.title {
		y -= titleLine
		c.FillText(title, vg.Point{X: left, Y: y + 4}, line)
	}
	foot := plotText(inkFaint, plotFootSize, false)
	for _, line := range fr.detail {
		y -= detailLine
		c.FillText(foot, vg.Point{X: left, Y: y + 3}, line)
	}
	drawLegend(c, fr.legend, left, y-4)
	for i, line := range fr.foot {
		up := footLine * vg.Length(len(fr.foot)-1-i)
		c.FillText(foot, vg.Point{X: left, Y: c.Min.Y + plotMargin - 4 + up}, line)
	}
	return f.drawPanels(draw.Crop(c, plotMargin, -plotMargin, fr.tail, -fr.head), fr)
}

func drawLegend(c draw.Canvas, rows [][]legendEntry, left, y vg.Length) {
	sty := plotText(InkText, plotTextSize, false)
	for _, row := range rows {
		y -= legendLine
		x := left
		for _, e := range row {
			e.draw(c, vg.Point{X: x + legendMark/2 - 2, Y: y + 5.5})
			c.FillText(sty, vg.Point{X: x + legendMark, Y: y + 2}, e.text)
			x += legendMark + sty.Width(e.text)*otherFont + legendSpace
		}
	}
}

// drawPanels aligns the panels of a column on their axes and draws them.
func (f *figure) drawPanels(c draw.Canvas, fr plotFrame) []Spot {
	grid := make([][]*plot.Plot, fr.rows)
	for i := range grid {
		grid[i] = make([]*plot.Plot, fr.cols)
		for j := range grid[i] {
			if k := i*fr.cols + j; k < len(f.panels) {
				grid[i][j] = f.panels[k].Plot
			}
		}
	}
	tiles := draw.Tiles{Rows: fr.rows, Cols: fr.cols, PadX: plotGap, PadY: plotGap}
	canvases := plot.Align(grid, tiles, c)
	var spots []Spot
	for k, p := range f.panels {
		p.Draw(canvases[k/fr.cols][k%fr.cols])
		spots = append(spots, p.spots...)
	}
	top := float64(fr.height)
	for i := range spots {
		spots[i].Y = top - spots[i].Y
	}
	return spots
}
