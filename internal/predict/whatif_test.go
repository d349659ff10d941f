package predict

import (
	"math"
	"reflect"
	"testing"

	"mtbench/results"
)

func askedOf(t *testing.T, w WhatIf) (list []results.WhatIf) {
	t.Helper()
	total, ran := 0, 0
	err := w.Run(t.Context(), typical(), func(n int) { total = n },
		func(*results.Run) { ran++ },
		func(r *results.WhatIf) error { list = append(list, *r); return nil })
	if err != nil {
		t.Fatal(err)
	}
	points := 0
	for _, r := range list {
		points += len(r.Points)
	}
	if total != ran || ran != points || total == 0 {
		t.Errorf("%d announced, %d run, %d points", total, ran, points)
	}
	return list
}

func costOf(t *testing.T, list []results.WhatIf, cost string) results.WhatIf {
	t.Helper()
	for _, r := range list {
		if r.Cost == cost {
			return r
		}
	}
	t.Fatalf("no %s", cost)
	return results.WhatIf{}
}

// TestWhatIf: inline does the work on main's thread, so that twice the work takes as much longer as
// the work takes, and a wake-up of an idle CPU takes none of a page. The ends of an assumed range
// are tried, and the same question has the same answer.
func TestWhatIf(t *testing.T) {
	sc := scenario()
	sc.Memory, sc.Destination, sc.LinkBandwidth = 4<<20, "discard", 1<<33
	ask := WhatIf{Setup: Setup{Scenario: sc, CPUs: 64}, Seed: 1,
		Cells:  []results.Cell{{Model: "inline", Threads: 1, Wait: true}},
		Ranges: []results.HostCost{{Cost: "encode_ns", Value: 100, Low: 50, High: 300}}}
	list := askedOf(t, ask)
	asIs := costOf(t, list, "")
	work := costOf(t, list, "encode_ns")
	took := asIs.Points[0].Time
	if len(asIs.Points) != whatIfSeeds || asIs.Points[0].Factor != 1 {
		t.Errorf("%+v", asIs)
	}
	var factors []float64
	for _, p := range work.Points {
		factors = append(factors, p.Factor)
	}
	if !reflect.DeepEqual(factors, []float64{0.5, 3, 0, 0.5, 2}) {
		t.Errorf("factors %v", factors)
	}
	perCompressed := work.Value / 1000 * 10 / 9 // of ten pages one is zero
	if got := work.Points[4].Time - took; math.Abs(got/perCompressed-1) > 0.05 {
		t.Errorf("twice the work takes %v µs more, a page is %v", got, perCompressed)
	}
	if wake := costOf(t, list, "idle_wake_ns"); math.Abs(wake.Points[0].Time/took-1) > 0.02 {
		t.Errorf("without the wake-up of an idle CPU: %v of %v", wake.Points[0].Time, took)
	}
	if link := costOf(t, list, LinkKnob); len(link.Points) != 3 {
		t.Errorf("%+v", link)
	}
	if again := askedOf(t, ask); !reflect.DeepEqual(again, list) {
		t.Error("the same question has another answer")
	}
}

// TestWhatIfOfPolls: a cell that states its polls is asked what fewer and more of them do: a worker
// that waits for a link polls longer, and pays for it with CPU time.
func TestWhatIfOfPolls(t *testing.T) {
	sc := scenario()
	sc.Memory, sc.Destination, sc.LinkBandwidth = 4<<20, "discard", 2e7
	ask := WhatIf{Setup: Setup{Scenario: sc, CPUs: 4}, Seed: 1,
		Cells: []results.Cell{{Model: "lockless", Threads: 1, Wait: true, PollBudget: 4000}}}
	p := costOf(t, askedOf(t, ask), PollsKnob)
	if len(p.Points) != 3 || p.Value != 4000 || p.Points[0].CPU >= p.Points[1].CPU ||
		p.Points[1].CPU >= p.Points[2].CPU {
		t.Errorf("%+v", p)
	}
}

// TestWhatIfOfNothing: a model that compresses nothing has no time of a page.
func TestWhatIfOfNothing(t *testing.T) {
	sc := scenario()
	sc.Memory = 4 << 20
	ask := WhatIf{Setup: Setup{Scenario: sc, CPUs: 4},
		Cells: []results.Cell{{Model: "null", Threads: 1}}}
	err := ask.Run(t.Context(), typical(), func(int) {}, func(*results.Run) {},
		func(*results.WhatIf) error { return nil })
	if err == nil || err.Error() != "null, 1 thread, wait off: it compresses nothing, and what a "+
		"page takes cannot be told" {
		t.Errorf("got %v", err)
	}
}
