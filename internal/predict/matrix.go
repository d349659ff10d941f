package predict

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"mtbench/internal/calibrate"
	"runtime"
	"sync"

	"mtbench/internal/pilot"
	"mtbench/results"
	"mtbench/workloads"
)

// Matrix is a prediction: every cell, once with each resampling of the calibration.
type Matrix struct {
	Setup
	Cells     []results.Cell
	Resamples int    // at least 1; the first is the calibration as it was measured
	Scale     int    // see Scale; 1: in full
	Seed      uint64 // of content, patterns and resamplings
}

// MaxResamples bounds a prediction.
const MaxResamples = 1000

// Run predicts every cell and hands the records over in order: a resampling's cells one after the
// other. All models of a resampling and case share its seed and its figures, so they are a pair.
func (m Matrix) Run(ctx context.Context, c *calibrate.Calibration,
	each func(*results.Run) error) error {
	if m.Resamples < 1 || m.Resamples > MaxResamples {
		return fmt.Errorf("%d resamplings: there must be 1 to %d", m.Resamples, MaxResamples)
	}
	var err error
	if m.Scenario, err = Scale(m.Scenario, m.Scale); err != nil {
		return err
	}
	var work []task
	for i := range m.Resamples {
		seed, profile, err := m.resampling(c, i)
		if err != nil {
			return err
		}
		for position, cell := range m.Cells {
			work = append(work, func(ctx context.Context) (*results.Run, error) {
				run, err := runScaled(ctx, m.Setup, profile, cell, seed, m.Scale)
				if err != nil {
					return nil, err
				}
				run.Index, run.Block, run.Pair, run.Position = i*len(m.Cells)+position, i, i, position
				run.Started = c.Created
				return run, nil
			})
		}
	}
	return inOrder(ctx, work, each)
}

func (m Matrix) resampling(c *calibrate.Calibration, i int) (uint64, calibrate.Profile, error) {
	seed := m.Seed + uint64(i)
	p, err := c.Resampling(i, rand.New(rand.NewPCG(seed, 0x63616c)))
	return seed, p, err
}

// runScaled predicts one cell of a setup that Scale has made n times smaller, and gives its figures
// at full size.
func runScaled(ctx context.Context, s Setup, p calibrate.Profile, c results.Cell, seed uint64,
	n int) (*results.Run, error) {
	if c.Memory != 0 {
		memory := scaledMemory(c.Memory, n)
		s.Scenario = pilot.Follow(s.Scenario, s.Pilot, memory)
		s.Scenario.Memory = memory
	}
	run, _, err := Run(ctx, s, p.Scaled(n), c, seed)
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", c.Model, c.String(), err)
	}
	Unscale(run, n)
	return run, nil
}

// task makes one run.
type task = func(context.Context) (*results.Run, error)

// inOrder is asDone, in the order of the work.
func inOrder[T any](ctx context.Context, work []func(context.Context) (*T, error),
	each func(*T) error) error {
	early, due := map[int]*T{}, 0
	return asDone(ctx, work, func(i int, run *T) error {
		early[i] = run
		for ; early[due] != nil; due++ {
			if err := each(early[due]); err != nil {
				return err
			}
			delete(early, due)
		}
		return nil
	})
}

// asDone does the work on all CPUs, begins it in its order and hands each run over when it is
// there. It ends with the first error.
func asDone[T any](ctx context.Context, work []func(context.Context) (*T, error),
	each func(i int, run *T) error) error {
	type answer struct {
		i   int
		run *T
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	answers := make(chan answer, len(work))
	next := make(chan int, len(work))
	for i := range work {
		next <- i
	}
	close(next)
	for range min(runtime.GOMAXPROCS(0), len(work)) {
		all.Go(func() {
			for i := range next {
				if ctx.Err() != nil {
					return
				}
				run, err := work[i](ctx)
				answers <- answer{i, run, err}
			}
		})
	}
	for range work {
		select {
		case a := <-answers:
			if a.err != nil {
				return a.err
			}
			if err := each(a.i, a.run); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// ScaleError predicts the first cell at the matrix's scale and at half of it, and returns by what
// factor the total time differs: how much the rule of Scale is off. NaN where one of the two did
// not complete, 1 in full.
func (m Matrix) ScaleError(ctx context.Context, c *calibrate.Calibration) (float64, error) {
	if m.Scale < 2 {
		return 1, nil
	}
	p, err := c.Profile(nil)
	if err != nil {
		return 0, err
	}
	return scaleError(ctx, m.Setup, p, m.Cells[0], m.Scale, m.Seed)
}

func scaleError(ctx context.Context, s Setup, p calibrate.Profile, c results.Cell, n int,
	seed uint64) (float64, error) {
	var total [2]float64
	for i, n := range []int{n, n / 2} {
		half := s
		var err error
		if half.Scenario, err = Scale(s.Scenario, n); err != nil {
			return 0, err
		}
		run, err := runScaled(ctx, half, p, c, seed, n)
		if err != nil {
			return 0, err
		}
		total[i] = run.TotalTimeMS
		if !run.Completed {
			total[i] = math.NaN()
		}
	}
	return total[0] / total[1], nil
}

// autoPages is the guest that is simulated where no scale is asked for: 512 MiB.
const autoPages = 1 << 17

// AutoScale is the least scale at which the guest has at most 512 MiB.
func AutoScale(memory int64) int {
	return int(max(1, (memory/workloads.PageSize+autoPages-1)/autoPages))
}
