package verdict

import (
	"math"
	"slices"

	"mtbench/internal/metric"
	"mtbench/internal/stats"
	"mtbench/results"
)

// leastMove is the change of the control below which nobody asks whose doing it was: it is small
// beside the margin of "equal".
const leastMove = 0.01

// hostMoved reports by how much the codec loop that a model cannot touch differs between the sides
// of pairs in a case, as the log of other over base, and whether that is more than the file's A/A
// pairs say of so many pairs: then a difference between the sides is not the models'.
//
// The rule: 95 % of the A/A pairs of the file stay below a size; the centre of n pairs stays below
// that size over √n, times the factor by which so few A/A pairs may understate their own spread.
// The control is the same loop in every case, so all A/A pairs count. Where there are too few, the
// assumed floor stands, and as it may be far below what the loop differs by on this host, the pairs
// themselves must show the difference: the interval of their centre leaves 0 out.
func hostMoved(f *results.File, cell results.Cell, base, other string) (shift float64, moved bool) {
	m := metric.Get(metric.Control)
	pairs, _ := pairUp(runsOf(f, base, cell), runsOf(f, other, cell), m)
	if len(pairs) < minFloorPairs {
		return 0, false
	}
	logs := logRatios(pairs)
	shift = stats.Centre(logs)
	if math.Abs(shift) < math.Log1p(leastMove) {
		return shift, false
	}
	spread, assumed := controlSpread(f, m, cell, len(pairs))
	if math.Abs(shift) <= spread {
		return shift, false
	}
	return shift, !assumed || !stats.HodgesLehmann(logs, Confidence).Contains(0)
}

// controlSpread is the size that the centre of n pairs of the control stays below by itself, and
// whether it is assumed.
func controlSpread(f *results.File, m metric.Metric, cell results.Cell, n int) (size float64,
	assumed bool) {
	var sizes []float64
	ours := f.Header.HostOf(cell)
	here := func(c results.Cell) bool { return f.Header.HostOf(c).Same(ours) }
	for _, p := range aaPairs(f, m, here) {
		sizes = append(sizes, math.Abs(p.LogRatio))
	}
	if len(sizes) < minFloorPairs {
		return math.Log1p(assumedFloor), true
	}
	slices.Sort(sizes)
	return stats.Quantile(sizes, floorShare) / math.Sqrt(float64(n)) *
		stats.Understated(len(sizes), floorConfidence), false
}
