package series

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"mtbench/internal/verdict"
	"mtbench/results"
)

// simulated makes the runs of a sequential series: their times are drawn from slot and seed, so
// that a resumed series meets the same host as one that was never interrupted.
type simulated struct {
	ran     []Slot
	ratio   func(c results.Cell) float64 // of B over A
	scatter func(c results.Cell) float64 // of the log of a run's time
	crash   func(s Slot) bool
	clock   time.Time
	stop    int // after so many runs; 0 = never
	cancel  context.CancelFunc
}

func (r *simulated) Run(ctx context.Context, s Slot) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.ran = append(r.ran, s)
	if r.stop > 0 && len(r.ran) == r.stop {
		r.cancel()
	}
	if r.crash != nil && r.crash(s) {
		f := failedRecord(s, ClassCrash, "gone")
		return &f, nil
	}
	name := fnv.New64a()
	fmt.Fprint(name, s.Model, s.Cell, s.Pair, s.AA, s.Side)
	rng := rand.New(rand.NewPCG(s.Seed, name.Sum64()))
	ms := 1000 * math.Exp(r.scatter(s.Case())*rng.NormFloat64())
	if s.Model == "B" {
		ms *= r.ratio(s.Case())
	}
	r.clock = r.clock.Add(time.Duration(ms * float64(time.Millisecond)))
	rec := &results.Run{Completed: true, TotalTimeMS: ms, Pages: 1000, PagesCompressed: 1000,
		Started: r.clock}
	identify(rec, s)
	return rec, nil
}

func (r *simulated) engine(m results.Matrix, file *memoryFile, seed uint64,
	budget time.Duration) *Engine {
	return &Engine{Matrix: m, Runner: r, File: file, Progress: &silent{}, Seed: seed, Budget: budget,
		Now: func() time.Time { return r.clock }}
}

func sequentialMatrix() results.Matrix {
	return results.Matrix{Models: []string{"A", "B"}, Threads: []int{1, 4, 8, 16},
		Waits: []bool{false, true},
		AA:    0.1, Equal: verdict.DefaultEqual}
}

func always(v float64) func(results.Cell) float64 { return func(results.Cell) float64 { return v } }

// TestPairsAreSpentWhereACaseIsUndecided: cases that differ much stop early, equal ones stop as
// equal, and a case too noisy to tell gets what is left, within the budget.
func TestPairsAreSpentWhereACaseIsUndecided(t *testing.T) {
	noisy := results.Cell{Threads: 8, Wait: false}
	same := results.Cell{Threads: 16, Wait: true}
	r := &simulated{ratio: func(c results.Cell) float64 {
		if c == same || c == noisy {
			return 1
		}
		return 0.7
	}, scatter: func(c results.Cell) float64 {
		if c == noisy {
			return 0.5
		}
		return 0.02
	}}
	file, m := &memoryFile{}, sequentialMatrix()
	e := r.engine(m, file, 3, 240*time.Second)
	sum, err := e.Run(context.Background(), nil, &results.File{})
	if err != nil || sum.Left != 0 || sum.Runs != len(file.records) {
		t.Fatalf("%+v, %v", sum, err)
	}
	pairs, aa := map[results.Cell]int{}, 0
	for i, s := range r.ran {
		if s.Index != i {
			t.Fatalf("run %d has the index %d", i, s.Index)
		}
		if aa += map[bool]int{true: 1}[s.AA]; !s.AA && s.Model == "A" {
			pairs[s.Case()]++
		}
	}
	for c, n := range pairs {
		if c != noisy && n > 15 || n < 4 {
			t.Errorf("%s: %d pairs", c, n)
		}
	}
	if pairs[noisy] < 20 || pairs[noisy] <= 2*pairs[same] {
		t.Errorf("the noisy case got %d pairs, the equal one %d", pairs[noisy], pairs[same])
	}
	if share := float64(aa) / float64(len(r.ran)); share < 0.05 || share > 0.11 {
		t.Errorf("A/A has %.2f of the runs", share)
	}
	if took := r.clock.Sub(time.Time{}); took > 240*time.Second || took < 200*time.Second {
		t.Errorf("it took %v", took)
	}
	for _, c := range verdict.Decide(fileOf(m, file)) {
		if want := map[bool]verdict.State{true: verdict.NotEnough}[c.Cell == noisy]; c.Cell == noisy &&
			c.State != want ||
			c.Cell == same && c.State != verdict.Equal || c.Cell != same && c.Cell != noisy &&
			c.State != verdict.LowerThan {
			t.Errorf("%s: %s", c.Cell, c.String())
		}
	}
}

func fileOf(m results.Matrix, records *memoryFile) *results.File {
	f := &results.File{}
	f.Header.Matrix = m
	for _, r := range records.records {
		switch r := r.(type) {
		case *results.Run:
			f.Runs = append(f.Runs, *r)
		case *results.Failed:
			f.Failed = append(f.Failed, *r)
		}
	}
	return f
}

// TestResumeMakesTheChoicesOfAnUninterruptedSeries, wherever it was interrupted.
func TestResumeMakesTheChoicesOfAnUninterruptedSeries(t *testing.T) {
	m := sequentialMatrix()
	make := func() *simulated {
		return &simulated{ratio: always(0.9), scatter: always(0.05),
			crash: func(s Slot) bool { return s.Threads == 4 && s.Wait && s.Pair == 1 && s.Model == "B" }}
	}
	whole, wanted := make(), &memoryFile{}
	if _, err := whole.engine(m, wanted, 5, time.Hour).Run(context.Background(), nil,
		&results.File{}); err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{1, 2, 3, 16, 17, 30, 41, len(whole.ran) - 1} {
		ctx, cancel := context.WithCancel(context.Background())
		first, file := make(), &memoryFile{}
		first.stop, first.cancel = at, cancel
		_, _ = first.engine(m, file, 5, time.Hour).Run(ctx, nil, &results.File{})
		second := make()
		if _, err := second.engine(m, file, 5, time.Hour).Run(context.Background(), nil,
			fileOf(m, file)); err != nil {
			t.Fatal(err)
		}
		if len(file.records) != len(wanted.records) {
			t.Fatalf("stopped after %d: %d records, want %d", at, len(file.records), len(wanted.records))
		}
		for i, slot := range append(first.ran, second.ran...) {
			if slot != whole.ran[i] {
				t.Fatalf("stopped after %d: run %d is %+v, want %+v", at, i, slot, whole.ran[i])
			}
		}
	}
}

// TestACaseThatAlwaysFailsEnds: nothing more is spent on it, and the others are decided.
func TestACaseThatAlwaysFailsEnds(t *testing.T) {
	r := &simulated{ratio: always(0.7), scatter: always(0.02),
		crash: func(s Slot) bool { return s.Threads == 16 }}
	m := sequentialMatrix()
	sum, err := r.engine(m, &memoryFile{}, 1, time.Hour).Run(context.Background(), nil,
		&results.File{})
	if err != nil || sum.Failed[ClassCrash] < 2*mostFailing || sum.Failed[ClassCrash] > 5*mostFailing {
		t.Errorf("%+v, %v", sum, err)
	}
}

// TestTheDefaultBudgetDecides: pairs scatter by 10 %, every case differs by 25 %, and as many runs
// as four minutes have: every case is decided in nine of ten series, and the sign is right.
func TestTheDefaultBudgetDecides(t *testing.T) {
	series := 20
	if os.Getenv("MTBENCH_SOAK") != "" {
		series = 500
	}
	const budget = 184 * 900 * time.Millisecond // 184 runs, which four minutes have on two CPUs
	decided, wrong, took := 0, 0, 0
	for seed := range series {
		r := &simulated{ratio: always(1 / 1.25), scatter: always(0.1 / math.Sqrt2)}
		file, m := &memoryFile{}, sequentialMatrix()
		if _, err := r.engine(m, file, uint64(seed), budget).Run(context.Background(), nil,
			&results.File{}); err != nil {
			t.Fatal(err)
		}
		all := 0
		for _, c := range verdict.Decide(fileOf(m, file)) {
			if c.State == verdict.LowerThan {
				all++
			}
			if c.State == verdict.HigherThan || c.State == verdict.Equal {
				wrong++
			}
		}
		took += len(r.ran)
		if all == len(m.Cases()) {
			decided++
		}
	}
	t.Logf("all cases decided in %d of %d series, %d runs each", decided, series, took/series)
	if float64(decided) < 0.9*float64(series) || wrong > series/10 {
		t.Errorf("all cases decided in %d of %d series, %d wrong", decided, series, wrong)
	}
}

// TestFalseVerdictsOfASeries: in series in which nothing differs, with wait off four times as
// noisy, at most one in twenty ends with a direction, although each case stops when it says
// something.
func TestFalseVerdictsOfASeries(t *testing.T) {
	series := 60
	if os.Getenv("MTBENCH_SOAK") != "" {
		series = 1000
	}
	wrong := 0
	for seed := range series {
		r := &simulated{ratio: always(1), scatter: func(c results.Cell) float64 {
			if c.Wait {
				return 0.03
			}
			return 0.12
		}}
		file, m := &memoryFile{}, sequentialMatrix()
		if _, err := r.engine(m, file, uint64(1000+seed), 184*time.Second).Run(context.Background(), nil,
			&results.File{}); err != nil {
			t.Fatal(err)
		}
		for _, c := range verdict.Decide(fileOf(m, file)) {
			if c.State == verdict.LowerThan || c.State == verdict.HigherThan {
				wrong++
				break
			}
		}
	}
	t.Logf("%d of %d series end with a false direction", wrong, series)
	if limit := 0.05*float64(series) + 2.4*math.Sqrt(0.05*float64(series)); float64(wrong) > limit {
		t.Errorf("%d of %d series end with a false direction", wrong, series)
	}
}
