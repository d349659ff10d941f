package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestFairBet counts out all signs: given their sizes, the mean stake of symmetric differences is
// 1.
func TestFairBet(t *testing.T) {
	sizes := []float64{0.001, 0.02, 0.02, 0.3, 1.5, inf}
	higher, lower := 0.0, 0.0
	for signs := range 1 << len(sizes) {
		x := slices.Clone(sizes)
		for i := range x {
			if signs>>i&1 == 1 {
				x[i] = -x[i]
			}
		}
		e := EvidenceOf(x, 0)
		higher, lower = higher+e.Higher, lower+e.Lower
	}
	all := float64(int(1) << len(sizes))
	near(t, "mean stake above", higher/all, 1, 1e-9)
	near(t, "mean stake below", lower/all, 1, 1e-9)
}

// TestEvidenceByHand: one difference pays 1 + tanh(λd), the mean over the stakes.
func TestEvidenceByHand(t *testing.T) {
	want := 0.0
	for _, stake := range stakes {
		want += (1 + math.Tanh(stake*0.05)) / float64(len(stakes))
	}
	near(t, "one difference", EvidenceOf([]float64{0.05}, 0).Higher, want, 1e-12)
	near(t, "two infinite ones", EvidenceOf([]float64{inf, inf}, 0).Higher, 4, 1e-12)
	near(t, "against them", EvidenceOf([]float64{inf}, 0).Lower, 0, 0)
	near(t, "two equal infinities", EvidenceOf([]float64{inf}, inf).TwoSided(), 1, 1e-12)
	near(t, "nothing", EvidenceOf(nil, 0).TwoSided(), 1, 1e-12)
	if e := EvidenceOf(slices.Repeat([]float64{0.5}, 20_000), 0); !math.IsInf(e.Higher, 1) ||
		e.Lower != 0 {
		t.Errorf("twenty thousand that agree: %v", e)
	}
}

// TestClosedMeans: the least mean over all sets that hold the hypothesis, counted out.
func TestClosedMeans(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 100 {
		e := make([]float64, 1+rng.IntN(7))
		for i := range e {
			e[i] = math.Exp(3 * rng.NormFloat64())
			if rng.IntN(4) == 0 {
				e[i] = e[0]
			}
		}
		for i, got := range ClosedMeans(e) {
			near(t, "adjusted", got, closed(e, i), 1e-9*got)
		}
	}
}

func closed(e []float64, i int) float64 {
	least := inf
	for set := range 1 << len(e) {
		sum, members := 0.0, 0.0
		for j, v := range e {
			if set>>j&1 == 1 {
				sum, members = sum+v, members+1
			}
		}
		if set>>i&1 == 1 {
			least = min(least, sum/members)
		}
	}
	return least
}

// shapes are differences of a series' pairs about 0, by pair: what hosts do to them.
func shapes() map[string]func(rng *rand.Rand) func() float64 {
	return map[string]func(rng *rand.Rand) func() float64{
		"normal": func(rng *rand.Rand) func() float64 {
			return func() float64 { return 0.03 * rng.NormFloat64() }
		},
		"heavy tails": func(rng *rand.Rand) func() float64 { // Student's t, two degrees of freedom
			return func() float64 {
				return 0.03 * rng.NormFloat64() / math.Sqrt(rng.ExpFloat64())
			}
		},
		"drift": func(rng *rand.Rand) func() float64 { // AR(.8) hits both runs; the order is drawn
			host := 0.0
			return func() float64 {
				before := host
				host = 0.8*host + 0.05*rng.NormFloat64() + 0.002
				return coin(rng)*(host-before) + 0.02*rng.NormFloat64()
			}
		},
		"bursts": func(rng *rand.Rand) func() float64 {
			return func() float64 {
				d := 0.02 * rng.NormFloat64()
				if rng.IntN(10) == 0 {
					d += coin(rng) * 0.5
				}
				return d
			}
		},
	}
}

func coin(rng *rand.Rand) float64 { return float64(1 - 2*rng.IntN(2)) }

// TestFalseVerdicts looks after every pair of series in which nothing differs: ten cells, those
// with wait off four times as noisy. At most one series in twenty may ever reach a verdict; 200 of
// them reach at most 18 in all but one case in a hundred.
func TestFalseVerdicts(t *testing.T) {
	const series, cells, pairs, alpha = 200, 10, 25, 0.05
	for name, shape := range shapes() {
		rng := rand.New(rand.NewPCG(4, 4))
		wrong := 0
		for range series {
			if falseVerdict(rng, shape, cells, pairs, alpha) {
				wrong++
			}
		}
		if wrong > 18 {
			t.Errorf("%s: %d of %d series reach a verdict", name, wrong, series)
		}
	}
}

func falseVerdict(rng *rand.Rand, shape func(*rand.Rand) func() float64, cells, pairs int,
	alpha float64) bool {
	next := make([]func() float64, cells)
	for i := range next {
		next[i] = shape(rng)
	}
	x, e := make([][]float64, cells), make([]float64, cells)
	for range pairs {
		for i := range next {
			x[i] = append(x[i], next[i]()*float64(1+3*(i%2)))
			e[i] = EvidenceOf(x[i], 0).TwoSided()
		}
		if slices.Max(ClosedMeans(e)) >= 1/alpha {
			return true
		}
	}
	return false
}

// TestSequenceCovers: an interval is looked at after every pair and ever misses the truth in one
// series of twenty at most.
func TestSequenceCovers(t *testing.T) {
	const series, pairs, truth = 100, 20, 0.07
	for name, shape := range shapes() {
		rng := rand.New(rand.NewPCG(5, 5))
		missed := 0
		for range series {
			next, x := shape(rng), []float64(nil)
			for range pairs {
				x = append(x, truth+next())
				if iv := ConfidenceSequence(x, 0.95); !iv.Contains(truth) {
					missed++
					break
				}
			}
		}
		if missed > 11 { // 5 expected at most; 11 in one case in a hundred
			t.Errorf("%s: %d of %d series miss the truth", name, missed, series)
		}
	}
}

// TestSequenceEnds: both ends are where the bets reject, and a value at the bound opens one.
func TestSequenceEnds(t *testing.T) {
	x := []float64{0.10, 0.12, 0.09, 0.11, 0.10, 0.13, 0.08, 0.10}
	iv := ConfidenceSequence(x, 0.95)
	near(t, "lower end", EvidenceOf(x, iv.Lo).Higher, 40, 0.01)
	near(t, "upper end", EvidenceOf(x, iv.Hi).Lower, 40, 0.01)
	near(t, "estimate", iv.Estimate, 0.1025, 0.003)
	if few := ConfidenceSequence(x[:5], 0.95); !math.IsInf(few.Hi, 1) || !math.IsInf(few.Lo, -1) {
		t.Errorf("five pairs bound something: %v", few)
	}
	open := ConfidenceSequence(append(slices.Clone(x), inf, inf, inf), 0.95)
	if !math.IsInf(open.Hi, 1) || open.Lo < 0 {
		t.Errorf("with three at the bound: %v", open)
	}
}

// TestPairsToDecide holds how many pairs a planted difference takes, in the mean: of one test, and
// of the strictest place among ten cells. Pairs have a deviation of 3 %.
func TestPairsToDecide(t *testing.T) {
	for _, c := range []struct {
		change       float64
		alone, often float64
	}{{0.10, 7, 11}, {0.03, 16, 24}, {0.01, 105, 155}} {
		alone, often := pairsToDecide(c.change, 20), pairsToDecide(c.change, 200)
		if alone > c.alone || often > c.often {
			t.Errorf("%g: %.1f pairs alone, %.1f among ten; want at most %g and %g", c.change, alone,
				often, c.alone, c.often)
		}
	}
}

func pairsToDecide(change, least float64) float64 {
	const trials, most = 150, 600
	rng := rand.New(rand.NewPCG(6, 6))
	sum := 0
	for range trials {
		var x []float64
		for len(x) < most {
			x = append(x, math.Log1p(change)+0.03*rng.NormFloat64())
			if EvidenceOf(x, 0).TwoSided() >= least {
				break
			}
		}
		sum += len(x)
	}
	return float64(sum) / trials
}
