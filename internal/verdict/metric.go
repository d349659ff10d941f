// Package verdict says what result files prove: by how much two models differ and how sure that is,
// below which difference this machine tells nothing, whether published claims hold, what changed
// between two files, and which step of a redesign a difference comes from.
//
// Comparisons are on pairs of neighbouring runs and on the logarithm of the ratio of their values,
// so that twice and half are equally far from equal. Nothing here assumes a distribution, except
// where a comment says so.
package verdict

import (
	"math"
	"slices"

	"mtbench/results"
)

// Direction says which way a metric is better.
type Direction int

const (
	Neither Direction = iota // a matter of taste: more CPU usage is more cost or less waiting
	Lower
	Higher
)

// Metric is one figure of a run, defined once for tables, claims and comparisons.
type Metric struct {
	Name   string
	Unit   string
	Doc    string
	Better Direction

	// Tick is the step below which two values are not told apart. It is added to both sides of a
	// ratio, so that 0 against 0 is equal and 0 against little is little.
	Tick float64

	// Counter marks a figure that counts events and hardly depends on the host's speed: a gate
	// where time is too noisy.
	Counter bool

	// WaitOff marks a figure that has no meaning with wait on.
	WaitOff bool

	// Of is the value in a run; false where it has none. A time that was never reached is +Inf.
	Of valueOf
}

type valueOf func(*results.Run) (float64, bool)

// Metrics is the table of all of them. main and workers are those of the source.
func Metrics() []Metric {
	return slices.Concat(timeMetrics(), cpuMetrics(), counterMetrics(), pageMetrics())
}

func timeMetrics() []Metric {
	return []Metric{
		{Name: "total_time", Unit: "ms", Better: Lower, Of: totalTime,
			Doc: "from the start of the migration to its completion; CAN'T COMPLETE is worse than any time"},
		{Name: "downtime", Unit: "ms", Better: Lower, Tick: 0.1, Of: downtime,
			Doc: "from the stop of the guest to completion"},
		{Name: "drain_rate", Unit: "pages/s", Better: Higher, Of: drainRate,
			Doc: "pages sent a second of total time"},
		{Name: "completed", Unit: "runs", Better: Higher, Tick: 1, Of: completed,
			Doc: "1 if the migration completed within its bound, 0 if it CAN'T COMPLETE"},
	}
}

func cpuMetrics() []Metric {
	const unit, tick = "CPUs", 0.001
	return []Metric{
		{Name: "main_cpu", Unit: unit, Tick: tick, Of: mainCPU,
			Doc: "CPU time of the main thread over its wall time"},
		{Name: "worker_cpu", Unit: unit, Tick: tick, Of: workerCPU(mean),
			Doc: "the same of the compression threads, their mean"},
		{Name: "worker_cpu_lowest", Unit: unit, Tick: tick, Of: workerCPU(slices.Min),
			Doc: "the same of the compression thread that used least"},
		{Name: "worker_cpu_highest", Unit: unit, Tick: tick, Of: workerCPU(slices.Max),
			Doc: "the same of the compression thread that used most"},
		{Name: "worker_cpu_spread", Unit: unit, Better: Lower, Tick: tick, Of: workerCPU(spread),
			Doc: "between the compression thread that used most and the one that used least"},
		{Name: "cpu_per_page", Unit: "µs/page", Better: Lower, Tick: 0.01, Of: cpuPerPage,
			Doc: "CPU time of main and workers together a page"},
		{Name: "lock_wait", Unit: "ratio", Better: Lower, Tick: tick, Of: stateShare(lockStates()...),
			Doc: "share of the wall time of main and workers spent waiting for locks"},
		{Name: "sleep_wait", Unit: "ratio", Better: Neither, Tick: tick,
			Of:  stateShare("wait-work", "wait-room"),
			Doc: "share of the wall time of main and workers asleep until the other side has something"},
	}
}

func counterMetrics() []Metric {
	return []Metric{
		{Name: "wait_wakes_per_page", Unit: "calls/page", Better: Lower, Tick: 0.001, Counter: true,
			Of:  perPage(1, func(u *results.ThreadUsage) int64 { return u.FutexWaits + u.FutexWakes }),
			Doc: "futex waits and wakes of main and workers a page"},
		{Name: "switches_per_page", Unit: "switches/page", Better: Lower, Tick: 0.001, Counter: true,
			Of: switches, Doc: "voluntary context switches of main and workers a page"},
		{Name: "locks_per_1000_pages", Unit: "locks/1000 pages", Better: Lower, Tick: 1, Counter: true,
			Of:  perPage(1000, func(u *results.ThreadUsage) int64 { return u.Locks }),
			Doc: "acquisitions of mutexes and spin locks by main and workers a thousand pages"},
	}
}

func pageMetrics() []Metric {
	return []Metric{
		{Name: "busy_ratio", Unit: "ratio", Better: Lower, Tick: 0.001, WaitOff: true, Of: busyRatio,
			Doc: "pages sent uncompressed because no thread was free, over all pages"},
		{Name: "busy_pages", Unit: "pages", Better: Lower, Tick: 1, Of: busyPages,
			Doc: "pages sent uncompressed because no thread was free"},
	}
}

// Lookup finds a metric by name.
func Lookup(name string) (Metric, bool) {
	for _, m := range Metrics() {
		if m.Name == name {
			return m, true
		}
	}
	return Metric{}, false
}

func totalTime(r *results.Run) (float64, bool) {
	if !r.Completed {
		return math.Inf(1), true
	}
	return r.TotalTimeMS, r.TotalTimeMS > 0
}

func downtime(r *results.Run) (float64, bool)  { return r.DowntimeMS, r.Completed }
func drainRate(r *results.Run) (float64, bool) { return r.DrainRate, r.DrainRate > 0 }

func completed(r *results.Run) (float64, bool) {
	if r.Completed {
		return 1, true
	}
	return 0, true
}

func busyRatio(r *results.Run) (float64, bool) {
	if r.BusyRatio == nil {
		return 0, false
	}
	return *r.BusyRatio, true
}

func busyPages(r *results.Run) (float64, bool) { return float64(r.Busy), r.Pages > 0 }

// pipeline lists the threads of the source that take part in the hand-over.
func pipeline(r *results.Run) []*results.ThreadUsage {
	return slices.Concat(threads(r, "main"), threads(r, "worker"))
}

func threads(r *results.Run, role string) []*results.ThreadUsage {
	var list []*results.ThreadUsage
	for i := range r.ThreadUsage {
		if u := &r.ThreadUsage[i]; u.Process == "source" && u.Role == role {
			list = append(list, u)
		}
	}
	return list
}

// usage is a thread's CPU time over its wall time.
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

func workerCPU(of func([]float64) float64) valueOf {
	return func(r *results.Run) (float64, bool) {
		var shares []float64
		for _, percent := range r.WorkerCPUPercent {
			shares = append(shares, percent/100)
		}
		for _, u := range threads(r, "worker") {
			if s, ok := usage(u); ok {
				shares = append(shares, s)
			}
		}
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

func cpuPerPage(r *results.Run) (float64, bool) {
	sum := 0.0
	for _, u := range pipeline(r) {
		if u.CPUMS == nil {
			return 0, false
		}
		sum += *u.CPUMS * 1e3
	}
	return sum / float64(r.Pages), r.Pages > 0 && sum > 0
}

func lockStates() []string { return []string{"lock-global", "lock-slot", "lock-results"} }

func stateShare(states ...string) valueOf {
	return func(r *results.Run) (float64, bool) {
		in, wall := 0.0, 0.0
		for _, u := range pipeline(r) {
			if u.StatesMS == nil {
				continue
			}
			wall += u.WallMS
			for _, s := range states {
				in += u.StatesMS[s]
			}
		}
		return in / wall, wall > 0
	}
}

// perPage sums a count over main and workers and gives it per that many pages.
func perPage(pages float64, of func(*results.ThreadUsage) int64) valueOf {
	return func(r *results.Run) (float64, bool) {
		list, sum := pipeline(r), int64(0)
		for _, u := range list {
			sum += of(u)
		}
		return float64(sum) / float64(r.Pages) * pages, r.Pages > 0 && len(list) > 0
	}
}

func switches(r *results.Run) (float64, bool) {
	for _, u := range pipeline(r) {
		if u.Voluntary == nil {
			return 0, false
		}
	}
	return perPage(1, func(u *results.ThreadUsage) int64 { return *u.Voluntary })(r)
}
