package gate_test

import (
	"slices"
	"testing"
	"time"

	"mtbench/internal/gate"
	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/models/registry"
)

// every says that one time in so many something is done otherwise: the least that the gate is to
// find.
const every = 100

// change makes another model of one.
type change func(models.Builder) models.Builder

// planted is a change of a model by a hundredth or little more, and a figure that it moves.
type planted struct {
	name, model, moves string
	change             change
}

func plantedChanges() []planted {
	all := append(onMain(), onWorkers()...)
	if testing.Short() { // for the race detector: one on main, one on workers
		all = []planted{all[0], all[len(all)-1]}
	}
	return all
}

// onMain are changes of what the submitter does.
func onMain() []planted {
	return []planted{
		{"a wake more in 13 pages", "lockless", "main_futex_wakes", extraWake},
		{"a lock more in 100 pages", "locked", "main_locks", onSubmit(every,
			func(m thread.Machine) func(thread.Thread) {
				mu := m.NewMutex("planted", thread.LockGlobal)
				return func(t thread.Thread) { mu.Lock(t); mu.Unlock(t) }
			})},
		{"an atomic operation more in 100 pages", "spmc", "main_atomics", onSubmit(every,
			func(m thread.Machine) func(thread.Thread) {
				ev := m.NewEvent("planted", true, thread.WaitWork)
				return ev.Set
			})},
		{"a sleep on the clock more in 100 pages", "lockbatch", "main_sleeps", onSubmit(every,
			func(thread.Machine) func(thread.Thread) {
				return func(t thread.Thread) { t.SleepUntil(t.Now()+time.Microsecond, thread.WaitRoom) }
			})},
		{"a page in 100 refused", "locked", "busy", refuses},
		{"a poll more in 100 pages", "workqueue", "main_polls", onSubmit(every,
			func(thread.Machine) func(thread.Thread) {
				return func(t thread.Thread) {
					t.SpinUntil(thread.SpinRoom, 2, true, func() bool { return false })
				}
			})},
		{"a request a thread less", "lockless", "requests", func(b models.Builder) models.Builder {
			return func(m thread.Machine, t thread.Thread, c models.Config, w models.Work) (
				models.Pipeline, error) {
				c.Depth = 3
				return b(m, t, c, w)
			}
		}},
	}
}

// onWorkers are changes of what the workers do.
func onWorkers() []planted {
	return []planted{
		{"a spin lock more in 100 pages of the workers", "lockless", "workers_locks", onHandle(
			func(m thread.Machine) func(thread.Thread) {
				l := m.NewSpinLock("planted", thread.LockResults)
				return func(t thread.Thread) { l.Lock(t); l.Unlock(t) }
			})},
		{"a spin longer by 1 %", "lockless", "workers_polls", pollBudget(1010)},
		{"a sleep in place of a spin", "lockless", "workers_sleeps", pollBudget(-1)},
		{"a copy of a page more in 100", "spmc", "workers_computes", onHandle(
			func(thread.Machine) func(thread.Thread) {
				return func(t thread.Thread) { t.Compute(400 * time.Nanosecond) }
			})},
		{"a page compressed twice in 100", "locked", "workers_computed_ns", handledTwice},
	}
}

// Every planted change is found, in the figure that it is of.
func TestPlanted(t *testing.T) {
	committed, err := gate.Committed()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plantedChanges() {
		t.Run(p.name, func(t *testing.T) {
			c, err := registry.Lookup(p.model)
			if err != nil {
				t.Fatal(err)
			}
			c.Build = p.change(c.Build)
			now, err := gate.Run(t.Context(), []registry.Contender{c})
			if err != nil {
				t.Fatal(err)
			}
			changes, err := committed.Of([]string{p.model}).Compare(now)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(changes, func(c gate.Change) bool { return moves(c, p.moves) }) {
				t.Errorf("%s has not moved in any of %d cases that changed", p.moves, len(changes))
			}
		})
	}
}

// What the changes are made with moves nothing by itself.
func TestPlantedNothing(t *testing.T) {
	committed, err := gate.Committed()
	if err != nil {
		t.Fatal(err)
	}
	nothing := func(thread.Machine) func(thread.Thread) { return func(thread.Thread) {} }
	for _, p := range plantedChanges() {
		c, err := registry.Lookup(p.model)
		if err != nil {
			t.Fatal(err)
		}
		c.Build = onSubmit(every, nothing)(onHandle(nothing)(c.Build))
		now, err := gate.Run(t.Context(), []registry.Contender{c})
		if err != nil {
			t.Fatal(err)
		}
		changes, err := committed.Of([]string{p.model}).Compare(now)
		if err != nil || len(changes) > 0 {
			t.Errorf("%s: %v, %v", p.model, changes, err)
		}
	}
}

// moves reports whether the figure has grown or shrunk in the case.
func moves(c gate.Change, figure string) bool {
	return slices.ContainsFunc(c.Moved, func(m gate.Moved) bool { return m.Name == figure })
}

// submitting is a pipeline before whose Submit something is done, or after which. Each is the
// submitter's alone.
type submitting struct {
	models.Pipeline
	before func(thread.Thread) bool // false: the page is refused
	closed func(thread.Thread)
}

func (s *submitting) Submit(t thread.Thread) bool { return s.before(t) && s.Pipeline.Submit(t) }

func (s *submitting) Close(t thread.Thread) {
	s.Pipeline.Close(t)
	if s.closed != nil {
		s.closed(t)
	}
}

// onSubmit does something more before one Submit in n.
func onSubmit(n int, make func(thread.Machine) func(thread.Thread)) change {
	return func(b models.Builder) models.Builder {
		return func(m thread.Machine, t thread.Thread, c models.Config, w models.Work) (
			models.Pipeline, error) {
			more, calls := make(m), 0
			p, err := b(m, t, c, w)
			return &submitting{Pipeline: p, before: func(t thread.Thread) bool {
				if calls++; calls%n == 0 {
					more(t)
				}
				return true
			}}, err
		}
	}
}

// refuses one page in 100, where pages may be refused.
func refuses(b models.Builder) models.Builder {
	return func(m thread.Machine, t thread.Thread, c models.Config, w models.Work) (
		models.Pipeline, error) {
		calls := 0
		p, err := b(m, t, c, w)
		return &submitting{Pipeline: p, before: func(thread.Thread) bool {
			calls++
			return c.Wait || calls%every != 0
		}}, err
	}
}

// extraWake keeps a thread more that sleeps, and wakes it at one Submit in 13.
func extraWake(b models.Builder) models.Builder {
	return func(m thread.Machine, t thread.Thread, c models.Config, w models.Work) (
		models.Pipeline, error) {
		ev := m.NewEvent("planted", false, thread.WaitWork)
		quit, calls := false, 0
		idle := m.Start(t, "planted", thread.Other, func(t thread.Thread) {
			for !quit {
				ev.Wait(t)
				ev.Reset(t)
			}
		})
		p, err := b(m, t, c, w)
		return &submitting{Pipeline: p,
			before: func(t thread.Thread) bool {
				if calls++; calls%13 == 0 {
					ev.Set(t)
				}
				return true
			},
			closed: func(t thread.Thread) {
				quit = true
				ev.Set(t)
				idle.Join(t)
			}}, err
	}
}

func pollBudget(n int) change {
	return func(b models.Builder) models.Builder {
		return func(m thread.Machine, t thread.Thread, c models.Config, w models.Work) (
			models.Pipeline, error) {
			c.PollBudget = n
			return b(m, t, c, w)
		}
	}
}

// working is a work with something more in it. In virtual time one thread runs at a time.
type working struct {
	models.Work
	handles  int
	onHandle func(thread.Thread, *models.Request)
}

func (w *working) Handle(t thread.Thread, r *models.Request) {
	w.Work.Handle(t, r)
	if w.handles++; w.handles%every == 0 {
		w.onHandle(t, r)
	}
}

func onHandle(make func(thread.Machine) func(thread.Thread)) change {
	return func(b models.Builder) models.Builder {
		return func(m thread.Machine, t thread.Thread, c models.Config, w models.Work) (
			models.Pipeline, error) {
			more := make(m)
			return b(m, t, c, &working{Work: w,
				onHandle: func(t thread.Thread, _ *models.Request) { more(t) }})
		}
	}
}

func handledTwice(b models.Builder) models.Builder {
	return func(m thread.Machine, t thread.Thread, c models.Config, w models.Work) (
		models.Pipeline, error) {
		return b(m, t, c, &working{Work: w, onHandle: w.Handle})
	}
}
