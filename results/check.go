package results

import "fmt"

// The names that a record must have. Those of a run are read by programs outside the project and
// never change; others may be missing, in files of other programs, and are then zero.
var (
	headerNames = []string{"kind", "host", "scenario"}

	runNames = []string{
		"model", "threads", "wait", "completed", "verified", "total_time_ms", "setup_time_ms",
		"downtime_ms", "rounds", "pages", "pages_compressed", "pages_raw", "pages_zero", "busy",
		"busy_ratio", "wire_bytes", "timeline", "thread_usage",
	}

	// A publication states few figures, and a zero in place of the others would be a lie.
	publishedNames = []string{"model", "threads", "wait", "completed"}

	failedNames = []string{"model", "threads", "wait", "class", "reason"}

	frontierNames = []string{"model", "threads", "wait", "repeat",
		"highest_completed_pages_per_second", "lowest_failed_pages_per_second"}
)

// wrong says which figure of r cannot be, or nothing. A report divides by some and sums others.
func (r *Run) wrong() string {
	switch {
	case r.Model == "":
		return "model is empty"
	case r.Threads < 0 || r.Threads > MaxThreads:
		return fmt.Sprintf("threads is %d; it is between 0 and %d", r.Threads, MaxThreads)
	case len(r.ThreadUsage) > MaxUsage:
		return fmt.Sprintf("thread_usage has %d threads; the most is %d", len(r.ThreadUsage), MaxUsage)
	case r.BusyRatio != nil && (*r.BusyRatio < 0 || *r.BusyRatio > 1):
		return fmt.Sprintf("busy_ratio is %g; a ratio is between 0 and 1", *r.BusyRatio)
	}
	return r.negative()
}

func (r *Run) negative() string {
	figures := []struct {
		name  string
		value float64
	}{
		{"total_time_ms", r.TotalTimeMS}, {"setup_time_ms", r.SetupTimeMS},
		{"downtime_ms", r.DowntimeMS}, {"pages", float64(r.Pages)}, {"busy", float64(r.Busy)},
		{"pages_compressed", float64(r.PagesCompressed)}, {"pages_raw", float64(r.PagesRaw)},
		{"pages_zero", float64(r.PagesZero)}, {"wire_bytes", float64(r.WireBytes)},
		{"block", float64(r.Block)}, {"pair", float64(r.Pair)}, {"index", float64(r.Index)},
	}
	for _, f := range figures {
		if f.value < 0 {
			return fmt.Sprintf("%s is %g; it cannot be negative", f.name, f.value)
		}
	}
	return ""
}

// wrong says which figure of f cannot be, or nothing.
func (f *Frontier) wrong() string {
	for _, v := range []*Number{f.Highest, f.Lowest} {
		if v != nil && *v < 0 {
			return fmt.Sprintf("a dirty rate is %g; it cannot be negative", *v)
		}
	}
	if f.Model == "" || f.Threads < 0 || f.Threads > MaxThreads {
		return fmt.Sprintf("model %s with %d threads: a search names a model and 0 to %d threads",
			quote(f.Model), f.Threads, MaxThreads)
	}
	return ""
}
