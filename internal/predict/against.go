package predict

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"

	"mtbench/results"
)

// Comparison is a cell as it was measured and as it was predicted: medians and ranges.
type Comparison struct {
	Cell
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
		c := Cell{r.Model, r.Threads, r.Wait}
		if slices.ContainsFunc(list, func(x Comparison) bool { return x.Cell == c }) {
			continue
		}
		list = append(list, Comparison{c, cellular(measured, c), cellular(predicted, c)})
	}
	return list
}

func cellular(runs []results.Run, c Cell) Cellular {
	var x Cellular
	var rate, wakes, busy []float64
	for i := range runs {
		r := &runs[i]
		if (Cell{r.Model, r.Threads, r.Wait}) != c {
			continue
		}
		x.Runs++
		if r.Completed {
			x.Completed++
		}
		rate = append(rate, r.DrainRate)
		wakes = append(wakes, waitWakes(r))
		if r.BusyRatio != nil {
			busy = append(busy, *r.BusyRatio)
		}
	}
	x.Throughput, x.WaitWakes, x.Busy = spreadOf(rate), spreadOf(wakes), spreadOf(busy)
	return x
}

// waitWakes is futex calls of main and workers of the source a page.
func waitWakes(r *results.Run) float64 {
	n := int64(0)
	for _, u := range r.ThreadUsage {
		if u.Process == "source" && (u.Role == "main" || u.Role == "worker") {
			n += u.FutexWaits + u.FutexWakes
		}
	}
	return float64(n) / float64(r.Pages)
}

// The bounds that a prediction of this host is held to.
const (
	throughputBound = 0.15
	waitWakesBound  = 0.20
)

// Good says whether the prediction is within its bound, or the ranges overlap.
func Good(measured, predicted Spread, bound float64) bool {
	return measured.Overlaps(predicted) || math.Abs(predicted.Median/measured.Median-1) <= bound
}

// WriteComparison prints the table and how many cells hold.
func WriteComparison(w io.Writer, list []Comparison) error {
	var rows [][]string
	throughput, wakes := 0, 0
	for _, c := range list {
		a := Good(c.Measured.Throughput, c.Predicted.Throughput, throughputBound)
		b := Good(c.Measured.WaitWakes, c.Predicted.WaitWakes, waitWakesBound)
		throughput += count(a)
		wakes += count(b)
		rows = append(rows, []string{caseName(c.Cell), c.Model,
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
	_, err = fmt.Fprintf(w, "throughput holds in %d of %d cells (within 15 %% or ranges overlap), futex "+
		"calls a page in %d (20 %%)\n", throughput, len(list), wakes)
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

func caseName(c Cell) string {
	wait := "off"
	if c.Wait {
		wait = "on"
	}
	return fmt.Sprintf("%d threads, wait %s", c.Threads, wait)
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
