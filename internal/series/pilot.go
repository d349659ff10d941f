package series

import (
	"context"
	"fmt"
	"slices"
	"time"

	"mtbench/internal/pilot"
	"mtbench/results"
	"mtbench/workloads"
)

// Open reports whether something is left to a pilot.
func (s *Settings) Open() bool {
	return s.Memory == 0 || s.Limit == 0 || s.DowntimeOpen ||
		s.OfPool()
}

// settle writes the scenario of the header: the settings as they are, and what they leave open as a
// pilot on this host tells.
func (n *Series) settle(ctx context.Context, s *Settings, u results.Unit) error {
	if s.Like != nil {
		return n.repeat(s.Like)
	}
	if !s.Open() {
		return nil
	}
	p, err := pilot.Measure(n.Header.Scenario, u.Thread, slices.Max(s.Matrix.Threads), n.pilotRun(ctx))
	if err != nil {
		return fmt.Errorf("the pilot that defaults are derived from: %w (give --memory, --dirty-rate, "+
			"--link-bandwidth and --downtime-limit to do without)", err)
	}
	u.Pool = p.Pool
	n.Header.Scenario = s.At(u)
	most := int64(mostGuest)
	if available, ok := n.host.AvailableMemory(); ok {
		most = min(most, available/guestShare)
	}
	pilot.Derive(p, s.Asked(most), &n.Header.Scenario)
	n.Header.Pilot = p
	return nil
}

// guestShare is the part of this host's memory that a guest may have if nobody says otherwise: it
// stands at both ends, and codec states beside it. mostGuest bounds it on large hosts.
const (
	guestShare = 8
	mostGuest  = 1 << 30
)

// Asked is what s leaves open, for a guest of at most so many bytes.
func (s *Settings) Asked(most int64) pilot.Asked {
	return pilot.Asked{Threads: slices.Max(s.Matrix.Threads), Runs: s.expectedRuns(),
		Budget: s.Budget, Most: most,
		Memory: s.Memory == 0, Downtime: s.DowntimeOpen, Limit: s.Limit == 0}
}

// expectedPairs is how many pairs a case is expected to take where the evidence decides: what a
// difference of 10 % takes among ten cases where pairs scatter by 3 %.
const expectedPairs = 10

// expectedRuns is how many runs are to fit into the budget.
func (s *Settings) expectedRuns() int {
	m := s.Matrix
	if m.Sequential() {
		m.Pairs = expectedPairs
	}
	return len(Plan(m, s.Seed))
}

// pilotRun makes one migration of a pilot in processes of its own.
func (n *Series) pilotRun(ctx context.Context) pilot.Runner {
	return func(sc results.Scenario, c results.Cell) (*results.Run, time.Duration, error) {
		began := time.Now()
		run, err := n.One(ctx, Slot{Cell: c, Seed: n.Header.Seed}, func(w *workloads.Scenario) {
			w.Scenario = sc
		})
		if err != nil {
			return nil, 0, err
		}
		return run, time.Since(began) - time.Duration(results.DurationOf(run.TotalTimeMS)), nil
	}
}
