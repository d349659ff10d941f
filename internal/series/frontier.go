package series

import (
	"context"
	"fmt"
	"math"
	"time"

	"mtbench/results"
	"mtbench/workloads"
)

// The search for the frontier works on dirty rates as multiples of the single-thread rate.
const (
	frontierStart = 0.5
	frontierLeast = 1.0 / 64
	frontierMost  = 64.0

	// frontierSteps halvings of a factor of two leave a bracket of 2 %.
	frontierSteps = 5
)

// Searcher looks for the highest dirty rate at which a migration still completes.
type Searcher struct {
	Unit  float64 // pages a second of 1x
	Probe func(ctx context.Context, rate float64) (results.Probe, error)
}

// Search makes one bisection that begins at start (× Unit). Whether a rate completes is chance near
// the frontier, so one search is one sample of it: repeat it.
func (s *Searcher) Search(ctx context.Context, start float64) (results.Frontier, error) {
	f := results.Frontier{Started: time.Now()}
	lo, hi, err := s.bracket(ctx, &f, start)
	for range frontierSteps {
		if err != nil || lo == 0 || math.IsInf(hi, 1) {
			break
		}
		middle := math.Sqrt(lo * hi)
		var completed bool
		if completed, err = s.try(ctx, &f, middle); completed {
			lo = middle
		} else {
			hi = middle
		}
	}
	if lo > 0 {
		f.Highest = number(lo * s.Unit)
	}
	if !math.IsInf(hi, 1) {
		f.Lowest = number(hi * s.Unit)
	}
	return f, err
}

func number(v float64) *results.Number { return &v }

// bracket doubles or halves the rate until the frontier lies between lo, which completed (0: none
// did), and hi, which did not (infinite: all did).
func (s *Searcher) bracket(ctx context.Context, f *results.Frontier, start float64) (lo, hi float64,
	err error) {
	first, err := s.try(ctx, f, start)
	if err != nil {
		return 0, 0, err
	}
	if first {
		for lo = start; 2*lo <= frontierMost; lo *= 2 {
			if completed, err := s.try(ctx, f, 2*lo); err != nil || !completed {
				return lo, 2 * lo, err
			}
		}
		return lo, math.Inf(1), nil
	}
	for hi = start; hi/2 >= frontierLeast; hi /= 2 {
		if completed, err := s.try(ctx, f, hi/2); err != nil || completed {
			return hi / 2, hi, err
		}
	}
	return 0, hi, nil
}

func (s *Searcher) try(ctx context.Context, f *results.Frontier, multiple float64) (bool, error) {
	p, err := s.Probe(ctx, multiple*s.Unit)
	if err != nil {
		return false, err
	}
	f.Probes = append(f.Probes, p)
	return p.Completed, nil
}

// Frontier searches every model in every cell, repeats times, round the models, so that a drift of
// the host falls on all. Each search is kept as it ends.
func (n *Series) Frontier(ctx context.Context, repeats int, p Progress) error {
	cells, models := n.Header.Matrix.Cases(), n.Header.Matrix.Models
	done := map[searched]bool{}
	for _, f := range n.done.Frontier {
		done[searched{f.Cell, f.Repeat}] = true
	}
	p.Begin(repeats*len(cells)*len(models), len(done))
	defer p.End()
	for repeat := range repeats {
		for _, c := range cells {
			for _, model := range models {
				if done[searched{c.Of(model), repeat}] {
					continue
				}
				s := Slot{Cell: c.Of(model), Pair: repeat}
				s.Seed = pairSeed(n.Header.Seed, s)
				if err := n.search(ctx, s, p); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// searched names one search.
type searched struct {
	results.Cell
	repeat int
}

func (n *Series) search(ctx context.Context, slot Slot, p Progress) error {
	if err := n.writer.Intact(); err != nil {
		return err
	}
	began := time.Now()
	s := Searcher{Unit: n.Header.Host.Rate, Probe: func(ctx context.Context, rate float64) (
		results.Probe, error) {
		return n.probe(ctx, slot, rate)
	}}
	f, err := s.Search(ctx, frontierStart)
	if err != nil {
		return err
	}
	f.Cell, f.Repeat, f.Seed = slot.Cell, slot.Pair, slot.Seed
	if err := n.writer.Append(f); err != nil {
		return fmt.Errorf("the search could not be kept: %w", err)
	}
	p.Ran(slot, &f, time.Since(began))
	return nil
}

// probe runs one migration at a dirty rate. A failed run is an error: a frontier that counted it as
// "does not complete" would hide a broken model.
func (n *Series) probe(ctx context.Context, slot Slot, rate float64) (results.Probe, error) {
	run, err := n.One(ctx, slot, func(sc *workloads.Scenario) { sc.DirtyRate = rate })
	if err != nil {
		return results.Probe{}, err
	}
	return results.Probe{Rate: rate, Achieved: run.DirtyRateAchieved, Completed: run.Completed,
		TimeMS: run.TotalTimeMS}, nil
}

// quietPatience is how long a run that is to be undisturbed waits for others to leave the CPUs
// alone.
const quietPatience = 2 * time.Second

// AwaitQuiet waits until the host is quiet, or until it has been patient enough.
func (n *Series) AwaitQuiet(ctx context.Context) {
	n.host.AwaitQuiet(ctx, backgroundWatch, quietPatience)
}

// One makes one run beside the plan, in the series' scenario as change leaves it, and keeps no
// record of it. A run that failed is an error.
func (n *Series) One(ctx context.Context, slot Slot,
	change func(*workloads.Scenario)) (*results.Run, error) {
	r := n.runner()
	scenario := r.Scenario
	r.Scenario = func(s Slot) workloads.Scenario {
		sc := scenario(s)
		change(&sc)
		return sc
	}
	record, err := r.Run(ctx, slot)
	if err != nil {
		return nil, err
	}
	if failed, ok := record.(*results.Failed); ok {
		return nil, fmt.Errorf("a run of %s failed (%s): %s", slot.Model, failed.Class, failed.Reason)
	}
	return record.(*results.Run), nil
}
