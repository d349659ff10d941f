package metric

import (
	"slices"

	"mtbench/results"
)

func cpuMetrics() []Metric {
	const unit, tick, trap = "CPUs", 0.001, "as work: spinning is CPU time too"
	percent := func(name string) Form { return Form{Name: name, Unit: "%", Scale: 100, Decimals: 1} }
	column := func(name string) Form {
		return Form{Name: name, Unit: "percent of one CPU", Scale: 100}
	}
	return []Metric{
		{Name: MainCPU, Unit: unit, Tick: tick, Of: mainCPU, Misread: trap,
			Doc:   "CPU time of the main thread over its wall time",
			Shown: percent("CPU main"), Table: Cost, CSV: column("main_cpu"),
			Bench: Form{Name: "main-cpu-%", Scale: 100}},
		{Name: WorkerCPU, Unit: unit, Tick: tick, Of: workerCPU(mean), Misread: trap,
			Doc:   "the same of the compression threads, their mean",
			Shown: percent("CPU threads"), Table: Cost},
		{Name: WorkerCPULowest, Unit: unit, Tick: tick, Of: workerCPU(slices.Min), Misread: trap,
			Doc:   "the same of the compression thread that used least",
			Shown: percent("CPU threads, lowest"), CSV: column("worker_cpu_lowest"),
			Bench: Form{Name: "worker-cpu-low-%", Scale: 100}},
		{Name: WorkerCPUHighest, Unit: unit, Tick: tick, Of: workerCPU(slices.Max), Misread: trap,
			Doc:   "the same of the compression thread that used most",
			Shown: percent("CPU threads, highest"), CSV: column("worker_cpu_highest"),
			Bench: Form{Name: "worker-cpu-high-%", Scale: 100}},
		{Name: "worker_cpu_spread", Unit: unit, Better: Lower, Tick: tick, Of: workerCPU(spread),
			Doc:   "between the compression thread that used most and the one that used least",
			Shown: percent("CPU threads, spread")},
		{Name: CPUPerPage, Unit: "µs/page", Better: Lower, Tick: 0.01, Of: over(pipelineCPU, pagesSent), Misread: trap,
			Doc:   "CPU time of main and workers together a page",
			Shown: Form{Name: "CPU a page", Unit: "µs"},
			CSV:   Form{Name: "cpu_a_page", Unit: "µs"},
			Bench: Form{Name: "cpu-sec/page", Scale: 1e-6}, Chart: true},
	}
}

// shareMetrics are shares of wall time by reason.
func shareMetrics() []Metric {
	const unit, tick = "ratio", 0.001
	const trap = "as CPU time: it is wall time, and a thread that waits for a CPU is in the state " +
		"that it was in"
	return []Metric{
		{Name: "lock_wait", Unit: unit, Better: Lower, Tick: tick, Misread: trap,
			Of:    stateShare("lock-global", "lock-slot", "lock-results"),
			Doc:   "share of the wall time of main and workers spent waiting for locks",
			Shown: Form{Name: "lock wait", Unit: "%", Scale: 100}},
		{Name: "sleep_wait", Unit: unit, Better: Neither, Tick: tick, Misread: trap,
			Of:    stateShare("wait-work", "wait-room"),
			Doc:   "share of the wall time of main and workers asleep until the other side has something",
			Shown: Form{Name: "sleep", Unit: "%", Scale: 100}},
	}
}

// pipeline lists the threads of the source that take part in the hand-over.
func pipeline(r *results.Run) []*results.ThreadUsage { return threads(r, "main", "worker") }

// threads lists those of the source with one of roles.
func threads(r *results.Run, roles ...string) []*results.ThreadUsage {
	var list []*results.ThreadUsage
	for i := range r.ThreadUsage {
		if u := &r.ThreadUsage[i]; u.Process == r.Measured() && slices.Contains(roles, u.Role) {
			list = append(list, u)
		}
	}
	return list
}

// usage is a thread's CPU time over its wall time; without a wall time there is none: the run's
// would be another bracket.
func usage(u *results.ThreadUsage) (float64, bool) {
	if u.CPUMS == nil || u.WallMS <= 0 {
		return 0, false
	}
	return *u.CPUMS / u.WallMS, true
}

// mainCPU takes a published file's percentage where it has nothing else.
func mainCPU(r *results.Run) (float64, bool) {
	if r.MainCPUPercent != nil {
		return *r.MainCPUPercent / 100, true
	}
	for _, u := range threads(r, "main") {
		return usage(u)
	}
	return 0, false
}

// WorkerShares returns the CPU time of each compression thread over its wall time, lowest first,
// and of a published file the lowest and the highest.
func WorkerShares(r *results.Run) []float64 {
	var shares []float64
	for _, percent := range r.WorkerCPUPercent {
		shares = append(shares, percent/100)
	}
	for _, u := range threads(r, "worker") {
		if s, ok := usage(u); ok {
			shares = append(shares, s)
		}
	}
	slices.Sort(shares)
	return shares
}

func workerCPU(of func([]float64) float64) Value {
	return func(r *results.Run) (float64, bool) {
		shares := WorkerShares(r)
		if len(shares) == 0 {
			return 0, false
		}
		return of(shares), true
	}
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func spread(values []float64) float64 { return slices.Max(values) - slices.Min(values) }

func stateShare(states ...string) Value {
	return func(r *results.Run) (float64, bool) {
		in, wall := 0.0, 0.0
		for _, u := range pipeline(r) {
			if u.StatesMS == nil {
				continue
			}
			wall += u.WallMS
			for _, s := range states {
				in += u.StatesMS.Of(s)
			}
		}
		return in / wall, wall > 0
	}
}
