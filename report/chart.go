package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// chartPoint is one entry of benchmark-action/github-action-benchmark's custom formats.
type chartPoint struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Range string  `json:"range,omitempty"`
	Extra string  `json:"extra,omitempty"`
}

// chartFigures are what a history is kept of, the deterministic counters among them.
func chartFigures() []benchFigure {
	return []benchFigure{
		{"total time [ms]", false, view.TotalTime},
		{"CPU a page [µs]", false, view.CpuPage},
		{"futex waits [per page]", false, view.BothRoles(view.FutexWaits)},
		{"futex wakes [per page]", false, view.BothRoles(view.FutexWakes)},
		{"voluntary switches [per page]", false, view.BothRoles(view.Voluntary)},
		{"locks taken [per page]", false, view.BothRoles(view.LocksTaken)},
		{"pages sent [per s]", true, view.DrainRate},
		{"completed [%]", true, completedPercent},
	}
}

// ChartJSON writes the medians of every cell in the two formats of
// benchmark-action/github-action-benchmark: customSmallerIsBetter to smaller, customBiggerIsBetter
// to bigger. A median that is infinite (it could not complete) is left out: completed tells of it.
func ChartJSON(smaller, bigger io.Writer, files []*results.File) error {
	points := map[bool][]chartPoint{false: {}, true: {}}
	for i, f := range files {
		s := view.SourceOf(f, i, len(files))
		s.Each(s.Models(), func(c *view.Figures) {
			for _, figure := range chartFigures() {
				if p, ok := pointOf(s, c, figure); ok {
					points[figure.higher] = append(points[figure.higher], p)
				}
			}
		})
	}
	if err := writeJSON(smaller, points[false]); err != nil {
		return err
	}
	return writeJSON(bigger, points[true])
}

func pointOf(s *view.Source, c *view.Figures, f benchFigure) (chartPoint, bool) {
	values := view.SampleOf(c.Runs, f.of)
	if !format.Finite(values.Median()) {
		return chartPoint{}, false
	}
	name, unit := splitUnit(f.unit)
	p := chartPoint{
		Name:  fmt.Sprintf("%s, %s: %s", format.CleanText(c.Model, 64), c.CaseText(), name),
		Unit:  unit,
		Value: format.SixDigits(values.Median()),
		Extra: fmt.Sprintf("n=%d", len(values)),
	}
	if s.Tag != "" {
		p.Name = format.CleanText(s.Name, 64) + ": " + p.Name
	}
	if values.Low() < values.High() {
		p.Range = format.Whole(values.Low()) + "–" + format.Whole(values.High())
	}
	return p, true
}

func writeJSON(w io.Writer, points []chartPoint) error {
	text, err := json.MarshalIndent(points, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// splitUnit cuts "name [unit]" in two.
func splitUnit(s string) (name, unit string) {
	name, unit, _ = strings.Cut(strings.TrimSuffix(s, "]"), " [")
	return name, unit
}
