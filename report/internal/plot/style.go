package plot

import (
	"image/color"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Ink is the closed set of colours that a plot is drawn with. The page maps each of them to a
// colour that is readable on dark paper, so nothing may be drawn in a colour outside it.
//
// The colours of models are those of Okabe and Ito, told apart with any colour vision; a model has
// its own marker too, so that colour never carries the meaning alone.
type Ink struct {
	Name string     // CSS custom property of the page
	Rgb  color.RGBA // on white paper
	Dark string     // on dark paper
}

var (
	inkPaper  = Ink{"p-paper", color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}, "#15181D"}
	InkText   = Ink{"p-text", color.RGBA{0x1B, 0x1F, 0x24, 0xFF}, "#E8EAED"}
	inkFaint  = Ink{"p-faint", color.RGBA{0x4A, 0x50, 0x58, 0xFF}, "#B4BAC2"}
	inkGrid   = Ink{"p-grid", color.RGBA{0xE3, 0xE6, 0xEA, 0xFF}, "#2C3138"}
	inkStrip  = Ink{"p-strip", color.RGBA{0xF3, 0xF4, 0xF6, 0xFF}, "#20242B"}
	inkOnDark = Ink{"p-ondark", color.RGBA{0xFE, 0xFE, 0xFE, 0xFF}, "#FEFEFE"}
	inkOnPale = Ink{"p-onpale", color.RGBA{0x11, 0x11, 0x11, 0xFF}, "#111111"}

	// Those of models. Their properties are called after who first wore them.
	inkBlue      = Ink{"p-locked", color.RGBA{0x00, 0x72, 0xB2, 0xFF}, "#56B4E9"}
	inkVermilion = Ink{"p-lockless", color.RGBA{0xD5, 0x5E, 0x00, 0xFF}, "#FF8B3D"}
	inkGreen     = Ink{"p-inline", color.RGBA{0x00, 0x9E, 0x73, 0xFF}, "#2FC79B"}
	inkPurple    = Ink{"p-ideal", color.RGBA{0xCC, 0x79, 0xA7, 0xFF}, "#E29BC4"}
	inkGrey      = Ink{"p-null", color.RGBA{0x7A, 0x82, 0x8C, 0xFF}, "#9AA3AE"}
	inkOrange    = Ink{"p-other", color.RGBA{0xE6, 0x9F, 0x00, 0xFF}, "#F0B429"}

	inkCodec  = Ink{"p-codec", color.RGBA{0x00, 0x7C, 0x5A, 0xFF}, "#007C5A"}
	inkCopy   = Ink{"p-copy", color.RGBA{0x6B, 0xBD, 0xEC, 0xFF}, "#6BBDEC"}
	inkLink   = Ink{"p-link", color.RGBA{0x3B, 0x4A, 0x8B, 0xFF}, "#5B6CB8"}
	inkScan   = Ink{"p-scan", color.RGBA{0xF0, 0xE4, 0x42, 0xFF}, "#F0E442"}
	inkLocks  = Ink{"p-locks", color.RGBA{0xA3, 0x12, 0x2A, 0xFF}, "#C9304A"}
	inkWaking = Ink{"p-waking", color.RGBA{0x6A, 0x4C, 0x93, 0xFF}, "#7F5FAE"}
	inkSpin   = Ink{"p-spin", color.RGBA{0xF0, 0x9A, 0x2E, 0xFF}, "#F09A2E"}
	inkAsleep = Ink{"p-asleep", color.RGBA{0xD3, 0xD8, 0xDE, 0xFF}, "#C3C9D1"}
	inkPaced  = Ink{"p-paced", color.RGBA{0xDD, 0xA3, 0xC4, 0xFF}, "#DDA3C4"}
	inkRest   = Ink{"p-rest", color.RGBA{0x66, 0x6E, 0x78, 0xFF}, "#66707A"}
)

// Inks lists every colour, for the page.
var Inks = []Ink{
	inkPaper, InkText, inkFaint, inkGrid, inkStrip, inkOnDark, inkOnPale,
	inkBlue, inkVermilion, inkGreen, inkPurple, inkGrey, inkOrange,
	inkCodec, inkCopy, inkLink, inkScan, inkLocks, inkWaking, inkSpin, inkAsleep, inkPaced, inkRest,
}

func diamondPath(p *vg.Path, pt vg.Point, r vg.Length) {
	p.Move(vg.Point{X: pt.X, Y: pt.Y + r})
	p.Line(vg.Point{X: pt.X + r, Y: pt.Y})
	p.Line(vg.Point{X: pt.X, Y: pt.Y - r})
	p.Line(vg.Point{X: pt.X - r, Y: pt.Y})
	p.Close()
}

// Sizes of text, in points of a picture that is 720 wide.
const (
	plotTitleSize = 14
	plotHeadSize  = 11
	plotTextSize  = 10
	plotFootSize  = 8.5
)

func plotFont(size vg.Length, bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = stdfont.WeightBold
	}
	return f
}

func plotText(ink Ink, size vg.Length, bold bool) text.Style {
	return text.Style{
		Color: ink.Rgb, Font: plotFont(size, bold), Handler: plot.DefaultTextHandler,
		XAlign: draw.XLeft, YAlign: draw.YBottom,
	}
}

// faded is a colour of the set with some opacity, 0 to 1.
func faded(ink Ink, alpha float64) color.Color {
	c := ink.Rgb
	return color.NRGBA{R: c.R, G: c.G, B: c.B, A: uint8(alpha*255 + 0.5)}
}

// newPlot is an empty panel in the common style.
func newPlot(head, xlabel, ylabel string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.Title.Text = head
	p.Title.TextStyle = plotText(InkText, plotHeadSize, true)
	p.Title.TextStyle.XAlign, p.Title.TextStyle.YAlign = draw.XCenter, draw.YTop
	p.Title.Padding = vg.Points(5)
	p.X.Label.Text, p.Y.Label.Text = xlabel, ylabel
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font = plotFont(plotTextSize, false)
		a.Label.TextStyle.Color = InkText.Rgb
		a.Label.Padding = vg.Points(2)
		a.Tick.Label.Font = plotFont(plotTextSize, false)
		a.Tick.Label.Color = inkFaint.Rgb
		a.Tick.LineStyle.Color = inkFaint.Rgb
		a.Tick.Length = vg.Points(4)
		a.LineStyle.Color = inkFaint.Rgb
		a.LineStyle.Width = vg.Points(0.75)
		a.Padding = 0
	}
	return p
}
