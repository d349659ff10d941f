package metric

import (
	"math"

	"mtbench/results"
)

// costMetrics are what a migration cost: CPU time as a sum, where a percentage says nothing of how
// long it was paid, and what of it was codec work.
func costMetrics() []Metric {
	const trap = "as work: spinning is CPU time too; see codec_share"
	var all []Metric
	for _, w := range []struct {
		name, title, whose, process, role string
	}{
		{"main", "main", "the main thread", "", "main"},
		{"worker", "workers", "the compression threads together", "", "worker"},
		{"destination", "destination", "main thread and workers of the destination", "destination", ""},
	} {
		cpu := cpuOf(w.process, w.role)
		all = append(all,
			Metric{Name: w.name + "_cpu_ms", Unit: "ms", Better: Lower, Tick: 0.1, Of: cpu,
				Doc: "CPU time of " + w.whose, Misread: trap,
				Shown: Form{Name: "CPU " + w.title, Unit: "ms"}, Table: Cost},
			Metric{Name: w.name + "_cpu_per_page", Unit: "µs/page", Better: Lower, Tick: 0.01,
				Of: over(cpu, pagesSent), Doc: "CPU time of " + w.whose + " a page sent",
				Misread: trap, Shown: Form{Name: w.title + " a page", Unit: "µs"}, Table: Cost})
	}
	return append(all, Metric{Name: CodecShare, Unit: "ratio", Better: Higher, Tick: 0.001,
		Of: codecShare,
		Doc: "the part of the CPU time of main and workers that was codec work: pages_compressed × " +
			"service_time_us over that CPU time",
		Misread: "as measured: the median codec time of a page stands for all. It is wall time, " +
			"so that preempted pages make it too high, above 1 at worst. What is left of 1 is " +
			"hand-over, spinning, copying and sending",
		Shown: Form{Name: "codec’s share", Unit: "%", Scale: 100}, Table: Cost})
}

// perCompressedMetrics are times a compressed page: equal work, whoever refuses more pages.
func perCompressedMetrics() []Metric {
	const trap = "where few pages were compressed: sending the others raw is in it"
	return []Metric{
		{Name: WallPerCompressed, Unit: "µs/page", Better: Lower, Tick: 0.01, Time: true,
			Of: over(migrationTime, pagesCompressed), Misread: trap,
			Doc: "time without setup a compressed page; none where nothing was compressed; " +
				"CAN'T COMPLETE is worse than any",
			Shown: Form{Name: "time a compressed page", Unit: "µs"},
			Bench: Form{Name: "wall-sec/compressed", Scale: 1e-6}},
		{Name: CPUPerCompressed, Unit: "µs/page", Better: Lower, Tick: 0.01,
			Of:      over(pipelineCPU, pagesCompressed),
			Doc:     "CPU time of main and workers a compressed page; none where nothing was compressed",
			Misread: trap + "; and as work, for spinning is CPU time too",
			Shown:   Form{Name: "CPU a compressed page", Unit: "µs"},
			Pairs:   "CPU time a compressed page", Table: Cost},
		{Name: EqualWorkTime, Unit: "ms, or µs/page", Better: Lower, Time: true, Of: equalWorkTime,
			Doc: "the time that a verdict is about: " + MigrationTime + " where every page waits or " +
				"is compressed by main (wait on, self), else " + WallPerCompressed + "; none where " +
				"nothing was compressed",
			Misread: "across cases: the unit is another with wait off",
			Shown:   Form{Name: "time of equal work"}},
	}
}

// OfEqualWork names what [EqualWorkTime] is in a case.
func OfEqualWork(c results.Cell) string {
	if c.Policy() != results.FullRaw {
		return MigrationTime
	}
	return WallPerCompressed
}

// equalWorkTime has no value for what compresses nothing: it does less work in any case.
func equalWorkTime(r *results.Run) (float64, bool) {
	if r.PagesRaw > 0 && r.PagesCompressed == 0 {
		return 0, false
	}
	if OfEqualWork(r.Cell) == MigrationTime {
		return migrationTime(r)
	}
	return over(migrationTime, pagesCompressed)(r)
}

func pagesSent(r *results.Run) int64       { return r.Pages }
func pagesCompressed(r *results.Run) int64 { return r.PagesCompressed }

// over is milliseconds a page, in µs.
func over(ms Value, pages func(*results.Run) int64) Value {
	return func(r *results.Run) (float64, bool) {
		v, ok := ms(r)
		n := pages(r)
		if !ok || n <= 0 {
			return 0, false
		}
		return v * 1e3 / float64(n), true
	}
}

// cpuOf sums the CPU time of the threads of a process that have a role, main and worker where it is
// empty. It has no value where one of them has none: the sum of the others would be too low.
func cpuOf(process, role string) Value {
	return func(r *results.Run) (float64, bool) {
		sum, found := 0.0, false
		from := process
		if from == "" {
			from = r.Measured()
		}
		for i := range r.ThreadUsage {
			u := &r.ThreadUsage[i]
			if u.Process != from || u.Role != role && (role != "" || !isPipeline(u.Role)) {
				continue
			}
			if u.CPUMS == nil {
				return 0, false
			}
			sum, found = sum+*u.CPUMS, true
		}
		return sum, found
	}
}

func isPipeline(role string) bool { return role == "main" || role == "worker" }

func pipelineCPU(r *results.Run) (float64, bool) {
	sum, ok := cpuOf("", "")(r)
	return sum, ok && sum > 0
}

func codecShare(r *results.Run) (float64, bool) {
	cpu, ok := pipelineCPU(r)
	if !ok || r.ServiceTimeUS == nil {
		return 0, false
	}
	return float64(r.PagesCompressed) * *r.ServiceTimeUS / 1e3 / cpu, true
}

// downtimeOfLimit has no value where the limit is not known, as in a publication.
func downtimeOfLimit(r *results.Run) (float64, bool) {
	took, ok := downtime(r)
	if !ok || r.DowntimeLimitMS <= 0 {
		return 0, false
	}
	return took / r.DowntimeLimitMS, true
}

func downtimeKept(r *results.Run) (float64, bool) {
	share, ok := downtimeOfLimit(r)
	if share > 1 {
		return 0, ok
	}
	return 1, ok
}

func migrationTime(r *results.Run) (float64, bool) {
	if !r.Completed {
		return math.Inf(1), true
	}
	return r.TotalTimeMS - r.SetupTimeMS, r.TotalTimeMS > r.SetupTimeMS
}

// windowMS is a window of the rate limit and of the bandwidth estimate, QEMU's BUFFER_DELAY.
const windowMS = 100

// rateWindows counts from the start of the migration, where the first window opens.
func rateWindows(r *results.Run) (float64, bool) {
	return r.TotalTimeMS / windowMS, r.TotalTimeMS > 0 && ofSource(r)
}
