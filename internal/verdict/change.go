package verdict

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"mtbench/internal/metric"
	"mtbench/results"
)

// workloadDifferences lists the keys of the scenario in which two files differ, but for those that
// are excused.
func workloadDifferences(a, b *results.File, excused ...string) []string {
	x, y := reflect.ValueOf(a.Header.Scenario), reflect.ValueOf(b.Header.Scenario)
	excused = append(excused, givenAsMultiples(a, b)...)
	var keys []string
	if p, q := a.Header.ContentSource, b.Header.ContentSource; p != nil && q != nil {
		excused = append(excused, "content") // the bytes count, not the path
		if p.SHA256 != q.SHA256 {
			keys = append(keys, contentKey)
		}
	}
	for i := range x.NumField() {
		key, _, _ := strings.Cut(x.Type().Field(i).Tag.Get("json"), ",")
		if slices.Contains(excused, key) {
			continue
		}
		if !sameValue(x.Field(i).Interface(), y.Field(i).Interface()) {
			keys = append(keys, key)
		}
	}
	return keys
}

// contentKey is the digest of a content file's pages.
const contentKey = "content_source.sha256"

// givenAsMultiples are the absolute rates that both files derived from the same multiple of what
// their host does: they differ whenever the host's speed was measured anew. The kernel's own
// rounding of the socket buffer is the host's too.
func givenAsMultiples(a, b *results.File) []string {
	keys := []string{"socket_buffer_bytes"}
	x, y := a.Header.Scenario, b.Header.Scenario
	if x.DirtyRateMultiple != 0 && y.DirtyRateMultiple != 0 || x.DirtyOfPool != 0 &&
		y.DirtyOfPool != 0 {
		keys = append(keys, "dirty_rate_pages_per_second")
	}
	if x.LinkMultiple != 0 && y.LinkMultiple != 0 || x.LinkOfPool != 0 && y.LinkOfPool != 0 {
		keys = append(keys, "link_bandwidth_bytes_per_second")
	}
	for setting, key := range map[string]string{"limit": "limit_ms",
		"downtime-limit": "downtime_limit_ms"} {
		if a.Header.Pilot.Derived(setting) && b.Header.Pilot.Derived(setting) {
			keys = append(keys, key)
		}
	}
	return keys
}

// sameValue allows for the last digits of a float in a file.
func sameValue(a, b any) bool {
	x, ok := a.(float64)
	if !ok {
		return a == b
	}
	y := b.(float64)
	return math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y))
}

// ChangeOptions say what counts as a regression.
type ChangeOptions struct {
	Metrics []metric.Metric // what may regress; nil for [GateMetrics]
	// share by which a metric must be worse, at least; 0 for [DefaultThreshold]
	Threshold float64
	// share by which the page cost may move between the files; 0 for [DefaultPageCost]
	PageCost float64
}

// DefaultThreshold is a change that is worth a red build.
const DefaultThreshold = 0.05

// GateMetrics returns what is judged unless others are named: counters, which hardly depend on how
// busy the machine was, and completion.
func GateMetrics() []metric.Metric {
	var gate []metric.Metric
	for _, m := range metric.All() {
		if m.Gate {
			gate = append(gate, m)
		}
	}
	return gate
}

// Change is what became of one metric of one model in one cell from an old file to a new one.
type Change struct {
	Comparison        // Base is the old file's runs, Other the new one's
	Model      string // the contender
	Regression bool
	Standing   Standing
}

// ChangeList is a comparison of two files.
type ChangeList struct {
	Old, New  string // files; of a series of two builds their names
	Changes   []Change
	Threshold float64
	Paired    bool     // two builds in one series: Threshold is the margin of "equal"
	Warnings  []string // the hosts differ
	Faults    []CaseFault
}

// IncomparableError says why two files cannot be compared.
type IncomparableError struct{ Msg string }

func (e *IncomparableError) Error() string { return e.Msg }

// CompareFiles sets the runs of new against those of old, cell by cell and model by model. The two
// were not run side by side: a change of the host between them is a change here, which is why
// counters are the default. Files of different workloads or kinds are refused by an
// *IncomparableError.
func CompareFiles(before, after *results.File, o ChangeOptions) (*ChangeList, error) {
	if err := comparable(before, after); err != nil {
		return nil, err
	}
	if o.Metrics == nil {
		o.Metrics = GateMetrics()
	}
	if o.Threshold == 0 {
		o.Threshold = DefaultThreshold
	}
	list := &ChangeList{Old: before.Path, New: after.Path, Threshold: o.Threshold,
		Warnings: hostWarnings(&before.Header, &after.Header)}
	if err := samePageCost(before, after, o.PageCost); err != nil {
		return nil, err
	}
	shared := sharedCases(before, after)
	list.findFaults(before, after)
	if len(shared) == 0 && !slices.ContainsFunc(list.Faults,
		func(f CaseFault) bool { return f.Standing == FailedIn }) {
		return nil, &IncomparableError{fmt.Sprintf("%s and %s have no model and cell in common",
			before.Path, after.Path)}
	}
	for _, m := range o.Metrics {
		list.add(before, after, m, shared)
	}
	return list, nil
}

func comparable(before, after *results.File) error {
	if err := buildsApart(before, after); err != nil {
		return err
	}
	for _, f := range []*results.File{before, after} {
		if err := f.Current("compared"); err != nil {
			return &IncomparableError{err.Error()}
		}
	}
	if a, b := before.Header.Kind, after.Header.Kind; a != b {
		return &IncomparableError{fmt.Sprintf("%s is %s and %s is %s: figures of one kind only can be "+
			"compared", before.Path, a, after.Path, b)}
	}
	if before.Header.Kind == results.Traced {
		return &IncomparableError{fmt.Sprintf("%s and %s were traced: their figures carry what tracing "+
			"cost and are no evidence; run both without --trace", before.Path, after.Path)}
	}
	keys := workloadDifferences(before, after)
	if len(keys) == 0 {
		return nil
	}
	x, y := reflect.ValueOf(before.Header.Scenario), reflect.ValueOf(after.Header.Scenario)
	var said []string
	for _, key := range keys {
		if key == contentKey {
			said = append(said, fmt.Sprintf("%s (%.16s…, then %.16s…)", key,
				before.Header.ContentSource.SHA256, after.Header.ContentSource.SHA256))
			continue
		}
		i := fieldOf(x.Type(), key)
		said = append(said, fmt.Sprintf("%s (%v, then %v)", key, x.Field(i), y.Field(i)))
	}
	return &IncomparableError{fmt.Sprintf("%s and %s are of different workloads: they differ in %s",
		before.Path, after.Path, strings.Join(said, ", "))}
}

func fieldOf(t reflect.Type, key string) int {
	for i := range t.NumField() {
		if k, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); k == key {
			return i
		}
	}
	return 0
}

// hostWarnings says in what the hosts of two files differ, case by case where several made one.
func hostWarnings(before, after *results.Header) []string {
	var warnings []string
	for _, h := range hostPairs(before, after) {
		for _, d := range []struct {
			what string
			a, b any
		}{
			{"CPU model", h[0].CPUModel, h[1].CPUModel},
			{"CPUs", h[0].CPUs, h[1].CPUs},
			{"CPU quota", h[0].QuotaCPUs, h[1].QuotaCPUs},
			{"kernel", h[0].Kernel, h[1].Kernel},
			{"hypervisor", h[0].Virtual, h[1].Virtual},
			{"frequency governor", h[0].Governor, h[1].Governor},
			{"host name", h[0].Name, h[1].Name},
			{"Go toolchain", before.Go, after.Go},
		} {
			text := fmt.Sprintf("the %s differs: %v, then %v", d.what, d.a, d.b)
			if d.a != d.b && !slices.Contains(warnings, text) {
				warnings = append(warnings, text)
			}
		}
	}
	return warnings
}

// hostPairs are the hosts of the same case in two files: one pair, unless several hosts made one.
func hostPairs(before, after *results.Header) [][2]*results.Host {
	if len(before.Parts)+len(after.Parts) == 0 {
		return [][2]*results.Host{{&before.Host, &after.Host}}
	}
	var pairs [][2]*results.Host
	for _, c := range before.Matrix.AllCases() {
		p := [2]*results.Host{before.HostOf(c), after.HostOf(c)}
		if !slices.Contains(pairs, p) {
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// DefaultPageCost is how far the time of a page on one thread may move between two files before it
// explains whatever else did.
const DefaultPageCost = 0.10

// samePageCost refuses files between which the host's speed changed.
func samePageCost(before, after *results.File, most float64) error {
	if most == 0 {
		most = DefaultPageCost
	}
	for _, h := range hostPairs(&before.Header, &after.Header) {
		a, b := h[0].PageServiceU, h[1].PageServiceU
		if a > 0 && b > 0 && math.Abs(math.Log(b/a)) > math.Log1p(most) {
			return pageCostError(before, after, a, b, most)
		}
	}
	return nil
}

func pageCostError(before, after *results.File, a, b, most float64) error {
	return &IncomparableError{fmt.Sprintf("a page took %.3g µs on one thread for %s and %.3g µs "+
		"for %s: the "+
		"host's speed changed by more than %.3g %%, and whatever else changed may come from that", a,
		before.Path, b, after.Path, most*100)}
}

// modelCell is a case that both files have.
type modelCell struct {
	model string
	results.Cell
}

func sharedCases(before, after *results.File) []modelCell {
	var shared []modelCell
	for _, model := range Models(before) {
		for _, c := range Cells(before) {
			if len(runsOf(before, model, c)) > 0 && len(runsOf(after, model, c)) > 0 {
				shared = append(shared, modelCell{model, c})
			}
		}
	}
	return shared
}

// add judges one metric over all shared cases, which are its family.
func (l *ChangeList) add(before, after *results.File, m metric.Metric, shared []modelCell) {
	var family []Comparison
	for _, s := range shared {
		if m.WaitOff && s.Wait {
			continue
		}
		c := compareUnpaired(m, l.Threshold, lastAttempts(before, s.model, s.Cell),
			lastAttempts(after, s.model, s.Cell))
		if c.BaseN == 0 && c.OtherN == 0 {
			continue // the case has no such figure
		}
		c.Cell, c.BaseCell, c.Base, c.Other = s.Cell, s.Cell, s.model, s.model
		family = append(family, c)
	}
	for i := range family {
		family[i].FloorOf = widerFloor(before, after, m, family[i].Cell)
	}
	decide(family)
	for _, c := range family {
		l.Changes = append(l.Changes, Change{Comparison: c, Model: c.Other, Regression: l.regressed(&c),
			Standing: l.standing(&c)})
	}
}

// widerFloor is that of the file whose machine can tell less.
func widerFloor(before, after *results.File, m metric.Metric, c results.Cell) Floor {
	a, b := FloorOf(before, m, c), FloorOf(after, m, c)
	const typical = 10
	if a.For(typical) > b.For(typical) {
		return a
	}
	return b
}

// regressed: the change is proved, it is for the worse, and its estimate is beyond the threshold.
// A metric that has no better direction never regresses.
func (l *ChangeList) regressed(c *Comparison) bool {
	limit := math.Log1p(l.Threshold)
	switch {
	case c.Metric.Better == metric.Lower:
		return c.State == HigherThan && c.Change.Estimate > limit
	case c.Metric.Better == metric.Higher:
		return c.State == LowerThan && c.Change.Estimate < -limit
	default:
		return false
	}
}

// Regressions lists the changes for the worse.
func (l *ChangeList) Regressions() []Change {
	var worse []Change
	for _, c := range l.Changes {
		if c.Regression {
			worse = append(worse, c)
		}
	}
	return worse
}

// Provable reports whether any of the changes had runs enough to be proved.
func (l *ChangeList) Provable() bool {
	for i := range l.Changes {
		if c := &l.Changes[i].Comparison; l.Paired && c.N() >= c.Required() ||
			!l.Paired && c.N() >= needed(true, c.Tests) {
			return true
		}
	}
	return false
}
