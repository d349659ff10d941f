package verdict

import (
	"math"
	"slices"

	"mtbench/internal/metric"
	"mtbench/internal/stats"
	"mtbench/results"
)

// DefaultEqual is the share within which two models count as equal unless a series fixed another.
const DefaultEqual = 0.10

// rule is how the comparisons of a file are judged. Its header fixes it before the first run.
type rule struct {
	sequential bool    // by e-values, which hold at any stop; else by ranks, for a fixed number
	within     float64 // log ratio within which two models count as equal
}

func ruleOf(f *results.File) rule {
	m := &f.Header.Matrix
	equal := m.Equal
	if equal == 0 {
		equal = DefaultEqual
	}
	return rule{sequential: m.Sequential(), within: math.Log1p(equal)}
}

// Deciding is the figure by which cases are decided. What it says is looked at after every pair,
// and a series that spends pairs by the evidence stops the case when it has said enough.
func Deciding() metric.Metric { return metric.Get(metric.EqualWorkTime) }

// mostNeither is the share of pairs of which neither run may complete, beyond which a case has no
// ratio and nothing is equal: what was not seen is not the same.
const mostNeither = 0.1

// weighPairs says what the pairs of c prove by themselves.
func (c *Comparison) weighPairs(r rule) {
	c.rule = r
	c.count()
	x := logRatios(c.Pairs)
	low, high := c.known(1), c.known(-1) // what is known of the differences from either side
	if r.sequential {
		c.E = stats.EvidenceOf(x, 0).TwoSided()
		c.P = min(1, 1/c.E)
		c.pEqual = 1 / min(stats.EvidenceOf(low, -r.within).Higher,
			stats.EvidenceOf(high, r.within).Lower)
	} else {
		c.P = stats.SignedRank(x)
		c.pEqual = max(stats.SignedRankHigher(shifted(low, r.within, 1)),
			stats.SignedRankHigher(shifted(high, r.within, -1)))
	}
	c.Change = c.interval(x, low, high)
	if c.Unsized() {
		c.pEqual = 1
		c.Change = stats.Interval{Estimate: math.NaN(), Lo: math.Inf(-1), Hi: math.Inf(1), Confidence: 1}
	}
	c.pEqual = min(1, c.pEqual)
}

// interval bounds the change from below by low and from above by high.
func (c *Comparison) interval(x, low, high []float64) stats.Interval {
	of := stats.HodgesLehmann
	if c.rule.sequential {
		of = stats.ConfidenceSequence
	}
	iv := of(x, Confidence)
	if c.OneBound > 0 {
		iv.Lo, iv.Hi = of(low, Confidence).Lo, of(high, Confidence).Hi
		iv.Lo, iv.Hi = min(iv.Lo, iv.Estimate), max(iv.Hi, iv.Estimate)
	}
	return iv
}

// count counts signs and what stands at the bound.
func (c *Comparison) count() {
	c.Lower, c.Higher, c.OneBound, c.BothBound = 0, 0, 0, 0
	for _, p := range c.Pairs {
		c.Lower += b2i(p.LogRatio < 0)
		c.Higher += b2i(p.LogRatio > 0)
		c.OneBound += b2i(math.IsInf(p.LogRatio, 0))
		c.BothBound += b2i(math.IsInf(p.Base, 1) && math.IsInf(p.Other, 1))
	}
}

// Unsized reports whether so many pairs stand at the bound with both runs that no ratio is given.
func (c *Comparison) Unsized() bool {
	return float64(c.BothBound) > mostNeither*float64(len(c.Pairs))
}

// known are the log ratios as they are known from one side: from below (side 1) a pair whose other
// run reached the bound is worth that bound at least, from above it is open.
func (c *Comparison) known(side float64) []float64 {
	x := make([]float64, len(c.Pairs))
	for i, p := range c.Pairs {
		x[i] = p.LogRatio
		if math.IsInf(p.LogRatio, int(side)) {
			x[i] = p.Known
		}
	}
	return x
}

// shifted is side × x + by.
func shifted(x []float64, by, side float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = side*v + by
	}
	return out
}

// adjust adjusts what a family of comparisons proves, each by itself, for their number. E-values
// are averaged over all sets of the family (closed testing); where one of it has a p-value only,
// Holm's correction stands, for 1/e is a p-value.
func adjust(family []*Comparison) {
	p, same := make([]float64, len(family)), make([]float64, len(family))
	sequential := true
	for i, c := range family {
		p[i], same[i] = c.P, c.pEqual
		sequential = sequential && c.rule.sequential
	}
	of := stats.Holm
	if sequential {
		of = closedMeans
	}
	p, same = of(p), of(same)
	for i, c := range family {
		c.Adjusted, c.sameAdjusted, c.Tests = p[i], same[i], len(family)
		c.EAdjusted = 1 / p[i]
		c.averaged = sequential
	}
}

// closedMeans is [stats.ClosedMeans] of e-values that are written as 1/e, at most 1.
func closedMeans(p []float64) []float64 {
	e := make([]float64, len(p))
	for i, v := range p {
		e[i] = 1 / v
	}
	e = stats.ClosedMeans(e)
	for i, v := range e {
		e[i] = min(1, 1/v)
	}
	return e
}

// Detectable is the smallest change that pairs which scatter as those of c would have proved,
// beside what the rest of its family says: a log ratio; infinite where no change would have.
func (c *Comparison) Detectable() float64 {
	if !c.rule.sequential {
		return max(c.Change.Hi-c.Change.Estimate, c.Change.Estimate-c.Change.Lo)
	}
	centre := stats.Centre(logRatios(c.Pairs))
	if math.IsInf(centre, 0) || math.IsNaN(centre) || c.Unsized() {
		return math.Inf(1)
	}
	about := shifted(logRatios(c.Pairs), -centre, 1)
	least := float64(max(1, c.family())) / Alpha
	proves := func(change float64) bool {
		return stats.EvidenceOf(about, -change).TwoSided() >= least
	}
	lo, hi := 0.0, 8.0
	if !proves(hi) {
		return math.Inf(1)
	}
	for range 40 {
		if mid := lo/2 + hi/2; proves(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}

// Decide is [CompareAll] by the figure that decides a case, with the cases that have no run yet.
func Decide(f *results.File) []Comparison {
	return compareFamily(f, Deciding(), contendersOf(f))
}

// casesOf are the cases of the matrix and of the runs, which a file without a matrix has.
func casesOf(f *results.File) []results.Cell {
	var cases []results.Cell
	if m := &f.Header.Matrix; len(m.Threads) > 0 && len(m.Waits) > 0 {
		cases = m.AllCases() // what other shards make belongs to the family
	}
	for _, c := range Cells(f) {
		if !slices.Contains(cases, c) {
			cases = append(cases, c)
		}
	}
	return cases
}
