package plot

import (
	"fmt"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"mtbench/report/internal/reporttest"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// many are names of contenders, the first of which have a look of their own.
func many(n int) (names []string, known func(string) view.Contender) {
	names = []string{"locked", "lockless", "inline"}
	for i := len(names); i < n; i++ {
		names = append(names, fmt.Sprint("model-", i))
	}
	own := map[string]view.Contender{"locked": {Color: view.Blue, Marker: view.Circle},
		"lockless": {Color: view.Vermilion, Marker: view.Diamond},
		"inline":   {Color: view.Green, Marker: view.Square}}
	return names, func(m string) view.Contender {
		if c, ok := own[m]; ok {
			return c
		}
		return view.Contender{Color: view.Orange, Marker: view.Triangle}
	}
}

// TestNoTwoModelsLookAlike holds of as many contenders as there are, and more.
func TestNoTwoModelsLookAlike(t *testing.T) {
	names, known := many(24)
	of := looks(names, known)
	seen, lines := map[string]string{}, map[string]string{}
	for _, m := range names {
		s := of[m]
		mark, line := s.ink.Name+s.marker, fmt.Sprint(s.ink.Name, s.dashes)
		if other, ok := seen[mark]; ok {
			t.Errorf("%s and %s have one mark: %s", m, other, mark)
		}
		if other, ok := lines[line]; ok {
			t.Errorf("%s and %s have one line: %s", m, other, line)
		}
		seen[mark], lines[line] = m, m
	}
	if s := of["lockless"]; s.ink != inkVermilion || s.marker != view.Diamond {
		t.Errorf("a contender lost its own look: %+v", s)
	}
}

// TestNamesOfLinesStandApart: names at one place are spread, in the order of their ends, and stay
// within the picture.
func TestNamesOfLinesStandApart(t *testing.T) {
	names, known := many(12)
	of := looks(names, known)
	for _, from := range []float64{0, 60, 150} {
		var l endLabels
		for i, m := range names {
			l = append(l, endLabel{x: 100, y: from + float64(i)/10, text: m, style: of[m]})
		}
		at := func(e endLabel) vg.Point { return vg.Point{X: vg.Length(e.x), Y: vg.Length(e.y)} }
		placed := l.placed(at, 0, 150)
		for i, e := range placed {
			if e.y < 0 || e.y > 150+1e-9 {
				t.Errorf("from %v: %s stands at %v, outside", from, e.text, e.y)
			}
			if i > 0 && placed[i-1].y-e.y < endLabelGap-1e-9 {
				t.Errorf("from %v: %s stands over %s", from, e.text, placed[i-1].text)
			}
			if i > 0 && placed[i-1].end.Y < e.end.Y {
				t.Errorf("from %v: %s is above %s, which is higher", from, placed[i-1].text, e.text)
			}
		}
	}
}

// TestTitlesHaveTwoLines holds of every picture that is wide, in any font: what is longer belongs
// into the line below.
func TestTitlesHaveTwoLines(t *testing.T) {
	files := reporttest.SynthFiles()
	reporttest.WithFrontier(files[0])
	files = append(files, reporttest.WithWhatIf(reporttest.SmallSynth().File()))
	plots := All(view.SourcesOf(files, nil))
	plots = append(plots, HandOver(view.HandOverOf(reporttest.HandOverFile()))...)
	for _, p := range plots {
		if p.Build == nil {
			continue
		}
		fr := p.figure(Wide).frame(Wide)
		if len(fr.title) > 2 {
			t.Errorf("the title of %s has %d lines: %q", p.ID, len(fr.title), fr.title)
		}
	}
}

// TestAPredictionIsNotJudgedAsAMeasurement: virtual time has no noise, so no title of it asks for
// more pairs.
func TestAPredictionIsNotJudgedAsAMeasurement(t *testing.T) {
	few := reporttest.DefaultSynth()
	few.Pairs = 2
	f := few.File()
	f.Header.Kind, f.Header.Calibration = results.Predicted, &results.CalibrationRef{}
	s := view.SourceOf(f, 0, 1)
	for _, p := range []Plot{timePlot(s, s.Diffs()), PairsPlot(s, s.Diffs())} {
		text := p.Title + " " + p.Detail
		if !strings.HasPrefix(text, "Predicted: lockless takes less time than locked for equal work") ||
			strings.Contains(text, "too few") || strings.Contains(text, "proved") {
			t.Errorf("%s says %q", p.ID, text)
		}
	}
}

// TestTheLastPlotOfTwoBuildsHasEachModel: both builds, in a panel of each model.
func TestTheLastPlotOfTwoBuildsHasEachModel(t *testing.T) {
	f := reporttest.BuildsFile("locked", "spmc")
	srcs := view.SourcesOf([]*results.File{f}, nil)
	p := Time(srcs)
	svg, spots := p.Svg(Wide)
	for _, part := range []string{"locked, compress-wait-thread", "spmc, compress-wait-thread"} {
		if !strings.Contains(string(svg), part) {
			t.Errorf("no panel is headed %q", part)
		}
	}
	kept := 0
	for _, s := range srcs {
		kept += len(s.Kept())
	}
	if len(srcs) != 2 || len(spots) != kept {
		t.Errorf("%d marks for %d runs of %d models", len(spots), kept, len(srcs))
	}
	if !strings.Contains(p.Title, "new is faster than old") || !strings.Contains(p.Detail, "spmc: ") {
		t.Errorf("the title is %q, %q", p.Title, p.Detail)
	}
}

// TestLookWithoutRuns: the models of a file of the frontier alone have a colour and a marker.
func TestLookWithoutRuns(t *testing.T) {
	f := reporttest.WithFrontier(reporttest.SmallSynth().File())
	f.Runs = nil
	s := view.SourceOf(f, 0, 1)
	for _, m := range []string{"locked", "lockless"} {
		if style := styleOf(s, m); style.ink.Name == "" || style.marker == "" {
			t.Errorf("%s looks like %+v", m, style)
		}
	}
}
