package verdict

import (
	"fmt"
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

	// Change is the log of other over base: Hodges-Lehmann and its interval. An end is infinite
	// where runs that did not complete leave it open; an infinite estimate means that one model
	// completes and the other does not.
	Change   stats.Interval
	P        float64 // of no difference, by itself
	Adjusted float64 // by Holm over the cells of the matrix
	Tests    int     // how many that were
	Family   int     // how many they are when the whole matrix of the file has been run
	Needed   int     // pairs (or runs a side) without which no verdict is possible
	Floor    float64 // log ratio below which there is no verdict
	FloorOf  Floor
	State    State
}

// N is how many pairs, or runs of the side that has fewer, the comparison rests on.
func (c *Comparison) N() int {
	if c.Unpaired {
		return min(c.BaseN, c.OtherN)
	}
	return len(c.Pairs)
}

// Compare sets other against base in every cell of f. Its p-values are adjusted over the cells.
func Compare(f *results.File, m metric.Metric, base, other string) []Comparison {
	var all []Comparison
	for _, c := range Cells(f) {
		if m.WaitOff && c.Wait {
			continue
		}
		all = append(all, comparePaired(f, m, c, base, other))
	}
	decide(all, FloorOf(f, m))
	for i := range all {
		all[i].Family = matrixTests(f, m)
	}
	return all
}

// matrixTests is how many cells of the file's matrix, run or not yet, a metric is tested in.
func matrixTests(f *results.File, m metric.Metric) int {
	waits := f.Header.Matrix.Waits
	if m.WaitOff {
		waits = slices.DeleteFunc(slices.Clone(waits), func(on bool) bool { return on })
	}
	return len(f.Header.Matrix.Threads) * len(waits)
}

// PairsNeeded is how many pairs a cell the matrix of a file needs, so that pairs that all agree
// prove something in each of its cells after Holm.
func PairsNeeded(f *results.File) int {
	return needed(false, max(1, matrixTests(f, metric.Metric{}), len(Cells(f))))
}

// CompareAll sets every other contender against the first, by m.
func CompareAll(f *results.File, m metric.Metric) []Comparison {
	var all []Comparison
	models := Models(f)
	for _, other := range models[min(1, len(models)):] {
		all = append(all, Compare(f, m, models[0], other)...)
	}
	return all
}

func comparePaired(f *results.File, m metric.Metric, cell results.Cell, base, other string) Comparison {
	pairs, again := pairUp(runsOf(f, base, cell), runsOf(f, other, cell), m)
	c := Comparison{
		Metric: m, Cell: cell, BaseCell: cell, Base: base, Other: other,
		Pairs: pairs, Planned: max(planned(f, cell), len(pairs)), Again: again,
		Outliers: outliers(pairs), Disturbed: disturbed(pairs),
		BaseN: len(pairs), OtherN: len(pairs),
	}
	c.BaseCompleted, c.OtherCompleted = completions(f, cell, base, other, pairs)
	x := logRatios(pairs)
	c.Change = stats.HodgesLehmann(x, Confidence)
	c.P = stats.SignedRank(x)
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
func compareUnpaired(m metric.Metric, base, other []*results.Run) Comparison {
	a, b := logs(m, base), logs(m, other)
	c := Comparison{Metric: m, Unpaired: true, BaseN: len(a), OtherN: len(b)}
	c.Planned = max(len(base), len(other))
	c.BaseCompleted, c.OtherCompleted = countCompleted(base), countCompleted(other)
	for _, r := range slices.Concat(base, other) {
		c.Disturbed += b2i(isDisturbed(r.Noise.Grade))
	}
	c.Change = unbounded(stats.Shift(b, a, Confidence))
	c.P = stats.MannWhitney(a, b)
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

// decide adjusts the p-values of a family of comparisons and says what each proves. Cells without
// a single pair are not tests and do not count.
func decide(family []Comparison, floor Floor) {
	var p []float64
	var tested []*Comparison
	for i := range family {
		family[i].FloorOf = floor
		family[i].Adjusted = 1
		if family[i].N() > 0 {
			p = append(p, family[i].P)
			tested = append(tested, &family[i])
		}
	}
	for i, adjusted := range stats.Holm(p) {
		c := tested[i]
		c.Adjusted, c.Tests = adjusted, len(p)
		c.Needed = needed(c.Unpaired, 1)
		c.Floor = floor.For(c.N())
		c.State = c.judge()
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
func (c *Comparison) Required() int { return needed(c.Unpaired, c.family()) }

func (c *Comparison) family() int { return max(1, c.Tests, c.Family) }

// equalMargin is the difference that a review would not argue about. The floor alone would be no
// margin: it is about as wide as an interval of as many pairs.
const equalMargin = 0.05

// Margin is the log ratio within which two models count as equal.
func (c *Comparison) Margin() float64 { return max(c.Floor, math.Log1p(equalMargin)) }

// judge is the rule. A difference is proved when the adjusted test says that there is one and its
// estimate is beyond the floor; equality when the whole interval is within the margin.
func (c *Comparison) judge() State {
	switch {
	case c.N() < c.Needed:
		return NotEnough
	case c.Adjusted < Alpha && math.Abs(c.Change.Estimate) > c.Floor:
		if c.Change.Estimate < 0 {
			return LowerThan
		}
		return HigherThan
	case -c.Margin() <= c.Change.Lo && c.Change.Hi <= c.Margin():
		return Equal
	default:
		return NotEnough
	}
}

// Decided reports whether the comparison has a figure to quote.
func (c *Comparison) Decided() bool { return c.State != NotEnough }

// Word says the state in the metric's own words.
func (c *Comparison) Word() string {
	words := map[State]string{LowerThan: "lower", HigherThan: "higher"}
	switch {
	case c.Metric.Name == "total_time":
		words = map[State]string{LowerThan: "faster", HigherThan: "slower"}
	case c.Metric.Better == metric.Lower:
		words = map[State]string{LowerThan: "better", HigherThan: "worse"}
	case c.Metric.Better == metric.Higher:
		words = map[State]string{LowerThan: "worse", HigherThan: "better"}
	}
	switch c.State {
	case NotEnough:
		return "not enough evidence"
	case Equal:
		return "equal within " + FormatSize(c.Margin())
	default:
		return words[c.State]
	}
}

// String is the verdict in a sentence without a subject. It quotes a percentage only where there
// is a verdict.
func (c *Comparison) String() string {
	if !c.Decided() {
		return c.why()
	}
	if math.IsInf(c.Change.Estimate, 0) {
		return fmt.Sprintf("%s: %d of %d completed, of the base %d of %d, p = %.2g, %s", c.Word(),
			c.OtherCompleted, c.OtherN, c.BaseCompleted, c.BaseN, c.Adjusted, c.counts())
	}
	return fmt.Sprintf("%s: %s %s, p = %.2g, %s", c.Word(), FormatChange(c.Change.Estimate),
		FormatInterval(c.Change), c.Adjusted, c.counts())
}

// counts says on how much a comparison rests: "9 of 10 pairs, 2 disturbed by the host".
func (c *Comparison) counts() string {
	text := fmt.Sprintf("%d of %s", len(c.Pairs), plural(c.Planned, "pair"))
	runs := len(c.Pairs)
	if c.Unpaired {
		text, runs = fmt.Sprintf("%d against %d runs", c.BaseN, c.OtherN), c.BaseN+c.OtherN
	}
	switch {
	case c.Disturbed == 0:
		return text
	case c.Disturbed < runs:
		return fmt.Sprintf("%s, %d disturbed by the host", text, c.Disturbed)
	case runs == 1:
		return text + ", disturbed by the host"
	case runs == 2:
		return text + ", both disturbed by the host"
	}
	return text + ", all disturbed by the host"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// why says what a comparison without a verdict lacks.
func (c *Comparison) why() string {
	text := "not enough evidence: " + c.counts()
	switch {
	case c.N() < c.Required() && c.Adjusted >= Alpha:
		return fmt.Sprintf("%s; at least %s needed for %s", text, c.wanted(),
			plural(c.family(), "test"))
	case c.Adjusted < Alpha:
		return c.belowFloor()
	case c.Unpaired:
		return text + "; the difference is within their scatter"
	default:
		return text + "; they do not agree on a direction"
	}
}

func (c *Comparison) wanted() string {
	if c.Unpaired {
		return plural(c.Required(), "run") + " on each side are"
	}
	return plural(c.Required(), "pair") + " are"
}

// belowFloor says that the machine cannot tell. Its percentage is the floor's, not the models'.
func (c *Comparison) belowFloor() string {
	return fmt.Sprintf("not enough evidence: %s; this machine cannot tell differences below %s",
		c.counts(), FormatSize(c.Floor))
}

// FormatChange writes a log ratio for people: "-12.3 %", "×14", or what an infinite one means.
func FormatChange(log float64) string {
	ratio := math.Exp(log)
	switch {
	case math.IsNaN(log):
		return "no figure"
	case math.IsInf(log, 1):
		return "did not complete"
	case math.IsInf(log, -1):
		return "only the base did not complete"
	case ratio >= 10:
		return fmt.Sprintf("×%.3g", ratio)
	default:
		return fmt.Sprintf("%+.1f %%", (ratio-1)*100)
	}
}

// FormatInterval writes the interval of a log ratio.
func FormatInterval(iv stats.Interval) string {
	return "[" + FormatChange(iv.Lo) + ", " + FormatChange(iv.Hi) + "]"
}

// FormatSize writes the size of a log ratio without its sign.
func FormatSize(log float64) string {
	if math.IsInf(log, 0) {
		return "no bound"
	}
	return fmt.Sprintf("%.1f %%", math.Expm1(math.Abs(log))*100)
}

// Width is how wide the interval of the total time is in a cell, as a log ratio, for the contender
// for which it is widest: what `--until` looks at. It is infinite until there are [UntilPairs] pairs.
// Where both ends say that only one model completes, nothing is left to narrow.
func Width(runs []results.Run, models []string, c results.Cell) float64 {
	f := &results.File{Runs: runs}
	m := metric.Get(metric.TotalTime)
	widest := 0.0
	for _, other := range models[min(1, len(models)):] {
		pairs, _ := pairUp(runsOf(f, models[0], c), runsOf(f, other, c), m)
		iv := stats.HodgesLehmann(logRatios(pairs), Confidence)
		switch {
		case iv.Lo == iv.Hi:
		case len(pairs) < UntilPairs:
			return math.Inf(1)
		default:
			widest = max(widest, iv.Hi-iv.Lo)
		}
	}
	return widest
}
