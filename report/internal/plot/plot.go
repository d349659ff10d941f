// Package plot draws the pictures of a report: one question each, with the finding as its title.
package plot

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"codeberg.org/go-pdf/fpdf"
	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

// Formats returns the formats that a plot can be rendered in. They are the same
// bytes whenever they are made of the same file by the same build.
func Formats() []string { return []string{"svg", "png", "pdf"} }

// Plot is one picture: one question, and what the data answers.
type Plot struct {
	ID       string // names the picture and its files, e.g. "time"
	Question string // what it answers
	Title    string // the answer, computed from the data; two lines at most
	Detail   string // the figures behind it, in small letters; may be empty
	Caption  string // how to read it, and how not to
	Missing  string // why there is no picture, and the command that would bring it; else empty

	File  int // whose runs it shows, from 0
	Build func(Size) *figure
}

// figure is the picture under its title.
func (p Plot) figure(s Size) *figure {
	fig := p.Build(s)
	fig.title, fig.detail = p.Title, p.Detail
	return fig
}

// plotDPI is the resolution of PNG: 1440 pixels wide, sharp where a README shows it at half.
const plotDPI = 144

// Render draws the plot in one of [Formats], wide. It is an error to render what is Missing.
func (p Plot) Render(w io.Writer, format string) error {
	if p.Build == nil {
		return fmt.Errorf("plot %s cannot be drawn: %s", p.ID, p.Missing)
	}
	switch format {
	case "svg":
		svg, _ := p.Svg(Wide)
		_, err := w.Write(svg)
		return err
	case "png":
		return p.renderTo(w, func(width, height vg.Length) vg.CanvasWriterTo {
			c := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(plotDPI))
			return vgimg.PngCanvas{Canvas: c}
		})
	case "pdf":
		stillPDF()
		return p.renderTo(w, func(width, height vg.Length) vg.CanvasWriterTo {
			return pdfCanvas{vgpdf.New(width, height)}
		})
	}
	return fmt.Errorf("unknown plot format %q: want one of %s",
		format, strings.Join(Formats(), ", "))
}

func (p Plot) renderTo(w io.Writer, newCanvas func(w, h vg.Length) vg.CanvasWriterTo) error {
	fig := p.figure(Wide)
	fr := fig.frame(Wide)
	c := newCanvas(Wide.width, fr.height)
	fig.draw(draw.New(c), fr)
	_, err := c.WriteTo(w)
	return err
}

// stillPDF lets the PDF library write the same bytes each time: no date of today, and its lists in
// order. The library has only settings of the whole program for that, so they are set once.
var stillPDF = sync.OnceFunc(func() {
	fpdf.SetDefaultCatalogSort(true)
	fpdf.SetDefaultCreationDate(time.Unix(0, 0).UTC())
	fpdf.SetDefaultModificationDate(time.Unix(0, 0).UTC())
})

// pdfCanvas gives each face a name of its own. The PDF writer registers a bold face without its
// style and then asks for it with the style, which fails.
type pdfCanvas struct{ *vgpdf.Canvas }

// FillString implements [vg.Canvas].
func (c pdfCanvas) FillString(f font.Face, pt vg.Point, s string) {
	if f.Font.Weight == stdfont.WeightBold {
		f.Font.Typeface += "Bold"
		f.Font.Weight = stdfont.WeightNormal
	}
	c.Canvas.FillString(f, pt, s)
}

// svgFonts are the families of the text, in the order a viewer looks for them: all have the
// widths of Liberation Sans, which the layout was made with.
const svgFonts = "Liberation Sans,Arimo,Helvetica,Arial,sans-serif"

// Svg is the picture and where it shows each run.
func (p Plot) Svg(s Size) ([]byte, []Spot) {
	fig := p.figure(s)
	fr := fig.frame(s)
	c := &svgCanvas{Canvas: vgsvg.NewWith(vgsvg.UseWH(s.width, fr.height))}
	spots := fig.draw(draw.New(c), fr)
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		panic(err) // a buffer takes everything
	}
	return p.annotate(c.fitTexts(b.Bytes())), spots
}

// svgCanvas notes how wide each text was meant to be. A viewer without Liberation Sans takes
// another font, and would let long titles run out of the picture.
type svgCanvas struct {
	*vgsvg.Canvas
	widths []vg.Length
}

// FillString implements [vg.Canvas].
func (c *svgCanvas) FillString(f font.Face, pt vg.Point, s string) {
	c.widths = append(c.widths, f.Width(s))
	c.Canvas.FillString(f, pt, s)
}

// fitTexts tells the viewer to fit each text into the width it was meant to have.
func (c *svgCanvas) fitTexts(svg []byte) []byte {
	parts := bytes.Split(svg, []byte("<text "))
	var b bytes.Buffer
	b.Write(parts[0])
	for i, part := range parts[1:] {
		fmt.Fprintf(&b, `<text textLength="%.1f" lengthAdjust="spacingAndGlyphs" `,
			c.widths[i].Points())
		b.Write(part)
	}
	return b.Bytes()
}

// annotate gives the SVG its fonts and, for a reader who cannot see it, its title.
func (p Plot) annotate(svg []byte) []byte {
	svg = bytes.ReplaceAll(svg, []byte("font-family:Liberation Sans"),
		[]byte("font-family:"+svgFonts))
	svg = bytes.ReplaceAll(svg, []byte("font-variant:none;"), nil)
	open := bytes.Index(svg, []byte("<svg"))
	end := open + bytes.IndexByte(svg[open:], '>')
	about := fmt.Sprintf(">\n<title>%s</title>\n<desc>%s</desc>",
		html.EscapeString(p.Title), html.EscapeString(p.Question+" "+p.About()))
	return slices.Concat(svg[:end], []byte(` role="img"`), []byte(about), svg[end+1:])
}

// About is the figures behind the title as a sentence, and how to read the picture.
func (p Plot) About() string {
	if p.Detail == "" {
		return p.Caption
	}
	return format.Sentence(format.Upper(p.Detail)) + " " + p.Caption
}

// found takes the title and what stands behind it.
func (p *Plot) found(f view.Finding) { p.Title, p.Detail = f.Title, f.Detail }

// absent is a plot whose data the file does not have.
func absent(id, question, why string) Plot {
	return Plot{ID: id, Question: question, Missing: why}
}
