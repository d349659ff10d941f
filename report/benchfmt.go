package report

import (
	"bytes"
	"fmt"
	"io"
	"math"

	"golang.org/x/perf/benchfmt"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// benchFigure is one unit of the Go benchmark format.
type benchFigure struct {
	unit   string
	higher bool // higher is better
	of     func(*results.Run) (float64, bool)
}

// benchFigures are the figures of a run as stock benchstat reads them; a ratio is in percent, which
// benchstat prints as it is.
func benchFigures() []benchFigure {
	return []benchFigure{
		{"total-ms", false, view.TotalTime},
		{"completed-%", true, completedPercent},
		{"downtime-ms", false, downtime},
		{"pages/s", true, view.DrainRate},
		{"busy-%", false, func(r *results.Run) (float64, bool) {
			v, ok := view.BusyRatio(r)
			return 100 * v, ok
		}},
		{"main-cpu-%", false, view.MainCPU},
		{"worker-cpu-low-%", false, view.WorkerLow},
		{"worker-cpu-high-%", false, view.WorkerHigh},
		{"cpu-us/page", false, view.CpuPage},
		{"futex-waits/page", false, view.BothRoles(view.FutexWaits)},
		{"futex-wakes/page", false, view.BothRoles(view.FutexWakes)},
		{"voluntary-switches/page", false, view.BothRoles(view.Voluntary)},
		{"locks/page", false, view.BothRoles(view.LocksTaken)},
	}
}

func completedPercent(r *results.Run) (float64, bool) {
	if r.Completed {
		return 100, true
	}
	return 0, true
}

func downtime(r *results.Run) (float64, bool) {
	return r.DowntimeMS, r.Completed && r.DowntimeMS > 0
}

// Benchfmt writes a line of the Go benchmark format for each run that the tables count, so that
// `benchstat -col /model` compares the models. A run that could not complete has no total-ms:
// completed-% tells of it, and a comparison of times alone would be flattered by its absence.
func Benchfmt(w io.Writer, files []*results.File) error {
	var out bytes.Buffer
	for _, f := range benchFigures() {
		better := "lower"
		if f.higher {
			better = "higher"
		}
		fmt.Fprintf(&out, "Unit %s better=%s\n", f.unit, better)
	}
	bw := benchfmt.NewWriter(&out)
	for i, f := range files {
		s := view.SourceOf(f, i, len(files))
		for _, r := range s.Kept() {
			if err := bw.Write(benchResult(s, r)); err != nil {
				return err
			}
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

func benchResult(s *view.Source, r *results.Run) *benchfmt.Result {
	h := s.Header
	res := &benchfmt.Result{
		Name: fmt.Appendf(nil, "Migration/model=%s/threads=%d/wait=%s",
			format.BenchName(r.Model), r.Threads, format.OnOff(r.Wait)),
		Iters: 1,
	}
	for _, c := range [][2]string{
		{"file", s.Name}, {"kind", h.Kind}, {"host", h.Host.Name}, {"cpu", h.Host.CPUModel},
		{"kernel", h.Host.Kernel}, {"revision", h.Revision}, {"codec", h.Scenario.Codec},
		{"content", h.Scenario.Content}, {"destination", h.Scenario.Destination},
	} {
		if value := format.CleanLine(c[1]); value != "" {
			res.Config = append(res.Config, benchfmt.Config{Key: c[0], Value: []byte(value), File: true})
		}
	}
	for _, f := range benchFigures() {
		if v, ok := f.of(r); ok && !math.IsInf(v, 0) && !math.IsNaN(v) {
			res.Values = append(res.Values, benchfmt.Value{Value: format.SixDigits(v), Unit: f.unit})
		}
	}
	return res
}
