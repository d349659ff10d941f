package verdict

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"mtbench/internal/metric"
	"mtbench/internal/stats"
	"mtbench/results"
)

// Attribution divides the difference between the two ends of a row of steps in one cell among the
// steps. Shares are mean log ratios of the same pairs, so that they add up to the whole exactly;
// their intervals are Student's, the one place here that assumes means to be about normal.
type Attribution struct {
	Metric   metric.Metric
	Cell     results.Cell
	Steps    []StepShare
	Whole    StepShare
	Pairs    int // rounds of all steps that the shares are made from
	Excluded int // rounds left out, because a step has no run, no value, or did not complete
}

// StepShare is what one step changes.
type StepShare struct {
	From, To string
	Change   stats.Interval // log ratio of To over From
	P        float64        // of no change, signed-rank, by itself
	Adjusted float64        // by Holm over the steps of the cell
}

// Proved reports whether the step's change is told apart from none.
func (s *StepShare) Proved() bool { return s.Adjusted < Alpha }

// stepNumber is n of a contender named "stepN-…".
func stepNumber(model string) (int, bool) {
	rest, ok := strings.CutPrefix(model, "step")
	digits, _, dash := strings.Cut(rest, "-")
	n, err := strconv.Atoi(digits)
	return n, ok && dash && err == nil
}

// stepsOf lists the steps among the models of a file, in order.
func stepsOf(f *results.File) []string {
	var steps []string
	for _, m := range Models(f) {
		if _, ok := stepNumber(m); ok {
			steps = append(steps, m)
		}
	}
	slices.SortFunc(steps, func(a, b string) int {
		x, _ := stepNumber(a)
		y, _ := stepNumber(b)
		return cmp.Compare(x, y)
	})
	return steps
}

// Attribute divides the difference of each cell of a file that has runs of at least two steps.
func Attribute(f *results.File, m metric.Metric) []Attribution {
	steps := stepsOf(f)
	if len(steps) < 2 {
		return nil
	}
	var all []Attribution
	for _, c := range Cells(f) {
		if m.WaitOff && c.Wait {
			continue
		}
		all = append(all, attributeCell(f, m, c, steps))
	}
	return all
}

func attributeCell(f *results.File, m metric.Metric, c results.Cell, steps []string) Attribution {
	a := Attribution{Metric: m, Cell: c}
	rounds, excluded := roundsOf(f, m, c, steps)
	a.Pairs, a.Excluded = len(rounds), excluded
	for i := 1; i < len(steps); i++ {
		a.Steps = append(a.Steps, share(rounds, steps, i-1, i))
	}
	a.Whole = share(rounds, steps, 0, len(steps)-1)
	a.Whole.Adjusted = a.Whole.P
	p := make([]float64, len(a.Steps))
	for i := range a.Steps {
		p[i] = a.Steps[i].P
	}
	for i, adjusted := range stats.Holm(p) {
		a.Steps[i].Adjusted = adjusted
	}
	return a
}

// roundsOf finds the rounds (half blocks) in which every step has a finite value, and gives the
// logs of the values by step.
func roundsOf(f *results.File, m metric.Metric, c results.Cell, steps []string) (
	rounds [][]float64, excluded int) {
	byPair := map[int][]float64{}
	for i, model := range steps {
		for _, r := range lastAttempts(f, model, c) {
			if byPair[r.Pair] == nil {
				byPair[r.Pair] = slices.Repeat([]float64{math.NaN()}, len(steps))
			}
			if v, ok := m.Of(r); ok {
				byPair[r.Pair][i] = math.Log(v + m.Tick)
			}
		}
	}
	for _, pair := range slices.Sorted(maps.Keys(byPair)) {
		if slices.ContainsFunc(byPair[pair], notFinite) {
			excluded++
			continue
		}
		rounds = append(rounds, byPair[pair])
	}
	return rounds, excluded
}

func notFinite(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }

func share(rounds [][]float64, steps []string, from, to int) StepShare {
	x := make([]float64, len(rounds))
	for i, r := range rounds {
		x[i] = r[to] - r[from]
	}
	return StepShare{From: steps[from], To: steps[to], Change: stats.MeanInterval(x, Confidence),
		P: stats.SignedRank(x)}
}
