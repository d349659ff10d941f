package results

import (
	"fmt"
	"strings"
)

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

	handOverHeaderNames = []string{"host", "grid"}

	handOverNames = []string{"model", "threads", "work_ns", "load_percent", "index", "repeat",
		"pages", "wall_ms", "pages_per_second", "cpu_ns_per_page"}

	handOverFailedNames = []string{"model", "threads", "work_ns", "load_percent", "index", "repeat",
		"reason"}

	whatIfNames = []string{"model", "threads", "wait", "cost", "points"}

	// What may be null, of the names above.
	nullable = map[string]bool{"verified": true, "busy_ratio": true, "timeline": true,
		"thread_usage": true, "highest_completed_pages_per_second": true,
		"lowest_failed_pages_per_second": true}
)

// The values of Run.EndReason.
const (
	endCompleted = "completed"
	endBound     = "bound"
	endDiverging = "diverging"
)

// wrong says which figure of r cannot be, or nothing. A report divides by some and sums others.
// kind is the file's.
func (r *Run) wrong(kind string, p plans) string {
	if msg := r.Cell.wrong(); msg != "" {
		return msg
	}
	switch {
	case len(r.ThreadUsage) > MaxUsage:
		return fmt.Sprintf("thread_usage has %d threads; the most is %d", len(r.ThreadUsage), MaxUsage)
	case r.CPUTimeline.wrong() != "":
		return r.CPUTimeline.wrong()
	case !isRatio(r.BusyRatio):
		return fmt.Sprintf("busy_ratio is %g; a ratio is between 0 and 1", *r.BusyRatio)
	case !isRatio(r.SelfRatio):
		return fmt.Sprintf("self_ratio is %g; a ratio is between 0 and 1", *r.SelfRatio)
	case r.Traced != (kind == Traced):
		return fmt.Sprintf("traced is %t in a file of kind %s; one contradicts the other", r.Traced, kind)
	case !isRatio(r.BusyRatioPeriod):
		return fmt.Sprintf("busy_ratio_period is %g; a ratio is between 0 and 1", *r.BusyRatioPeriod)
	}
	if msg := p.wrong(r); msg != "" || kind == Published {
		return msg
	}
	return firstOf(r.wrongEnd(), r.wrongVerdict(), r.wrongPages(kind))
}

func isRatio(v *Number) bool { return v == nil || *v >= 0 && *v <= 1 }

func firstOf(msgs ...string) string {
	for _, msg := range msgs {
		if msg != "" {
			return msg
		}
	}
	return ""
}

// wrongEnd looks at how the run ended and how long that took.
func (r *Run) wrongEnd() string {
	switch {
	case r.Threads == 0:
		return fmt.Sprintf("threads is 0; a run has 1 to %d", MaxThreads)
	case r.EndReason != endCompleted && r.EndReason != endBound && r.EndReason != endDiverging:
		return fmt.Sprintf("end_reason is %s; it is one of %s, %s, %s", quote(r.EndReason), endCompleted,
			endBound, endDiverging)
	case r.Completed != (r.EndReason == endCompleted):
		return fmt.Sprintf("completed is %t and end_reason is %s; one contradicts the other",
			r.Completed, r.EndReason)
	case r.Completed && r.TotalTimeMS == 0:
		return "total_time_ms is 0; a run that completed took some time"
	}
	return ""
}

// wrongVerdict: a run whose memories differ is a failed record and never one of a run.
func (r *Run) wrongVerdict() string {
	switch {
	case r.Verified != nil && !*r.Verified:
		return "verified is false; it is true, or null with an unverified_reason: a run whose " +
			"memories differ is a record of type failed"
	case r.Verified == nil && r.UnverifiedReason == "":
		return "verified is null and unverified_reason does not say why"
	}
	return ""
}

func (r *Run) wrongPages(kind string) string {
	sum := r.PagesCompressed + r.PagesRaw + r.PagesZero // three limited figures: no overflow
	if (kind == Measured || kind == Traced) && r.Pages != sum {
		return fmt.Sprintf("pages is %d, but pages_compressed + pages_raw + pages_zero is %d",
			r.Pages, sum)
	}
	if here := r.PagesCompressed + r.PagesZero; kind != Published && r.PagesSelf > here {
		return fmt.Sprintf("pages_self is %d, but pages_compressed + pages_zero is %d", r.PagesSelf, here)
	}
	return ""
}

// wrong says which figure of f cannot be, or nothing.
func (f *Frontier) wrong(p plans) string {
	for _, v := range []*Number{f.Highest, f.Lowest} {
		if v != nil && *v < 0 {
			return fmt.Sprintf("a dirty rate is %g; it cannot be negative", *v)
		}
	}
	if f.Model == "" || f.Threads < 0 || f.Threads > MaxThreads {
		return fmt.Sprintf("model %s with %d threads: a search names a model and 0 to %d threads",
			quote(f.Model), f.Threads, MaxThreads)
	}
	return firstOf(p.wrong(f), f.contradiction())
}

// nulls are the names of a record that are null and must not be.
func nulls(sh shape, names []string) string {
	var found []string
	for _, name := range names {
		if !nullable[name] && string(sh.values[name]) == "null" {
			found = append(found, name)
		}
	}
	return strings.Join(found, ", ")
}
