package verdict

import (
	"math"
	"math/rand/v2"

	"mtbench/internal/metric"
	"mtbench/results"
)

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

// series is a file of pairs A B B A in each cell, B's times being A's × ratio, with A/A blocks.
type series struct {
	cells   []results.Cell
	models  []string
	ratios  []float64 // by model, of the first
	pairs   int
	aaPairs int // a cell
	noise   *noise
}

func (s series) file() *results.File {
	f := &results.File{}
	f.Header.Schema = results.Schema
	f.Header.Matrix = results.Matrix{Models: s.models, Pairs: s.pairs}
	f.Header.Host.CPUs = 64
	for pair := range s.pairs {
		for _, c := range s.cells {
			for i := range s.models {
				if pair%2 == 1 {
					i = len(s.models) - 1 - i
				}
				f.Runs = append(f.Runs, s.run(c, s.models[i], pair, s.ratios[i]))
			}
		}
	}
	for pair := range s.aaPairs {
		for _, c := range s.cells {
			for i := range 2 {
				r := s.run(c, s.models[0], pair, 1)
				r.AA, r.Side = true, []string{"a", "b", "b", "a"}[pair%2*2+i]
				f.Runs = append(f.Runs, r)
			}
		}
	}
	return f
}

func (s series) run(c results.Cell, model string, pair int, ratio float64) results.Run {
	return results.Run{
		Cell: results.Cell{Model: model, Threads: c.Threads, Wait: c.Wait}, Pair: pair, Block: pair / 2,
		Completed: true, Pages: 1000, PagesCompressed: 1000, TotalTimeMS: 1000 * ratio * s.noise.factor(),
	}
}

func oneCell() []results.Cell { return []results.Cell{{Threads: 4, Wait: false}} }

func tenCells() []results.Cell {
	var cells []results.Cell
	for _, t := range []int{1, 2, 4, 8, 16} {
		cells = append(cells, results.Cell{Threads: t, Wait: false}, results.Cell{Threads: t, Wait: true})
	}
	return cells
}

func totalTimeMetric() metric.Metric { m, _ := metric.Lookup("total_time"); return m }
