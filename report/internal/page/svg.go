package page

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"regexp"
	"strconv"
	"strings"

	"mtbench/report/internal/format"
	"mtbench/report/internal/plot"
)

// pageStyles collects the styles of all inline pictures: each distinct one becomes a class of the
// page, which makes pictures small and lets the page forbid styles from anywhere else.
type pageStyles struct {
	class map[string]string
	order []string
}

func newPageStyles() *pageStyles { return &pageStyles{class: map[string]string{}} }

var (
	svgStyle = regexp.MustCompile(`style="([^"]*)"`)
	svgColor = regexp.MustCompile(`#[0-9A-F]{6}`)
	svgSize  = regexp.MustCompile(`<svg width="[^"]*" height="[^"]*"`)
	svgSpace = regexp.MustCompile(`>\s+<`)
)

// name is the class of a style.
func (s *pageStyles) name(style string) string {
	if c, ok := s.class[style]; ok {
		return c
	}
	c := "s" + strconv.Itoa(len(s.order))
	s.class[style] = c
	s.order = append(s.order, style)
	return c
}

// css are the rules of the classes, their colours as properties that depend on the paper.
func (s *pageStyles) css() string {
	var b strings.Builder
	for i, style := range s.order {
		style = svgColor.ReplaceAllStringFunc(style, func(hex string) string {
			return "var(--" + nearestInk(hex).Name + ")"
		})
		fmt.Fprintf(&b, ".s%d{%s}\n", i, style)
	}
	return b.String()
}

// nearestInk finds the colour of the set that an SVG shows: opacity costs it a few bits.
func nearestInk(hex string) plot.Ink {
	v, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		return plot.InkText
	}
	c := color.RGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xFF}
	best, far := plot.InkText, 1<<20
	for _, ink := range plot.Inks {
		if d := colorDistance(c, ink.Rgb); d < far {
			best, far = ink, d
		}
	}
	return best
}

func colorDistance(a, b color.RGBA) int {
	square := func(x, y uint8) int { d := int(x) - int(y); return d * d }
	return square(a.R, b.R) + square(a.G, b.G) + square(a.B, b.B)
}

// inkCSS declares the colours of pictures on white or on dark paper.
func inkCSS(dark bool) string {
	var b strings.Builder
	for _, ink := range plot.Inks {
		hex := fmt.Sprintf("#%02X%02X%02X", ink.Rgb.R, ink.Rgb.G, ink.Rgb.B)
		if dark {
			hex = ink.Dark
		}
		fmt.Fprintf(&b, "--%s:%s;", ink.Name, hex)
	}
	return b.String()
}

// inline is a picture as the page holds it: with classes in place of styles, as wide as its
// place, and with a circle over each run that says, without any script, which run it is. The
// narrow picture says it through the wide one, whose circles come in the same order.
func inline(p plot.Plot, s plot.Size, styles *pageStyles) template.HTML {
	svg, spots := p.Svg(s)
	svg = svg[bytes.Index(svg, []byte("<svg")):]
	svg = svgSize.ReplaceAll(svg, []byte("<svg"))
	svg = svgSpace.ReplaceAll(svg, []byte("><"))
	svg = svgStyle.ReplaceAllFunc(svg, func(attr []byte) []byte {
		return []byte(`class="` + styles.name(string(svgStyle.FindSubmatch(attr)[1])) + `"`)
	})
	svg = bytes.TrimSuffix(bytes.TrimSpace(svg), []byte("</svg>"))
	var b strings.Builder
	b.Write(svg)
	b.WriteString("<g>")
	for _, sp := range spots {
		hit(p, &b, s, sp)
	}
	b.WriteString("</g></svg>")
	return template.HTML(b.String())
}

func hit(p plot.Plot, b *strings.Builder, s plot.Size, sp plot.Spot) {
	fmt.Fprintf(b, `<circle class="h" cx="%.1f" cy="%.1f" r="6" data-run="r%d-%s">`,
		sp.X, sp.Y, p.File, sp.Run)
	if !s.Narrow {
		fmt.Fprintf(b, "<title>%s</title>", template.HTMLEscapeString(format.CleanText(sp.Text, 200)))
	}
	b.WriteString("</circle>")
}
