package series

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mtbench/results"
)

// scripted runs nothing: it answers with records, and remembers what it was asked for.
type scripted struct {
	ran    []Slot
	grade  func(s Slot) string
	failed func(s Slot) bool
	after  func(n int)
}

func (r *scripted) Run(ctx context.Context, s Slot) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.ran = append(r.ran, s)
	if r.after != nil {
		r.after(len(r.ran))
	}
	if r.failed != nil && r.failed(s) {
		f := failedRecord(s, ClassCrash, "gone")
		return &f, nil
	}
	rec := &results.Run{Completed: true}
	identify(rec, s)
	if r.grade != nil {
		rec.Noise.Grade = r.grade(s)
	}
	return rec, nil
}

type memoryFile struct {
	records []any
	err     error
	changed error // from outside, once there is a record
}

func (f *memoryFile) Intact() error {
	if len(f.records) == 0 {
		return nil
	}
	return f.changed
}

// A file that is gone is noticed before the next run is spent.
func TestEngineEndsWithItsFile(t *testing.T) {
	gone := errors.New("gone")
	runner := &scripted{}
	e := &Engine{Matrix: smallMatrix(4), Runner: runner, File: &memoryFile{changed: gone},
		Progress: &silent{}}
	if _, err := e.Run(context.Background(), Plan(smallMatrix(4), 1), &results.File{}); !errors.Is(err,
		gone) ||
		len(runner.ran) != 1 {
		t.Errorf("%d runs, then %v", len(runner.ran), err)
	}
}

func (f *memoryFile) Append(rec any) error {
	if f.err != nil {
		return f.err
	}
	f.records = append(f.records, rec)
	return nil
}

type silent struct{ notes []string }

func (p *silent) Begin(int, int)               {}
func (p *silent) Ran(Slot, any, time.Duration) {}
func (p *silent) Note(s string)                { p.notes = append(p.notes, s) }
func (p *silent) End()                         {}

func smallMatrix(pairs int) results.Matrix {
	return results.Matrix{Models: []string{"A", "B"}, Threads: []int{4}, Waits: []bool{true},
		Pairs: pairs, Reruns: 2}
}

func TestEngineKeepsEveryRunAndSkipsWhatIsDone(t *testing.T) {
	plan := Plan(smallMatrix(4), 1)
	file := &memoryFile{}
	e := &Engine{Matrix: smallMatrix(4), Runner: &scripted{}, File: file, Progress: &silent{}}
	sum, err := e.Run(context.Background(), plan, &results.File{})
	if err != nil || len(file.records) != 8 || sum.Completed != 8 || sum.Left != 0 {
		t.Fatalf("got %d records, %+v, %v", len(file.records), sum, err)
	}
	done := &results.File{}
	for _, r := range file.records[:3] {
		done.Runs = append(done.Runs, *r.(*results.Run))
	}
	again := &scripted{}
	e = &Engine{Matrix: smallMatrix(4), Runner: again, File: &memoryFile{}, Progress: &silent{}}
	sum, err = e.Run(context.Background(), plan, done)
	if err != nil || len(again.ran) != 5 || again.ran[0].Index != 3 || sum.Completed != 8 {
		t.Fatalf("resumed with %d runs from %d, %+v, %v", len(again.ran), again.ran[0].Index, sum, err)
	}
}

// Between is called before each round that has something left to do, and once more at the end.
func TestEngineCallsBetweenRounds(t *testing.T) {
	m := smallMatrix(4)
	m.Waits, m.AA = []bool{false, true}, 0.5
	plan := Plan(m, 1)
	var at []int
	r := &scripted{}
	e := &Engine{Matrix: m, Runner: r, File: &memoryFile{}, Progress: &silent{},
		Between: func() error { at = append(at, len(r.ran)); return nil }}
	if _, err := e.Run(context.Background(), plan, &results.File{}); err != nil {
		t.Fatal(err)
	}
	// A round is a block of four in either cell and, every other block, four runs of A/A.
	if want := []int{0, 12, 24}; !slices.Equal(at, want) || len(plan) != 24 {
		t.Errorf("called after %v of %d runs, want %v", at, len(plan), want)
	}
	done := &results.File{}
	for _, s := range plan[:13] {
		done.Runs = append(done.Runs, results.Run{Index: s.Index})
	}
	r.ran, at = nil, nil
	if _, err := e.Run(context.Background(), plan, done); err != nil {
		t.Fatal(err)
	}
	if want := []int{0, 11}; !slices.Equal(at, want) {
		t.Errorf("resumed: called after %v runs, want %v", at, want)
	}
	broken := errors.New("broken")
	e.Between = func() error { return broken }
	if _, err := e.Run(context.Background(), plan, &results.File{}); !errors.Is(err, broken) {
		t.Errorf("the series went on: %v", err)
	}
}

func TestEngineStopsAtOnceAndCountsWhatIsLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r := &scripted{after: func(n int) {
		if n == 3 {
			cancel()
		}
	}}
	file := &memoryFile{}
	e := &Engine{Matrix: smallMatrix(4), Runner: r, File: file, Progress: &silent{}}
	sum, err := e.Run(ctx, Plan(smallMatrix(4), 1), &results.File{})
	if !errors.Is(err, context.Canceled) || len(file.records) != 3 || sum.Left != 5 {
		t.Fatalf("got %d records, %+v, %v", len(file.records), sum, err)
	}
}

func TestNoisyPairIsRunAgainBounded(t *testing.T) {
	r := &scripted{grade: func(s Slot) string {
		if s.Pair == 1 && s.Model == "B" && s.Attempt == 0 {
			return "noisy"
		}
		return "clean"
	}}
	e := &Engine{Matrix: smallMatrix(2), Runner: r, File: &memoryFile{}, Progress: &silent{}}
	sum, err := e.Run(context.Background(), Plan(smallMatrix(2), 1), &results.File{})
	if err != nil || sum.Rerun != 1 || sum.Runs != 4 || sum.Completed != 4 || sum.Again != 2 {
		t.Fatalf("%+v, %v", sum, err)
	}
	var got []string
	for _, s := range r.ran {
		got = append(got, fmt.Sprintf("%s%d.%d", s.Model, s.Pair, s.Attempt))
	}
	again := fmt.Sprint(got[2:4])
	if want := strings.NewReplacer("1.0", "1.1").Replace(again); len(got) != 6 ||
		fmt.Sprint(got[4:]) != want {
		t.Errorf("ran %v: the pair is not run again in its order", got)
	}
	r = &scripted{grade: func(Slot) string { return "noisy" }}
	e = &Engine{Matrix: smallMatrix(20), Runner: r, File: &memoryFile{}, Progress: &silent{}}
	if _, err := e.Run(context.Background(), Plan(smallMatrix(20), 1), &results.File{}); err != nil {
		t.Fatal(err)
	}
	if extra := len(r.ran) - 40; extra <= 0 || extra > 14 {
		t.Errorf("a host that is always noisy cost %d more runs", extra)
	}
}

func TestUnwritableFileEndsTheSeries(t *testing.T) {
	e := &Engine{Matrix: smallMatrix(2), Runner: &scripted{},
		File:     &memoryFile{err: errors.New("disk full")},
		Progress: &silent{}}
	_, err := e.Run(context.Background(), Plan(smallMatrix(2), 1), &results.File{})
	if err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Fatalf("got %v", err)
	}
}
