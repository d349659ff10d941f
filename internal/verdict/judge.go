package verdict

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"mtbench/internal/claims"
	"mtbench/internal/metric"
	"mtbench/internal/stats"
	"mtbench/results"
)

// Outcome is what the results say of a claim.
type Outcome int

const (
	Supported Outcome = iota
	Contradicted
	Immaterial  // a direction was claimed, and the two are equal within the margin
	Unproven    // not enough evidence
	NotMeasured // no run that it is about
)

// String is how a report writes the outcome.
func (o Outcome) String() string {
	return [...]string{"supported", "contradicted", "immaterial", "not enough evidence",
		"not measured"}[o]
}

// Judged is a claim in one of its cells.
type Judged struct {
	Claim   *claims.Claim
	Cell    results.Cell
	Outcome Outcome

	// OutsideRegime: the host has fewer CPUs than the case has runnable threads at both ends, so that
	// whatever comes out says nothing about the machine that the claim is about.
	OutsideRegime bool

	Hollow string // why that it is supported says nothing: [ByConstruction]; empty if it does
	Doubt  string // why whatever comes out says nothing: [claims.PrintedTwice]; empty if it does

	File       string      // whose runs were judged; empty if none
	Comparison *Comparison // nil for completion, for zero, and where nothing was measured
	N          int         // pairs, or runs
	Finding    string      // what was found, in words, with estimate and interval where proved
	Command    string      // not measured: what would measure it

	value float64 // below, above: in the metric's unit
	least float64 // lower, higher: by how much at least, as the size of a log ratio
}

// Apart is why the claim is counted apart from its outcome in this case; empty where it is not.
func (j *Judged) Apart() string {
	switch {
	case j.Outcome == NotMeasured:
		return ""
	case j.Doubt != "":
		return j.Doubt
	case j.Outcome == Supported:
		return j.Hollow
	}
	return ""
}

// Why a claim is counted apart.
const (
	ByConstruction = "true by construction"
	CannotFail     = "cannot fail here"
)

func apartReasons() []string {
	return []string{ByConstruction, CannotFail, claims.PrintedTwice, claims.TooFewDigits}
}

// ID names the claim and its cell: "total-time@4-off".
func (j *Judged) ID() string {
	return j.Claim.ID + "@" + j.Cell.Short()
}

// EvaluateClaims judges claims by files, in the order of the claims and their cells. A claim in a
// cell is judged by one file, that which has most of its runs; files are pooled only for a claim on
// two models of which no file has both (runs of lockless with --round-robin are a model of their
// own, lockless-rr). Traced files are not counted. P-values are adjusted over all claims on the
// same metric.
func EvaluateClaims(files []*results.File, list []*claims.Claim) []Judged {
	b := &bench{families: map[familyKey][]*Comparison{}, floors: map[floorKey]Floor{}}
	b.take(files)
	var all []Judged
	for _, c := range list {
		for _, cell := range c.Cells() {
			all = append(all, b.gather(c, cell))
		}
	}
	b.decide()
	for i := range all {
		all[i].conclude()
	}
	return all
}

// take leaves out what was traced, whose runs are as good as not measured, and what is of no whole
// migration, which is what claims are about.
func (b *bench) take(files []*results.File) {
	for _, f := range files {
		if f.Header.Kind == results.Traced {
			b.leftOut = " that was not traced"
			continue
		}
		if f.Header.Scenario.DestinationAlone() {
			b.leftOut = " at both ends"
			continue
		}
		b.files = append(b.files, f)
	}
}

// bench gathers the comparisons of all claims before any is judged: they form families.
type bench struct {
	files    []*results.File
	leftOut  string // what a finding of nothing says of files that do not count
	families map[familyKey][]*Comparison
	floors   map[floorKey]Floor
}

// familyKey names a family of comparisons: those of two models in a case, and those of two cases,
// are different questions, and the latter have no pairs.
type familyKey struct {
	metric string
	across bool
}

type floorKey struct {
	file         *results.File
	metric, pool string
}

func (b *bench) gather(c *claims.Claim, cell results.Cell) Judged {
	j := Judged{Claim: c, Cell: cell, Doubt: c.Doubt(cell), value: c.Bound(cell),
		least: c.Least(cell)}
	m, _ := metric.Lookup(c.Metric)
	switch {
	case c.Paired():
		b.twoModels(&j, m)
	default:
		b.oneModel(&j, m)
	}
	if j.N == 0 {
		j.Outcome, j.Command = NotMeasured, command(c, cell)
		if j.Finding == "" {
			j.Finding = "no run of it" + b.leftOut
		}
	}
	return j
}

// twoModels compares within the file that has most pairs of the cell, or else across files.
func (b *bench) twoModels(j *Judged, m metric.Metric) {
	c := j.Claim
	baseCell := c.BaseCell(j.Cell)
	var best *Comparison
	var from *results.File
	for _, f := range b.files {
		var got Comparison
		if baseCell == j.Cell {
			got = comparePaired(f, m, j.Cell, c.Base, c.Other)
		} else if f.Header.HostOf(baseCell).Same(f.Header.HostOf(j.Cell)) {
			got = compareUnpaired(m, DefaultEqual, lastAttempts(f, c.Base, baseCell),
				lastAttempts(f, c.Other, j.Cell))
		}
		if baseCell != j.Cell && !f.Header.HostOf(baseCell).Same(f.Header.HostOf(j.Cell)) {
			j.Finding = "the two cases were made by different hosts"
		}
		if got.N() > 0 && (best == nil || got.N() > best.N()) {
			best, from = &got, f
		}
	}
	if best == nil && baseCell == j.Cell {
		best, from = b.acrossFiles(j, m)
	}
	if best == nil {
		return
	}
	best.Cell, best.BaseCell, best.Base, best.Other = j.Cell, baseCell, c.Base, c.Other
	b.keep(j, best, from)
}

// acrossFiles compares the base of one file with the other of another of the same workload.
func (b *bench) acrossFiles(j *Judged, m metric.Metric) (*Comparison, *results.File) {
	for _, f := range b.files {
		base := lastAttempts(f, j.Claim.Base, j.Cell)
		for _, g := range b.files {
			other := lastAttempts(g, j.Claim.Other, j.Cell)
			if len(base) == 0 || len(other) == 0 {
				continue
			}
			if keys := workloadDifferences(f, g, "round_robin"); len(keys) > 0 {
				j.Finding = fmt.Sprintf("%s and %s differ in %s", f.Path, g.Path, strings.Join(keys, ", "))
				continue
			}
			if c := compareUnpaired(m, DefaultEqual, base, other); c.N() > 0 {
				return &c, withFloor(f, g, m, j.Cell)
			}
		}
	}
	return nil, nil
}

// withFloor is the first of two files that measured a floor, or else the first.
func withFloor(f, g *results.File, m metric.Metric, c results.Cell) *results.File {
	if !FloorOf(f, m, c).Measured() && FloorOf(g, m, c).Measured() {
		return g
	}
	return f
}

// keep enters a comparison into its family, once.
func (b *bench) keep(j *Judged, c *Comparison, f *results.File) {
	j.File, j.N = f.Path, c.N()
	j.Hollow = j.hollow(f)
	j.OutsideRegime = f.Header.Crowded(c.Cell) || f.Header.Crowded(c.BaseCell)
	k := floorKey{f, c.Metric.Name, PoolOf(f)(c.Cell)}
	if _, ok := b.floors[k]; !ok {
		b.floors[k] = FloorOf(f, c.Metric, c.Cell)
	}
	c.FloorOf = b.floors[k]
	family := familyKey{c.Metric.Name, c.Cell != c.BaseCell}
	for _, same := range b.families[family] {
		if same.Cell == c.Cell && same.BaseCell == c.BaseCell && same.Base == c.Base &&
			same.Other == c.Other && same.Unpaired == c.Unpaired {
			j.Comparison = same
			return
		}
	}
	b.families[family] = append(b.families[family], c)
	j.Comparison = c
}

// oneModel looks at the runs of one model: against a value, for zeros, or for completion.
func (b *bench) oneModel(j *Judged, m metric.Metric) {
	var runs []*results.Run
	var from *results.File
	for _, f := range b.files {
		if got := lastAttempts(f, j.Claim.Model, j.Cell); len(got) > len(runs) {
			runs, from = got, f
		}
	}
	if from == nil {
		return
	}
	c := &Comparison{Metric: m, Cell: j.Cell, BaseCell: j.Cell, Planned: len(runs),
		Base: j.reference(), Other: j.Claim.Model}
	for i, r := range runs {
		if v, ok := m.Of(r); ok {
			c.Pairs = append(c.Pairs, Pair{Index: i, Other: v, LogRatio: j.against(v, m.Tick),
				Known: j.against(v, m.Tick), Graded: r.Grade()})
		}
	}
	c.BaseN, c.OtherN = len(c.Pairs), len(c.Pairs)
	c.OtherCompleted = countCompleted(runs)
	c.Outliers, c.Disturbed = outliers(c.Pairs), disturbed(c.Pairs)
	c.weighPairs(ruleOf(from))
	if c.N() > 0 {
		b.keep(j, c, from)
	}
}

// reference is what a model by itself is compared with.
func (j *Judged) reference() string {
	if j.value != 0 {
		return fmt.Sprint(j.value)
	}
	return j.Claim.Relation
}

// against is the log ratio of a value to the claim's; of completion, the sign of it, which makes
// the signed-rank test the sign test.
func (j *Judged) against(v, tick float64) float64 {
	switch j.Claim.Relation {
	case claims.Completes, claims.Cannot:
		return 2*v - 1
	case claims.Zero:
		return v
	default:
		return logRatio(j.value, v, tick)
	}
}

// lastAttempts are the runs of a contender in a cell, of each pair the last attempt only.
func lastAttempts(f *results.File, model string, c results.Cell) []*results.Run {
	last := map[int]*results.Run{}
	for _, r := range runsOf(f, model, c) {
		if before := last[r.Pair]; before == nil || r.Attempt > before.Attempt {
			last[r.Pair] = r
		}
	}
	runs := make([]*results.Run, 0, len(last))
	for _, r := range last {
		runs = append(runs, r)
	}
	slices.SortFunc(runs, func(a, b *results.Run) int { return cmp.Compare(a.Pair, b.Pair) })
	return runs
}

// decide adjusts each family and judges its comparisons.
func (b *bench) decide() {
	for _, family := range b.families {
		settle(family)
	}
}

// hollow says why a claim cannot fail in a case on the host of f, or nothing.
func (j *Judged) hollow(f *results.File) string {
	c := j.Claim
	switch {
	case c.Construction:
		return ByConstruction
	case c.Relation == claims.Below && c.Metric == metric.WorkerCPU &&
		f.Header.HostOf(j.Cell).Usable()/float64(j.Cell.Threads) <= j.value:
		return CannotFail
	}
	return ""
}

// conclude turns what was found into an outcome.
func (j *Judged) conclude() {
	if j.N == 0 {
		return
	}
	switch j.Claim.Relation {
	case claims.Completes, claims.Cannot:
		j.concludeCompletion()
	case claims.Zero:
		j.concludeZero()
	case claims.Equal:
		j.concludeEqual()
	default:
		j.concludeDifference()
	}
}

// concludeCompletion: most runs, by the sign test.
func (j *Judged) concludeCompletion() {
	done := j.Comparison.OtherCompleted
	j.Finding = fmt.Sprintf("%d of %s completed", done, plural(j.N, "run"))
	completes := 2*done > j.N
	switch {
	case j.Comparison.Adjusted > Alpha:
		j.Outcome = Unproven
		j.Finding = fmt.Sprintf("%s; at least %d that agree are needed for %s", j.Finding,
			j.Comparison.Required(), plural(j.Comparison.family(), "test"))
	case completes == (j.Claim.Relation == claims.Completes):
		j.Outcome = Supported
	default:
		j.Outcome = Contradicted
	}
}

// concludeZero: one run that is not zero contradicts, whatever the others say.
func (j *Judged) concludeZero() {
	for _, p := range j.Comparison.Pairs {
		if p.Other != 0 {
			j.Outcome = Contradicted
			j.Finding = fmt.Sprintf("%v %s in a run", p.Other, j.Comparison.Metric.Unit)
			return
		}
	}
	j.Outcome = Supported
	j.Finding = fmt.Sprintf("zero in all %d runs", j.N)
}

// concludeEqual: equal where the whole interval is within the tolerance.
func (j *Judged) concludeEqual() {
	c := j.Comparison
	within := math.Log1p(j.Claim.WithinShare)
	switch {
	case !c.Sequential() && c.N() < c.Needed, c.Unsized():
		j.Outcome, j.Finding = Unproven, c.why()
	case -within <= c.Change.Lo && c.Change.Hi <= within:
		j.Outcome = Supported
		j.Finding = fmt.Sprintf("equal within %s: %s, %s", FormatSize(within),
			FormatInterval(c.Change), c.counts())
	case c.Decided() && (c.Change.Lo > within || c.Change.Hi < -within):
		j.Outcome, j.Finding = Contradicted, c.String()
	default:
		j.Outcome, j.Finding = Unproven, c.straddles()
	}
}

// concludeDifference: the direction must be proved, and the whole interval be beyond at_least.
func (j *Judged) concludeDifference() {
	c := j.Comparison
	j.Finding = j.difference()
	claimed := HigherThan
	if j.Claim.Relation == claims.Lower || j.Claim.Relation == claims.Below {
		claimed = LowerThan
	}
	near, far := sized(c.Change, claimed)
	switch {
	case !c.Decided():
		j.Outcome = Unproven
	case c.State == Equal:
		j.Outcome = Immaterial
	case c.State != claimed:
		j.Outcome = Contradicted
	case near >= j.least || j.least == 0:
		j.Outcome = Supported
	case far < j.least:
		j.Outcome = Contradicted
		j.Finding += "; less than the " + j.leastText() + " claimed"
	default:
		j.Outcome = Unproven
		j.Finding = c.straddles()
	}
}

// leastText is the size that is claimed as the claim gives it, or as a ratio of the figures.
func (j *Judged) leastText() string {
	if j.Claim.AtLeast == claims.FromFigures {
		return fmt.Sprintf("%.3g×", math.Exp(j.least))
	}
	return fmt.Sprintf("%v %%", j.Claim.AtLeastShare*100)
}

// difference is the comparison in words: of two models as a change, of one in the metric's unit.
func (j *Judged) difference() string {
	c := j.Comparison
	if j.value == 0 || !c.Decided() {
		return c.String()
	}
	value := func(log float64) float64 {
		return max(0, math.Exp(log)*(j.value+c.Metric.Tick)-c.Metric.Tick)
	}
	return fmt.Sprintf("%.3g %s [%.3g, %.3g], %s, %s", value(c.Change.Estimate),
		c.Metric.Unit, value(c.Change.Lo), value(c.Change.Hi), c.Sureness(), c.counts())
}

// straddles says that both sides of the claim lie within the interval.
func (c *Comparison) straddles() string {
	return "not enough evidence: " + c.counts() + "; the interval reaches to both sides of the claim"
}

// sized gives the ends of an interval as sizes in the claimed direction.
func sized(iv stats.Interval, direction State) (near, far float64) {
	if direction == LowerThan {
		return -iv.Hi, -iv.Lo
	}
	return iv.Lo, iv.Hi
}

// command is what measures a claim in a cell.
func command(c *claims.Claim, cell results.Cell) string {
	models := []string{c.Base, c.Other}
	if !c.Paired() {
		models = []string{c.Model}
	}
	slices.Sort(models[min(1, len(models)):])
	models = slices.Compact(models)
	threads := fmt.Sprint(cell.Threads)
	if c.BaseThreads != 0 {
		threads = fmt.Sprintf("%d,%d", c.BaseThreads, cell.Threads)
	}
	waits := results.OnOff(cell.Wait)
	if c.BaseCell(cell).Wait != cell.Wait {
		waits = "off,on"
	}
	flags := fmt.Sprintf("--threads %s --wait %s --pairs 10", threads, waits)
	return "mtbench run --models " + strings.Join(models, ",") + " " + flags
}

// Tally counts judged claims.
type Tally struct {
	Supported, Contradicted, Immaterial, Unproven, NotMeasured int
	// by the reason for which they are counted apart: not among the above
	Apart map[string]int
	// of all that are measured: they set no status
	OutsideRegime int
	Blocking      int // contradicted within its regime
	// not enough evidence within its regime
	Wanting int
}

// Measured counts the claims that some run is about.
func (t Tally) Measured() int {
	n := t.Supported + t.Contradicted + t.Immaterial + t.Unproven
	for _, apart := range t.Apart {
		n += apart
	}
	return n
}

// String counts the outcomes in words.
func (t Tally) String() string {
	text := fmt.Sprintf("%d supported, %d contradicted, %d immaterial (equal within the margin), "+
		"%d not enough evidence, %d not measured", t.Supported, t.Contradicted, t.Immaterial,
		t.Unproven, t.NotMeasured)
	var apart []string
	for _, why := range apartReasons() {
		if n := t.Apart[why]; n > 0 {
			apart = append(apart, fmt.Sprintf("%d %s", n, why))
		}
	}
	if len(apart) > 0 {
		text += ". Counted apart: " + strings.Join(apart, ", ")
	}
	return fmt.Sprintf("%s; %d of them outside their regime", text, t.OutsideRegime)
}

// Count tallies claims: a command ends by Blocking and Wanting alone.
func Count(all []Judged) Tally {
	t := Tally{Apart: map[string]int{}}
	for i := range all {
		j := &all[i]
		t.OutsideRegime += b2i(j.OutsideRegime)
		if why := j.Apart(); why != "" {
			t.Apart[why]++
			continue
		}
		switch j.Outcome {
		case Supported:
			t.Supported++
		case Contradicted:
			t.Contradicted++
			t.Blocking += b2i(!j.OutsideRegime)
		case Immaterial:
			t.Immaterial++
		case Unproven:
			t.Unproven++
			t.Wanting += b2i(!j.OutsideRegime)
		case NotMeasured:
			t.NotMeasured++
		}
	}
	return t
}
