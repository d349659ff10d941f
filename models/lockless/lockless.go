// Package lockless is the hand-over that the patch series of 2018-10-16 proposed: a small ring and
// an event a thread, a ring of results behind a spin lock, and a submitter that never sleeps. It
// follows the series' threads object and its use in migration/ram.c; each function names the one it
// follows.
//
// A request is owned by one thread at a time and passed on by the store into a ring's slot, which
// pairs with the load of that slot at the other end:
//
//	free list ── submitter ──▶ worker's ring ── worker ──▶ results ring ── submitter ──▶ free list
//	                 ▲ Fill                       Handle                       Done
//
// The free list and all that is not a ring, an event or a quit flag belong to the submitter.
//
// Two corrections. The worker resets its event and then tests quit and ring: as posted it tested
// quit first, and a quit that fell between the two was lost. And quit is atomic, a plain store in
// the series.
package lockless

import (
	"fmt"
	"sync/atomic"

	"mtbench/internal/ptrring"
	"mtbench/internal/thread"
	"mtbench/models"
)

const (
	// defaultDepth is the series' DEFAULT_THREAD_RING_SIZE: slots of a worker's ring, and requests
	// preallocated for each worker.
	defaultDepth = 4

	// flushBatch is how many results a flush takes at once: DEFAULT_THREAD_RING_SIZE * 2.
	flushBatch = 8

	// defaultPolls is the series' BUSY_WAIT_COUNT: looks at an empty ring, with a pause between
	// them, before a worker sleeps.
	defaultPolls = 1000
)

// pipeline is the series' Threads.
type pipeline struct {
	work       models.Work
	wait       bool // compress-wait-thread; the destination knows no other way
	pause      bool // relax the CPU while spinning in Submit: the source does, the destination not
	roundRobin bool
	polls      int

	// The submitter's own.
	submitter thread.Thread // caller of the call that is going on, for the conditions below
	free      freeList
	current   int // the worker to begin the search with
	batch     [flushBatch]*request
	hasRoom   func() bool // made once: a closure made in Submit would allocate
	hasResult func() bool

	results     *ptrring.Ring[request] // producers: the workers under resultsLock; consumer: submitter
	resultsLock thread.SpinLock
	workers     []worker
}

// request is the series' ThreadRequest.
type request struct {
	models.Request
	next   *request // in the free list
	worker int      // the worker that it was given to
}

// worker is the series' ThreadLocal. Like there, workers lie side by side and only the rings keep
// apart what the two ends write.
type worker struct {
	ring   *ptrring.Ring[request] // producer: submitter; consumer: this worker
	event  thread.Event           // set by the submitter after it stored into ring or quit
	quit   atomic.Bool
	state  any // lent to each request for the time of Handle
	joiner thread.Joiner
}

// freeList is the submitter's list of requests that hold no job: singly linked, last in first out.
type freeList struct {
	head *request
	n    int
}

func (f *freeList) push(r *request) {
	r.next = f.head
	f.head = r
	f.n++
}

func (f *freeList) pop() *request {
	r := f.head
	if r != nil {
		f.head = r.next
		r.next = nil
		f.n--
	}
	return r
}

// InFlight is how many requests there are, all of which can be in flight at once.
func InFlight(cfg models.Config) int { return cfg.DepthOr(defaultDepth) * cfg.Threads }

// Build is threads_create: it makes all requests and puts them on the free list, then starts the
// workers.
func Build(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
	models.Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	source := cfg.Side == models.Source
	p := &pipeline{work: work, wait: cfg.Wait || !source, pause: source,
		roundRobin: cfg.RoundRobin, polls: pollsOf(cfg.PollBudget), workers: make([]worker, cfg.Threads)}
	p.hasRoom = func() bool { return p.lookForRoom(p.submitter) }
	p.hasResult = func() bool { return !p.results.Empty(p.submitter) }

	depth := cfg.DepthOr(defaultDepth)
	states := cfg.StatesOf(work, models.PerRequest)
	if err := p.makeRequests(depth*cfg.Threads, states); err != nil {
		return nil, err
	}
	p.makeRings(m, cfg.Name, depth)
	for i := range p.workers {
		w := &p.workers[i]
		w.joiner = m.Start(t, cfg.Name, thread.Worker, func(t thread.Thread) { p.serve(t, w) })
	}
	return p, nil
}

// pollsOf is how often a worker looks at its ring before it sleeps. Once is the least: nobody may
// wait for an event without having looked after the reset.
func pollsOf(budget int) int {
	switch budget {
	case 0:
		return defaultPolls
	case -1:
		return 1
	}
	return budget
}

func (p *pipeline) makeRequests(n int, states models.States) (err error) {
	for i := range n {
		r := &request{Request: models.Request{Index: i}}
		if err := states.Init(&r.Request); err != nil {
			return err
		}
		p.free.push(r)
	}
	for i := range p.workers {
		if p.workers[i].state, err = states.New(); err != nil {
			return err
		}
	}
	return nil
}

// makeRings makes the rings with batching off (ptr_ring_disable_batch): n requests must always fit
// in n slots.
func (p *pipeline) makeRings(m thread.Machine, name string, depth int) {
	p.results = ptrring.New[request](depth*len(p.workers), false)
	p.resultsLock = m.NewSpinLock("done_ring_lock", thread.LockResults)
	for i := range p.workers {
		w := &p.workers[i]
		w.ring = ptrring.New[request](depth, false)
		w.event = m.NewEvent(fmt.Sprintf("%s[%d]", name, i), false, thread.WaitWork)
	}
}

// Submit is compress_page_with_multi_thread and decompress_data_with_multi_threads of the series.
// With no room it spins, or, without wait, refuses. Nothing sets an event for the submitter.
func (p *pipeline) Submit(t thread.Thread) bool {
	r := p.prepare(t)
	for r == nil {
		if !p.wait {
			return false
		}
		p.submitter = t
		t.SpinUntil(thread.SpinRoom, 0, p.pause, p.hasRoom)
		r = p.prepare(t)
	}
	p.work.Fill(t, &r.Request)
	p.commit(t, r)
	return true
}

// prepare is the series' prepare: first a worker whose ring has room, then a request;
// nil without one or the other.
func (p *pipeline) prepare(t thread.Thread) *request {
	w := p.findFreeThread(t)
	if w < 0 {
		return nil
	}
	r := p.takeRequest(t)
	if r != nil {
		r.worker = w
	}
	return r
}

// findFreeThread is find_free_thread: the first worker from the current one on, at most one turn,
// whose ring is not full; -1 if all are. Plain round robin (the series' first posting) looks at the
// current one only.
func (p *pipeline) findFreeThread(t thread.Thread) int {
	n := len(p.workers)
	turn := n
	if p.roundRobin {
		turn = 1
	}
	w := p.current
	for range turn {
		if !p.workers[w].ring.Full(t) {
			return w
		}
		w++
		if w == n {
			w = 0
		}
	}
	return -1
}

// takeRequest pops the free list; if that is empty it takes exactly one result and uses its request
// again. Results are thus pulled only when a request is needed.
func (p *pipeline) takeRequest(t thread.Thread) *request {
	if r := p.free.pop(); r != nil {
		return r
	}
	r := p.results.Consume(t)
	if r != nil {
		p.work.Done(t, &r.Request)
	}
	return r
}

// lookForRoom reports whether prepare would succeed. It changes nothing: Done may block in the
// link, which a spin's condition must not.
func (p *pipeline) lookForRoom(t thread.Thread) bool {
	return p.findFreeThread(t) >= 0 && (p.free.n > 0 || !p.results.Empty(t))
}

// commit is the series' commit. The store in Produce passes the request to the worker;
// the event comes after it, so that a worker that missed the request is woken.
func (p *pipeline) commit(t thread.Thread, r *request) {
	w := r.worker
	if !p.workers[w].ring.Produce(t, r) {
		panic("lockless: a ring that had room is full; only the submitter fills it")
	}
	p.workers[w].event.Set(t)
	p.current = w + 1
	if p.current == len(p.workers) {
		p.current = 0
	}
}

// serve is the series' worker loop. The event is reset before every request, also between two that
// follow at once. Whatever the submitter stored before a Set that this Reset erases is seen by the
// looks that follow; a Set that comes later ends the Wait.
func (p *pipeline) serve(t thread.Thread, w *worker) {
	hasRequest := func() bool { return !w.ring.Empty(t) }
	for {
		w.event.Reset(t)
		thread.Loads(t, &w.quit)
		if w.quit.Load() {
			return
		}
		if !t.SpinUntil(thread.SpinWork, p.polls, true, hasRequest) {
			w.event.Wait(t)
			continue
		}
		r := w.ring.Consume(t) // the slot is free from here on, before the work is done
		r.State = w.state
		p.work.Handle(t, &r.Request)
		p.finish(t, r)
	}
}

// finish passes a handled request back to the submitter. The spin lock makes one producer of many.
func (p *pipeline) finish(t thread.Thread, r *request) {
	p.resultsLock.Lock(t)
	ok := p.results.Produce(t, r)
	p.resultsLock.Unlock(t)
	if !ok {
		panic("lockless: the results ring is full; it has a slot for every request")
	}
}

// Flush is the series' wait_done: it takes results until every request is back on the free list, up
// to eight at a time and the last of these first, and spins with a pause while there are none.
func (p *pipeline) Flush(t thread.Thread) {
	for p.free.n != p.results.Size() {
		n := p.results.ConsumeBatched(t, p.batch[:])
		if n == 0 {
			p.submitter = t
			t.SpinUntil(thread.SpinRoom, 0, true, p.hasResult)
		}
		for i := n - 1; i >= 0; i-- {
			r := p.batch[i]
			p.work.Done(t, &r.Request)
			p.free.push(r)
		}
	}
}

// Close is threads_destroy: quit, then the event, then join.
func (p *pipeline) Close(t thread.Thread) {
	for i := range p.workers {
		w := &p.workers[i]
		thread.Stores(t, &w.quit)
		w.quit.Store(true)
		w.event.Set(t)
	}
	for i := range p.workers {
		p.workers[i].joiner.Join(t)
	}
}
