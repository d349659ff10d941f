// Package verdict says what result files prove: by how much two models differ and how sure that is,
// below which difference this machine tells nothing, whether published claims hold, what changed
// between two files, and which step of a redesign a difference comes from.
//
// Comparisons are on pairs of neighbouring runs and on the logarithm of the ratio of their values,
// so that twice and half are equally far from equal. Nothing here assumes a distribution, except
// where a comment says so.
package verdict

import (
	"cmp"
	"math"
	"slices"

	"mtbench/internal/metric"
	"mtbench/internal/stats"
	"mtbench/results"
)

// roundRobinModel is what lockless is called where its series ran with plain round robin.
const roundRobinModel = "lockless-rr"

// modelOf is the contender that r is a run of.
func modelOf(f *results.File, r *results.Run) string {
	if f.Header.Scenario.RoundRobin && r.Contender() == "lockless" {
		return roundRobinModel
	}
	return r.Contender()
}

// Cells lists the cells that a file has runs of, in the order of threads and wait.
func Cells(f *results.File) []results.Cell {
	var cells []results.Cell
	seen := map[results.Cell]bool{}
	for i := range f.Runs {
		if c := f.Runs[i].Case(); !seen[c] {
			seen[c] = true
			cells = append(cells, c)
		}
	}
	slices.SortFunc(cells, func(a, b results.Cell) int { return a.Compare(b) })
	return cells
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Models lists the contenders of a file, the first of its matrix first, without those that it has
// in one case only.
func Models(f *results.File) []string {
	var models []string
	for i := range f.Runs {
		if m := modelOf(f, &f.Runs[i]); !f.Runs[i].AA && !slices.Contains(models, m) &&
			!f.Header.Matrix.IsExtra(m) {
			models = append(models, m)
		}
	}
	order := func(m string) int {
		contenders := f.Header.Matrix.Contenders()
		if i := slices.Index(contenders, m); i >= 0 {
			return i
		}
		return len(contenders)
	}
	slices.SortStableFunc(models, func(a, b string) int { return cmp.Compare(order(a), order(b)) })
	return models
}

// Pair is two neighbouring runs.
type Pair struct {
	Index    int     // of the cell and contender
	Base     float64 // the metric's value in the base's run
	Other    float64 // and in the other's
	LogRatio float64 // log of Other over Base, ticks added; ±Inf if one of them never completed
	Known    float64 // LogRatio, or where it is infinite what the bound of that run makes it at least
	Graded   string  // the worse of the two runs' noise grades

	OtherFirst bool // the other's run was made before the base's
}

// pairKey names one attempt at a pair.
type pairKey struct{ pair, attempt int }

// pairUp finds the pairs of two groups of runs of one cell. Of a pair that was run again because
// the host was noisy, the last attempt at which both runs were made counts; again is how many
// attempts do not.
func pairUp(base, other []*results.Run, m metric.Metric) (pairs []Pair, again int) {
	others := map[pairKey]*results.Run{}
	for _, r := range other {
		others[pairKey{r.Pair, r.Attempt}] = r
	}
	last := map[int]pairKey{}
	bases := map[pairKey]*results.Run{}
	for _, r := range base {
		k := pairKey{r.Pair, r.Attempt}
		if others[k] == nil || bases[k] != nil {
			continue
		}
		bases[k] = r
		if before, ok := last[r.Pair]; ok {
			again++
			k.attempt = max(k.attempt, before.attempt)
		}
		last[r.Pair] = k
	}
	for _, k := range last {
		if p, ok := newPair(bases[k], others[k], m); ok {
			pairs = append(pairs, p)
		}
	}
	slices.SortFunc(pairs, func(a, b Pair) int { return cmp.Compare(a.Index, b.Index) })
	return pairs, again
}

func newPair(base, other *results.Run, m metric.Metric) (Pair, bool) {
	a, okA := m.Of(base)
	b, okB := m.Of(other)
	p := Pair{
		Index: base.Pair, Base: a, Other: b, LogRatio: logRatio(a, b, m.Tick),
		Graded:     worse(base.Grade(), other.Grade()),
		OtherFirst: other.Position < base.Position,
	}
	p.Known = p.LogRatio
	switch {
	case math.IsInf(p.LogRatio, 1):
		p.Known = max(0, logRatio(a, max(a, atBound(other, m)), m.Tick))
	case math.IsInf(p.LogRatio, -1):
		p.Known = min(0, logRatio(max(b, atBound(base, m)), b, m.Tick))
	}
	return p, okA && okB
}

// atBound is what a figure that a run never reached was at its bound: it is more. Of a time a page
// nothing is known: pages would have come with the time.
func atBound(r *results.Run, m metric.Metric) float64 {
	name := m.Name
	if name == metric.EqualWorkTime {
		name = metric.OfEqualWork(r.Cell)
	}
	if name != metric.TotalTime && name != metric.MigrationTime {
		return 0
	}
	ended := *r
	ended.Completed = true
	v, ok := m.Of(&ended)
	if !ok {
		return 0 // nothing is known of it
	}
	return v
}

// logRatio is the log of b over a. Two that never completed tie, and stay in n: neither is worse.
func logRatio(a, b, tick float64) float64 {
	if a == b {
		return 0
	}
	return math.Log((b + tick) / (a + tick))
}

func worse(a, b string) string {
	order := []string{"", "clean", "noisy", "void"}
	if slices.Index(order, a) > slices.Index(order, b) {
		return a
	}
	return b
}

// isDisturbed reports whether a noise grade says that the host interfered.
func isDisturbed(grade string) bool { return grade == "noisy" || grade == "void" }

func disturbed(pairs []Pair) int {
	n := 0
	for _, p := range pairs {
		n += b2i(isDisturbed(p.Graded))
	}
	return n
}

func logRatios(pairs []Pair) []float64 {
	x := make([]float64, len(pairs))
	for i, p := range pairs {
		x[i] = p.LogRatio
	}
	return x
}

// madToSigma makes the median absolute deviation of normal values their standard deviation.
const madToSigma = 1.4826

// outliers are the indices of pairs further than three deviations (median and median absolute
// deviation) from the others. They are shown and stay in.
func outliers(pairs []Pair) []int {
	x := logRatios(pairs)
	centre := stats.Median(slices.Sorted(slices.Values(x)))
	if len(x) < 4 || math.IsInf(centre, 0) {
		return nil
	}
	away := make([]float64, len(x))
	for i, v := range x {
		away[i] = math.Abs(v - centre)
	}
	spread := madToSigma * stats.Median(slices.Sorted(slices.Values(away)))
	var out []int
	for i, p := range pairs {
		if spread > 0 && away[i] > 3*spread {
			out = append(out, p.Index)
		}
	}
	return out
}

// runsOf picks the runs of a contender in a cell that are not part of an A/A block.
func runsOf(f *results.File, model string, c results.Cell) []*results.Run {
	return pick(f, func(r *results.Run) bool {
		return !r.AA && modelOf(f, r) == model && r.Case() == c
	})
}

func pick(f *results.File, want func(*results.Run) bool) []*results.Run {
	var runs []*results.Run
	for i := range f.Runs {
		if want(&f.Runs[i]) {
			runs = append(runs, &f.Runs[i])
		}
	}
	return runs
}

// planned is how many pairs of the cell the file's plan has, as far as its records show.
func planned(f *results.File, c results.Cell) int {
	most := f.Header.Matrix.Pairs
	for i := range f.Runs {
		if r := &f.Runs[i]; !r.AA && r.Case() == c {
			most = max(most, r.Pair+1)
		}
	}
	for _, r := range f.Failed {
		if !r.AA && r.Case() == c {
			most = max(most, r.Pair+1)
		}
	}
	return most
}
