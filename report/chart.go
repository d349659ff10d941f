package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

// chartPoint is one entry of benchmark-action/github-action-benchmark's custom formats.
type chartPoint struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Range string  `json:"range,omitempty"`
	Extra string  `json:"extra,omitempty"`
}

// chartMetrics are what a history is kept of, the deterministic counters among them. Completion is
// the last: it tells of the medians that are left out.
func chartMetrics() []metric.Metric {
	all := slices.DeleteFunc(metric.All(), func(m metric.Metric) bool {
		return !m.Chart || m.Name == metric.Completed
	})
	return append(all, metric.Get(metric.Completed))
}

func chartFormat() Format {
	return Format{Name: "chart-json",
		Files: []string{"chart-smaller-is-better.json", "chart-bigger-is-better.json"},
		write: func(r *Report, w []io.Writer, _ Options) error { return r.charts(w[0], w[1]) }}
}

// charts writes the medians of every cell in the two formats of
// benchmark-action/github-action-benchmark: customSmallerIsBetter to smaller, customBiggerIsBetter
// to bigger. A median that is infinite (it could not complete) is left out: completed tells of it.
func (r *Report) charts(smaller, bigger io.Writer) error {
	metrics := chartMetrics()
	points := map[bool][]chartPoint{false: {}, true: {}}
	for _, s := range r.sources {
		s.Each(s.Models(), func(c *view.Figures) {
			for _, m := range metrics {
				if p, ok := pointOf(s, c, m); ok {
					bigger := m.Better == metric.Higher
					points[bigger] = append(points[bigger], p)
				}
			}
		})
	}
	if err := writeJSON(smaller, points[false]); err != nil {
		return err
	}
	return writeJSON(bigger, points[true])
}

func pointOf(s *view.Source, c *view.Figures, m metric.Metric) (chartPoint, bool) {
	values := view.SampleOf(c.Runs, m.In(m.Shown))
	if !format.Finite(values.Median()) {
		return chartPoint{}, false
	}
	p := chartPoint{
		Name:  fmt.Sprintf("%s, %s: %s", format.CleanText(c.Model, 64), c.String(), m.Shown.Name),
		Unit:  m.Shown.Unit,
		Value: format.SixDigits(values.Median()),
		Extra: fmt.Sprintf("n=%d", len(values)),
	}
	if s.Tag != "" || s.OfModel != "" {
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
