package plot

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

// mostInLegend is how many models a legend can explain: with more of them a reader looks up and
// down for each line, so lines are named at their ends.
const mostInLegend = 4

// modelStyle is how a model looks in every plot of a file.
type modelStyle struct {
	ink    Ink
	marker string
	dashes []vg.Length // of its lines; nil: not dashed
}

// modelInks are the colours of models, as contenders name them.
func modelInks() map[string]Ink {
	return map[string]Ink{view.Blue: inkBlue, view.Vermilion: inkVermilion, view.Green: inkGreen,
		view.Purple: inkPurple, view.Grey: inkGrey, view.Orange: inkOrange}
}

// dashes are the patterns of lines: whole first, then one for each time a colour comes again.
func dashes() [][]vg.Length {
	return [][]vg.Length{nil, {6, 2}, {2, 2}, {8, 2, 2, 2}}
}

// looks gives each model a look that no other of them has. A contender keeps its own; the others,
// and the second that has the same, take the colour that is least used, with the first marker that
// it does not have yet, and other dashes.
func looks(models []string, known func(string) view.Contender) map[string]modelStyle {
	of := map[string]modelStyle{}
	used := map[string][]string{} // markers by colour
	for _, m := range models {
		c := known(m)
		if c.Color != view.Orange && modelInks()[c.Color].Name != "" &&
			!slices.Contains(used[c.Color], c.Marker) {
			of[m] = modelStyle{ink: modelInks()[c.Color], marker: c.Marker,
				dashes: dashes()[len(used[c.Color])%len(dashes())]}
			used[c.Color] = append(used[c.Color], c.Marker)
		}
	}
	for i, m := range models {
		if _, ok := of[m]; ok {
			continue
		}
		color := slices.MinFunc(view.Colors(), func(a, b string) int {
			return cmp.Compare(len(used[a]), len(used[b]))
		})
		n := len(used[color])
		markers := view.Markers()
		marker := markers[i%len(markers)]
		for k := range markers {
			if free := markers[(i+k)%len(markers)]; !slices.Contains(used[color], free) {
				marker = free
				break
			}
		}
		of[m] = modelStyle{ink: modelInks()[color], marker: marker, dashes: dashes()[n%len(dashes())]}
		used[color] = append(used[color], marker)
	}
	return of
}

// styleOf is the look of a model of a file. One without a run, as in a file of the frontier, looks
// as it does among all that the file names.
func styleOf(s *view.Source, model string) modelStyle {
	models := s.Models()
	if !slices.Contains(models, model) {
		models = slices.Compact(append(slices.Clone(s.Header.Matrix.Models), model))
	}
	return looks(models, s.Contender)[model]
}

// endLabel names a line at its end.
type endLabel struct {
	x, y  float64 // of the end, in units of the axes
	text  string
	style modelStyle
}

// endLabels write the names of lines beside their ends, no name over another: a name that has to
// move keeps a thin line to its end.
type endLabels []endLabel

const (
	endLabelGap  = vg.Length(10) // between names, one above the other
	endLabelFrom = vg.Length(16) // from the end to the mark of its name
)

// room is how wide the names are, with what leads to them.
func (l endLabels) room() vg.Length {
	sty := plotText(InkText, plotFootSize, false)
	widest := vg.Length(0)
	for _, e := range l {
		widest = max(widest, sty.Width(e.text))
	}
	return endLabelFrom + 8 + widest*otherFont
}

// placedLabel is an endLabel on a canvas: its end, and the height of its name.
type placedLabel struct {
	endLabel
	end vg.Point
	y   vg.Length
}

// placed spreads the names over the height from low to high, in the order of their ends.
func (l endLabels) placed(at func(endLabel) vg.Point, low, high vg.Length) []placedLabel {
	var list []placedLabel
	for _, e := range l {
		pt := at(e)
		list = append(list, placedLabel{e, pt, max(low, min(high, pt.Y))})
	}
	slices.SortStableFunc(list, func(a, b placedLabel) int { return cmp.Compare(b.end.Y, a.end.Y) })
	room := l.room()
	beside := func(a, b placedLabel) bool { return max(a.end.X-b.end.X, b.end.X-a.end.X) < room }
	for i := range list {
		for _, above := range list[:i] {
			if beside(list[i], above) {
				list[i].y = min(list[i].y, above.y-endLabelGap)
			}
		}
	}
	for i := len(list) - 1; i >= 0; i-- {
		list[i].y = max(list[i].y, low)
		for _, below := range list[i+1:] {
			if beside(list[i], below) {
				list[i].y = max(list[i].y, below.y+endLabelGap)
			}
		}
	}
	return list
}

// column is the rightmost of the ends that stand near one at x, so that their names stand in line.
func (l endLabels) column(x vg.Length, at func(endLabel) vg.Point) vg.Length {
	right := x
	for _, e := range l {
		if end := at(e).X; end > right && end-x < 1.5*endLabelFrom {
			right = end
		}
	}
	return right
}

// Plot implements [plot.Plotter].
func (l endLabels) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	sty := plotText(InkText, plotFootSize, false)
	sty.YAlign = draw.YCenter
	at := func(e endLabel) vg.Point { return vg.Point{X: tx(e.x), Y: ty(e.y)} }
	for _, e := range l.placed(at, c.Min.Y+6, c.Max.Y-4) {
		mark := vg.Point{X: l.column(e.end.X, at) + endLabelFrom, Y: e.y}
		lead := draw.LineStyle{Color: faded(e.style.ink, 0.6), Width: vg.Points(0.5)}
		c.StrokeLine2(lead, e.end.X+3, e.end.Y, mark.X-3, mark.Y)
		var path vg.Path
		addShape(&path, e.style.marker, mark, 2.6)
		c.SetColor(e.style.ink.Rgb)
		c.Fill(path)
		c.FillText(sty, vg.Point{X: mark.X + 5, Y: mark.Y}, e.text)
	}
}

// modelLegend explains the marks of models; nothing where their lines are named at the ends.
func modelLegend(s *view.Source) (list []legendEntry) {
	if len(s.Models()) > mostInLegend {
		return nil
	}
	return allModels(s)
}

// allModels explains the marks of all models, however many.
func allModels(s *view.Source) (list []legendEntry) {
	for _, m := range s.Models() {
		list = append(list, legendOf(styleOf(s, m), format.CleanText(m, 24)))
	}
	return list
}
