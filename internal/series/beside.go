package series

import (
	"context"

	"mtbench/results"
	"mtbench/workloads"
)

// Beside is a program that runs beside the models, under a name in Matrix.Models. So that its
// receiver and that of the models take the same from the host, the models' destination keeps the
// stream and loads it afterwards.
type Beside struct {
	results.Reference

	// Run migrates the guest of a workload and returns the record of it, in which the place of the
	// run in the series is left out. An error makes it a failed run, of the class that ClassOf gives.
	Run     func(ctx context.Context, sc workloads.Scenario) (*results.Run, error)
	ClassOf func(err error) string
}

// besideRunner gives the slots of the program to it, all others to the models.
type besideRunner struct {
	*Beside
	models   Runner
	workload func(Slot) workloads.Scenario
}

func (r *besideRunner) Run(ctx context.Context, s Slot) (any, error) {
	if s.Model != r.Model {
		return r.models.Run(ctx, s)
	}
	run, err := r.Beside.Run(ctx, r.workload(s))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		f := failedRecord(s, r.ClassOf(err), err.Error())
		return &f, nil
	}
	identify(run, s)
	return run, nil
}
