package verdict

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"mtbench/results"
)

// twoBuilds is a series of two builds that spends its pairs by the evidence as a series does: the
// second takes ratio times as long in the cases of slow, and pairs scatter by sd.
func twoBuilds(seed uint64, ratio, sd float64, slow func(results.Cell) bool,
	most int) *results.File {
	rng := rand.New(rand.NewPCG(seed, 31))
	f := &results.File{}
	f.Header.Schema = results.Schema
	f.Header.Matrix = results.Matrix{Models: []string{"locked", "lockless"}, Threads: []int{4},
		Waits: []bool{true}, Equal: DefaultEqual, Budget: results.Duration(time.Minute),
		Builds: []results.Build{{Name: "old"}, {Name: "new"}}}
	watch := NewWatch(f.Header.Matrix)
	for pair := range most {
		open := watch.Open()
		if len(open) == 0 {
			break
		}
		for _, c := range open {
			for i, build := range []string{"old", "new"} {
				ms := 1000 * math.Exp(sd/math.Sqrt2*rng.NormFloat64())
				if build == "new" && slow(c) {
					ms *= ratio
				}
				r := results.Run{Type: results.TypeRun, Cell: c.Of(build), Index: len(f.Runs), Pair: pair,
					Position: i, Completed: true, EndReason: "completed", TotalTimeMS: ms}
				f.Runs = append(f.Runs, r)
				watch.Add(&r)
			}
		}
	}
	return f
}

// TestTwoBuildsInASeries: of twenty simulated series of one build against itself at most one says
// worse, and a build that takes 10 % longer is found in at least eighteen, in the model that does.
func TestTwoBuildsInASeries(t *testing.T) {
	const series, sd, pairs = 20, 0.08, 80
	worse, found := 0, 0
	for seed := range uint64(series) {
		same, err := CompareBuilds(twoBuilds(seed, 1, sd, func(results.Cell) bool { return false },
			pairs), nil)
		if err != nil {
			t.Fatal(err)
		}
		worse += b2i(same.Count()[Worse] > 0)
		slower, err := CompareBuilds(twoBuilds(seed, 1.1, sd, func(c results.Cell) bool {
			return c.Model == "lockless"
		}, pairs), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range slower.Changes {
			found += b2i(c.Standing == Worse && c.Cell.Model == "lockless")
			if c.Standing == Worse && c.Cell.Model != "lockless" {
				t.Errorf("seed %d: %s is worse", seed, c.Cell)
			}
		}
	}
	if worse > 1 || found < 18 {
		t.Errorf("of %d series worse: %d of the same build, %d of one that takes 10 %% longer", series,
			worse, found)
	}
}

// TestBuildsAreJudgedByModel: each model and case is a case, its pairs are old and new of itself,
// and every standing there is.
func TestBuildsAreJudgedByModel(t *testing.T) {
	f := twoBuilds(3, 1.5, 0.02, func(c results.Cell) bool { return c.Model == "locked" }, 40)
	list, err := CompareBuilds(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Standing{"locked, 4 threads, wait on": Worse,
		"lockless, 4 threads, wait on": Same}
	for _, c := range list.Changes {
		if name := c.Cell.String(); c.Standing != want[name] || list.Of(&c) != "new/old" {
			t.Errorf("%s: %s of %s", name, c.Standing, list.Of(&c))
		}
	}
	if len(list.Changes) != 2 || !list.Provable() {
		t.Errorf("%d cases", len(list.Changes))
	}
	faster := twoBuilds(3, 1/1.5, 0.02, func(c results.Cell) bool { return c.Model == "locked" }, 40)
	few := twoBuilds(3, 1.5, 0.02, func(results.Cell) bool { return true }, 2)
	few.Failed = []results.Failed{{Cell: few.Runs[0].Cell, Index: 90, Class: "crash"}}
	none := twoBuilds(3, 1, 0.02, func(results.Cell) bool { return true }, 0)
	for standing, file := range map[Standing]*results.File{Better: faster, Undecided: few,
		FailedIn: few, Missing: none} {
		list, err := CompareBuilds(file, nil)
		if err != nil || list.Count()[standing] == 0 {
			t.Errorf("%s: %+v, %v", standing, list.Count(), err)
		}
	}
}

// TestBuildsAreNotSetAgainstFiles: a series of two builds is its own comparison, and another file
// has none.
func TestBuildsAreNotSetAgainstFiles(t *testing.T) {
	builds := twoBuilds(1, 1, 0.02, func(results.Cell) bool { return false }, 9)
	one := &results.File{Header: results.Header{Schema: results.Schema}}
	var no *IncomparableError
	if _, err := CompareBuilds(one, nil); !errors.As(err, &no) {
		t.Errorf("one program: %v", err)
	}
	if _, err := CompareFiles(builds, builds, ChangeOptions{}); !errors.As(err, &no) {
		t.Errorf("two files: %v", err)
	}
}

// TestAMovedCaseStaysOpen: nothing is said of a case in which the host changed, so that a series
// spends more on it.
func TestAMovedCaseStaysOpen(t *testing.T) {
	f := twoBuilds(3, 1.5, 0.02, func(results.Cell) bool { return true }, 40)
	watch := NewWatch(f.Header.Matrix)
	for i := range f.Runs {
		r := &f.Runs[i]
		control := results.Number(30)
		if r.Build == "new" && r.Model == "locked" {
			control = 40
		}
		r.Noise.ControlUS = &control
		watch.Add(r)
	}
	if open := watch.Open(); len(open) != 1 || open[0].Model != "locked" {
		t.Errorf("open: %v", open)
	}
}
