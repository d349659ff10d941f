package series

import (
	"context"
	"fmt"
	"time"

	"mtbench/internal/verdict"
	"mtbench/results"
)

// spender is a series that spends its pairs by the evidence: each goes to the undecided case that
// has fewest, until all are decided or the time is up. Its choice depends on the records before it
// alone, so that a resumed series makes the choices of one that was never interrupted.
type spender struct {
	*Engine
	plan  *planner
	watch *verdict.Watch
	kept  map[int][]any // records of an earlier invocation, by index
	again map[int][]any // of them those made again, by how many runs were planned
	// how many runs an earlier invocation had planned
	replayed int
	made     map[results.Cell]int
	failing  map[results.Cell]int // pairs in a row that gave no figure
	round    int
	took     map[results.Cell]time.Duration // what an attempt at a pair took, the last time
}

// mostFailing is how many pairs in a row a case may fail before nothing more is spent on it.
const mostFailing = 10

// spend makes pairs until nothing is left to decide or the budget is spent.
func (e *Engine) spend(ctx context.Context, done *results.File) error {
	s := &spender{Engine: e, plan: newPlanner(e.Matrix, e.Seed), watch: verdict.NewWatch(e.Matrix),
		kept: map[int][]any{}, made: map[results.Cell]int{}, failing: map[results.Cell]int{},
		round: -1, took: map[results.Cell]time.Duration{}}
	done, s.again = splitAgain(done)
	for i := range done.Runs {
		r := &done.Runs[i]
		s.kept[r.Index] = append(s.kept[r.Index], r)
	}
	for i := range done.Failed {
		f := &done.Failed[i]
		s.kept[f.Index] = append(s.kept[f.Index], f)
	}
	for index := range s.kept {
		s.replayed = max(s.replayed, index+1)
	}
	for {
		if err := s.atThisPoint(ctx); err != nil {
			return err
		}
		open := s.open()
		c, ok := s.next(open)
		if !ok {
			s.tell(open)
			return s.between(ctx)
		}
		if err := s.turn(ctx, c); err != nil {
			return err
		}
	}
}

// open lists the undecided cases on which more may be spent.
func (s *spender) open() []results.Cell {
	var open []results.Cell
	for _, c := range s.watch.Open() {
		if s.made[c] < MaxPairs && s.failing[c] < mostFailing {
			open = append(open, c)
		}
	}
	return open
}

// next is the open case with the fewest pairs of those of which a pair fits into what time is left.
// Pairs that an earlier invocation made always fit.
func (s *spender) next(open []results.Cell) (next results.Cell, ok bool) {
	made := len(s.kept[len(s.plan.slots)]) > 0
	for _, c := range open {
		if (made || s.fits(c)) && (!ok || s.made[c] < s.made[next]) {
			next, ok = c, true
		}
	}
	return next, ok
}

// fits says whether a pair of c ends within the budget, by what the last such pair took. A case
// without one is taken for as long as the longest of the others.
func (s *spender) fits(c results.Cell) bool {
	takes, known := s.took[c]
	for _, d := range s.took {
		if !known {
			takes = max(takes, d)
		}
	}
	return s.spent()+takes <= s.Budget
}

// spent is how much of the budget is gone.
func (e *Engine) spent() time.Duration { return e.Spent + e.now().Sub(e.began) }

func (e *Engine) now() time.Time {
	if e.Now == nil {
		return time.Now()
	}
	return e.Now()
}

// turn makes one pair of c, and the A/A pair that is due after it.
func (s *spender) turn(ctx context.Context, c results.Cell) error {
	first := len(s.plan.slots)
	s.plan.pair(c, s.made[c])
	if round := s.made[c]; round != s.round && len(s.kept[first]) == 0 {
		s.round = round
		if err := s.between(ctx); err != nil {
			return err
		}
	}
	s.made[c]++
	if err := s.pair(ctx, c, s.plan.slots[first:]); err != nil {
		return err
	}
	if !s.plan.owesAA() {
		return nil
	}
	first = len(s.plan.slots)
	s.plan.aaPair(s.plan.aaTurn())
	half := s.plan.slots[first:]
	if len(s.kept[first]) == 0 && !s.fits(half[0].Case()) {
		return nil
	}
	return s.pair(ctx, half[0].Case(), half)
}

// pair makes what is not kept of a pair, and gives all of it to the watch.
func (s *spender) pair(ctx context.Context, c results.Cell, half []Slot) error {
	start, before, failed := s.now(), len(s.runs), len(s.failed)
	kept := map[int]bool{}
	for _, slot := range half {
		for _, record := range s.kept[slot.Index] {
			kept[slot.Index] = true
			s.keep(record)
		}
	}
	if err := s.half(ctx, half, kept); err != nil {
		return err
	}
	for i := before; i < len(s.runs); i++ {
		s.watch.Add(&s.runs[i])
	}
	if s.failing[c]++; len(s.failed) == failed {
		s.failing[c] = 0
	}
	if attempts := (len(s.runs) - before + len(s.failed) - failed) / len(half); len(kept) == 0 {
		s.took[c] = s.now().Sub(start) / time.Duration(max(1, attempts))
	}
	return nil
}

// tell says why the series ends where something is undecided.
func (s *spender) tell(open []results.Cell) {
	if left := len(s.watch.Undecided()); len(open) > 0 {
		s.Progress.Note(fmt.Sprintf("the budget of %v is spent; undecided: %d of %d cases", s.Budget,
			left,
			len(s.plan.cases)))
	}
}
