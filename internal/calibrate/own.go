package calibrate

import (
	"context"
	"fmt"

	"mtbench/models"
	"mtbench/results"
	"mtbench/workloads"
)

// What a page takes the main thread is more than its parts, which are measured in loops of their
// own: tests and branches wait for memory. So it is measured as a whole, too, in migrations by the
// null model, which takes no page and has no threads: what main takes more than the parts is put on
// the pages that it sends itself. No model that is compared is in that.

// ownRounds is how many migrations are made.
const ownRounds = 5

// own measures what a page of main's takes in migrations of the default guest, less search, test
// and record.
func (m *meter) own(ctx context.Context) error {
	parts := m.figure("scan_ns") + m.figure("zero_ns") + m.figure("record_ns")
	for range ownRounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		run, err := workloads.RunSource(m.nullScenario(), models.Null, workloads.NoEnds)
		if err == nil {
			var ns float64
			ns, err = mainPerPage(run)
			m.add("own_ns", ns-parts)
		}
		if err != nil {
			return fmt.Errorf("calibrating with the null model: %w", err)
		}
	}
	return nil
}

// nullScenario is the default guest with nobody to write to it, and a link without a limit.
func (m *meter) nullScenario() workloads.Scenario {
	return workloads.Scenario{
		Scenario: results.Scenario{
			Memory: 48 << 20, VCPUs: 1, Pattern: workloads.Patterns()[0], WriteBytes: 64,
			Content: m.plan.Content, Codec: m.plan.Codec, Level: m.plan.Level,
			DowntimeLimit: results.DurationOf(1.5), Flush: string(workloads.FlushSync),
			Limit: results.DurationOf(5000), Destination: workloads.Discard, DecompressThreads: 1,
			LinkBurst: 64 << 10, Machine: workloads.Kernel, Sealed: true,
		},
		Cell: results.Cell{Model: "null", Threads: 1},
		Seed: m.plan.Seed,
	}
}

// mainPerPage is the CPU time of the source's main thread a page, in ns, of a run that completed.
func mainPerPage(run *results.Run) (float64, error) {
	if !run.Completed || run.Pages == 0 {
		return 0, fmt.Errorf("a migration ended as %s after %d pages", run.EndReason, run.Pages)
	}
	for _, u := range run.ThreadUsage {
		if u.Role == "main" && u.Process == "source" && u.CPUMS != nil {
			return *u.CPUMS * 1e6 / float64(run.Pages), nil
		}
	}
	return 0, fmt.Errorf("this host does not say what CPU time the main thread took")
}
