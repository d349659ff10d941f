// Package lockbatch is the hand-over of PostgreSQL 18's I/O workers: one queue and one set of
// idle workers under one plain lock, requests that are handed over in batches, and one wake a
// batch, which the woken workers pass on.
//
// Who owns what. A request is the submitter's while it is free or staged. The insert into the
// queue, under the lock, passes it to the worker that takes it out, under the same lock; the
// worker's store of done passes it back and pairs with the submitter's load of it:
//
//	free list ── stage ──▶ staged ── lock ──▶ queue ── lock ──▶ worker ── done ──▶ free list
//	           ▲ Fill                                  Handle             ▲ Done
//
// There is no queue of results: a submitter without a free request looks at all of its requests,
// and where none is done it hands over what is staged and sleeps on the oldest in flight.
//
// No wake is lost towards the workers, for a worker goes to sleep only after it has seen the queue
// empty and set its idle bit, both under the lock: a queue that holds a request has a worker that
// is awake or has been chosen. A chain of wakes that stops costs parallelism, not progress.
package lockbatch

import (
	"fmt"
	"sync/atomic"

	"mtbench/internal/thread"
	"mtbench/models"
)

const (
	// defaultDepth is requests a worker. The original has 64 for a process, which is as many with 16
	// workers; here each request has a codec state, so that one worker gets no 64.
	defaultDepth = 4

	// fanOut is how many idle workers a worker with a job wakes at most.
	fanOut = 2

	// defaultBatch is how many staged requests make a batch; the original's callers say when, and 32
	// at the latest.
	defaultBatch = 8
)

// Options are the settings of this model alone.
type Options struct {
	Batch int // staged requests that are handed over together; 0 means 8
}

// pipeline is what all threads share, by who may touch it.
type pipeline struct {
	work models.Work
	wait bool // the destination knows no other way

	// Under the lock.
	lock  thread.Mutex
	queue queue
	idle  set
	quit  bool

	// The submitter's own.
	requests []request
	free     *request
	batch    int
	staged   []*request // capacity batch; not yet in the queue
	flying   list       // staged and handed over, in this order

	// awaited is the index of the request that the submitter is about to sleep on, and else nobody.
	// It is stored before the look at done, and a worker loads it after it has stored done: one of
	// the two sees the other.
	awaited atomic.Int64
	landed  thread.Event // set by the worker that finished the awaited request

	workers []worker
}

// nobody is awaited while the submitter does not sleep.
const nobody = -1

// request is an I/O handle. What the worker writes lies on a line of its own.
type request struct {
	models.Request
	next, prev *request // the submitter's: free list (next alone), or flying

	_    [64]byte
	done atomic.Bool // stored by the worker after Handle, cleared by the submitter
	_    [64]byte
}

type worker struct {
	latch  thread.Event // set by whoever has taken this worker out of the idle set, and by Close
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

// Build makes the requests, all of them free, and starts the workers, none of them idle yet: each
// looks at the queue first.
func (o Options) Build(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
	models.Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	p := &pipeline{work: work, wait: cfg.Wait || cfg.Side == models.Destination,
		workers: make([]worker, cfg.Threads)}
	if err := p.makeRequests(cfg, o.Batch); err != nil {
		return nil, err
	}
	p.lock = m.NewMutex("submission_queue", thread.LockGlobal)
	p.landed = m.NewEvent(cfg.Name+"_done", false, thread.WaitRoom)
	p.awaited.Store(nobody)
	for i := range p.workers {
		p.workers[i].latch = m.NewEvent(fmt.Sprintf("%s[%d]", cfg.Name, i), false, thread.WaitWork)
	}
	for i := range p.workers {
		p.workers[i].joiner = m.Start(t, cfg.Name, thread.Worker,
			func(t thread.Thread) { p.serve(t, i) })
	}
	return p, nil
}

func (p *pipeline) makeRequests(cfg models.Config, batch int) (err error) {
	if cfg.Batch != 0 {
		batch = cfg.Batch
	}
	if batch == 0 {
		batch = defaultBatch
	}
	n := InFlight(cfg)
	p.batch = min(batch, n)
	p.staged = make([]*request, 0, p.batch)
	p.queue.slots = make([]*request, n)
	p.requests = make([]request, n)
	states := cfg.StatesOf(p.work, models.PerRequest)
	for i := range p.requests {
		r := &p.requests[i]
		r.Index = i
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

// Submit stages a page. With no request free it takes back what is done, or hands the staged over
// and sleeps on the oldest; without wait it refuses, with nothing left in the stage.
func (p *pipeline) Submit(t thread.Thread) bool {
	for p.free == nil {
		if p.reclaim(t) {
			break
		}
		p.handOver(t)
		if !p.wait {
			return false
		}
		p.await(t, p.flying.first)
	}
	r := p.free
	p.free = r.next
	p.work.Fill(t, &r.Request)
	p.flying.push(r)
	p.staged = append(p.staged, r)
	if len(p.staged) == p.batch {
		p.handOver(t)
	}
	return true
}

// reclaim takes back every request that is done, in the order of the index, and reports whether
// there was one.
func (p *pipeline) reclaim(t thread.Thread) bool {
	found := false
	for i := range p.requests {
		r := &p.requests[i]
		thread.Loads(t, &r.done)
		if r.done.Load() {
			p.takeBack(t, r)
			found = true
		}
	}
	return found
}

// takeBack is for a request whose done has been seen: it is the submitter's again.
func (p *pipeline) takeBack(t thread.Thread, r *request) {
	thread.Stores(t, &r.done)
	r.done.Store(false)
	p.work.Done(t, &r.Request)
	p.flying.remove(r)
	p.release(r)
}

// release puts r on the free list, last in first out.
func (p *pipeline) release(r *request) {
	r.next = p.free
	p.free = r
}

// handOver inserts what is staged and wakes one idle worker for all of it, after the unlock, so
// that it does not run into the lock. There is room: the queue has a slot for every request.
func (p *pipeline) handOver(t thread.Thread) {
	if len(p.staged) == 0 {
		return
	}
	p.lock.Lock(t)
	thread.Writes(t, &p.queue)
	for _, r := range p.staged {
		p.queue.put(r)
	}
	thread.Writes(t, &p.idle)
	chosen := p.idle.takeLowest()
	p.lock.Unlock(t)
	p.staged = p.staged[:0]
	if chosen >= 0 {
		p.workers[chosen].latch.Set(t)
	}
}

// await sleeps until r is done. A set that was meant for an earlier sleep only makes it look again.
func (p *pipeline) await(t thread.Thread, r *request) {
	thread.Stores(t, &p.awaited)
	p.awaited.Store(int64(r.Index))
	for {
		p.landed.Reset(t)
		thread.Loads(t, &r.done)
		if r.done.Load() {
			break
		}
		p.landed.Wait(t)
	}
	thread.Stores(t, &p.awaited)
	p.awaited.Store(nobody)
}

// serve is the worker's loop. The latch keeps a set that comes between the unlock and the wait; it
// is reset between the wait and the next look.
func (p *pipeline) serve(t thread.Thread, i int) {
	latch := p.workers[i].latch
	for {
		r, woken, quit := p.take(t, i)
		if quit {
			return
		}
		for _, w := range woken {
			if w >= 0 {
				p.workers[w].latch.Set(t)
			}
		}
		if r != nil {
			r.State = p.workers[i].state
			p.work.Handle(t, &r.Request)
			p.finish(t, r)
			continue
		}
		latch.Wait(t)
		latch.Reset(t)
	}
}

// take takes the oldest request out, and for what remains it takes workers out of the idle set, at
// most fanOut, which the caller wakes. With nothing to take, worker i goes into the set.
func (p *pipeline) take(t thread.Thread, i int) (r *request, woken [fanOut]int, quit bool) {
	woken = [fanOut]int{nobody, nobody}
	p.lock.Lock(t)
	thread.Reads(t, &p.quit)
	thread.Writes(t, &p.queue)
	thread.Writes(t, &p.idle)
	switch {
	case p.quit:
		quit = true
	case p.queue.n == 0:
		p.idle.add(i)
	default:
		r = p.queue.take()
		p.idle.remove(i)
		for k := range min(p.queue.n, fanOut) {
			woken[k] = p.idle.takeLowest()
		}
	}
	p.lock.Unlock(t)
	return r, woken, quit
}

// finish passes r back. From the store on it may be the submitter's: the index is read before.
func (p *pipeline) finish(t thread.Thread, r *request) {
	i := int64(r.Index)
	thread.Stores(t, &r.done)
	r.done.Store(true)
	thread.Loads(t, &p.awaited)
	if p.awaited.Load() == i {
		p.landed.Set(t)
	}
}

// Flush hands over what is staged and waits for everything in flight, the oldest first.
func (p *pipeline) Flush(t thread.Thread) {
	p.handOver(t)
	for r := p.flying.first; r != nil; r = p.flying.first {
		thread.Loads(t, &r.done)
		if !r.done.Load() {
			p.await(t, r)
		}
		p.takeBack(t, r)
	}
}

// Close tells all workers at once, under the lock, then wakes and joins them.
func (p *pipeline) Close(t thread.Thread) {
	p.lock.Lock(t)
	thread.Writes(t, &p.quit)
	p.quit = true
	p.lock.Unlock(t)
	for i := range p.workers {
		p.workers[i].latch.Set(t)
	}
	for i := range p.workers {
		p.workers[i].joiner.Join(t)
	}
}
