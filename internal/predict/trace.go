package predict

import (
	"context"
	"io"
	"slices"

	"mtbench/internal/calibrate"
	"mtbench/internal/sim"
	"mtbench/internal/trace"
	"mtbench/results"
)

// The processes of a predicted run, which are one machine.
const (
	sourcePID      = 1
	destinationPID = 2
)

// processOf is the process that a thread of a predicted run belongs to.
func processOf(thread string) int {
	if slices.Contains([]string{"incoming", "decompress"}, thread) {
		return destinationPID
	}
	return sourcePID
}

// tracedMemory is what the guest of a trace is scaled down to, in bytes: a trace of more is more
// than anybody looks at.
const tracedMemory = 4 << 20

// WriteTrace predicts the first cell once more, on a smaller guest, and writes what its threads did
// to w in Chrome's trace format.
func (m Matrix) WriteTrace(ctx context.Context, w io.Writer, c *calibrate.Calibration) error {
	profile, err := c.Profile(nil)
	if err != nil {
		return err
	}
	setup, n := m.Setup, max(1, int(m.Scenario.Memory/tracedMemory))
	if setup.Scenario, err = Scale(m.Scenario, n); err != nil {
		return err
	}
	setup.Scenario.Account = true
	out := trace.NewChrome(w)
	out.Process(sourcePID, "source", sourcePID)
	if setup.Scenario.Destination != "discard" {
		out.Process(destinationPID, "destination", destinationPID)
	}
	setup.Trace = sim.NewChrome(out, processOf)
	cell := m.Cells[0]
	run, _, err := Run(ctx, setup, profile.Scaled(n), cell, m.Seed)
	if err != nil {
		return err
	}
	return out.Close(map[string]any{
		"kind": results.Predicted, "model": cell.Model, "threads": cell.Threads, "wait": cell.Wait,
		"cpus": m.CPUs, "memory_bytes": setup.Scenario.Memory, "completed": run.Completed,
		"total_time_ms": run.TotalTimeMS,
	})
}
