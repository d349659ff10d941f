// Package spmc is the hand-over of Valkey's I/O threads of 2026: one shared queue to all workers,
// one shared ring of answers back, no wake a job, and a pool that grows and shrinks with the queue.
//
// Who owns what. A request is the submitter's while it is on the free list. The store of a cell's
// sequence passes it to the worker that claims the cell, and the store into the ring of answers
// passes it back; each pairs with the load of the same word at the other end:
//
//	free list ── submitter ──▶ jobs ── the first worker to claim ──▶ answers ──▶ free list
//	               ▲ Fill                       Handle                  ▲ Done
//
// Nobody is woken for a job: a worker of the pool looks for one for ever and keeps its CPU. To take
// a worker out, the submitter locks the worker's gate and then lowers the size of the pool; the
// worker, which compares its number with the size at every look, runs into the gate and sleeps
// there. To take it in again the submitter raises the size and then unlocks the gate. So there is
// one wake for each change of the pool.
package spmc

import (
	"fmt"
	"sync/atomic"
	"time"

	"mtbench/internal/thread"
	"mtbench/models"
)

const (
	// defaultDepth is requests a worker. The original bounds jobs by its rings, of thousands.
	defaultDepth = 4

	takenAtOnce = 16 // answers that the submitter takes in one go

	// Of the original: the queue is looked at every so often, the mean of so many looks decides,
	// and the pool shrinks only when nothing has changed for so long.
	sampleEvery = 10 * time.Millisecond
	samples     = 16
	coolDown    = 1000 * time.Millisecond

	clockEvery = 64 // pages between two readings of the clock
)

// Options are the settings of this model alone.
type Options struct {
	Whole bool // all workers are in the pool from the start and stay there
	Eager bool // the queue is looked at with every page and each look decides: for tests
}

// pipeline is what all threads share, by who may touch it.
type pipeline struct {
	work     models.Work
	wait     bool // the destination knows no other way
	jobs     *jobs
	answers  *answers
	workers  []worker
	requests int

	_        [64]byte
	finished atomic.Uint64 // workers add, after the answer is in its slot
	_        [64]byte
	size     atomic.Int64 // of the pool; the submitter stores, workers load at every look
	quit     atomic.Bool  // with size: the submitter stores it once
	_        [64]byte

	// The submitter's own.
	submitter thread.Thread // caller of the call that is going on, for the conditions below
	submitted uint64
	free      *request
	hasRoom   func() bool // made once: a closure made in Submit would allocate
	allDone   func() bool
	pool      pool
}

type request struct {
	models.Request
	next *request // in the free list
}

type worker struct {
	gate   thread.Mutex // the submitter's while this worker is out of the pool
	state  any          // lent to each request for the time of Handle
	joiner thread.Joiner
}

// InFlight is how many requests there are, all of which can be in flight at once.
func InFlight(cfg models.Config) int { return cfg.DepthOr(defaultDepth) * cfg.Threads }

// Build makes the default of Options.
func Build(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
	models.Pipeline, error) {
	return Options{}.Build(m, t, cfg, work)
}

// Build makes the requests, shuts the gates of all workers but the first, and starts the workers.
func (o Options) Build(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
	models.Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	p := &pipeline{work: work, wait: cfg.Wait || cfg.Side == models.Destination,
		workers: make([]worker, cfg.Threads), requests: InFlight(cfg)}
	if err := p.makeRequests(cfg.StatesOf(work, models.PerRequest)); err != nil {
		return nil, err
	}
	p.jobs, p.answers = newJobs(p.requests), newAnswers(p.requests)
	p.hasRoom = func() bool { return p.lookForRoom(p.submitter) }
	p.allDone = func() bool {
		thread.Loads(p.submitter, &p.finished)
		return p.finished.Load() == p.submitted
	}
	p.start(m, t, cfg.Name, o)
	return p, nil
}

func (p *pipeline) makeRequests(states models.States) (err error) {
	for i := range p.requests {
		r := &request{Request: models.Request{Index: i}}
		if err := states.Init(&r.Request); err != nil {
			return err
		}
		p.release(r)
	}
	for i := range p.workers {
		if p.workers[i].state, err = states.New(); err != nil {
			return err
		}
	}
	return nil
}

func (p *pipeline) start(m thread.Machine, t thread.Thread, name string, o Options) {
	size := 1
	if o.Whole {
		size = len(p.workers)
	}
	p.pool = newPool(o, t.Now())
	p.size.Store(int64(size))
	for i := range p.workers {
		w := &p.workers[i]
		w.gate = m.NewMutex(fmt.Sprintf("%s[%d]", name, i), thread.WaitWork)
		if i >= size {
			w.gate.Lock(t)
		}
	}
	for i := range p.workers {
		p.workers[i].joiner = m.Start(t, name, thread.Worker,
			func(t thread.Thread) { p.serve(t, i) })
	}
}

// Submit puts a page into the shared queue and wakes nobody. With no room it spins for an answer,
// or, without wait, refuses.
func (p *pipeline) Submit(t thread.Thread) bool {
	p.adapt(t)
	r := p.prepare(t)
	for r == nil {
		if !p.wait {
			return false
		}
		p.submitter = t
		t.SpinUntil(thread.SpinRoom, 0, true, p.hasRoom)
		r = p.prepare(t)
	}
	p.work.Fill(t, &r.Request)
	p.submitted++
	p.jobs.put(t, r)
	return true
}

// prepare takes a free request while the queue has room. With none free it takes up to 16 answers.
func (p *pipeline) prepare(t thread.Thread) *request {
	if p.jobs.full(t) {
		return nil
	}
	for n := 0; p.free == nil || n > 0 && n < takenAtOnce; n++ {
		r := p.answers.take(t)
		if r == nil {
			break
		}
		p.work.Done(t, &r.Request)
		p.release(r)
	}
	r := p.free
	if r != nil {
		p.free = r.next
	}
	return r
}

// lookForRoom reports whether prepare would succeed. It changes nothing, for Done may block.
func (p *pipeline) lookForRoom(t thread.Thread) bool {
	return !p.jobs.full(t) && (p.free != nil || !p.answers.empty(t))
}

func (p *pipeline) release(r *request) {
	r.next = p.free
	p.free = r
}

// serve is the worker's loop: whether to leave, whether it is still in the pool, then one job.
func (p *pipeline) serve(t thread.Thread, i int) {
	gate := p.workers[i].gate
	looks := func() bool { return p.quits(t) || !p.isIn(t, i) || !p.jobs.empty(t) }
	for {
		t.SpinUntil(thread.SpinWork, 0, true, looks)
		if p.quits(t) {
			return
		}
		if !p.isIn(t, i) {
			gate.Lock(t) // sleeps here while the submitter holds it
			gate.Unlock(t)
			continue
		}
		if r := p.jobs.take(t); r != nil {
			r.State = p.workers[i].state
			p.work.Handle(t, &r.Request)
			p.answers.put(t, r)
			thread.Updates(t, &p.finished)
			p.finished.Add(1)
		}
	}
}

func (p *pipeline) quits(t thread.Thread) bool {
	thread.Loads(t, &p.quit)
	return p.quit.Load()
}

// isIn reports whether worker i is in the pool.
func (p *pipeline) isIn(t thread.Thread, i int) bool {
	thread.Loads(t, &p.size)
	return int64(i) < p.size.Load()
}

// Flush spins until as many jobs are finished as were submitted: then every answer is in its slot.
func (p *pipeline) Flush(t thread.Thread) {
	p.submitter = t
	t.SpinUntil(thread.SpinRoom, 0, true, p.allDone)
	for r := p.answers.take(t); r != nil; r = p.answers.take(t) {
		p.work.Done(t, &r.Request)
		p.release(r)
	}
}

// Close says quit, then opens the gates of those that are out of the pool, then joins all.
func (p *pipeline) Close(t thread.Thread) {
	thread.Stores(t, &p.quit)
	p.quit.Store(true)
	for i := int(p.size.Load()); i < len(p.workers); i++ {
		p.workers[i].gate.Unlock(t)
	}
	for i := range p.workers {
		p.workers[i].joiner.Join(t)
	}
}
