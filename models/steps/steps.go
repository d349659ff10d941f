// Package steps is the way from the locked model to the lockless one, one change at a time, so that
// a difference between the two can be attributed. It is one implementation with options; with none
// set it does what package locked does, with all set what package lockless does, lock for lock and
// wake for wake, which its tests hold. The faithful models stay free of switches.
//
// The changes, in the order of [All]:
//
//	depth    a thread has 4 requests instead of 1, queued to it
//	results  a finished request goes to a ring of results under a spin lock of its own and from
//	         there to a free list, instead of being marked done under the global lock, which is
//	         gone; a submitter that must wait sleeps on an event. A request is no thread's own
//	         any more
//	rings    a worker sleeps on an event and takes from its ring without a lock, instead of
//	         sleeping on a condition variable under the slot's lock
//	spin     the submitter spins instead of sleeping
//	polls    a worker looks at its ring 1000 times before it sleeps, instead of once
//	current  the search for a thread begins behind the last one, instead of at 0
//
// The queue to a worker is the lockless model's ring all the way; before `rings` it is used under
// the slot's lock, where it is no more than the pending field of the original.
package steps

import (
	"mtbench/internal/ptrring"
	"mtbench/internal/thread"
	"mtbench/models"
)

// Options are the changes. Each builds on those before it.
type Options struct {
	Depth   int  // requests a thread: 1 to models.MaxDepth
	Results bool // own results path, no global lock
	Rings   bool // event and ring without a lock; needs Results
	Spin    bool // the submitter spins; needs Results
	Polls   int  // looks at an empty ring before a worker sleeps, 1 or more; 1 without Rings
	Current bool // search from the current thread on; needs Results
}

// Step is a stop on the way.
type Step struct {
	Name string
	Doc  string // what changed since the step before
	Options
}

const (
	depth = 4    // DEFAULT_THREAD_RING_SIZE of the series
	polls = 1000 // BUSY_WAIT_COUNT of the series
)

// All is the way, from locked to lockless.
func All() []Step {
	return []Step{
		{"step0-locked", "the locked model", Options{Depth: 1, Polls: 1}},
		{"step1-depth", "1 → 4 requests a thread", Options{Depth: depth, Polls: 1}},
		{"step2-results", "global lock → results ring under its own spin lock",
			Options{Depth: depth, Results: true, Polls: 1}},
		{"step3-rings", "slot lock and condition → ring and event",
			Options{Depth: depth, Results: true, Rings: true, Polls: 1}},
		{"step4-spin", "the submitter spins instead of sleeping",
			Options{Depth: depth, Results: true, Rings: true, Spin: true, Polls: 1}},
		{"step5-polls", "1 → 1000 polls before a worker sleeps",
			Options{Depth: depth, Results: true, Rings: true, Spin: true, Polls: polls}},
		{"step6-lockless", "search from 0 → from the current thread: the lockless model",
			Options{Depth: depth, Results: true, Rings: true, Spin: true, Polls: polls, Current: true}},
	}
}

// InFlight is how many requests there are, all of which can be in flight at once.
func (o Options) InFlight(cfg models.Config) int { return o.Depth * cfg.Threads }

// Build makes the pipeline of one step. Config's own Depth, PollBudget and RoundRobin do not apply.
func (o Options) Build(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
	models.Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	b := &base{Options: o, work: work, workers: make([]worker, cfg.Threads)}
	b.source = cfg.Side == models.Source
	b.wait = cfg.Wait || !b.source
	if err := b.makeRequests(); err != nil {
		return nil, err
	}
	b.makeWorkers(m, cfg.Name)
	if o.Results {
		return newOwn(m, t, cfg.Name, b), nil
	}
	return newGlobal(m, t, cfg.Name, b), nil
}

// base is what the two results paths share: the requests and the way to a worker.
type base struct {
	Options
	work     models.Work
	wait     bool
	source   bool
	requests []request // Depth for each worker, in the order of the workers
	workers  []worker
}

// request passes from thread to thread; see the models for who owns it when.
type request struct {
	models.Request
	next *request // own: in the free list

	worker int  // own: the worker that it was given to
	done   bool // global: under the lock; the submitter's while true
	filled bool // global: the submitter's own: there is, or will be, a result
}

type worker struct {
	ring   *ptrring.Ring[request]
	waker  waker
	joiner thread.Joiner
}

func (b *base) makeRequests() error {
	b.requests = make([]request, b.Depth*len(b.workers))
	for i := range b.requests {
		r := &b.requests[i]
		r.Index = i
		r.done = true
		if err := b.work.Init(&r.Request); err != nil {
			return err
		}
	}
	return nil
}

func (b *base) makeWorkers(m thread.Machine, name string) {
	for i := range b.workers {
		w := &b.workers[i]
		w.ring = ptrring.New[request](b.Depth, false)
		if b.Rings {
			w.waker = newEventWaker(m, name, w.ring, b.Polls)
		} else {
			w.waker = newLockWaker(m, name, w.ring)
		}
	}
}

// start starts the workers; each takes, handles and finishes until it is told to quit.
func (b *base) start(m thread.Machine, t thread.Thread, name string,
	finish func(thread.Thread, *request)) {
	for i := range b.workers {
		w := &b.workers[i]
		w.joiner = m.Start(t, name, thread.Worker, func(t thread.Thread) {
			w.waker.begin(t)
			for r := w.waker.take(t); r != nil; r = w.waker.take(t) {
				b.work.Handle(t, &r.Request)
				finish(t, r)
			}
		})
	}
}

// give fills r and passes it to w, which has room.
func (b *base) give(t thread.Thread, w *worker, r *request) {
	w.waker.lock(t)
	b.work.Fill(t, &r.Request)
	if !w.ring.Produce(t, r) {
		panic("steps: a ring that had room is full; only the submitter fills it")
	}
	w.waker.wake(t)
	w.waker.unlock(t)
}

// Close tells every worker to quit, then joins them.
func (b *base) Close(t thread.Thread) {
	for i := range b.workers {
		b.workers[i].waker.quit(t)
	}
	for i := range b.workers {
		b.workers[i].joiner.Join(t)
	}
}
