package verdict

import (
	"math"
	"slices"

	"mtbench/internal/metric"
	"mtbench/internal/stats"
	"mtbench/results"
)

// The level of all tests and intervals.
const (
	Alpha      = 0.05
	Confidence = 0.95
)

// State is what a comparison proves about the other model against the base.
type State int

const (
	NotEnough  State = iota // not enough evidence either way: no figure is quoted
	LowerThan               // the other's values are lower
	HigherThan              // the other's values are higher
	Equal                   // the difference, if any, is within the margin
)

// Comparison sets two models against each other in one cell by one metric.
type Comparison struct {
	Metric      metric.Metric
	Cell        results.Cell // of the other
	BaseCell    results.Cell // the same, but for a claim that compares across cells
	Base, Other string

	Pairs     []Pair
	Planned   int   // pairs planned
	Again     int   // attempts that a noisy host spoilt and that a later attempt replaced
	Disturbed int   // pairs, or runs, of the comparison that the host disturbed; they stay in
	Outliers  []int // indices of pairs far from the others; they stay in
	Unpaired  bool  // runs of different series or cells: the ratios are of all runs with all

	BaseN, OtherN                 int // runs compared
	BaseCompleted, OtherCompleted int

	Lower, Higher int // pairs, or values, by their sign
	OneBound      int // pairs of which one run reached its bound: a sign, and a bound of the ratio
	BothBound     int // pairs of which both did: neither a sign nor a ratio

	// Change is the log of other over base with its interval: Hodges-Lehmann's, or, where the
	// evidence decided how many pairs there are, a confidence sequence. An end is infinite where runs
	// that did not complete leave it open; an infinite estimate means that one model completes and the
	// other does not, and NaN that too few pairs have a ratio.
	Change    stats.Interval
	P         float64 // of no difference, by itself
	E         float64 // evidence against "no difference", by itself; 0 where only a p-value is known
	Adjusted  float64 // P for the number of cells of the matrix; where Averaged, 1 over the evidence
	EAdjusted float64
	Tests     int // how many that were
	Family    int // how many they are when the whole matrix of the file has been run
	Needed    int // pairs (or runs a side) without which no verdict is possible
	FloorOf   Floor
	State     State
	Same      bool // equal within the margin is proved, whatever the state

	// Moved: the host differed between the sides by more than it does by itself, and nothing is
	// proved of the models; Shift is by how much, as the log of other over base of the control.
	Moved bool
	Shift float64

	rule         rule
	pEqual       float64 // of a difference beyond the margin, by itself
	sameAdjusted float64
	averaged     bool // Adjusted is of e-values
}

// N is how many pairs, or runs of the side that has fewer, the comparison rests on.
func (c *Comparison) N() int {
	if c.Unpaired {
		return min(c.BaseN, c.OtherN)
	}
	return len(c.Pairs)
}

// CompareAll sets every other contender of f against the first, by m, in each case that f has runs
// of. What it says is adjusted over all of them, as in a series that spends pairs by the evidence.
func CompareAll(f *results.File, m metric.Metric) []Comparison {
	return seen(f, compareFamily(f, m, contendersOf(f)))
}

// Compare is CompareAll of one contender. Where base is not the first of f, the two are a family of
// their own.
func Compare(f *results.File, m metric.Metric, base, other string) []Comparison {
	models := contendersOf(f)
	if len(models) == 0 || models[0] != base || !slices.Contains(models, other) {
		return seen(f, compareFamily(f, m, []string{base, other}))
	}
	return slices.DeleteFunc(CompareAll(f, m), func(c Comparison) bool { return c.Other != other })
}

// contendersOf are the contenders of f, or those of its plan where it has no run yet.
func contendersOf(f *results.File) []string {
	if models := Models(f); len(models) > 0 {
		return models
	}
	return f.Header.Matrix.Contenders()
}

// compareFamily sets the models against the first of them in every case of the matrix, run or not
// yet: one family.
func compareFamily(f *results.File, m metric.Metric, models []string) []Comparison {
	var all []Comparison
	for _, other := range models[min(1, len(models)):] {
		for _, cell := range casesOf(f) {
			if !m.WaitOff || !cell.Wait {
				all = append(all, comparePaired(f, m, cell, models[0], other))
			}
		}
	}
	setFloors(f, m, all)
	decide(all)
	for i := range all {
		all[i].Family = len(all)
	}
	return all
}

// seen leaves out cases that f has no runs of.
func seen(f *results.File, all []Comparison) []Comparison {
	cells := Cells(f)
	return slices.DeleteFunc(all, func(c Comparison) bool { return !slices.Contains(cells, c.Cell) })
}

// Tests is how many comparisons a figure has that is measured in every case of f: the cases of the
// matrix, run or not yet, by the contenders beside the first.
func Tests(f *results.File) int {
	return max(1, len(casesOf(f))*max(1, len(contendersOf(f))-1))
}

// PairsNeeded is how many pairs a case of a file needs, so that pairs that all agree prove
// something in each of them after Holm.
func PairsNeeded(f *results.File) int { return needed(false, Tests(f)) }

func comparePaired(f *results.File, m metric.Metric, cell results.Cell, base,
	other string) Comparison {
	pairs, again := pairUp(runsOf(f, base, cell), runsOf(f, other, cell), m)
	c := Comparison{
		Metric: m, Cell: cell, BaseCell: cell, Base: base, Other: other,
		Pairs: pairs, Planned: max(planned(f, cell), len(pairs)), Again: again,
		Outliers: outliers(pairs), Disturbed: disturbed(pairs),
		BaseN: len(pairs), OtherN: len(pairs),
	}
	c.BaseCompleted, c.OtherCompleted = completions(f, cell, base, other, pairs)
	c.weighPairs(ruleOf(f))
	if m.Name != metric.Control {
		c.Shift, c.Moved = hostMoved(f, cell, base, other)
	}
	return c
}

// completions counts the runs of the pairs that completed.
func completions(f *results.File, cell results.Cell, base, other string, pairs []Pair) (a, b int) {
	m := metric.Get(metric.Completed)
	counted, _ := pairUp(runsOf(f, base, cell), runsOf(f, other, cell), m)
	in := map[int]bool{}
	for _, p := range pairs {
		in[p.Index] = true
	}
	for _, p := range counted {
		if in[p.Index] {
			a += int(p.Base)
			b += int(p.Other)
		}
	}
	return a, b
}

// compareUnpaired sets two groups of runs against each other that are not neighbours: of two files
// or of two cells.
func compareUnpaired(m metric.Metric, equal float64, base, other []*results.Run) Comparison {
	a, b := logs(m, base), logs(m, other)
	c := Comparison{Metric: m, Unpaired: true, BaseN: len(a), OtherN: len(b)}
	c.Planned = max(len(base), len(other))
	c.BaseCompleted, c.OtherCompleted = countCompleted(base), countCompleted(other)
	for _, r := range slices.Concat(base, other) {
		c.Disturbed += b2i(isDisturbed(r.Grade()))
	}
	c.Change = unbounded(stats.Shift(b, a, Confidence))
	c.P = stats.MannWhitney(a, b)
	c.rule.within = math.Log1p(equal)
	c.pEqual = max(stats.MannWhitneyHigher(a, shifted(b, c.rule.within, 1)),
		stats.MannWhitneyHigher(b, shifted(a, c.rule.within, 1)))
	if min(atNever(a), atNever(b)) > mostNeither {
		c.pEqual = 1
	}
	return c
}

// never is the log of the time of a run that did not complete: beyond any that did, and finite, so
// that two of them are equal, as in pairs.
const never = 1e100

func logs(m metric.Metric, runs []*results.Run) []float64 {
	var x []float64
	for _, r := range runs {
		if v, ok := m.Of(r); ok {
			x = append(x, min(math.Log(v+m.Tick), never))
		}
	}
	return x
}

// atNever is the share of values that never came.
func atNever(x []float64) float64 {
	n := 0
	for _, v := range x {
		n += b2i(v == never)
	}
	return float64(n) / float64(max(1, len(x)))
}

// unbounded gives differences to never their meaning back.
func unbounded(iv stats.Interval) stats.Interval {
	for _, end := range []*float64{&iv.Estimate, &iv.Lo, &iv.Hi} {
		if math.Abs(*end) > never/4 { // the mean of a finite and an infinite difference is infinite
			*end = math.Copysign(math.Inf(1), *end)
		}
	}
	return iv
}

func countCompleted(runs []*results.Run) int {
	n := 0
	for _, r := range runs {
		n += b2i(r.Completed)
	}
	return n
}

// decide adjusts what a family of comparisons says and judges each. Of a series that spends its
// pairs by the evidence, cells without a pair are of the family; elsewhere they are no tests.
func decide(family []Comparison) {
	var tested []*Comparison
	for i := range family {
		c := &family[i]
		c.Adjusted, c.sameAdjusted = 1, 1
		if c.N() > 0 || c.rule.sequential {
			tested = append(tested, c)
		}
	}
	settle(tested)
}

// settle is decide of comparisons that all have something to say.
func settle(family []*Comparison) {
	adjust(family)
	for _, c := range family {
		c.Needed = needed(c.Unpaired, 1)
		c.judge()
	}
}

// needed is how many pairs, or runs a side, must agree to reach Alpha over so many tests.
func needed(unpaired bool, tests int) int {
	if !unpaired {
		return stats.NeededPairs(Alpha, tests)
	}
	n, ways := 1, 2.0 // ways to choose n of 2n
	for 2/ways*float64(tests) > Alpha {
		n++
		ways = ways * float64(2*n) * float64(2*n-1) / (float64(n) * float64(n))
	}
	return n
}

// Required is how many pairs, or runs a side, that all agree prove something over all tests of the
// family, those included that were planned and are not run yet.
//
// Where the evidence decides it is what it takes at least: what the others prove helps.
func (c *Comparison) Required() int {
	if c.rule.sequential {
		return needed(false, 1)
	}
	return needed(c.Unpaired, c.family())
}

func (c *Comparison) family() int { return max(1, c.Tests, c.Family) }

// Floor is the log ratio by which a model differs from itself as often as once in twenty, of as
// many pairs.
func (c *Comparison) Floor() float64 { return c.FloorOf.For(c.N()) }

// Margin is the log ratio within which two models count as equal.
func (c *Comparison) Margin() float64 { return c.rule.within }

// judge is the rule. A difference is proved by the adjusted test alone, and so is equality, by two
// one-sided tests about the margin: what a model differs from itself by changes neither. Where the
// host moved between the sides, neither is.
func (c *Comparison) judge() {
	enough := c.rule.sequential || c.N() >= c.Needed
	c.Same = enough && c.sameAdjusted <= Alpha
	switch {
	case c.Moved:
		c.State, c.Same = NotEnough, false
	case enough && c.Adjusted <= Alpha:
		c.State = HigherThan
		if c.falls() {
			c.State = LowerThan
		}
	case c.Same:
		c.State = Equal
	default:
		c.State = NotEnough
	}
}

// falls says to which side a proved difference goes.
func (c *Comparison) falls() bool {
	switch {
	case c.rule.sequential:
		ev := stats.EvidenceOf(logRatios(c.Pairs), 0)
		return ev.Lower > ev.Higher
	case math.IsNaN(c.Change.Estimate):
		return c.Lower > c.Higher
	}
	return c.Change.Estimate < 0
}

// Decided reports whether the comparison has a figure to quote.
func (c *Comparison) Decided() bool { return c.State != NotEnough }
