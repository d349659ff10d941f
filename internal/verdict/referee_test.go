package verdict

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mtbench/internal/claims"
	"mtbench/results"
)

// What a referee found broken, and the test that holds it mended. A line without a test of its own
// name would be a promise.
var findings = []struct{ found, dir, tests string }{
	{"every A/A pair lands in a wait-on cell, and its floor judges wait-off cells", ".",
		"TestFloorOfOneClassJudgesTheOther"},
	{"the same, of the plan for any list of threads", "../series", "TestEveryAAPairLandsInAWaitOnCell"},
	{"−3.0 % under a floor of 5 %: lower is contradicted as equal", ".",
		"TestAProvedDirectionUnderTheFloor TestFloorChangesNoVerdict"},
	{"the margin of equal grows with noise", ".", "TestMarginOfEqualGrowsWithNoise"},
	{"8 of 10 pairs where neither completes: equal", ".",
		"TestPairsOfWhichNeitherCompletes TestOneRunAtTheBound"},
	{"the first model opens every block", "../series", "TestTheFirstModelOpensEveryBlock"},
	{"a penalty for going first gives a coverage of .85", ".",
		"TestTheEffectOfGoingFirst TestCoverageUnderAPenaltyForGoingFirst"},
	{"four cells of four pairs tax the others through Holm", ".", "TestFourPairsACell"},
	{"the same, spent by the engine", "../series", "TestPairsAreSpentWhereACaseIsUndecided"},
	{"a quota of 2 on 64 CPUs is inside the regime", ".", "TestRegimeOfAQuota"},
	{"four series of one binary: compare finds regressions", ".", "TestFourSeriesOfOneBinary"},
	{"extra wakes of 5 % are found in 1 cell of 8", "../gate", "TestPlanted TestNoAlarm"},
	{"compare: a cell whose runs all crashed, differ or are absent is no regression",
		"../../cmd/mtbench", "TestCompareOfACaseThatFailed"},
	{"the interval covers one occasion, and nothing says so", "../../report/internal/view",
		"TestTheIntervalCoversOneSeries"},
	{"--resume goes on with another build", "../../cmd/mtbench",
		"TestResumeGoesOnWithAnotherBuild TestTheRestIsMadeByTheReplacedBinary"},
	{"compare refuses the same bytes under another path", ".", "TestTheSameBytesUnderAnotherPath"},
	{"supported by construction, or because nothing could fail", ".", "TestSupportedByConstruction"},
	{"0.02 → 0.02 printed to two digits is equal within 10 %", ".", "TestPrintedToTwoDigits"},
	{"claims rest on a figure that the letter printed twice", ".", "TestPrintedTwice"},
	{"the same, row by row", "../claims", "TestFiveRowsArePrintedTwice"},
	{"up to, without interval and n; another way round in plots", "../../report/internal/view",
		"TestTheHeadlineCannotFlatter TestPlotsAndTablesGiveTheSameRatio"},
}

// TestEveryFindingHasItsTest.
func TestEveryFindingHasItsTest(t *testing.T) {
	for _, f := range findings {
		names, err := filepath.Glob(f.dir + "/*_test.go")
		if err != nil || len(names) == 0 {
			t.Fatal(f.dir, err)
		}
		var all []byte
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, text...)
		}
		for test := range strings.FieldsSeq(f.tests) {
			if !strings.Contains(string(all), "\nfunc "+test+"(t *testing.T) {") {
				t.Errorf("%s: there is no %s in %s", f.found, test, f.dir)
			}
		}
	}
}

// sequentialFile is a file of pairs whose log ratios are given by cell, of a series that spent its
// pairs by the evidence.
func sequentialFile(ratios map[results.Cell][]float64) *results.File {
	f := &results.File{}
	f.Header.Schema = results.Schema
	f.Header.Matrix = results.Matrix{Models: []string{"locked", "lockless"}, Equal: DefaultEqual}
	f.Header.Host.CPUs = 64
	for c, x := range ratios {
		for pair, d := range x {
			for model, ms := range map[string]float64{"locked": 1000, "lockless": 1000 * math.Exp(d)} {
				f.Runs = append(f.Runs, results.Run{Cell: c.Of(model), Pair: pair, Completed: true, Pages: 1000,
					PagesCompressed: 1000,
					TotalTimeMS:     ms})
			}
		}
	}
	return f
}

func normal(rng *rand.Rand, n int, centre, sigma float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = centre + sigma*rng.NormFloat64()
	}
	return x
}

// trials is how many simulated series a test makes: few in every test run, more where somebody
// soaks.
func trials(few, many int) int {
	if os.Getenv("MTBENCH_SOAK") != "" {
		return many
	}
	return few
}

// TestMarginOfEqualGrowsWithNoise: two cells, a true +10 %, pairs that scatter by 10 %, ten of
// each: the margin stays what was fixed, and a cell at its edge is called equal in one series of
// twenty at most, by the classical test and by the sequential one.
func TestMarginOfEqualGrowsWithNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 1))
	series := trials(150, 3000)
	for _, sequential := range []bool{false, true} {
		equal := 0
		for range series {
			f := sequentialFile(map[results.Cell][]float64{
				{Threads: 4}: normal(rng, 10, math.Log(1.1), 0.1), {Threads: 8}: normal(rng, 10, math.Log(1.1), 0.1)})
			if !sequential {
				f.Header.Matrix.Pairs = 10
			}
			all := Decide(f)
			if len(all) != 2 || all[0].Sequential() != sequential ||
				math.Abs(all[0].Margin()-math.Log(1.1)) > 1e-9 {
				t.Fatalf("%d comparisons, the first within %v", len(all), all[0].Margin())
			}
			equal += b2i(all[0].Same || all[1].Same)
		}
		if limit := float64(series)*Alpha + 3*math.Sqrt(float64(series)*Alpha); float64(equal) > limit {
			t.Errorf("sequential %v: equal in %d of %d series", sequential, equal, series)
		}
	}
}

// TestPairsOfWhichNeitherCompletes: eight of ten pairs in which neither completes are not equal,
// and have no ratio; the word says why.
func TestPairsOfWhichNeitherCompletes(t *testing.T) {
	for _, pairs := range []int{0, 10} {
		f := sequentialFile(map[results.Cell][]float64{{Threads: 4}: make([]float64, 10)})
		f.Header.Matrix.Pairs = pairs
		for i := range f.Runs {
			f.Runs[i].Completed = f.Runs[i].Pair < 2
		}
		c := Decide(f)[0]
		if c.State != NotEnough || c.Same || !c.Unsized() || strings.Contains(c.String(), "%") ||
			!strings.Contains(c.String(), "in 8 neither did") {
			t.Errorf("pairs %d: %s", pairs, c.String())
		}
	}
}

// TestOneRunAtTheBound: it counts as a sign, the ratio is bounded by it on one side only, and
// "equal" is not had from a bound.
func TestOneRunAtTheBound(t *testing.T) {
	f := sequentialFile(map[results.Cell][]float64{{Threads: 4, Wait: true}: {0.1, 0.1, 0.1, 0.1, 0.1,
		0.1, 0.1, 0.1, 0.1, 0.1}})
	for i := range f.Runs {
		if r := &f.Runs[i]; r.Model == "lockless" {
			r.TotalTimeMS, r.Completed = 3000, false
		}
	}
	c := Decide(f)[0]
	if c.State != HigherThan || c.OneBound != 10 || !math.IsInf(c.Change.Hi, 1) ||
		c.Change.Lo > math.Log(3) || c.Change.Lo < 0.5 || c.Same {
		t.Errorf("all of lockless at the bound: %+v %s", c.Change, c.String())
	}
	// The bound itself is near: nothing says that the two are.
	for i := range f.Runs {
		if r := &f.Runs[i]; r.Model == "lockless" {
			r.TotalTimeMS = 1001
		}
	}
	if c := Decide(f)[0]; c.Same || c.State != HigherThan {
		t.Errorf("at a near bound: %s", c.String())
	}
}

// TestRegimeOfAQuota: 64 CPUs of which a quota gives two are two CPUs, and the threads of both
// sides count.
func TestRegimeOfAQuota(t *testing.T) {
	f := twoModels(1.6, 10, 23).file()
	f.Header.Host.QuotaCPUs = 2
	all := EvaluateClaims([]*results.File{f}, parsed(t))
	if n := Count(all); n.Blocking != 0 || n.OutsideRegime != 1 {
		t.Errorf("a quota of 2: %+v", n)
	}
	f.Header.Host.QuotaCPUs, f.Header.Host.CPUs = 0, 16
	f.Header.Scenario.VCPUs, f.Header.Scenario.Destination = 4, "process"
	f.Header.Scenario.DecompressThreads = 8
	if n := Count(EvaluateClaims([]*results.File{f}, parsed(t))); n.OutsideRegime != 1 {
		t.Errorf("18 runnable threads on 16 CPUs: %+v", n)
	}
}

// TestFourPairsACell: cells that can prove nothing are no part of a default series: the evidence of
// six that differ by 10 % is enough with as many runs as four pairs of ten cells were.
func TestFourPairsACell(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 4))
	decided := 0
	series := trials(60, 1000)
	for range series {
		x := map[results.Cell][]float64{}
		for _, c := range tenCells() {
			x[c] = normal(rng, 11, math.Log(1.10), 0.03)
		}
		for _, c := range Decide(sequentialFile(x)) {
			decided += b2i(c.State == HigherThan)
		}
	}
	if share := float64(decided) / float64(10*series); share < 0.8 {
		t.Errorf("10 %% at a scatter of 3 %% is found in %.2f of cells with eleven pairs", share)
	}
}

// TestFloorOfOneClassJudgesTheOther: A/A pairs of wait on say nothing of wait off, which has none
// of its own.
func TestFloorOfOneClassJudgesTheOther(t *testing.T) {
	s := twoModels(1.3, 10, 31)
	s.cells = []results.Cell{{Threads: 4, Wait: true}}
	f := s.file()
	s.cells, s.aaPairs = []results.Cell{{Threads: 4}}, 0
	f.Runs = append(f.Runs, s.file().Runs...)
	for _, c := range Decide(f) {
		if c.FloorOf.Measured() != c.Cell.Wait || c.FloorOf.Pairs != 10*b2i(c.Cell.Wait) {
			t.Errorf("%s: a floor of %d A/A pairs", c.Cell, c.FloorOf.Pairs)
		}
	}
}

// TestTheEffectOfGoingFirst: a penalty of 5 % for the first run is found, and moves no verdict: the
// order is drawn.
func TestTheEffectOfGoingFirst(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 9))
	wrong := 0
	for range trials(100, 2000) {
		f := sequentialFile(map[results.Cell][]float64{{Threads: 4}: normal(rng, 20, 0, 0.02),
			{Threads: 8}: normal(rng, 20, 0, 0.02)})
		first := map[results.Cell]string{}
		for i := range f.Runs {
			r := &f.Runs[i]
			key := results.Cell{Threads: r.Threads, Depth: r.Pair + 1}
			if first[key] == "" {
				first[key] = []string{"locked", "lockless"}[rng.IntN(2)]
			}
			if r.Position = 1; r.Model == first[key] {
				r.Position, r.TotalTimeMS = 0, r.TotalTimeMS*1.05
			}
		}
		effect, n := GoingFirst(f, Decide(f))
		if n != 40 || math.Abs(effect.Estimate-math.Log(1.05)) > 0.02 {
			t.Fatalf("%d pairs: %+v", n, effect)
		}
		for _, c := range Decide(f) {
			wrong += b2i(c.State == HigherThan || c.State == LowerThan)
		}
	}
	if wrong > trials(10, 130) {
		t.Errorf("%d false verdicts", wrong)
	}
}

// TestCoverageUnderAPenaltyForGoingFirst: whoever goes first takes 5 % longer. Where that is drawn
// for each pair, the interval of a true +10 % holds it in 95 of 100 series; where it is always the
// same model, it does not.
func TestCoverageUnderAPenaltyForGoingFirst(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 10))
	series := trials(200, 3000)
	held := func(firstIs func() bool) int {
		n := 0
		for range series {
			x := normal(rng, 20, math.Log(1.1), 0.02)
			for i := range x {
				if firstIs() {
					x[i] += math.Log(1.05)
				} else {
					x[i] -= math.Log(1.05)
				}
			}
			c := Decide(sequentialFile(map[results.Cell][]float64{{Threads: 4}: x}))[0]
			n += b2i(c.Change.Contains(math.Log(1.1)))
		}
		return n
	}
	least := Confidence*float64(series) - 3*math.Sqrt(float64(series)*Alpha*Confidence)
	if n := held(func() bool { return rng.IntN(2) == 0 }); float64(n) < least {
		t.Errorf("drawn: the interval holds the truth in %d of %d series", n, series)
	}
	if n := held(func() bool { return true }); float64(n) >= least {
		t.Errorf("one always first: the interval holds the truth in %d of %d series: a test that "+
			"cannot fail", n, series)
	}
}

// TestFourSeriesOfOneBinary: counters of one program scatter by 2 % within a series and by half a
// percent between days. None of six comparisons finds a regression, and none says that there is
// none where something is unproved; between days on which the host's speed differs there is no
// comparison. (Where counters differ by several percent between days, that is a change of the
// files, and why the docs gate on virtual time and on two builds in one series.)
func TestFourSeriesOfOneBinary(t *testing.T) {
	worse, below, proved := 0, 0, 0
	for seed := range trials(10, 200) {
		rng := rand.New(rand.NewPCG(17, uint64(100+seed)))
		var days []*results.File
		for range 4 {
			day := 0.005 * rng.NormFloat64()
			f := counted(twoModels(1, 10, uint64(rng.IntN(1e6))).file(), "day", func(int) int64 { return 1 })
			for i := range f.Runs {
				f.Runs[i].ThreadUsage[0].FutexWakes = int64(20e3 * math.Exp(day+0.02*rng.NormFloat64()))
			}
			days = append(days, f)
		}
		for i, a := range days {
			for _, b := range days[i+1:] {
				list, err := CompareFiles(a, b, ChangeOptions{})
				if err != nil {
					t.Fatal(err)
				}
				worse += len(list.Regressions())
				n := list.Count()
				proved += b2i(n[Unproved]+n[Missing]+n[FailedIn] == 0)
				strict, err := CompareFiles(a, b, ChangeOptions{Threshold: 1e-6})
				if err != nil {
					t.Fatal(err)
				}
				below += len(strict.Regressions())
			}
		}
	}
	if worse > 0 || below == 0 || proved == 0 {
		t.Errorf("%d regressions, %d below the threshold, %d comparisons without anything unproved",
			worse, below, proved)
	}
	slow, fast := twoModels(1, 10, 1).file(), twoModels(1, 10, 2).file()
	slow.Header.Host.PageServiceU, fast.Header.Host.PageServiceU = 25, 20
	var refused *IncomparableError
	if _, err := CompareFiles(slow, fast, ChangeOptions{}); !errors.As(err, &refused) {
		t.Errorf("a host that is 25 %% slower: %v", err)
	}
}

// TestTheSameBytesUnderAnotherPath are one workload, and other bytes under the same path are not.
func TestTheSameBytesUnderAnotherPath(t *testing.T) {
	from := func(path, sum string) *results.File {
		f := twoModels(1, 4, 41).file()
		f.Header.Scenario.Content = "file:" + path
		f.Header.ContentSource = &results.ContentSource{SHA256: sum}
		return f
	}
	if _, err := CompareFiles(from("/a", "12"), from("/b", "12"), ChangeOptions{}); err != nil {
		t.Error(err)
	}
	if _, err := CompareFiles(from("/a", "12"), from("/a", "34"), ChangeOptions{}); err == nil ||
		!strings.Contains(err.Error(), "content_source.sha256") {
		t.Errorf("other bytes under the same path: %v", err)
	}
}

// TestSupportedByConstruction: of the claims on the letter six are true by construction, and five
// cannot fail on two CPUs; both are counted apart from what is supported.
func TestSupportedByConstruction(t *testing.T) {
	s := twoModels(1, 10, 51)
	s.cells = nil
	for _, threads := range []int{4, 8, 16} {
		s.cells = append(s.cells, results.Cell{Threads: threads}, results.Cell{Threads: threads,
			Wait: true})
	}
	f := s.file()
	for i := range f.Runs {
		cpu := 1.0
		f.Runs[i].ThreadUsage = []results.ThreadUsage{{Process: "source", Role: "worker", WallMS: 1000,
			CPUMS: &cpu}}
	}
	for cpus, want := range map[int]int{2: 11, 64: 6} {
		f.Header.Host.CPUs = cpus
		n, by := Count(EvaluateClaims([]*results.File{f}, shippedClaims(t))), map[string]int{}
		for _, j := range EvaluateClaims([]*results.File{f}, shippedClaims(t)) {
			by[j.Hollow]++
		}
		if n.Apart[ByConstruction] != 6 || n.Apart[CannotFail] != want-6 || by[ByConstruction] != 6 ||
			by[CannotFail] != want-6 {
			t.Errorf("%d CPUs: %+v, %v", cpus, n, by)
		}
	}
}

// TestTheHostMovedBetweenTheSides: a difference of 30 % whose codec loop, which no model touches,
// differs by 8 % between the sides too, where A/A pairs of the same loop differ by 1 %.
func TestTheHostMovedBetweenTheSides(t *testing.T) {
	build := func(shift float64) *results.File {
		f := sequentialFile(map[results.Cell][]float64{oneCell()[0]: slices.Repeat([]float64{.26}, 10)})
		for i := range f.Runs {
			us := 20 * (1 + .01*math.Sin(float64(f.Runs[i].Pair)))
			if f.Runs[i].Model == "lockless" {
				us *= math.Exp(shift)
			}
			f.Runs[i].Noise.ControlUS = &us
		}
		for pair := range 6 {
			for i, side := range []string{"a", "b"} {
				us := 20 + .2*float64(i)
				f.Runs = append(f.Runs, results.Run{Cell: oneCell()[0].Of("locked"), Pair: pair, AA: true,
					Side: side, Completed: true, Pages: 1000, PagesCompressed: 1000, TotalTimeMS: 1000,
					Noise: results.Noise{ControlUS: &us}})
			}
		}
		return f
	}
	still := Compare(build(.004), Deciding(), "locked", "lockless")[0]
	if still.Moved || still.State != HigherThan {
		t.Errorf("the control differs by 0.4 %%: %v", still.String())
	}
	moved := Compare(build(.08), Deciding(), "locked", "lockless")[0]
	if moved.Decided() || !strings.HasPrefix(moved.String(), "the host changed") {
		t.Errorf("the control differs by 8 %%, and the verdict is: %v", moved.String())
	}
	if c := Decide(build(.08))[0]; c.Decided() {
		t.Errorf("the same by the figure that decides: %v", c.String())
	}
	few := build(.08)
	few.Runs = few.Runs[:20] // no A/A pair: the assumed floor of 5 % stands
	if c := Compare(few, Deciding(), "locked", "lockless")[0]; !c.Moved {
		t.Errorf("8 %% over an assumed spread of 5 %%: %v", c.String())
	}
	rough := build(0)
	rough.Runs = rough.Runs[:20]
	loops := map[string][]float64{"locked": {27, 31, 20, 23, 28, 30, 25, 31, 30, 30},
		"lockless": {29, 30, 26, 30, 31, 33, 22, 29, 33, 32}}
	for i := range rough.Runs {
		r := &rough.Runs[i]
		us := loops[r.Model][r.Pair]
		r.Noise.ControlUS = &us
	}
	if c := Compare(rough, Deciding(), "locked", "lockless")[0]; c.Moved {
		t.Errorf("a loop that varies by itself and proves nothing, no A/A pair: %v", c.String())
	}
}

// TestPrintedTwice: the letter's main CPU equals an end of the range of its threads in five rows;
// claims on those figures count apart whatever comes out, and set no status.
func TestPrintedTwice(t *testing.T) {
	for wait, want := range map[bool]string{false: "", true: claims.PrintedTwice} {
		f := twoModels(2, 10, 52).file()
		for i := range f.Runs {
			r := &f.Runs[i]
			r.Wait = wait
			r.ThreadUsage = []results.ThreadUsage{{Process: "source", Role: "main", WallMS: 2500,
				CPUMS: &r.TotalTimeMS}}
		}
		relation := []string{"total_time", "main_cpu\n    figures: letter", "\"off\"",
			`"` + results.OnOff(wait) + `"`}
		if wait { // the letter goes up in this case, and down in the other
			relation = append(relation, "lower", "equal\n    within: 1%")
		}
		j := EvaluateClaims([]*results.File{f}, parsed(t, relation...))
		n := Count(j)
		if j[0].Outcome != Contradicted || j[0].Apart() != want || n.Blocking != b2i(want == "") ||
			n.Apart[want] != b2i(want != "") || n.Measured() != 1 {
			t.Errorf("wait %v: %v %q, %+v", wait, j[0].Outcome, j[0].Apart(), n)
		}
	}
}

// TestPrintedToTwoDigits: 0.02 → 0.02 is a busy-ratio of anything up to a few times the other, and
// no claim of "equal within 10 %"; 0.54 → 0.55 is one.
func TestPrintedToTwoDigits(t *testing.T) {
	s := twoModels(1, 20, 53)
	s.cells = []results.Cell{{Threads: 4}, {Threads: 16}}
	f := s.file()
	for i := range f.Runs {
		busy := f.Runs[i].TotalTimeMS / 1e5
		f.Runs[i].BusyRatio = &busy
	}
	list := parsed(t, "total_time", "busy_ratio\n    figures: letter", "[4]", "[4, 16]",
		"lower", "equal\n    within: 10%")
	j := EvaluateClaims([]*results.File{f}, list)
	if j[0].Outcome != Supported || j[0].Apart() != "" || j[1].Apart() != claims.TooFewDigits {
		t.Errorf("%v %q, %v %q", j[0].Outcome, j[0].Apart(), j[1].Outcome, j[1].Apart())
	}
	if n := Count(j); n.Supported != 1 || n.Apart[claims.TooFewDigits] != 1 {
		t.Errorf("%+v", n)
	}
}
