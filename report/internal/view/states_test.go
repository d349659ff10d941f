package view

import (
	"math"
	"testing"

	"mtbench/internal/thread"
	"mtbench/report/internal/reporttest"
)

// TestPlotStates has every state of the account in one group, so that no time is lost from a bar.
func TestPlotStates(t *testing.T) {
	seen := map[string]int{}
	for _, g := range stateGroups() {
		for _, s := range g.states {
			seen[s]++
		}
	}
	for s := thread.State(1); s < thread.NumStates; s++ {
		if seen[s.String()] != 1 {
			t.Errorf("state %s is in %d groups", s, seen[s.String()])
		}
	}
	s := SourceOf(reporttest.SmallSynth().File(), 0, 1)
	set := &BarSet{Src: s, Panels: s.BarPanels("source")}
	for _, bp := range set.Panels {
		for _, b := range set.Bars(bp, false) {
			sum := 0.0
			for _, p := range b.Parts {
				sum += p.Share
			}
			if math.Abs(sum-100) > 1e-6 {
				t.Errorf("the bar of %v adds up to %v %%", b.Cell, sum)
			}
		}
	}
}
