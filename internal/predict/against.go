package predict

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"

	"mtbench/internal/metric"
	"mtbench/results"
)

// Comparison is a cell as it was measured and as it was predicted: medians and ranges.
type Comparison struct {
	results.Cell
	Measured, Predicted Cellular
}

// Cellular is what a cell's runs have in common. Spread is the lowest and the highest run.
type Cellular struct {
	Runs, Completed int
	Throughput      Spread // pages a second
	WaitWakes       Spread // futex waits and wakes of the source a page
	Busy            Spread
}

// Spread is a median with its extremes.
type Spread struct{ Low, Median, High float64 }

func spreadOf(list []float64) Spread {
	if len(list) == 0 {
		return Spread{math.NaN(), math.NaN(), math.NaN()}
	}
	s := slices.Sorted(slices.Values(list))
	return Spread{s[0], (s[len(s)/2] + s[(len(s)-1)/2]) / 2, s[len(s)-1]}
}

// Overlaps says whether the two ranges do.
func (s Spread) Overlaps(t Spread) bool { return s.Low <= t.High && t.Low <= s.High }

// Compare puts two files' runs side by side, in the order of the first's cells.
func Compare(measured, predicted []results.Run) []Comparison {
	var list []Comparison
	for _, r := range measured {
		c := r.Cell
		if slices.ContainsFunc(list, func(x Comparison) bool { return x.Cell == c }) {
			continue
		}
		list = append(list, Comparison{c, cellular(measured, c), cellular(predicted, c)})
	}
	return list
}

func cellular(runs []results.Run, c results.Cell) Cellular {
	var x Cellular
	var rate, wakes, busy []float64
	for i := range runs {
		r := &runs[i]
		if r.Cell != c {
			continue
		}
		x.Runs++
		if r.Completed {
			x.Completed++
		}
		rate = appendFigure(rate, metric.DrainRate, r)
		wakes = appendFigure(wakes, metric.WaitWakesPerPage, r)
		busy = appendFigure(busy, metric.BusyRatio, r)
	}
	x.Throughput, x.WaitWakes, x.Busy = spreadOf(rate), spreadOf(wakes), spreadOf(busy)
	return x
}

// appendFigure adds a figure of a run to list if the run has it.
func appendFigure(list []float64, name string, r *results.Run) []float64 {
	m := metric.Get(name)
	if v, ok := m.Of(r); ok {
		return append(list, v)
	}
	return list
}

// The bounds that a prediction of this host is held to.
const (
	throughputBound = 0.15
	waitWakesBound  = 0.20
)

// Good says whether the prediction is within its bound, or the ranges overlap.
func Good(measured, predicted Spread, bound float64) bool {
	return measured.Overlaps(predicted) || near(measured.Median, predicted.Median, bound)
}

func near(measured, predicted,
	bound float64) bool {
	return math.Abs(predicted/measured-1) <= bound
}

// WriteComparison prints the cells and how many of them hold, then the models against each other.
func WriteComparison(w io.Writer, list []Comparison) error {
	var rows [][]string
	var throughput, wakes tally
	off := 0.0
	for _, c := range list {
		a := throughput.add(c.Measured.Throughput, c.Predicted.Throughput, throughputBound)
		off += math.Abs(math.Log(c.Predicted.Throughput.Median / c.Measured.Throughput.Median))
		b := wakes.add(c.Measured.WaitWakes, c.Predicted.WaitWakes, waitWakesBound)
		rows = append(rows, []string{c.Cell.String(), c.Model,
			spreadText(c.Measured.Throughput, "%.0f"), spreadText(c.Predicted.Throughput, "%.0f"),
			factor(c.Predicted.Throughput.Median, c.Measured.Throughput.Median), yes(a),
			spreadText(c.Measured.WaitWakes, "%.2f"), spreadText(c.Predicted.WaitWakes, "%.2f"),
			factor(c.Predicted.WaitWakes.Median, c.Measured.WaitWakes.Median), yes(b)})
	}
	err := table(w, []string{"case", "model", "pages/s measured", "predicted", "×", "holds",
		"futex calls/page measured", "predicted", "×", "holds"}, rows)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w,
		"throughput holds in %d of %d cells (within 15 %% or ranges overlap), futex "+
			"calls a page in %d (20 %%); by medians alone in %d and %d; on average pages/s are off by "+
			"%.2f ×\n",
		throughput.good, len(list), wakes.good, throughput.near, wakes.near,
		math.Exp(off/float64(len(list))))
	return errors.Join(err, writeRatios(w, ratios(list)))
}

// tally counts cells: those that are good, and those of them whose medians alone are near.
type tally struct{ good, near int }

func (t *tally) add(measured, predicted Spread, bound float64) bool {
	good := Good(measured, predicted, bound)
	t.good += count(good)
	t.near += count(near(measured.Median, predicted.Median, bound))
	return good
}

// Ratio is what a model does against the first one of its case: its pages a second over theirs.
type Ratio struct {
	results.Cell        // of the model
	Base                string
	Measured, Predicted float64 // of medians
}

// ratios are those of every case that has more than one model. What a host does to both models
// alike, as a slow phase does, is not in them.
func ratios(list []Comparison) []Ratio {
	var all []Ratio
	for i, c := range list {
		base := slices.IndexFunc(list[:i], func(x Comparison) bool {
			return x.Threads == c.Threads &&
				x.Wait == c.Wait
		})
		if base < 0 {
			continue
		}
		b := list[base]
		all = append(all, Ratio{Cell: c.Cell, Base: b.Model,
			Measured:  c.Measured.Throughput.Median / b.Measured.Throughput.Median,
			Predicted: c.Predicted.Throughput.Median / b.Predicted.Throughput.Median})
	}
	return all
}

func writeRatios(w io.Writer, list []Ratio) error {
	if len(list) == 0 {
		return nil
	}
	var rows [][]string
	within, ahead := 0, 0
	for _, r := range list {
		within += count(near(r.Measured, r.Predicted, throughputBound))
		ahead += count((r.Measured < 1) == (r.Predicted < 1))
		rows = append(rows, []string{r.Cell.String(), r.Model + "/" + r.Base,
			fmt.Sprintf("%.2f", r.Measured),
			fmt.Sprintf("%.2f", r.Predicted), factor(r.Predicted, r.Measured)})
	}
	if err := table(w, []string{"case", "pages/s of", "measured", "predicted", "×"},
		rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w,
		"between the models the ratio of pages a second is within 15 %% in %d of %d cases, and the same "+
			"one is ahead in %d\n", within, len(list), ahead)
	return err
}

func table(w io.Writer, header []string, rows [][]string) error {
	t := tablewriter.NewTable(w, tablewriter.WithHeaderAutoFormat(tw.Off))
	t.Header(header)
	if err := t.Bulk(rows); err != nil {
		return err
	}
	return t.Render()
}

func spreadText(s Spread, format string) string {
	return fmt.Sprintf(format+" ("+format+"~"+format+")", s.Median, s.Low, s.High)
}

func factor(a, b float64) string {
	if f := a / b; !math.IsNaN(f) && !math.IsInf(f, 0) {
		return fmt.Sprintf("%.2f", f)
	}
	return "–"
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
