package plot

import (
	"bytes"
	"testing"

	"mtbench/report/internal/format"
	"mtbench/report/internal/reporttest"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// Pictures of a file in which a model has one run and no pair hold no path to nowhere.
func TestPicturesOfOneRun(t *testing.T) {
	one := reporttest.FewPairs(1)
	one.Runs = one.Runs[:1]
	odd := reporttest.FewPairs(2)
	odd.Runs = append(odd.Runs[:2:2], odd.Runs[3])
	odd.Runs[1].Pair = 7
	odd.Runs[2].Completed = false
	torn := reporttest.FewPairs(10) // now one side alone completes, now the other
	for i := range torn.Runs {
		torn.Runs[i].Completed = torn.Runs[i].Pair%2 == torn.Runs[i].Position
	}
	for _, f := range []*results.File{one, odd, reporttest.FewPairs(1), torn} {
		for _, p := range All(view.SourcesOf([]*results.File{f}, nil)) {
			if p.Build == nil {
				continue
			}
			for _, size := range []Size{Wide, Narrow} {
				svg, _ := p.Svg(size)
				for _, bad := range []string{"NaN", "Inf"} {
					if i := bytes.Index(svg, []byte(bad)); i >= 0 {
						t.Errorf("%s holds %s: %.120s", p.ID, bad, svg[max(0, i-60):])
					}
				}
			}
		}
	}
}

// A figure that is not there has no place in a picture.
func TestMarksWithoutAFigure(t *testing.T) {
	p := Plot{ID: "x", Build: func(Size) *figure {
		one := &panel{Plot: newPlot("", "x", "y")}
		one.X.Max, one.Y.Max = 3, 3
		one.Add(centres{style: modelStyle{ink: InkText}, join: true, half: 0.1, marks: []centreMark{
			{x: 0, y: 1, lo: 1}, {x: 1, y: format.NaN, lo: 1}, {x: 2, y: 2, lo: 1}}},
			runDots{style: modelStyle{ink: inkBlue, marker: view.Circle}, radius: 2, alpha: 1,
				marks: []runMark{{x: 1, y: format.NaN}, {x: 1, y: 1}}})
		return &figure{height: 100, panels: []*panel{one}}
	}}
	if svg, _ := p.Svg(Wide); bytes.Contains(svg, []byte("NaN")) {
		t.Error("a mark without a figure was drawn")
	}
}
