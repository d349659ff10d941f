package soak

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestAAPromise: of 100 comparisons of a model with itself on realistic noise (heavy tails, drift,
// bursts), at most 10 differ unadjusted and at most 2 give a verdict; over several soaks about one
// in twenty differs, as a 5 % test should.
func TestAAPromise(t *testing.T) {
	soaks := 3
	if testing.Short() {
		soaks = 1
	}
	unadjusted, verdicts := 0, 0
	for seed := range soaks {
		n := newNoise(uint64(100+seed), 0.02)
		counts, err := AA(context.Background(), AAPlan{Comparisons: 100, Pairs: 10, Family: 10},
			Pairing{Run: func(context.Context, int, int, bool) (Run, error) {
				return oneValue(n.factor()), nil
			}})
		if err != nil || counts.Comparisons != 100 {
			t.Fatalf("%+v %v", counts, err)
		}
		if counts.Unadjusted > 10 || counts.Verdicts > 2 {
			t.Errorf("seed %d: %+v", seed, counts)
		}
		unadjusted += counts.Unadjusted
		verdicts += counts.Verdicts
	}
	t.Logf("of %d: %d unadjusted, %d verdicts", soaks*100, unadjusted, verdicts)
	if unadjusted == 0 || unadjusted > soaks*9 {
		t.Errorf("%d of %d differ unadjusted; a 5 %% test has about %d", unadjusted, soaks*100, soaks*5)
	}
}

// TestAAWithBiasGivesVerdicts: the soak can fail: a side that is slower is found.
func TestAAWithBiasGivesVerdicts(t *testing.T) {
	n := newNoise(7, 0.01)
	counts, err := AA(context.Background(), AAPlan{Comparisons: 20, Pairs: 10, Family: 10},
		Pairing{Run: func(_ context.Context, i, _ int, other bool) (Run, error) {
			if other && i == 3 {
				return oneValue(1.3 * n.factor()), nil
			}
			return oneValue(n.factor()), nil
		}})
	if err != nil || counts.Verdicts < 1 || counts.Unadjusted < 1 {
		t.Errorf("one comparison of 20 is 30 %% off: %+v %v", counts, err)
	}
}

func oneValue(v float64) Run { return Run{Values: []float64{v}} }

// planted makes runs on a machine of the given noise, of which the other's take truth times as
// long.
func planted(n *noise, truth float64) Pairing {
	return Pairing{Run: func(_ context.Context, _, _ int, other bool) (Run, error) {
		if other {
			return oneValue(truth * n.factor()), nil
		}
		return oneValue(n.factor()), nil
	}}
}

// TestPlantedTruth: 3 % and 10 % are found with the right sign, and the interval holds the truth in
// at least 34 of 40 although trials stop when they are narrow.
func TestPlantedTruth(t *testing.T) {
	for _, truth := range []float64{1.03, 1.10, 0.97} {
		counts, err := Truth(context.Background(),
			TruthPlan{Trials: 40, Truth: truth, Stop: Stop{Until: 0.01, MaxPairs: 100}},
			planted(newNoise(uint64(truth*1000), 0.006), truth))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v: %+v", truth, counts)
		if counts.Found != 40 || counts.Wrong != 0 || counts.Held < 34 || counts.Narrow != 40 {
			t.Errorf("truth %v: %+v", truth, counts)
		}
	}
}

// TestStoppingCostsLittle: intervals that stop when they are narrow hold the truth about as often
// as they promise, most of all where a trial may end at its first look. The bound is .95 less what
// looking costs ([UntilPairs]) and four standard errors.
func TestStoppingCostsLittle(t *testing.T) {
	trials := 2000
	if testing.Short() {
		trials = 500
	}
	for _, sigma := range []float64{0.003, 0.007, 0.010} {
		rng := rand.New(rand.NewPCG(5, uint64(sigma*1e4)))
		counts, err := Truth(context.Background(),
			TruthPlan{Trials: trials, Truth: 1.03, Stop: Stop{Until: 0.01, MaxPairs: 100}},
			Pairing{Run: func(_ context.Context, _, _ int, other bool) (Run, error) {
				if other {
					return oneValue(1.03 * math.Exp(sigma*rng.NormFloat64())), nil
				}
				return oneValue(1), nil
			}})
		share, error4 := float64(counts.Held)/float64(trials), 4*math.Sqrt(.95*.05/float64(trials))
		t.Logf("sigma %v: holds %.3f, %.1f pairs", sigma, share, float64(counts.Pairs)/float64(trials))
		if err != nil || share < 0.935-error4 {
			t.Errorf("sigma %v: the interval holds the truth in %.3f of the trials: %v", sigma, share, err)
		}
		if counts.Pairs < trials*UntilPairs {
			t.Errorf("sigma %v: %d pairs in %d trials: some ended before %d", sigma, counts.Pairs, trials,
				UntilPairs)
		}
	}
}

// TestTrialsGoOnWhereAPieceEnded: pieces of a soak make the trials of the whole.
func TestTrialsGoOnWhereAPieceEnded(t *testing.T) {
	var seen []int
	_, err := Truth(context.Background(),
		TruthPlan{First: 7, Trials: 2, Truth: 1.1, Stop: Stop{Until: 1, MaxPairs: 2}},
		Pairing{Run: func(_ context.Context, trial, _ int, _ bool) (Run, error) {
			seen = append(seen, trial)
			return oneValue(1), nil
		}})
	if want := []int{7, 7, 7, 7, 8, 8, 8, 8}; err != nil || !slices.Equal(seen, want) {
		t.Errorf("trials %v, want %v: %v", seen, want, err)
	}
}

// TestDisturbedPairsAreMadeAgain: both runs, in the same order, and no more often than asked for.
func TestDisturbedPairsAreMadeAgain(t *testing.T) {
	var order []bool
	p := Pairing{Reruns: 2, Run: func(_ context.Context, _, pair int, other bool) (Run, error) {
		order = append(order, other)
		return Run{Values: []float64{1}, Disturbed: pair == 1 || len(order) == 2}, nil
	}}
	var counts PairCounts
	for pair := range 2 {
		if _, err := p.next(context.Background(), 0, pair, &counts); err != nil {
			t.Fatal(err)
		}
	}
	// Pair 0 twice, pair 1 three times with the other first.
	want := []bool{false, true, false, true, true, false, true, false, true, false}
	if !slices.Equal(order, want) || counts != (PairCounts{Pairs: 2, Again: 3, Disturbed: 1}) {
		t.Errorf("runs %v, want %v; %+v", order, want, counts)
	}
}

// TestCostAgainstPromise: a cost of 3 % contradicts a promise of 1 %, one of 0.2 % keeps it, one of
// 1 % cannot be told. The second metric is judged by itself.
func TestCostAgainstPromise(t *testing.T) {
	for cost, want := range map[float64]Promise{1.03: PromiseBroken, 1.002: PromiseKept,
		1.01: PromiseOpen} {
		n := newNoise(11, 0.003)
		costs, counts, err := CostOf(context.Background(), Stop{Until: 0.005, MaxPairs: 100}, 0.01, 0,
			Pairing{Run: func(_ context.Context, _, _ int, other bool) (Run, error) {
				first, second := n.factor(), n.factor()
				if other {
					first *= cost
				}
				return Run{Values: []float64{first, second}}, nil
			}})
		if err != nil || len(costs) != 2 {
			t.Fatalf("%+v %v", costs, err)
		}
		if costs[0].Promise != want || costs[1].Promise != PromiseKept {
			t.Errorf("cost %v: %v and %v after %d pairs", cost, costs[0], costs[1], counts.Pairs)
		}
	}
}

func TestSoakStopsOnError(t *testing.T) {
	broken := errors.New("broken")
	_, err := AA(context.Background(), AAPlan{Comparisons: 2, Pairs: 2, Family: 2},
		Pairing{Run: func(_ context.Context, _, _ int, other bool) (Run, error) {
			if other {
				return Run{}, broken
			}
			return oneValue(1), nil
		}})
	if !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	counts, err := Truth(context.Background(),
		TruthPlan{Trials: 9, Truth: 1.1, Stop: Stop{MaxPairs: 4}},
		Pairing{Run: func(_ context.Context, trial, _ int, _ bool) (Run, error) {
			if trial == 3 {
				return Run{}, broken
			}
			return oneValue(1), nil
		}})
	if !errors.Is(err, broken) || counts.Trials != 3 || counts.Pairs != 12 {
		t.Errorf("three trials were finished: %+v %v", counts, err)
	}
}

// noise makes run times as a shared machine does: a slow drift, heavy tails, bursts that spoil a
// run, never faster than undisturbed by more than a little.
type noise struct {
	rng   *rand.Rand
	sigma float64
	drift float64
}

func newNoise(seed uint64, sigma float64) *noise {
	return &noise{rng: rand.New(rand.NewPCG(seed, 77)), sigma: sigma}
}

// factor is what the next run's time is multiplied with.
func (n *noise) factor() float64 {
	n.drift += n.rng.NormFloat64() * n.sigma / 4
	x := n.rng.NormFloat64() * n.sigma
	if n.rng.Float64() < 0.1 { // a neighbour woke up
		x += n.rng.ExpFloat64() * 4 * n.sigma
	}
	return math.Exp(n.drift + x)
}
