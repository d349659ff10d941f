package steps

import (
	"sync/atomic"

	"mtbench/internal/ptrring"
	"mtbench/internal/thread"
)

// waker is how a worker finds out that there is something in its ring.
type waker interface {
	// Submitter's: lock, fill and produce, wake, unlock.
	lock(thread.Thread)
	wake(thread.Thread)
	unlock(thread.Thread)
	quit(thread.Thread)

	// Worker's: begin once, then take until it returns nil, which means quit.
	begin(thread.Thread)
	take(thread.Thread) *request
}

// lockWaker is the locked model's: the slot's lock and condition variable.
type lockWaker struct {
	ring *ptrring.Ring[request] // under mu
	mu   thread.Mutex
	cond thread.Cond
	stop bool // under mu
}

func newLockWaker(m thread.Machine, name string, ring *ptrring.Ring[request]) *lockWaker {
	mu := m.NewMutex(name, thread.LockSlot)
	return &lockWaker{ring: ring, mu: mu, cond: m.NewCond(name, mu, thread.WaitWork)}
}

func (w *lockWaker) lock(t thread.Thread)   { w.mu.Lock(t) }
func (w *lockWaker) wake(t thread.Thread)   { w.cond.Signal(t) }
func (w *lockWaker) unlock(t thread.Thread) { w.mu.Unlock(t) }

func (w *lockWaker) quit(t thread.Thread) {
	w.mu.Lock(t)
	thread.Writes(t, &w.stop)
	w.stop = true
	w.cond.Signal(t)
	w.mu.Unlock(t)
}

func (w *lockWaker) begin(thread.Thread) {}

// take looks and waits under the lock, which it does not hold when it returns.
func (w *lockWaker) take(t thread.Thread) *request {
	w.mu.Lock(t)
	defer w.mu.Unlock(t)
	for thread.Reads(t, &w.stop); !w.stop; thread.Reads(t, &w.stop) {
		if r := w.ring.Consume(t); r != nil {
			return r
		}
		w.cond.Wait(t)
	}
	return nil
}

// eventWaker is the lockless model's: a ring without a lock, and an event beside it.
type eventWaker struct {
	ring       *ptrring.Ring[request]
	event      thread.Event
	stop       atomic.Bool
	polls      int
	hasRequest func() bool // the worker's, made when it begins
}

func newEventWaker(m thread.Machine, name string, ring *ptrring.Ring[request],
	polls int) *eventWaker {
	return &eventWaker{ring: ring, event: m.NewEvent(name, false, thread.WaitWork), polls: polls}
}

func (w *eventWaker) lock(thread.Thread)   {}
func (w *eventWaker) wake(t thread.Thread) { w.event.Set(t) }
func (w *eventWaker) unlock(thread.Thread) {}

func (w *eventWaker) quit(t thread.Thread) {
	thread.Stores(t, &w.stop)
	w.stop.Store(true)
	w.event.Set(t)
}

func (w *eventWaker) begin(t thread.Thread) {
	w.hasRequest = func() bool { return !w.ring.Empty(t) }
}

// take resets, then looks at quit and ring, then waits; see the lockless model.
func (w *eventWaker) take(t thread.Thread) *request {
	for {
		w.event.Reset(t)
		thread.Loads(t, &w.stop)
		if w.stop.Load() {
			return nil
		}
		if t.SpinUntil(thread.SpinWork, w.polls, true, w.hasRequest) {
			return w.ring.Consume(t)
		}
		w.event.Wait(t)
	}
}
