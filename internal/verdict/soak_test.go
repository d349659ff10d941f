package verdict

import (
	"context"
	"errors"
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
		counts, err := SoakAA(context.Background(), AAPlan{Comparisons: 100, Pairs: 10, Family: 10},
			func(context.Context, int, int, string) (float64, error) { return n.factor(), nil })
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
	counts, err := SoakAA(context.Background(), AAPlan{Comparisons: 20, Pairs: 10, Family: 10},
		func(_ context.Context, i, _ int, side string) (float64, error) {
			if side == "b" && i == 3 {
				return 1.3 * n.factor(), nil
			}
			return n.factor(), nil
		})
	if err != nil || counts.Verdicts < 1 || counts.Unadjusted < 1 {
		t.Errorf("one comparison of 20 is 30 %% off: %+v %v", counts, err)
	}
}

// TestPlantedTruth: 3 % and 10 % are found with the right sign, and the interval holds the truth in
// at least 34 of 40 although trials stop when they are narrow.
func TestPlantedTruth(t *testing.T) {
	for _, truth := range []float64{1.03, 1.10, 0.97} {
		n := newNoise(uint64(truth*1000), 0.006)
		counts, err := SoakTruth(context.Background(),
			TruthPlan{Trials: 40, Truth: truth, Until: 0.01, MaxPairs: 100},
			func(_ context.Context, _, _ int, other bool) (float64, error) {
				if other {
					return truth * n.factor(), nil
				}
				return n.factor(), nil
			})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v: %+v", truth, counts)
		if counts.Found != 40 || counts.Wrong != 0 || counts.Held < 34 {
			t.Errorf("truth %v: %+v", truth, counts)
		}
	}
}

func TestSoakStopsOnError(t *testing.T) {
	broken := errors.New("broken")
	_, err := SoakAA(context.Background(), AAPlan{Comparisons: 2, Pairs: 2, Family: 2},
		func(_ context.Context, _, pair int, side string) (float64, error) {
			if side == "b" {
				return 0, broken
			}
			return 1, nil
		})
	if !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	_, err = SoakTruth(context.Background(), TruthPlan{Trials: 1, Truth: 1.1, MaxPairs: 4},
		func(context.Context, int, int, bool) (float64, error) { return 0, broken })
	if !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
