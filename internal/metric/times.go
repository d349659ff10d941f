package metric

import (
	"math"

	"mtbench/results"
)

func timeMetrics() []Metric {
	return []Metric{
		{Name: TotalTime, Unit: "ms", Better: Lower, Time: true, Of: totalTime,
			Doc: "from the start of the migration to its completion; CAN'T COMPLETE is worse than any " +
				"time",
			Misread: "alone: with wait off a model that compresses less finishes sooner",
			Shown:   Form{Name: "total time", Unit: "ms", Decimals: 1},
			Bench:   Form{Name: "total-sec", Scale: 1e-3}, Chart: true},
		{Name: MigrationTime, Unit: "ms", Better: Lower, Time: true, Of: migrationTime,
			Doc: "total time without setup, which does not grow with memory; CAN'T COMPLETE is worse " +
				"than any time",
			Misread: "as equal work with wait off: a model that compresses less finishes sooner; see " +
				WallPerCompressed,
			Shown: Form{Name: "time without setup", Unit: "ms", Decimals: 1},
			Bench: Form{Name: "migration-sec", Scale: 1e-3}},
		{Name: Completed, Unit: "runs", Better: Higher, Tick: 1, Gate: true, Of: completed,
			Doc:   "1 if the migration completed within its bound, 0 if it CAN'T COMPLETE",
			Shown: Form{Name: "completed", Unit: "%", Scale: 100},
			Bench: Form{Name: "completed-%", Scale: 100}, Chart: true},
		{Name: Downtime, Unit: "ms", Better: Lower, Tick: 0.1, Of: downtime,
			Doc:     "from the stop of the guest to completion",
			Misread: "as a promise: threshold and bandwidth are estimates of the last window",
			Shown:   Form{Name: "downtime", Unit: "ms", Decimals: 2}, Table: Stop,
			Bench: Form{Name: "downtime-sec", Scale: 1e-3}},
		{Name: "downtime_of_limit", Unit: "ratio", Better: Lower, Tick: 0.01, Of: downtimeOfLimit,
			Doc:     "downtime over its limit, of a run that completed; 1 is the limit",
			Misread: "as the model's alone: the threshold is an estimate of the last window",
			Shown:   Form{Name: "downtime of its limit", Unit: "%", Scale: 100}, Table: Stop},
		{Name: DowntimeKept, Unit: "runs", Better: Higher, Tick: 1, Of: downtimeKept,
			Doc:   "1 if the downtime of a run that completed kept the downtime limit, 0 if not",
			Shown: Form{Name: "downtime kept", Unit: "%", Scale: 100}},
		{Name: RateWindows, Unit: "windows", Better: Neither, Of: rateWindows,
			Doc:     "rate windows of 100 ms in the total time",
			Misread: "under 4: bandwidth, threshold and downtime are estimates of few windows",
			Shown:   Form{Name: "rate windows"}, Table: Stop},
		{Name: DrainRate, Unit: "pages/s", Better: Higher, Of: drainRate,
			Doc:     "pages sent a second of total time",
			Misread: "as throughput of the codec: zero and raw pages are in it",
			Shown:   Form{Name: "pages sent", Unit: "per s"},
			Bench:   Form{Name: "pages/s"}, Chart: true},
		{Name: SetupShare, Unit: "ratio", Better: Lower, Tick: 0.001, Of: setupShare,
			Doc:     "making of threads and codec states, over the total time of a run that completed",
			Misread: "as the model's: it does not grow with memory",
			Shown:   Form{Name: "setup", Unit: "%", Scale: 100}},
		{Name: "link_achieved", Unit: "bytes/s", Better: Higher, Of: linkAchieved,
			Doc: "what the link carried while it had bytes to drain or held its sender; see " +
				"link_bandwidth",
			Misread: "as the rate of the migration: time in which main had nothing to send is not in it",
			Shown:   Form{Name: "link carried", Unit: "MB/s", Scale: 1e-6}},
	}
}

func pageMetrics() []Metric {
	return []Metric{
		{Name: BusyRatio, Unit: "ratio", Better: Lower, Tick: 0.001, WaitOff: true, Of: busyRatio,
			Doc: "pages sent uncompressed because no thread was free, over all pages",
			Misread: "as quality: with wait off a model that refuses more pages finishes sooner and sends " +
				"more bytes",
			Shown: Form{Name: "busy-ratio", Decimals: 2},
			Bench: Form{Name: "busy-%", Scale: 100}},
		{Name: "self_ratio", Unit: "ratio", Better: Neither, Tick: 0.001, WaitOff: true, Of: selfRatio,
			Doc:   "pages that the main thread compressed itself because no thread was free, over all pages",
			Shown: Form{Name: "self-ratio", Decimals: 2}},
		{Name: "busy_pages", Unit: "pages", Better: Lower, Tick: 1, Of: busyPages,
			Doc:   "pages sent uncompressed because no thread was free",
			Shown: Form{Name: "busy pages"}},
	}
}

func totalTime(r *results.Run) (float64, bool) {
	if !r.Completed {
		return math.Inf(1), true
	}
	return r.TotalTimeMS, r.TotalTimeMS > 0
}

func completed(r *results.Run) (float64, bool) {
	if r.Completed {
		return 1, true
	}
	return 0, true
}

// downtime is 0 where a publication does not state it.
func downtime(r *results.Run) (float64, bool) {
	return r.DowntimeMS, r.Completed && r.DowntimeMS > 0
}

// drainRate is the one that the record states; nothing computes it anew.
func drainRate(r *results.Run) (float64, bool) { return r.DrainRate, r.DrainRate > 0 }

func setupShare(r *results.Run) (float64, bool) {
	return r.SetupTimeMS / r.TotalTimeMS, r.Completed && r.TotalTimeMS > 0 && ofSource(r)
}

// linkAchieved has no value for an unlimited link.
func linkAchieved(r *results.Run) (float64, bool) {
	if r.LinkAchieved == nil {
		return 0, false
	}
	return *r.LinkAchieved, true
}

// busyRatio has no meaning with wait on, where it is 0 by construction.
func busyRatio(r *results.Run) (float64, bool) {
	if r.Wait || r.BusyRatio == nil {
		return 0, false
	}
	return *r.BusyRatio, true
}

func selfRatio(r *results.Run) (float64, bool) {
	if r.SelfRatio == nil {
		return 0, false
	}
	return *r.SelfRatio, true
}

func busyPages(r *results.Run) (float64, bool) {
	return float64(r.Busy), r.Pages > 0 && ofSource(r)
}

// ofSource reports whether the run has figures of a source: without them a zero says nothing.
func ofSource(r *results.Run) bool { return r.Sides != results.DestinationSide }
