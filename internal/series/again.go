package series

import (
	"context"

	"mtbench/results"
)

// pairKept is what is known of a pair: which runs of it ended or failed, by attempt.
type pairKept struct {
	ended  map[int]map[int]bool // by attempt, the indexes of runs with a record of figures
	failed bool                 // one of its runs did at some attempt
	last   int                  // the latest attempt
}

// wants reports whether a pair of so many runs is to be made again: one failed, and at no attempt
// did all of them end. Both are made again, for only runs of one attempt are neighbours.
func (p *pairKept) wants(runs int) bool {
	if p == nil || !p.failed {
		return false
	}
	for _, ended := range p.ended {
		if len(ended) == runs {
			return false
		}
	}
	return true
}

// pairsKept gives what the records say of each half block of plan, by the index of its first run.
func (e *Engine) pairsKept(plan []Slot) map[int]*pairKept {
	first := map[int]int{} // of the half block that a run belongs to
	for rest := plan; len(rest) > 0; {
		n := halfLength(rest)
		for _, s := range rest[:n] {
			first[s.Index] = rest[0].Index
		}
		rest = rest[n:]
	}
	pairs := map[int]*pairKept{}
	of := func(index, attempt int) *pairKept {
		p := pairs[first[index]]
		if p == nil {
			p = &pairKept{ended: map[int]map[int]bool{}}
			pairs[first[index]] = p
		}
		p.last = max(p.last, attempt)
		return p
	}
	for i := range e.runs {
		r := &e.runs[i]
		p := of(r.Index, r.Attempt)
		if p.ended[r.Attempt] == nil {
			p.ended[r.Attempt] = map[int]bool{}
		}
		p.ended[r.Attempt][r.Index] = true
	}
	for i := range e.failed {
		of(e.failed[i].Index, e.failed[i].Attempt).failed = true
	}
	return pairs
}

// makeAgain makes every pair of plan once more of which a run failed. Their records say so, and how
// much had been planned: a later invocation that goes through the choices of this one finds them at
// the same place.
func (e *Engine) makeAgain(ctx context.Context, plan []Slot) error {
	pairs, planned := e.pairsKept(plan), len(plan)
	for rest := plan; len(rest) > 0; {
		n := halfLength(rest)
		half := rest[:n]
		rest = rest[n:]
		known := pairs[half[0].Index]
		if !known.wants(n) {
			continue
		}
		again := make([]Slot, n)
		for i, s := range half {
			s.Again = planned
			again[i] = s
		}
		if _, err := e.each(ctx, again, known.last+1); err != nil {
			return err
		}
	}
	return nil
}

// splitAgain takes from records those of pairs that were made again, by how much had been planned.
func splitAgain(f *results.File) (inPlace *results.File, again map[int][]any) {
	inPlace, again = &results.File{Header: f.Header}, map[int][]any{}
	for i := range f.Runs {
		if r := &f.Runs[i]; r.Again > 0 {
			again[r.Again] = append(again[r.Again], r)
		} else {
			inPlace.Runs = append(inPlace.Runs, *r)
		}
	}
	for i := range f.Failed {
		if r := &f.Failed[i]; r.Again > 0 {
			again[r.Again] = append(again[r.Again], r)
		} else {
			inPlace.Failed = append(inPlace.Failed, *r)
		}
	}
	return inPlace, again
}

// atThisPoint takes in what was made again when so much was planned, and once all that an earlier
// invocation planned is gone through makes again what failed, if that is asked for.
func (s *spender) atThisPoint(ctx context.Context) error {
	planned, before := len(s.plan.slots), len(s.runs)
	for _, record := range s.again[planned] {
		s.keep(record)
	}
	delete(s.again, planned)
	if s.Again && planned >= s.replayed {
		s.Again = false
		if err := s.makeAgain(ctx, s.plan.slots); err != nil {
			return err
		}
	}
	for i := before; i < len(s.runs); i++ {
		s.watch.Add(&s.runs[i])
		s.failing[s.runs[i].Case()] = 0
	}
	return nil
}
