package steps_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/models/locked"
	"mtbench/models/lockless"
	"mtbench/models/modeltest"
	"mtbench/models/steps"
)

func TestConformance(t *testing.T) {
	for _, s := range steps.All() {
		t.Run(s.Name, func(t *testing.T) {
			modeltest.Run(t, modeltest.Model{Name: s.Name, Build: s.Build,
				InFlight: func(c models.Config) int { return s.Depth * c.Threads },
				Machines: []string{"turns", "kernel"}})
		})
	}
}

// TestEnds: under the same schedule the first step makes the same calls of the machine and of the
// work as the locked model, and the last the same as the lockless one: every lock, wait, signal,
// poll, Fill, Handle and Done, by the same thread, in the same order.
func TestEnds(t *testing.T) {
	if thread.Exploring {
		t.Skip("in this build the machine also switches at shared accesses, which differ")
	}
	all := steps.All()
	ends := []struct {
		step  steps.Step
		model models.Builder
	}{{all[0], locked.Build}, {all[len(all)-1], lockless.Build}}
	for _, end := range ends {
		t.Run(end.step.Name, func(t *testing.T) { sameTraces(t, end.step.Build, end.model) })
	}
}

func sameTraces(t *testing.T, a, b models.Builder) {
	for _, cfg := range []models.Config{
		{Threads: 1, Name: "w"}, {Threads: 3, Name: "w"}, {Threads: 3, Wait: true, Name: "w"},
		{Threads: 2, Side: models.Destination, Name: "w"},
	} {
		for seed := range uint64(8) {
			got, want := trace(t, a, cfg, seed), trace(t, b, cfg, seed)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%+v, seed %d: the step differs from the model (-model +step):\n%.2000s",
					cfg, seed, diff)
			}
		}
	}
}

func trace(t *testing.T, build models.Builder, cfg models.Config, seed uint64) []string {
	lines, err := modeltest.Trace(build, cfg, 30, seed)
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) < 30*3 {
		t.Fatalf("a trace of 30 pages has only %d lines", len(lines))
	}
	return lines
}

// TestEachStepDiffers: no step is the same as the one before it.
func TestEachStepDiffers(t *testing.T) {
	all := steps.All()
	cfg := models.Config{Threads: 3, Wait: true, Name: "w"}
	for i := 1; i < len(all); i++ {
		t.Run(all[i].Name, func(t *testing.T) {
			was := fmt.Sprint(trace(t, all[i-1].Build, cfg, 1))
			is := fmt.Sprint(trace(t, all[i].Build, cfg, 1))
			if was == is {
				t.Errorf("%s does what %s does", all[i].Name, all[i-1].Name)
			}
		})
	}
}
