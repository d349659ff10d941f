package verdict

import (
	"context"
	"math"

	"mtbench/internal/stats"
)

// The soaks ask the machine itself whether the verdicts keep their promises: they make real runs of
// which the truth is known. The caller makes the runs; one value is of one run and any metric.

// AAPlan is a soak that compares a model with itself.
type AAPlan struct {
	Comparisons int
	Pairs       int // of each comparison
	Family      int // comparisons over which Holm adjusts, as over the cells of a matrix
}

// AACounts is how often a model differed from itself.
type AACounts struct {
	Comparisons int
	Unadjusted  int // p below [Alpha] by itself; of 100, at most 10 in 99 of 100 soaks
	Verdicts    int // a verdict after floor and Holm
}

// SoakAA compares a model with itself. run makes one run of a comparison; the sides of its pairs go
// a b, b a, a b, as in a series. The floor of a comparison is made from the others of its family.
func SoakAA(ctx context.Context, plan AAPlan,
	run func(ctx context.Context, comparison, pair int, side string) (float64, error),
) (AACounts, error) {
	var counts AACounts
	var family [][]float64
	for i := range plan.Comparisons {
		ratios, err := soakPairs(plan.Pairs, func(pair int, second bool) (float64, error) {
			return run(ctx, i, pair, map[bool]string{false: "a", true: "b"}[second])
		})
		if err != nil {
			return counts, err
		}
		if family = append(family, ratios); len(family) == plan.Family || i == plan.Comparisons-1 {
			counts.judge(family)
			family = nil
		}
	}
	return counts, nil
}

// soakPairs makes pairs of runs, the second side first in every other pair.
func soakPairs(n int, run func(pair int, second bool) (float64, error)) ([]float64, error) {
	ratios := make([]float64, n)
	for pair := range ratios {
		r, err := soakPair(pair, run)
		if err != nil {
			return nil, err
		}
		ratios[pair] = r
	}
	return ratios, nil
}

func soakPair(pair int, run func(pair int, second bool) (float64, error)) (float64, error) {
	backwards := pair%2 == 1
	x, err := run(pair, backwards)
	if err != nil {
		return 0, err
	}
	y, err := run(pair, !backwards)
	if backwards {
		x, y = y, x
	}
	return logRatio(x, y, 0), err
}

// judge counts what a family of A/A comparisons says.
func (a *AACounts) judge(family [][]float64) {
	p := make([]float64, len(family))
	for i, ratios := range family {
		p[i] = stats.SignedRank(ratios)
	}
	for i, adjusted := range stats.Holm(p) {
		c := Comparison{Pairs: make([]Pair, len(family[i])), Adjusted: adjusted, Tests: len(family),
			Needed: needed(false, 1), Change: stats.HodgesLehmann(family[i], Confidence)}
		c.Floor = newFloor("soak", others(family, i)).For(len(family[i]))
		c.State = c.judge()
		a.Comparisons++
		a.Unadjusted += b2i(p[i] < Alpha)
		a.Verdicts += b2i(c.State == LowerThan || c.State == HigherThan)
	}
}

func others(family [][]float64, but int) []float64 {
	var all []float64
	for i, ratios := range family {
		if i == but {
			continue
		}
		for _, r := range ratios {
			if !math.IsInf(r, 0) {
				all = append(all, r)
			}
		}
	}
	return all
}

// TruthPlan is a soak that plants a difference and looks for it.
type TruthPlan struct {
	Trials   int
	Truth    float64 // planted: other's values over base's, 1.03 for 3 % more
	Until    float64 // a trial ends when the interval's log ratio is this wide …
	MaxPairs int     // … or after so many pairs
}

// TruthCounts is how a planted difference was found.
type TruthCounts struct {
	Trials int
	Found  int // p below Alpha and the right sign
	Wrong  int // p below Alpha and the wrong sign
	Held   int // the 95 % interval holds the truth
	Pairs  int // used in all
}

// SoakTruth plants a difference again and again. run makes one run: of the base, or of the other
// whose true ratio is the plan's. As with --until, a trial ends when its interval is narrow enough,
// looked at after each block of two pairs.
func SoakTruth(ctx context.Context, plan TruthPlan,
	run func(ctx context.Context, trial, pair int, other bool) (float64, error),
) (TruthCounts, error) {
	counts := TruthCounts{}
	truth := math.Log(plan.Truth)
	for trial := range plan.Trials {
		ratios, err := untilNarrow(plan, func(pair int, other bool) (float64, error) {
			return run(ctx, trial, pair, other)
		})
		if err != nil {
			return counts, err
		}
		iv := stats.HodgesLehmann(ratios, Confidence)
		significant := stats.SignedRank(ratios) < Alpha
		right := (iv.Estimate > 0) == (truth > 0)
		counts.Trials++
		counts.Pairs += len(ratios)
		counts.Found += b2i(significant && right)
		counts.Wrong += b2i(significant && !right)
		counts.Held += b2i(iv.Contains(truth))
	}
	return counts, nil
}

func untilNarrow(
	plan TruthPlan, run func(pair int, other bool) (float64, error),
) ([]float64, error) {
	var ratios []float64
	for len(ratios) < plan.MaxPairs {
		r, err := soakPair(len(ratios), run)
		if err != nil {
			return nil, err
		}
		ratios = append(ratios, r)
		iv := stats.HodgesLehmann(ratios, Confidence)
		if len(ratios)%2 == 0 && iv.Hi-iv.Lo <= plan.Until {
			break
		}
	}
	return ratios, nil
}
