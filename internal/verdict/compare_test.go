package verdict

import (
	"math"
	"slices"
	"strings"
	"testing"

	"mtbench/results"
)

func twoModels(ratio float64, pairs int, seed uint64) series {
	return series{cells: oneCell(), models: []string{"locked", "lockless"},
		ratios: []float64{1, ratio}, pairs: pairs, aaPairs: 10, noise: newNoise(seed, 0.01)}
}

func TestCompareFindsPlantedDifference(t *testing.T) {
	for ratio, want := range map[float64]State{0.8: LowerThan, 1.25: HigherThan, 1: Equal} {
		f := twoModels(ratio, 12, 1).file()
		got := Compare(f, totalTimeMetric(), "locked", "lockless")[0]
		if got.State != want {
			t.Errorf("ratio %v: %s", ratio, got.String())
		}
		if !got.Change.Contains(math.Log(ratio)) {
			t.Errorf("ratio %v: interval %+v", ratio, got.Change)
		}
		if got.N() != 12 || got.Planned != 12 {
			t.Errorf("%d of %d pairs, want 12", got.N(), got.Planned)
		}
	}
}

// TestTooFewPairs: no percentage without a verdict, however large the difference.
func TestTooFewPairs(t *testing.T) {
	c := Compare(twoModels(3, 5, 2).file(), totalTimeMetric(), "locked", "lockless")[0]
	if c.State != NotEnough || strings.Contains(c.String(), "%") {
		t.Errorf("five pairs: %s", c.String())
	}
	if !strings.Contains(c.String(),
		"not enough evidence: 5 of 5 pairs (0 lower, 5 higher); at least 6 pairs are needed for 1 "+
			"test") ||
		strings.Contains(c.String(), "1 tests") {
		t.Errorf("five pairs: %s", c.String())
	}
	// Eight pairs that agree prove something in one cell, and nothing over ten.
	s := twoModels(3, 8, 3)
	if c := Compare(s.file(), totalTimeMetric(), "locked", "lockless")[0]; c.State != HigherThan {
		t.Errorf("one cell: %s", c.String())
	}
	s.cells = tenCells()
	for _, c := range Compare(s.file(), totalTimeMetric(), "locked", "lockless") {
		if c.State != NotEnough || !strings.Contains(c.String(),
			"at least 9 pairs are needed for 10 tests") {
			t.Errorf("ten cells: %s", c.String())
		}
	}
	// One cell of ten, as of a series that was killed: the others will be tests too.
	f := s.file()
	f.Header.Matrix.Threads, f.Header.Matrix.Waits = []int{1, 2, 4, 8, 16}, []bool{false, true}
	f.Runs = slices.DeleteFunc(f.Runs, func(r results.Run) bool { return r.Threads != 1 || r.Wait })
	if n := PairsNeeded(f); n != 9 {
		t.Errorf("a matrix of ten cells needs %d pairs, want 9", n)
	}
	f.Runs = f.Runs[:4]
	c = Compare(f, totalTimeMetric(), "locked", "lockless")[0]
	if c.Required() != 9 || !strings.Contains(c.String(), "at least 9 pairs are needed for 10 tests") {
		t.Errorf("one cell of ten: %s", c.String())
	}
	s.pairs = 9
	for _, c := range Compare(s.file(), totalTimeMetric(), "locked", "lockless") {
		if c.State != HigherThan {
			t.Errorf("ten cells, nine pairs: %s", c.String())
		}
	}
}

// TestCannotComplete: worse than any finite time, a tie with itself, and never dropped.
func TestCannotComplete(t *testing.T) {
	spoil := func(f *results.File, model string, from int) *results.File {
		for i := range f.Runs {
			if r := &f.Runs[i]; !r.AA && r.Model == model && r.Pair >= from {
				r.Completed = false
			}
		}
		return f
	}
	m := totalTimeMetric()
	f := spoil(twoModels(0.5, 10, 4).file(), "locked", 0)
	c := Compare(f, m, "locked", "lockless")[0]
	if c.State != LowerThan || !math.IsInf(c.Change.Estimate, -1) || c.BaseCompleted != 0 ||
		c.OtherCompleted != 10 ||
		!strings.Contains(c.String(), "10 of 10 completed, of the base 0 of 10") {
		t.Errorf("locked never completes: %+v %s", c.Change, c.String())
	}
	spoil(f, "lockless", 0)
	c = Compare(f, m, "locked", "lockless")[0]
	if c.N() != 10 || c.State != NotEnough || !c.Unsized() || c.BothBound != 10 ||
		strings.Contains(c.String(), "%") {
		t.Errorf("neither completes: n = %d, %+v, %s", c.N(), c.Change, c.String())
	}
	// Three of ten cannot: the others' times still bound the lower end.
	f = spoil(twoModels(1.5, 10, 5).file(), "lockless", 7)
	c = Compare(f, m, "locked", "lockless")[0]
	if c.State != HigherThan || !math.IsInf(c.Change.Hi, 1) || math.IsInf(c.Change.Lo, 0) ||
		math.IsInf(c.Change.Estimate, 0) {
		t.Errorf("some cannot complete: %+v %s", c.Change, c.String())
	}
}

// TestNoisyPairRunAgain: the last complete attempt counts, and the others are counted.
func TestNoisyPairRunAgain(t *testing.T) {
	f := twoModels(1, 8, 6).file()
	for _, model := range []string{"locked", "lockless"} {
		r := results.Run{Cell: results.Cell{Model: model, Threads: 4}, Pair: 3, Attempt: 1,
			Completed:   true,
			TotalTimeMS: 500, Pages: 1}
		f.Runs = append(f.Runs, r)
	}
	f.Runs = append(f.Runs, results.Run{Cell: results.Cell{Model: "locked", Threads: 4}, Pair: 3,
		Attempt:   2,
		Completed: true, TotalTimeMS: 9999, Pages: 1}) // interrupted: its neighbour is missing
	c := Compare(f, totalTimeMetric(), "locked", "lockless")[0]
	if c.N() != 8 || c.Again != 1 {
		t.Fatalf("%d pairs, %d again; want 8 and 1", c.N(), c.Again)
	}
	for _, r := range lastAttempts(f, "lockless", results.Cell{Threads: 4, Wait: false}) {
		if r.Pair == 3 && r.TotalTimeMS != 500 {
			t.Errorf("the last attempt of pair 3 took %v ms, want 500", r.TotalTimeMS)
		}
	}
	if c.Pairs[3].Base != 500 || c.Pairs[3].Other != 500 {
		t.Errorf("pair 3 is %+v, want the second attempt", c.Pairs[3])
	}
}

func TestOutliersAreShownAndStay(t *testing.T) {
	f := twoModels(1, 12, 7).file()
	for i := range f.Runs {
		if r := &f.Runs[i]; !r.AA && r.Model == "lockless" && r.Pair == 5 {
			r.TotalTimeMS *= 10
		}
	}
	c := Compare(f, totalTimeMetric(), "locked", "lockless")[0]
	if !slices.Contains(c.Outliers, 5) || len(c.Outliers) > 3 || c.N() != 12 {
		t.Errorf("outliers %v of %d pairs, want 5 among them, of 12", c.Outliers, c.N())
	}
}

// TestFloor: the floor grows with the noise, falls with the pairs, and hides what lies below it.
func TestFloor(t *testing.T) {
	m := totalTimeMetric()
	quiet := series{cells: oneCell(), models: []string{"locked", "lockless"}, ratios: []float64{1, 1},
		aaPairs: 20, noise: newNoise(1, 0.01)}
	loud := quiet
	loud.noise = newNoise(1, 0.05)
	a, b := FloorOf(quiet.file(), m, oneCell()[0]), FloorOf(loud.file(), m, oneCell()[0])
	if a.Pairs != 20 || !(a.For(10) < b.For(10)) || !(a.For(30) < a.For(8)) ||
		!(a.For(99) < a.For(30)) {
		t.Errorf("floors: quiet %v %v %v, loud %v", a.For(8), a.For(30), a.For(99), b.For(10))
	}
	// The spread of a pair is about √2 × 0.016; 1.96 / √10 of it, widened by half at most.
	if floor := a.For(10); floor < 0.01 || floor > 0.03 {
		t.Errorf("floor of ten pairs %v", floor)
	}
	if again := FloorOf(quiet.file(), m, oneCell()[0]); again.For(10) == a.For(10) {
		t.Error("other noise, same floor")
	}
	// The same ratios from a quarter of the pairs may understate the spread more.
	ratios := []float64{-0.03, -0.01, 0.01, 0.04}
	few, many := newFloor("x", ratios), newFloor("x", slices.Repeat(ratios, 4))
	if !(few.For(10) > 1.3*many.For(10)) {
		t.Errorf("floor of 4 A/A pairs %v, of 16 %v", few.For(10), many.For(10))
	}
	none := Floor{}
	if none.Measured() || math.Abs(none.For(10)-math.Log(1.05)) > 1e-12 {
		t.Errorf("a file without A/A pairs has floor %v, want the assumed one", none.For(10))
	}
}

// TestFloorChangesNoVerdict: what a model differs from itself by, in a worse hour, is printed
// beside a proved difference and does not undo it.
func TestFloorChangesNoVerdict(t *testing.T) {
	s := twoModels(1.02, 30, 8)
	s.noise.sigma = 0.004
	f := s.file()
	for i := range f.Runs { // the A/A pairs come from a worse hour
		if r := &f.Runs[i]; r.AA && r.Side == "b" {
			r.TotalTimeMS *= 1 + 0.1*float64(r.Pair%5-2)
		}
	}
	c := Compare(f, totalTimeMetric(), "locked", "lockless")[0]
	if c.Floor() < math.Log(1.02) || c.State != HigherThan || !c.Same {
		t.Errorf("adjusted p %v, floor %v: %s", c.Adjusted, c.Floor(), c.String())
	}
}

func TestDiscordantAAPairsAreCounted(t *testing.T) {
	s := twoModels(1, 2, 9)
	f := s.file()
	for i := range f.Runs {
		if r := &f.Runs[i]; r.AA && r.Pair < 2 {
			r.Completed = r.Pair == 0 && r.Side == "a"
		}
	}
	floor := FloorOf(f, totalTimeMetric(), oneCell()[0])
	if floor.Pairs != 8 || floor.Discordant != 1 {
		t.Errorf("%d pairs, %d discordant; want 8 and 1", floor.Pairs, floor.Discordant)
	}
}

func TestUnpairedMeetsPaired(t *testing.T) {
	f := twoModels(0.7, 12, 10).file()
	m, c := totalTimeMetric(), results.Cell{Threads: 4, Wait: false}
	u := compareUnpaired(m, DefaultEqual, runsOf(f, "locked", c), runsOf(f, "lockless", c))
	if !u.Change.Contains(math.Log(0.7)) || u.P > 0.001 || u.BaseN != 12 {
		t.Errorf("%+v p %v", u.Change, u.P)
	}
	for i := range f.Runs {
		f.Runs[i].Completed = f.Runs[i].Model == "lockless"
	}
	u = compareUnpaired(m, DefaultEqual, runsOf(f, "locked", c), runsOf(f, "lockless", c))
	if !math.IsInf(u.Change.Estimate, -1) || !math.IsInf(u.Change.Hi, -1) {
		t.Errorf("only lockless completes: %+v", u.Change)
	}
	u = compareUnpaired(m, DefaultEqual, runsOf(f, "locked", c), runsOf(f, "locked", c))
	if u.Change.Estimate != 0 || u.P != 1 {
		t.Errorf("neither completes: %+v, p %v", u.Change, u.P)
	}
}

func TestNeededUnpaired(t *testing.T) {
	// 2 / C(2n, n): n = 3 gives .1, n = 4 gives .029.
	if got := needed(true, 1); got != 4 {
		t.Errorf("one unpaired test needs %d runs a side, want 4", got)
	}
}

func TestFormatChange(t *testing.T) {
	for log, want := range map[float64]string{
		0: "+0.0 %", math.Log(0.5): "-50.0 %", math.Log(14): "×14", math.Inf(1): "did not complete",
		math.Inf(-1): "only the base did not complete",
	} {
		if got := FormatChange(log); got != want {
			t.Errorf("%v: %q, want %q", log, got, want)
		}
	}
}

// TestDisturbedPairsAreSaid: they stay in, since a pair sees the same host, and are counted.
func TestDisturbedPairsAreSaid(t *testing.T) {
	f := twoModels(0.5, 10, 13).file()
	f.Runs[0].Noise.Grade, f.Runs[3].Noise.Grade, f.Runs[5].Noise.Grade = "noisy", "void", "clean"
	c := Compare(f, totalTimeMetric(), "locked", "lockless")[0]
	if c.Disturbed != 2 || c.N() != 10 || !strings.Contains(c.String(), "2 disturbed by the host") {
		t.Errorf("%d disturbed: %s", c.Disturbed, c.String())
	}
}

// TestThreeModelsAreOneFamily: with two contenders beside the first, a report adjusts over all
// cases of both, as the series does that stopped by them.
func TestThreeModelsAreOneFamily(t *testing.T) {
	s := series{models: []string{"locked", "lockless", "spmc"}, ratios: []float64{1, 1.04, 0.96},
		pairs: 8, noise: newNoise(61, 0.02), cells: tenCells()}
	f := s.file()
	f.Header.Matrix = results.Matrix{Models: s.models, Threads: []int{1, 2, 4, 8, 16},
		Waits: []bool{false, true}, Equal: DefaultEqual}
	watch := NewWatch(f.Header.Matrix)
	for i := range f.Runs {
		watch.Add(&f.Runs[i])
	}
	undecided := map[results.Cell]bool{}
	all := CompareAll(f, Deciding())
	for i, c := range Decide(f) {
		if all[i].Adjusted != c.Adjusted || c.Tests != 20 || c.Family != 20 {
			t.Errorf("%s of %s: %v and %v over %d of %d tests", c.Cell, c.Other, all[i].Adjusted, c.Adjusted,
				c.Tests, c.Family)
		}
		if !c.Decided() {
			undecided[c.Cell] = true
		}
	}
	for _, c := range watch.Undecided() {
		if !undecided[c] {
			t.Errorf("%s: the series has not decided it, and the report has", c)
		}
		delete(undecided, c)
	}
	if len(undecided) > 0 || len(watch.Undecided()) == 0 {
		t.Errorf("decided by the series alone: %v", undecided)
	}
	for _, c := range Compare(f, Deciding(), "locked", "spmc") {
		if c.Tests != 20 || c.Other != "spmc" {
			t.Errorf("%s: %d tests", c.Cell, c.Tests)
		}
	}
}

// newFloor is the floor of log ratios that are at hand.
func newFloor(metric string, ratios []float64) Floor {
	return Floor{Metric: metric, Pairs: len(ratios), ratios: ratios, known: map[int]float64{}}
}
