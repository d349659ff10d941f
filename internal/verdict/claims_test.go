package verdict

import (
	"math"
	"slices"
	"strings"
	"testing"

	"mtbench/internal/claims"
	"mtbench/results"
)

func shippedClaims(t *testing.T) []*claims.Claim {
	t.Helper()
	list, err := claims.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestShippedClaimsAreTheLetters: what the shipped file claims is what the letter's own table
// shows, in each case and column, and one run a case proves none of it.
func TestShippedClaimsAreTheLetters(t *testing.T) {
	letter, err := results.Letter()
	if err != nil {
		t.Fatal(err)
	}
	covered := map[string]int{}
	for _, j := range EvaluateClaims([]*results.File{letter}, shippedClaims(t)) {
		if j.N == 0 {
			continue
		}
		covered[j.Claim.Metric]++
		if size := math.Abs(j.Comparison.Change.Estimate); j.Claim.AtLeast == claims.FromFigures &&
			math.Abs(size-j.least) > 1e-9 {
			t.Errorf("%s: %v claimed, the letter has %v", j.ID(), j.least, size)
		}
		if j.Claim.Relation != claims.Zero && j.Outcome != Unproven {
			t.Errorf("%s: one run a case is %v", j.ID(), j.Outcome)
		}
		if !letterAgrees(&j) {
			t.Errorf("%s: the letter's figures are %v, the claim is %s", j.ID(), j.Comparison.Pairs,
				j.Claim.Relation)
		}
	}
	for metric, want := range map[string]int{"total_time": 21, "completed": 12, "main_cpu": 7,
		"worker_cpu_lowest": 7, "worker_cpu_highest": 6, "busy_ratio": 3} {
		if covered[metric] != want {
			t.Errorf("%s: claims on %d of the letter's figures, want %d", metric, covered[metric], want)
		}
	}
}

func letterAgrees(j *Judged) bool {
	log := j.Comparison.Change.Estimate
	switch j.Claim.Relation {
	case claims.Lower, claims.Below:
		return log < 0
	case claims.Higher, claims.Above:
		return log > 0
	case claims.Equal:
		return math.Abs(log) <= math.Log1p(j.Claim.WithinShare)
	case claims.Completes:
		return j.Comparison.OtherCompleted == 1
	case claims.Cannot:
		return j.Comparison.OtherCompleted == 0
	}
	return j.Outcome == Supported
}

const goodClaim = `claims:
  - id: faster
    says: "it is faster"
    source: "me"
    metric: total_time
    where: {threads: [4], wait: ["off"]}
    base: locked
    other: lockless
    relation: lower
`

func parsed(t *testing.T, replace ...string) []*claims.Claim {
	t.Helper()
	list, err := claims.Parse([]byte(strings.NewReplacer(replace...).Replace(goodClaim)), "x")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestOutcomes plants a ratio and reads the outcome.
func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		name    string
		ratio   float64
		pairs   int
		replace []string
		want    Outcome
	}{
		{"it is", 0.6, 10, nil, Supported},
		{"it is the contrary", 1.6, 10, nil, Contradicted},
		{"too few", 0.6, 5, nil, Unproven},
		{"no difference at all", 1, 30, nil, Immaterial},
		{"a little, proved", 0.97, 30, nil, Supported},
		{"by as much", 0.6, 10, []string{"lower", "lower\n    at_least: 20%"}, Supported},
		{"by less", 0.9, 10, []string{"lower", "lower\n    at_least: 50%"}, Contradicted},
		{"by about as much", 0.6, 10, []string{"lower", "lower\n    at_least: 40%"}, Unproven},
		{"higher", 1.6, 10, []string{"lower", "higher\n    at_least: 20%"}, Supported},
		{"by as much as printed", 0.5, 10, []string{"lower", "lower\n    figures: letter\n" +
			"    at_least: figures"}, Supported},
		{"by less than printed", 0.7, 10, []string{"lower", "lower\n    figures: letter\n" +
			"    at_least: figures"}, Contradicted},
		{"equal", 1, 20, []string{"lower", "equal\n    within: 10%"}, Supported},
		{"unequal", 1.5, 20, []string{"lower", "equal\n    within: 10%"}, Contradicted},
		{"about equal", 1.1, 20, []string{"lower", "equal\n    within: 10%"}, Unproven},
		{"other models", 0.5, 10, []string{"other: lockless", "other: multifd"}, NotMeasured},
		{"below", 1, 10, single("below\n    value: 2000"), Supported},
		{"not below", 1, 10, single("below\n    value: 500"), Contradicted},
		{"above", 1, 10, single("above\n    value: 500"), Supported},
		{"completes", 1, 10, single("completes"), Supported},
		{"completes after all", 1, 10, single("cannot-complete"), Contradicted},
		{"completes five times", 1, 5, single("completes"), Unproven},
	} {
		f := twoModels(c.ratio, c.pairs, 21).file()
		j := EvaluateClaims([]*results.File{f}, parsed(t, c.replace...))[0]
		if j.Outcome != c.want {
			t.Errorf("%s: %v (%s), want %v", c.name, j.Outcome, j.Finding, c.want)
		}
		if j.Outcome == Unproven && strings.Contains(j.Finding, "%") {
			t.Errorf("%s: a percentage without evidence: %s", c.name, j.Finding)
		}
		if c.name == "below" && !strings.Contains(j.Finding, " ms [") {
			t.Errorf("no figure in the metric's unit: %s", j.Finding)
		}
		if (j.Outcome == NotMeasured) != strings.HasPrefix(j.Command, "mtbench run") {
			t.Errorf("%s: command %q", c.name, j.Command)
		}
	}
}

// TestAProvedDirectionUnderTheFloor: −3 %, proved, where the model differs from itself by more in a
// worse hour, is lower: nothing contradicts it, however noisy the A/A pairs are.
func TestAProvedDirectionUnderTheFloor(t *testing.T) {
	f := twoModels(0.97, 30, 28).file()
	for i := range f.Runs {
		if r := &f.Runs[i]; r.AA && r.Side == "b" {
			r.TotalTimeMS *= 1 + 0.4*float64(r.Pair%5-2)
		}
	}
	j := EvaluateClaims([]*results.File{f}, parsed(t))[0]
	if j.Comparison.Floor() < math.Log(1.1) || j.Outcome != Supported {
		t.Errorf("floor %v: %v, %s", j.Comparison.Floor(), j.Outcome, j.Finding)
	}
	higher := parsed(t, "lower", "higher")
	if j := EvaluateClaims([]*results.File{f}, higher)[0]; j.Outcome != Contradicted {
		t.Errorf("the opposite is proved: %v, %s", j.Outcome, j.Finding)
	}
	equal := parsed(t, "lower", "equal\n    within: 1%")
	if j := EvaluateClaims([]*results.File{f}, equal)[0]; j.Outcome == Supported {
		t.Errorf("equal within 1%%: %s", j.Finding)
	}
}

// single makes the good claim one on locked alone.
func single(relation string) []string {
	replace := []string{"base: locked\n    other: lockless", "model: locked", "relation: lower",
		"relation: " + relation}
	if strings.HasPrefix(relation, "comp") || strings.HasPrefix(relation, "cannot") {
		replace = append(replace, "    metric: total_time\n", "")
	}
	return replace
}

func TestZeroIsContradictedByOneRun(t *testing.T) {
	replace := append(single("zero"), "total_time", "busy_pages")
	f := twoModels(1, 10, 22).file()
	if j := EvaluateClaims([]*results.File{f}, parsed(t, replace...))[0]; j.Outcome != Supported {
		t.Errorf("no busy page: %v, %s", j.Outcome, j.Finding)
	}
	f.Runs[4].Busy = 3
	if j := EvaluateClaims([]*results.File{f}, parsed(t, replace...))[0]; j.Outcome != Contradicted {
		t.Errorf("three busy pages: %v, %s", j.Outcome, j.Finding)
	}
}

// A run that was traced is as good as none, beside measured ones too.
func TestTracedRunsJudgeNothing(t *testing.T) {
	f, traced := twoModels(1.6, 6, 22).file(), twoModels(1.6, 10, 23).file()
	traced.Header.Kind = results.Traced
	j := EvaluateClaims([]*results.File{traced}, parsed(t))[0]
	if j.Outcome != NotMeasured || j.Command == "" || !strings.Contains(j.Finding, "not traced") {
		t.Errorf("a traced file alone: %v, %q, %q", j.Outcome, j.Finding, j.Command)
	}
	if j := EvaluateClaims([]*results.File{traced, f}, parsed(t))[0]; j.N != 6 || j.File != f.Path {
		t.Errorf("judged by %d pairs of %q", j.N, j.File)
	}
}

// A destination that was measured alone is no migration, which claims are about.
func TestADestinationAloneJudgesNothing(t *testing.T) {
	alone := twoModels(1.6, 10, 23).file()
	alone.Header.Scenario.Sides = results.DestinationSide
	j := EvaluateClaims([]*results.File{alone}, parsed(t))[0]
	if j.Outcome != NotMeasured || !strings.Contains(j.Finding, "at both ends") {
		t.Errorf("a destination alone: %v, %q", j.Outcome, j.Finding)
	}
}

func TestOutsideItsRegime(t *testing.T) {
	f := twoModels(1.6, 10, 23).file()
	f.Header.Host.CPUs = 2
	all := EvaluateClaims([]*results.File{f}, parsed(t))
	if !all[0].OutsideRegime || all[0].Outcome != Contradicted {
		t.Errorf("%+v", all[0])
	}
	if n := Count(all); n.Contradicted != 1 || n.Blocking != 0 || n.OutsideRegime != 1 {
		t.Errorf("%+v", n)
	}
	f.Header.Host.CPUs = 5 // four threads and the main thread
	if n := Count(EvaluateClaims([]*results.File{f}, parsed(t))); n.Blocking != 1 {
		t.Errorf("%+v", n)
	}
}

// TestRoundRobinAcrossFiles: plain round robin is an option of a series, so the claim needs two.
func TestRoundRobinAcrossFiles(t *testing.T) {
	busy := func(f *results.File, ratio float64) *results.File {
		for i := range f.Runs {
			b := ratio * f.Runs[i].TotalTimeMS / 1000
			f.Runs[i].BusyRatio = &b
		}
		return f
	}
	plain, rr := busy(twoModels(1, 10, 24).file(), 0.2), busy(twoModels(1, 10, 25).file(), 0.4)
	plain.Path, rr.Path = "plain.jsonl", "rr.jsonl"
	rr.Header.Scenario.RoundRobin = true
	rr.Runs = slices.DeleteFunc(rr.Runs, func(r results.Run) bool { return r.AA })
	claim := parsed(t, "total_time", "busy_ratio", "base: locked", "base: lockless-rr")
	j := EvaluateClaims([]*results.File{plain, rr}, claim)[0]
	if j.Outcome != Supported || !j.Comparison.Unpaired {
		t.Errorf("%v: %s", j.Outcome, j.Finding)
	}
	if !j.Comparison.FloorOf.Measured() {
		t.Error("the floor is assumed, though a file has A/A pairs")
	}
	if j := EvaluateClaims([]*results.File{plain}, claim)[0]; j.Outcome != NotMeasured ||
		!strings.HasPrefix(j.Command, "mtbench run --models lockless-rr,lockless --threads 4") {
		t.Errorf("one file: %v, %q", j.Outcome, j.Command)
	}
	rr.Header.Scenario.VCPUs = 9
	if j := EvaluateClaims([]*results.File{plain, rr}, claim)[0]; j.Outcome != NotMeasured ||
		!strings.Contains(j.Finding, "differ in vcpus") {
		t.Errorf("other workload: %v, %s", j.Outcome, j.Finding)
	}
}

func TestAcrossCells(t *testing.T) {
	f := twoModels(1, 10, 26).file()
	g := twoModels(1, 10, 27)
	g.cells = []results.Cell{{Threads: 8, Wait: false}}
	for _, r := range g.file().Runs {
		r.TotalTimeMS *= 2
		f.Runs = append(f.Runs, r)
	}
	list := parsed(t, "[4]", "[8]", "other: lockless", "other: locked\n    base_threads: 4",
		"lower", "higher")
	if j := EvaluateClaims([]*results.File{f}, list)[0]; j.Outcome != Supported {
		t.Errorf("%v: %s", j.Outcome, j.Finding)
	}
}

// TestShippedClaimsHaveCommands: nothing measured, everything says how.
func TestShippedClaimsHaveCommands(t *testing.T) {
	empty := &results.File{Path: "empty"}
	for _, j := range EvaluateClaims([]*results.File{empty}, shippedClaims(t)) {
		if j.Outcome != NotMeasured || !strings.Contains(j.Command, "--threads") {
			t.Errorf("%s: %v, %q", j.ID(), j.Outcome, j.Command)
		}
	}
}
