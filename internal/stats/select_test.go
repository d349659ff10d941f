package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSelection compares the numbers that are picked without being written down with all of them
// written down: ties, both infinities and zeros of either sign included.
func TestSelection(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 400 {
		x, y := odd(rng, rng.IntN(9)), odd(rng, rng.IntN(9))
		var means, differences []float64
		for i, a := range x {
			for _, b := range x[i:] {
				means = append(means, a/2+b/2)
			}
			for _, b := range y {
				differences = append(differences, a-b)
			}
		}
		compareOrder(t, "means", walsh(x), means)
		compareOrder(t, "differences", gaps(x, y), differences)
	}
}

// odd draws from few values, so that ties and infinities are common.
func odd(rng *rand.Rand, n int) []float64 {
	values := []float64{math.Inf(-1), -2.5, -1e-300, math.Copysign(0, -1), 0, 0.1, 0.3, 7, math.Inf(1)}
	x := make([]float64, n)
	for i := range x {
		x[i] = values[rng.IntN(len(values))]
	}
	return x
}

func compareOrder(t *testing.T, what string, o *ordered, all []float64) {
	t.Helper()
	undefined := len(all)
	all = slices.DeleteFunc(all, math.IsNaN)
	undefined -= len(all)
	slices.Sort(all)
	if o.total != len(all) || o.undefined != undefined {
		t.Fatalf("%s: %d and %d undefined, want %d and %d", what, o.total, o.undefined, len(all),
			undefined)
	}
	for k, want := range all {
		if got := o.kth(k); got != want {
			t.Fatalf("%s: number %d of %v is %v", what, k, all, got)
		}
	}
}

// BenchmarkCentre is the estimate and the interval of a long series.
func BenchmarkCentre(b *testing.B) {
	rng := rand.New(rand.NewPCG(2, 2))
	x := make([]float64, 10_000)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	b.Run("signed-rank", func(b *testing.B) {
		for b.Loop() {
			HodgesLehmann(x, 0.95)
		}
	})
	b.Run("sequence", func(b *testing.B) {
		for b.Loop() {
			ConfidenceSequence(x, 0.95)
		}
	})
}
