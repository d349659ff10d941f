package report

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"

	"golang.org/x/perf/benchfmt"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// benchMetrics are the figures of a run as stock benchstat reads them. Times are in sec, which it
// scales by SI prefixes as it does any unit; a ratio is in percent.
func benchMetrics() []metric.Metric {
	return slices.DeleteFunc(metric.All(), func(m metric.Metric) bool { return m.Bench.Name == "" })
}

func benchFormat() Format {
	return Format{Name: "benchfmt", Files: []string{"bench.txt"}, write: oneFile((*Report).benchfmt)}
}

// benchfmt writes a line of the Go benchmark format for each run that the tables count, so that
// `benchstat -col /model` compares the models. A run that could not complete has no total-sec:
// completed-% tells of it, and a comparison of times alone would be flattered by its absence.
func (r *Report) benchfmt(w io.Writer, _ Options) error {
	var out bytes.Buffer
	metrics := benchMetrics()
	for _, m := range metrics {
		better := m.Better
		if better == metric.Neither {
			better = metric.Lower // benchstat knows no third
		}
		fmt.Fprintf(&out, "Unit %s better=%s\n", m.Bench.Name, better)
	}
	bw := benchfmt.NewWriter(&out)
	for i, f := range r.files {
		s := view.SourceOf(f, i, len(r.files)) // with the cells of the records
		for _, run := range s.Kept() {
			if err := bw.Write(benchResult(s, run, metrics)); err != nil {
				return err
			}
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

// benchName names a run by its cell: benchstat can put any axis in rows or columns.
func benchName(r *results.Run) []byte {
	name := fmt.Appendf(nil, "Migration/model=%s", format.BenchName(r.Model))
	for _, a := range results.Axes() {
		if value := a.Value(r.Cell); value != "" {
			name = fmt.Appendf(name, "/%s=%s", a.Name, format.BenchName(value))
		}
	}
	if r.Build != "" {
		name = fmt.Appendf(name, "/build=%s", format.BenchName(r.Build))
	}
	return name
}

func benchResult(s *view.Source, r *results.Run,
	metrics []metric.Metric) *benchfmt.Result {
	h := s.Header
	res := &benchfmt.Result{
		Name:  benchName(r),
		Iters: 1,
	}
	for _, c := range [][2]string{
		{"file", s.Name}, {"kind", h.Kind}, {"host", h.Host.Name}, {"cpu", h.Host.CPUModel},
		{"kernel", h.Host.Kernel}, {"revision", h.Revision}, {"codec", h.Scenario.Codec},
		{"content", h.Scenario.Content}, {"destination", h.Scenario.Destination},
		{"sides", h.Scenario.Sides},
	} {
		if value := format.CleanLine(c[1]); value != "" {
			res.Config = append(res.Config, benchfmt.Config{Key: c[0], Value: []byte(value), File: true})
		}
	}
	for _, m := range metrics {
		if v, ok := m.In(m.Bench)(r); ok && !math.IsInf(v, 0) && !math.IsNaN(v) {
			res.Values = append(res.Values, benchfmt.Value{Value: format.SixDigits(v), Unit: m.Bench.Name})
		}
	}
	return res
}
