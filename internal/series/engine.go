package series

import (
	"context"
	"fmt"
	"time"

	"mtbench/results"
)

// Runner does one run and returns its record: a *results.Run or a *results.Failed. An error is one
// of the harness itself, or ctx's.
type Runner interface {
	Run(ctx context.Context, s Slot) (any, error)
}

// Progress is told what happens. Calls come from one goroutine.
type Progress interface {
	Begin(total, done int)
	// took is the run as a process, outside the bracket too
	Ran(s Slot, record any, took time.Duration)
	Note(text string) // something a person should know now
	End()
}

// Appender keeps records.
type Appender interface {
	Append(record any) error
	Intact() error // says what has happened to the earlier ones from outside
}

// Engine walks a plan.
type Engine struct {
	Matrix   results.Matrix
	Runner   Runner
	File     Appender
	Progress Progress
	Seed     uint64
	Budget   time.Duration    // a sequential series ends within it
	Spent    time.Duration    // how much of it was spent before Run
	Again    bool             // pairs of which a run failed are made once more
	Now      func() time.Time // nil: the clock
	// called before each round of the plan and after the last; nil: nothing is
	Between func() error

	runs   []results.Run // all of the series, those of an earlier invocation included
	failed []results.Failed
	again  int // pairs run again because the host disturbed them
	began  time.Time
}

// Reruns are bounded twice: by Matrix.Reruns for a pair, and by this share of the series. A host
// that disturbs more than that is not a host to wait for.
const maxRerunShare = 0.2

// Summary is how a series ended. A run that was made again counts once, as it ended last.
type Summary struct {
	Runs, Completed, CantComplete int
	Verified                      int            // completed, and both memories equal byte for byte
	Again                         int            // runs that a later attempt has replaced
	Failed                        map[string]int // by class, in whose place no later run counts
	Reason                        string         // of the last of them; ClassMemory goes before others
	Rerun                         int            // pairs run again
	Left                          int            // planned runs that were not made
}

// Run makes the runs of plan that are not among done, in order; of a sequential series, which has
// no plan, those that the evidence asks for. When ctx ends it stops at once and returns ctx's
// error; whatever was finished has been kept.
func (e *Engine) Run(ctx context.Context, plan []Slot, done *results.File) (Summary, error) {
	e.began = e.now()
	if e.Matrix.Sequential() {
		e.Progress.Begin(0, len(keptIndexes(done)))
		defer e.Progress.End()
		err := e.spend(ctx, done)
		return e.summary(nil), err
	}
	kept := keptIndexes(done)
	e.runs = append(e.runs, done.Runs...)
	e.failed = append(e.failed, done.Failed...)
	e.Progress.Begin(len(plan), countKept(plan, kept))
	defer e.Progress.End()
	var err error
	if e.Again {
		err = e.makeAgain(ctx, plan)
	}
	if err == nil {
		err = e.rounds(ctx, plan, kept)
	}
	return e.summary(plan), err
}

func keptIndexes(f *results.File) map[int]bool {
	kept := map[int]bool{}
	for _, r := range f.Runs {
		kept[r.Index] = true
	}
	for _, r := range f.Failed {
		kept[r.Index] = true
	}
	return kept
}

func countKept(plan []Slot, kept map[int]bool) int {
	n := 0
	for _, s := range plan {
		if kept[s.Index] {
			n++
		}
	}
	return n
}

// rounds makes the runs of plan. A round is a block of every cell that has one more.
func (e *Engine) rounds(ctx context.Context, plan []Slot, kept map[int]bool) error {
	for len(plan) > 0 {
		n := roundLength(plan)
		round := plan[:n]
		plan = plan[n:]
		if countKept(round, kept) == n {
			continue
		}
		if err := e.between(ctx); err != nil {
			return err
		}
		if err := e.walk(ctx, round, kept); err != nil {
			return err
		}
	}
	return e.between(ctx)
}

// roundLength is how many of the first slots belong to the same round. A block that compares a
// model with itself belongs to the round that it was put in.
func roundLength(plan []Slot) int {
	for i, s := range plan {
		if !s.AA && s.Block > plan[0].Block {
			return i
		}
	}
	return len(plan)
}

func (e *Engine) between(ctx context.Context) error {
	if e.Between == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	return e.Between()
}

// walk runs half block by half block, so that a noisy pair is known when its last run ends.
func (e *Engine) walk(ctx context.Context, plan []Slot, kept map[int]bool) error {
	for len(plan) > 0 {
		n := halfLength(plan)
		half := plan[:n]
		plan = plan[n:]
		if err := e.half(ctx, half, kept); err != nil {
			return err
		}
	}
	return nil
}

// halfLength is how many of the first slots belong to the same half block.
func halfLength(plan []Slot) int {
	for i, s := range plan {
		if s.Case() != plan[0].Case() || s.Pair != plan[0].Pair || s.AA != plan[0].AA {
			return i
		}
	}
	return len(plan)
}

func (e *Engine) half(ctx context.Context, half []Slot, kept map[int]bool) error {
	var fresh []Slot
	for _, s := range half {
		if !kept[s.Index] {
			fresh = append(fresh, s)
		}
	}
	for attempt := 0; ; attempt++ {
		noisy, err := e.each(ctx, fresh, attempt)
		if err != nil || !noisy || len(fresh) == 0 || !e.mayRepeat(attempt) {
			return err
		}
		e.again++
		fresh = half // both runs of a pair meet the same host
		e.Progress.Note("the host disturbed this pair from outside; it is run again")
	}
}

func (e *Engine) mayRepeat(attempt int) bool {
	if e.Matrix.Sequential() && e.spent() > e.Budget*9/10 {
		return false
	}
	return attempt < e.Matrix.Reruns && float64(e.again) < 1+maxRerunShare*float64(len(e.runs))/2
}

// each runs slots and reports whether the host disturbed one of them.
func (e *Engine) each(ctx context.Context, slots []Slot, attempt int) (noisy bool, err error) {
	for _, s := range slots {
		s.Attempt = attempt
		if err := e.File.Intact(); err != nil {
			return false, err
		}
		start := time.Now()
		record, err := e.Runner.Run(ctx, s)
		if err != nil {
			return false, err
		}
		if err := e.File.Append(record); err != nil {
			return false, fmt.Errorf("the run could not be kept: %w", err)
		}
		noisy = e.keep(record) || noisy
		e.Progress.Ran(s, record, time.Since(start))
	}
	return noisy, nil
}

// keep remembers a record and reports whether the host disturbed its run.
func (e *Engine) keep(record any) (noisy bool) {
	switch r := record.(type) {
	case *results.Run:
		e.runs = append(e.runs, *r)
		return r.Grade() == "noisy" || r.Grade() == "void"
	case *results.Failed:
		e.failed = append(e.failed, *r)
	}
	return false
}

func (e *Engine) summary(plan []Slot) Summary {
	s := Summary{Failed: map[string]int{}, Rerun: e.again}
	kept, last := map[int]bool{}, map[int]*results.Run{}
	for i := range e.runs { // attempts follow each other
		r := &e.runs[i]
		kept[r.Index], last[r.Index] = true, r
	}
	for _, r := range last {
		if r.Verified != nil && *r.Verified {
			s.Verified++
		}
		if r.Completed {
			s.Completed++
		} else {
			s.CantComplete++
		}
	}
	all := &results.File{Runs: e.runs, Failed: e.failed}
	for _, f := range e.failed {
		kept[f.Index] = true
	}
	for _, f := range all.StillFailed() {
		s.Failed[f.Class]++
		if s.Failed[ClassMemory] == 0 || f.Class == ClassMemory {
			s.Reason = f.Reason
		}
	}
	s.Runs = len(last)
	s.Again = len(e.runs) - len(last)
	for _, slot := range plan {
		if !kept[slot.Index] {
			s.Left++
		}
	}
	return s
}
