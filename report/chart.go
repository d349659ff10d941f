package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

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
		{"total time [ms]", false, totalTime},
		{"CPU a page [µs]", false, cpuPage},
		{"futex waits [per page]", false, bothRoles(futexWaits)},
		{"futex wakes [per page]", false, bothRoles(futexWakes)},
		{"voluntary switches [per page]", false, bothRoles(voluntary)},
		{"locks taken [per page]", false, bothRoles(locksTaken)},
		{"pages sent [per s]", true, drainRate},
		{"completed [%]", true, completedPercent},
	}
}

// ChartJSON writes the medians of every cell in the two formats of
// benchmark-action/github-action-benchmark: customSmallerIsBetter to smaller, customBiggerIsBetter
// to bigger. A median that is infinite (it could not complete) is left out: completed tells of it.
func ChartJSON(smaller, bigger io.Writer, files []*results.File) error {
	points := map[bool][]chartPoint{false: {}, true: {}}
	for i, f := range files {
		s := sourceOf(f, i, len(files))
		s.each(s.models(), func(c *cellFigures) {
			for _, figure := range chartFigures() {
				if p, ok := s.chartPoint(c, figure); ok {
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

func (s *plotSource) chartPoint(c *cellFigures, f benchFigure) (chartPoint, bool) {
	values := sampleOf(c.runs, f.of)
	if !finite(values.median()) {
		return chartPoint{}, false
	}
	name, unit := splitUnit(f.unit)
	p := chartPoint{
		Name:  fmt.Sprintf("%s, %s: %s", cleanText(c.model, 64), c.caseText(), name),
		Unit:  unit,
		Value: sixDigits(values.median()),
		Extra: fmt.Sprintf("n=%d", len(values)),
	}
	if s.tag != "" {
		p.Name = cleanText(s.name, 64) + ": " + p.Name
	}
	if values.low() < values.high() {
		p.Range = whole(values.low()) + "–" + whole(values.high())
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
