package soak

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"mtbench/internal/series"
	"mtbench/internal/verdict"
	"mtbench/results"
)

// Shape is how the times of simulated runs scatter.
type Shape string

// The shapes. In each, runs with wait off scatter four times as much as those with wait on.
const (
	Normal Shape = "normal"
	Heavy  Shape = "t, 2 degrees"  // of the variance nothing is known: it is infinite
	Drift  Shape = "AR(.8), drift" // a run is like the one before, and the host gets slower
	Bursts Shape = "bursts"        // a neighbour spoils some runs in a row
)

// Shapes lists them in the order in which series take them.
func Shapes() []Shape { return []Shape{Normal, Heavy, Drift, Bursts} }

// The simulated host: what a pair of runs scatters by on a quiet one, and how long a run takes, so
// that a series has about as many runs as one on two CPUs.
const (
	scatterOn  = 0.03
	scatterOff = 4 * scatterOn
	runTakes   = 1300 * time.Millisecond
	driftARun  = 0.001
	burstBegin = 0.02
	burstRuns  = 5
	burstSize  = 0.3
)

// SeriesPlan is a soak of whole series in which nothing differs, through the engine that spends
// pairs by the evidence.
type SeriesPlan struct {
	Series int
	First  int // number of the first: a soak may be made in pieces
	Seed   uint64
	Matrix results.Matrix // sequential
	Budget time.Duration

	// Ratio is what is planted: the second model's times over the first's; 1: nothing.
	Ratio float64
}

// SeriesCounts is what series of one shape came to.
type SeriesCounts struct {
	Series, Runs int
	Cases        int // of all series
	Ever         int // series in which a case had a direction after some pair
	False        int // of these, the wrong one; of A/A every one is
	Right, Equal int // cases at the end with the right direction, and equal within the margin
}

// Series makes series of each shape in turn and looks at their verdicts after every pair.
func Series(ctx context.Context, plan SeriesPlan) (map[Shape]SeriesCounts, error) {
	counts := map[Shape]SeriesCounts{}
	for i := plan.First; i < plan.First+plan.Series; i++ {
		shape := Shapes()[i%len(Shapes())]
		h := &simulatedHost{plan: &plan, shape: shape,
			rng: rand.New(rand.NewPCG(plan.Seed, uint64(i)))}
		h.file.Header.Matrix = plan.Matrix
		e := series.Engine{Matrix: plan.Matrix, Runner: h, File: h, Progress: quiet{},
			Seed: plan.Seed + uint64(i), Budget: plan.Budget, Now: func() time.Time { return h.clock }}
		if _, err := e.Run(ctx, nil, &results.File{}); err != nil {
			return counts, fmt.Errorf("series %d: %w", i, err)
		}
		c := counts[shape]
		c.Add(h.counts())
		counts[shape] = c
	}
	return counts, nil
}

// Add adds the counts of other series.
func (c *SeriesCounts) Add(d SeriesCounts) {
	c.Series += d.Series
	c.Runs += d.Runs
	c.Cases += d.Cases
	c.Ever += d.Ever
	c.False += d.False
	c.Right += d.Right
	c.Equal += d.Equal
}

// counts is what one series came to.
func (h *simulatedHost) counts() SeriesCounts {
	c := SeriesCounts{Series: 1, Runs: len(h.file.Runs), Ever: b2i(h.ever), False: b2i(h.wrong)}
	for _, d := range verdict.Decide(&h.file) {
		c.Cases++
		c.Right += b2i(h.right(&d))
		c.Equal += b2i(d.Same)
	}
	return c
}

// simulatedHost draws the runs of a series, keeps them, and looks at them after every pair. It is
// the engine's runner and its file.
type simulatedHost struct {
	plan  *SeriesPlan
	shape Shape
	rng   *rand.Rand
	clock time.Time
	file  results.File

	state float64 // of the autoregression
	burst int     // runs that are left of it

	ever, wrong bool
}

// Run draws one run.
func (h *simulatedHost) Run(ctx context.Context, s series.Slot) (any, error) {
	log := h.draw(s.Wait)
	if s.Model != h.plan.Matrix.Models[0] {
		log += math.Log(h.plan.Ratio)
	}
	r := sideOf(s.Cell, s.Pair, log)
	r.Index, r.Block, r.Position, r.AA, r.Side = s.Index, s.Block, s.Position, s.AA, s.Side
	h.clock = h.clock.Add(time.Duration(float64(runTakes) * math.Exp(log)))
	r.Started = h.clock
	return &r, ctx.Err()
}

// draw is the log of what the next run's time is multiplied with.
func (h *simulatedHost) draw(wait bool) float64 {
	sigma := scatterOff / math.Sqrt2 // a pair has two
	if wait {
		sigma = scatterOn / math.Sqrt2
	}
	z := h.rng.NormFloat64()
	switch h.shape {
	case Heavy:
		return sigma * min(max(z/math.Sqrt(h.rng.ExpFloat64()), -20), 20)
	case Drift:
		h.state = 0.8*h.state + 0.6*z
		return sigma*h.state + driftARun*float64(len(h.file.Runs))
	case Bursts:
		if h.burst--; h.burst < 0 && h.rng.Float64() < burstBegin {
			h.burst = burstRuns
		}
		if h.burst > 0 {
			return sigma*z + burstSize*h.rng.ExpFloat64()
		}
	}
	return sigma * z
}

// Append keeps a run, and looks at what there is when it ends a pair.
func (h *simulatedHost) Append(record any) error {
	r := record.(*results.Run)
	h.file.Runs = append(h.file.Runs, *r)
	if n := len(h.file.Runs); r.AA || n < 2 || h.file.Runs[n-2].Pair != r.Pair ||
		h.file.Runs[n-2].Case() != r.Case() {
		return nil
	}
	for _, c := range verdict.Decide(&h.file) {
		if directed(&c) {
			h.ever = true
			h.wrong = h.wrong || !h.right(&c)
		}
	}
	return nil
}

// right reports whether a direction is the planted one.
func (h *simulatedHost) right(c *verdict.Comparison) bool {
	return c.State == verdict.LowerThan && h.plan.Ratio < 1 ||
		c.State == verdict.HigherThan && h.plan.Ratio > 1
}

// Intact: nobody touches what is in memory.
func (h *simulatedHost) Intact() error { return nil }

// quiet is the progress of a series that nobody waits for.
type quiet struct{}

func (quiet) Begin(int, int)                      {}
func (quiet) Ran(series.Slot, any, time.Duration) {}
func (quiet) Note(string)                         {}
func (quiet) End()                                {}
