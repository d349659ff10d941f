package view

import (
	"math"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/results"
)

// ReferenceRow is one figure of one case, of the real program and of a model.
type ReferenceRow struct {
	Case      results.Cell
	Figure    string // with its unit
	Program   Sample // of all runs
	Model     Sample
	Ratio     float64 // model over program, of pairs; NaN where none is compared
	Low, High float64 // its interval
	Pairs     int
}

// referenceFigure is a figure that the program has, too.
type referenceFigure struct {
	name     string
	of       metric.Value
	compared string // the metric whose comparison in pairs is shown; "" = none
	inverse  bool   // it is the inverse of that metric
}

func referenceFigures() []referenceFigure {
	value := func(name string) metric.Value {
		m, _ := metric.Lookup(name)
		return m.Of
	}
	return []referenceFigure{
		{"pages/s", throughput, metric.MigrationTime, true},
		{"CPU of main, µs a page", value("main_cpu_per_page"), "main_cpu_per_page", false},
		{"CPU of the compression threads, µs a page", value("worker_cpu_per_page"),
			"worker_cpu_per_page", false},
		{"switches a page, blocked", value("switches_per_page"), "switches_per_page", false},
		{"switches a page, preempted", preemptedAPage, "", false},
		{"busy-ratio", value(metric.BusyRatio), "", false},
		{"bytes a compressed page", bytesAPage, "", false},
	}
}

// throughput is pages a second without the setup.
func throughput(r *results.Run) (float64, bool) {
	ms := r.TotalTimeMS - r.SetupTimeMS
	return float64(r.Pages) / ms * 1000, ms > 0 && r.Completed
}

func preemptedAPage(r *results.Run) (float64, bool) {
	var sum int64
	known := false
	for _, u := range r.ThreadUsage {
		if u.Process == r.Measured() && (u.Role == "main" || u.Role == "worker") && u.Involuntary != nil {
			sum, known = sum+*u.Involuntary, true
		}
	}
	return float64(sum) / float64(r.Pages), known && r.Pages > 0
}

func bytesAPage(r *results.Run) (float64, bool) {
	return float64(r.CompressedBytes) / float64(r.PagesCompressed), r.PagesCompressed > 0
}

// References returns the figures of the real program beside those of the first other model, case by
// case; none where the file has no such program.
func (s *Source) References() (model string, rows []ReferenceRow) {
	ref := s.Header.Reference
	if ref == nil {
		return "", nil
	}
	for _, m := range s.Ranked() {
		if m != ref.Model {
			model = m
			break
		}
	}
	for _, c := range s.cases() {
		for _, f := range referenceFigures() {
			row := ReferenceRow{Case: c, Figure: f.name, Program: s.shownOf(ref.Model, c, f.of),
				Model: s.shownOf(model, c, f.of), Ratio: math.NaN(), Low: math.NaN(), High: math.NaN()}
			if len(row.Program) == 0 || len(row.Model) == 0 {
				continue
			}
			s.ratioOf(&row, f, ref.Model, model)
			rows = append(rows, row)
		}
	}
	return model, rows
}

func (s *Source) shownOf(model string, c results.Cell, of metric.Value) Sample {
	return SampleOf(s.runsOf(model, c), of)
}

// ratioOf gives the row its ratio in pairs.
func (s *Source) ratioOf(row *ReferenceRow, f referenceFigure, program, model string) {
	if f.compared == "" {
		return
	}
	for _, c := range s.compareBy(f.compared, program, model) {
		if c.Cell.Case() != row.Case {
			continue
		}
		low, high, centre := c.Change.Lo, c.Change.Hi, c.Change.Estimate
		if f.inverse {
			low, high, centre = -high, -low, -centre
		}
		row.Ratio, row.Low, row.High = math.Exp(centre), math.Exp(low), math.Exp(high)
		row.Pairs = c.N()
	}
}

// RatioText is the ratio with its interval.
func (r *ReferenceRow) RatioText() string {
	if math.IsNaN(r.Ratio) {
		return format.None
	}
	return format.Fixed(r.Ratio, 2) + " [" + bound(r.Low) + ", " + bound(r.High) + "]"
}

// bound is an end of an interval of ratios, which evidence may leave open.
func bound(v float64) string {
	if math.IsInf(v, 1) {
		return "∞"
	}
	return format.Fixed(v, 2)
}
