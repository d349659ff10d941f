package reporttest

import (
	"math"
	"math/rand/v2"

	"mtbench/results"
)

// Repeated is a file of n runs: those of f again and again, as further pairs of its cases, each
// time as long as noise of 3 % has it. What f has beside runs is left out.
func Repeated(f *results.File, n int) *results.File {
	out := &results.File{Path: f.Path, Header: f.Header}
	out.Header.Matrix.Runs = n
	rng := rand.New(rand.NewPCG(11, uint64(n)))
	pairs := 0
	for i := range f.Runs {
		pairs = max(pairs, f.Runs[i].Pair+1)
	}
	for len(out.Runs) < n {
		round := len(out.Runs) / len(f.Runs)
		r := f.Runs[len(out.Runs)%len(f.Runs)]
		r.Index, r.Pair = len(out.Runs), r.Pair+round*pairs
		r.Block = r.Pair / 2
		if r.Attempt = 0; r.Completed {
			r.TotalTimeMS *= math.Exp(0.03 * rng.NormFloat64())
		}
		out.Runs = append(out.Runs, r)
	}
	return out
}
