package predict

import (
	"context"
	"fmt"

	"mtbench/internal/calibrate"
	"mtbench/internal/metric"
	"mtbench/results"
)

// whatIfMemory is what the guest of a what-if is scaled down to, in bytes: what is asked for is the
// time of a page, many hundred times.
const whatIfMemory = 16 << 20

// whatIfSeeds is how many seeds show what chance does.
const whatIfSeeds = 5

// WhatIf predicts cells again and again, each time with one cost of the host changed.
type WhatIf struct {
	Setup
	Cells  []results.Cell
	Seed   uint64
	Ranges []results.HostCost // of assumed costs, whose ends are tried too
}

// LinkKnob is the link among the costs: the time of a KiB on it.
const LinkKnob = "link_kib_ns"

// Factors are what each cost is multiplied by.
func Factors() []float64 { return []float64{0, 0.5, 2} }

// variant is one prediction of a what-if: a point of a record.
type variant struct {
	record  *results.WhatIf // the one that it is a point of
	last    bool            // of its record
	factor  float64
	setup   Setup
	profile calibrate.Profile
	seed    uint64
	cell    results.Cell
}

// Run predicts every variant of p on all CPUs. each gets the records in order, told each prediction
// as it is done with; total is how many there will be.
func (w WhatIf) Run(ctx context.Context, p calibrate.Profile, begin func(total int),
	told func(*results.Run), each func(*results.WhatIf) error) error {
	n := int(max(1, w.Scenario.Memory/whatIfMemory))
	var err error
	if w.Scenario, err = Scale(w.Scenario, n); err != nil {
		return err
	}
	var all []variant
	for _, c := range w.Cells {
		all = append(all, w.variants(p.Scaled(n), c)...)
	}
	var work []task
	for _, v := range all {
		work = append(work, func(ctx context.Context) (*results.Run, error) {
			run, _, err := Run(ctx, v.setup, v.profile, v.cell, v.seed)
			if err != nil {
				return nil, fmt.Errorf("%s, %s, %s × %g: %w", v.record.Model, v.record.Cell.String(),
					v.record.Cost, v.factor, err)
			}
			return run, nil
		})
	}
	begin(len(all))
	done := 0
	return inOrder(ctx, work, func(run *results.Run) error {
		v := &all[done]
		done++
		told(run)
		point, err := pointOf(run, v.factor)
		if err != nil {
			return err
		}
		if v.record.Points = append(v.record.Points, point); !v.last {
			return nil
		}
		return each(v.record)
	})
}

func pointOf(run *results.Run, factor float64) (results.WhatIfPoint, error) {
	cpu, ok := metric.Get(metric.CPUPerCompressed).Of(run)
	if !ok || run.PagesCompressed == 0 {
		return results.WhatIfPoint{}, fmt.Errorf("%s, %s: it compresses nothing, and what a page takes "+
			"cannot be told", run.Model, run.Cell.String())
	}
	return results.WhatIfPoint{Factor: factor, CPU: cpu, Completed: run.Completed,
		Time: (run.TotalTimeMS - run.SetupTimeMS) * 1e3 / float64(run.PagesCompressed)}, nil
}

// variants are the cell as it is, with other seeds, and with each cost changed.
func (w WhatIf) variants(p calibrate.Profile, c results.Cell) []variant {
	var list []variant
	asIs := &results.WhatIf{Cell: c, What: "chance"}
	for i := range whatIfSeeds {
		list = append(list, variant{asIs, i == whatIfSeeds-1, 1, w.Setup, p, w.Seed + uint64(i), c})
	}
	for _, k := range p.Knobs() {
		record := &results.WhatIf{Cell: c, Cost: k.Name, What: k.What, Value: k.Value}
		factors := append(w.ends(k), Factors()...)
		if k.Name == calibrate.AwakeKnob {
			factors = []float64{0}
		}
		for i, f := range factors {
			list = append(list, variant{record, i == len(factors)-1, f, w.Setup, k.Turned(p, f), w.Seed, c})
		}
	}
	return append(append(list, w.polls(p, c)...), w.link(p, c)...)
}

// PollsKnob is a worker's polls before it sleeps, of a cell that states how many.
const PollsKnob = "poll_budget"

// polls are the variants of the poll budget.
func (w WhatIf) polls(p calibrate.Profile, c results.Cell) []variant {
	if c.PollBudget <= 0 {
		return nil
	}
	record := &results.WhatIf{Cell: c, Cost: PollsKnob, What: "the polls of a worker before it sleeps",
		Value: float64(c.PollBudget)}
	var list []variant
	for i, f := range Factors() {
		cell := c
		if cell.PollBudget = int(float64(c.PollBudget) * f); cell.PollBudget == 0 {
			cell.PollBudget = -1 // none
		}
		list = append(list, variant{record, i == len(Factors())-1, f, w.Setup, p, w.Seed, cell})
	}
	return list
}

// ends are both ends of an assumed cost's range, as factors.
func (w WhatIf) ends(k calibrate.Knob) []float64 {
	for i := range w.Ranges {
		if r := &w.Ranges[i]; r.Cost == k.Name && r.Assumed() && r.Value > 0 {
			return []float64{r.Low / r.Value, r.High / r.Value}
		}
	}
	return nil
}

// link are the variants of the link; none where it is unlimited.
func (w WhatIf) link(p calibrate.Profile, c results.Cell) []variant {
	bandwidth := w.Scenario.LinkBandwidth
	if bandwidth == 0 {
		return nil
	}
	record := &results.WhatIf{Cell: c, Cost: LinkKnob, What: "the link", Value: 1024e9 / bandwidth}
	var list []variant
	for i, f := range Factors() {
		s := w.Setup
		s.Scenario.LinkBandwidth = 0 // unlimited
		if f > 0 {
			s.Scenario.LinkBandwidth = bandwidth / f
		}
		list = append(list, variant{record, i == len(Factors())-1, f, s, p, w.Seed, c})
	}
	return list
}
