package verdict

import (
	"mtbench/internal/stats"
	"mtbench/results"
)

// GoingFirst estimates by how much longer the run of a pair takes that is made first, by the figure
// that decides cases, of which decided are the comparisons: the log ratio of the first over
// the second, over the pairs of all cases and those of a model with itself, and how many they are.
// Pairs with a run that did not complete have no part in it.
//
// The centre of each case is taken off first; that it is the case's own makes the interval a little
// narrower than it should be where cases have few pairs.
func GoingFirst(f *results.File, decided []Comparison) (stats.Interval, int) {
	var x []float64
	for _, c := range decided {
		if centre := c.Change.Estimate; !notFinite(centre) {
			x = append(x, firstOverSecond(c.Pairs, centre)...)
		}
	}
	every := func(results.Cell) bool { return true }
	x = append(x, firstOverSecond(aaPairs(f, Deciding(), every), 0)...)
	return stats.HodgesLehmann(x, Confidence), len(x)
}

func firstOverSecond(pairs []Pair, centre float64) []float64 {
	var x []float64
	for _, p := range pairs {
		switch {
		case notFinite(p.LogRatio), notFinite(p.Base):
		case p.OtherFirst:
			x = append(x, p.LogRatio-centre)
		default:
			x = append(x, centre-p.LogRatio)
		}
	}
	return x
}
