package series

import (
	"context"

	"mtbench/workloads"
)

// Capture makes one run of the first model in the first case and leaves its stream in the new file
// path, in the form of QEMU's. The run is a *results.Run or a *results.Failed, and part of no file;
// a path that is relative is so to this process's directory.
func (n *Series) Capture(ctx context.Context, path string) (any, error) {
	r := n.runner()
	r.Scenario = func(s Slot) workloads.Scenario {
		sc := n.workload(s)
		sc.Stored, sc.StreamTo = true, path
		return sc
	}
	cell := n.Header.Matrix.Cases()[0].Of(n.Header.Matrix.Models[0])
	return r.Run(ctx, Slot{Cell: cell, Seed: n.Header.Seed})
}
