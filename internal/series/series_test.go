package series

import (
	"path/filepath"
	"testing"

	"mtbench/results"
	"mtbench/workloads"
)

// smallSeries is a series that takes no time to make: source only, one cell.
func smallSeries(t *testing.T) *Series {
	t.Helper()
	s := Defaults()
	s.Matrix = results.Matrix{Models: []string{"inline"}, Threads: []int{1}, Waits: []bool{true}, Pairs: 2}
	s.Memory, s.DirtyRate, s.LinkBandwidth = 1<<20, Rate{}, Rate{}
	s.Destination, s.Codec = workloads.Discard, "spin:50us"
	n, err := New(s, Build{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestComputingMeansTheSameInEveryRun: it is measured once, recorded, handed to every run, and taken
// from the file when the series is gone on with.
func TestComputingMeansTheSameInEveryRun(t *testing.T) {
	n := smallSeries(t)
	turns := n.Header.Host.WorkTurns
	if turns <= 0 {
		t.Fatalf("the header says %g turns a nanosecond", turns)
	}
	path := filepath.Join(t.TempDir(), "series.jsonl")
	if err := n.Create(path); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Resume(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for _, s := range []*Series{n, again} {
		scenario := s.runner().Scenario
		for _, slot := range s.plan {
			if got := scenario(slot).WorkTurns; got != turns {
				t.Errorf("run %d is told %g turns a nanosecond, the header says %g", slot.Index, got, turns)
			}
		}
	}
}
