package predict

import (
	"fmt"

	"mtbench/results"
	"mtbench/workloads"
)

// Scaling. A large guest is simulated as a smaller one of 1/n of its memory, and the figures that
// grow with memory are multiplied by n. The rule:
//
// - memory, downtime limit, the run's bound and the making of codec states, which comes once, are
// divided by n;
// everything that is a rate, a size or a duration of a single thing (page, write, burst, wake-up,
// rate window) stays;
//   - the share of memory that is dirtied during a round, the threshold as a share of memory and
//     the number of rounds are then those of the full guest;
//   - times, pages, bytes, CPU times and counts of the result are multiplied by n; ratios stay.
//
// What the rule gets wrong is what does not grow with memory: the start of threads, the rate window
// of 100 ms against the length of a round, and chance in the last rounds. A round must be as long
// as LeastWindows rate windows, or the threshold lags behind. ScaleError shows what is left of it.
const LeastWindows = 4

// Scale divides the scenario by n, which is at least 1.
func Scale(sc results.Scenario, n int) (results.Scenario, error) {
	if n < 1 {
		return sc, fmt.Errorf("a scale of 1/%d: it must be 1 or more", n)
	}
	memory := scaledMemory(sc.Memory, n)
	if memory < workloads.MinMemory {
		return sc, fmt.Errorf("a scale of 1/%d leaves %d bytes of guest memory; at least %d are needed",
			n, memory, int64(workloads.MinMemory))
	}
	sc.Memory = memory
	sc.DowntimeLimit /= results.Duration(n)
	sc.Limit /= results.Duration(n)
	return sc, nil
}

// scaledMemory is the part of a guest's memory that is simulated: whole pages.
func scaledMemory(bytes int64, n int) int64 {
	return bytes / int64(n) / workloads.PageSize * workloads.PageSize
}

// Unscale multiplies what grows with memory by n.
func Unscale(run *results.Run, n int) {
	f, i := float64(n), int64(n)
	run.BoundMS *= f
	run.TotalTimeMS *= f
	run.SetupTimeMS *= f
	run.DowntimeMS *= f
	run.DowntimeLimitMS *= f
	for _, v := range []*int64{&run.Pages, &run.PagesCompressed, &run.PagesRaw, &run.PagesZero,
		&run.PagesSelf, &run.Busy,
		&run.WireBytes, &run.CompressedBytes, &run.ThresholdBytes, &run.RemainingBytes,
		&run.StaleRecordsInSync} {
		*v *= i
	}
	for k := range run.Timeline {
		unscalePoint(&run.Timeline[k], f, i)
	}
	for k := range run.ThreadUsage {
		unscaleUsage(&run.ThreadUsage[k], f, i)
	}
}

func unscalePoint(p *results.Point, f float64, i int64) {
	p.MS *= f
	p.RemainingBytes *= i
	p.Compressed *= i
	p.Raw *= i
	p.Zero *= i
	p.WireBytes *= i
	p.Busy *= i
}

func unscaleUsage(u *results.ThreadUsage, f float64, i int64) {
	u.WallMS *= f
	for _, v := range []*results.Number{u.CPUMS, u.CPUUserMS, u.CPUSystemMS, u.RunDelayMS, u.BlockedMS,
		u.RemainderMS} {
		if v != nil {
			*v *= f
		}
	}
	for _, v := range []*int64{u.Voluntary, u.Involuntary} {
		if v != nil {
			*v *= i
		}
	}
	u.FutexWaits *= i
	u.FutexWakes *= i
	u.Locks *= i
	u.Stamps *= i
	for s := range u.StatesMS {
		u.StatesMS[s].MS *= f
	}
}
