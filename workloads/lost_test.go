package workloads

import (
	"errors"
	"testing"

	"mtbench/results"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/models/locked"
)

// forgetful is a model that says of every 50th page that it took it, and forgets it.
type forgetful struct {
	models.Pipeline
	n int
}

func (f *forgetful) Submit(t thread.Thread) bool {
	if f.n++; f.n%50 == 0 {
		return true
	}
	return f.Pipeline.Submit(t)
}

func buildForgetful(m thread.Machine, t thread.Thread, cfg models.Config, w models.Work) (
	models.Pipeline, error) {
	p, err := locked.Build(m, t, cfg, w)
	if cfg.Side == models.Destination {
		return p, err
	}
	return &forgetful{Pipeline: p}, err
}

// TestForgottenPagesAreNoFigure: with a discarded stream nothing can be compared, and a model that
// loses pages would look fast.
func TestForgottenPagesAreNoFigure(t *testing.T) {
	for _, destination := range []string{Discard, Process} {
		run, err := runPair(lossScenario(destination), buildForgetful)
		var lost *PagesLost
		if run != nil || !errors.As(err, &lost) {
			t.Errorf("%s: record %v, error %v", destination, run != nil, err)
			continue
		}
		if missing := lost.Accepted - lost.Delivered; missing < 10 {
			t.Errorf("%s: %v", destination, err)
		}
	}
}

func lossScenario(destination string) Scenario {
	return Scenario{Seed: 1, Cell: results.Cell{Threads: 2, Wait: true}, Scenario: results.Scenario{
		Memory: 4 << 20, VCPUs: 1, Pattern: "uniform", WriteBytes: 64, Content: "random",
		Codec: "none", DowntimeLimit: results.DurationOf(1000), Flush: string(FlushSync),
		Limit: results.DurationOf(60_000), Destination: destination, Machine: Kernel, Account: true,
		DecompressThreads: 2,
	}}
}

// TestWritersStopWhateverTheirBacklog: a vCPU that is always behind retakes its mutex at once.
func TestWritersStopWhateverTheirBacklog(t *testing.T) {
	sc := lossScenario(Discard)
	sc.VCPUs, sc.DirtyRate, sc.Limit = 4, 5e7, results.DurationOf(300)
	run, err := runPair(sc, locked.Build)
	if err != nil {
		t.Fatal(err)
	}
	if run.DirtyRateAchieved <= 0 || run.DirtyRateAchieved > sc.DirtyRate {
		t.Errorf("achieved %.0f page writes/s of %.0f", run.DirtyRateAchieved, sc.DirtyRate)
	}
}
