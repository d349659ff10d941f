package series

import (
	"context"
	"errors"
	"testing"

	"mtbench/results"
	"mtbench/workloads"
)

// TestBeside: the runs of a program go to it with the workload of the models, their place in the
// series is written, and its errors are failed runs with a class.
func TestBeside(t *testing.T) {
	bad := errors.New("bad")
	var seen []workloads.Scenario
	b := &Beside{Reference: results.Reference{Model: "program"},
		Run: func(_ context.Context, sc workloads.Scenario) (*results.Run, error) {
			seen = append(seen, sc)
			if len(seen) == 2 {
				return nil, bad
			}
			return &results.Run{Completed: true}, nil
		},
		ClassOf: func(err error) string { return "class of " + err.Error() }}
	models := &scripted{}
	n := &Series{beside: b}
	r := &besideRunner{b, models, n.workload}
	for i, model := range []string{"program", "locked", "program"} {
		s := Slot{Cell: results.Cell{Model: model, Threads: 3}, Index: i, Pair: 5, Seed: 9}
		record, err := r.Run(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		switch rec := record.(type) {
		case *results.Run:
			if i == 2 || rec.Index != i || rec.Model != model || rec.Pair != 5 {
				t.Errorf("run %d: %+v", i, rec)
			}
		case *results.Failed:
			if i != 2 || rec.Index != i || rec.Class != "class of bad" || rec.Reason != "bad" {
				t.Errorf("run %d: %+v", i, rec)
			}
		}
	}
	if len(models.ran) != 1 || len(seen) != 2 || seen[0].Seed != 9 || !seen[0].Stored {
		t.Errorf("the models ran %v, the program %+v", models.ran, seen)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Run(ctx, Slot{Cell: results.Cell{Model: "program"}}); !errors.Is(err, ctx.Err()) {
		t.Error(err)
	}
	s := Defaults()
	s.Matrix.Models = []string{"program", "locked"}
	if s.Validate() == nil {
		t.Error("an unknown model is no model without a program of that name")
	}
	s.Beside = b
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}
