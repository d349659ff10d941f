package planted

import (
	"sync/atomic"

	"mtbench/internal/ptrring"
	"mtbench/internal/thread"
	"mtbench/models"
)

const (
	depth = 2 // requests a worker: few, so that a schedule soon comes to a full pipeline
	polls = 2
)

// rings is the lockless protocol in small.
type rings struct {
	fault     fault
	work      models.Work
	wait      bool
	submitter thread.Thread // caller of the call that is going on
	hasRoom   func() bool
	hasResult func() bool
	free      []*models.Request // the submitter's
	requests  int
	current   int
	results   *results
	lock      thread.SpinLock // of the producers of results
	workers   []worker
}

type worker struct {
	ring   *ptrring.Ring[models.Request]
	event  thread.Event
	quit   atomic.Bool
	asleep atomic.Bool // the worker's, with fault asleepFlag
	joiner thread.Joiner
}

// results is the ring with the producer's index marked as shared, which it is only where the lock
// of the producers is missing: package ptrring takes its one producer for granted.
type results struct {
	slots    []atomic.Pointer[models.Request]
	producer int // under the lock of the producers
	consumer int // the submitter's
}

func (r *results) produce(t thread.Thread, req *models.Request) bool {
	thread.Reads(t, &r.producer)
	i := r.producer
	thread.Loads(t, &r.slots[i])
	if r.slots[i].Load() != nil {
		return false
	}
	thread.Stores(t, &r.slots[i])
	r.slots[i].Store(req)
	thread.Writes(t, &r.producer)
	r.producer = (i + 1) % len(r.slots)
	return true
}

func (r *results) empty(t thread.Thread) bool {
	thread.Loads(t, &r.slots[r.consumer])
	return r.slots[r.consumer].Load() == nil
}

func (r *results) consume(t thread.Thread) *models.Request {
	thread.Loads(t, &r.slots[r.consumer])
	req := r.slots[r.consumer].Load()
	if req != nil {
		thread.Stores(t, &r.slots[r.consumer])
		r.slots[r.consumer].Store(nil)
		r.consumer = (r.consumer + 1) % len(r.slots)
	}
	return req
}

func buildRings(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work, f fault) (
	models.Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	p := &rings{fault: f, work: work, wait: cfg.Wait || cfg.Side == models.Destination,
		requests: depth * cfg.Threads, workers: make([]worker, cfg.Threads)}
	for i := range p.requests {
		r := &models.Request{Index: i}
		if err := work.Init(r); err != nil {
			return nil, err
		}
		p.free = append(p.free, r)
	}
	p.hasRoom = func() bool {
		return p.find(p.submitter) != nil && (len(p.free) > 0 || p.hasResult())
	}
	p.hasResult = func() bool { return !p.results.empty(p.submitter) }
	p.start(m, t, cfg.Name)
	return p, nil
}

func (p *rings) start(m thread.Machine, t thread.Thread, name string) {
	size := p.requests
	if p.fault == shortResults {
		size--
	}
	p.results = &results{slots: make([]atomic.Pointer[models.Request], size)}
	p.lock = m.NewSpinLock("results", thread.LockResults)
	for i := range p.workers {
		p.workers[i].ring = ptrring.New[models.Request](depth, false)
		p.workers[i].event = m.NewEvent(name, false, thread.WaitWork)
	}
	for i := range p.workers {
		w := &p.workers[i]
		w.joiner = m.Start(t, name, thread.Worker, func(t thread.Thread) { p.serve(t, w) })
	}
}

func (p *rings) Submit(t thread.Thread) bool {
	p.submitter = t
	if !p.hasRoom() {
		if !p.wait {
			return false
		}
		t.SpinUntil(thread.SpinRoom, 0, true, p.hasRoom)
	}
	w, r := p.find(t), p.request(t)
	p.work.Fill(t, r)
	if !w.ring.Produce(t, r) {
		panic("planted: a ring that had room is full")
	}
	p.wake(t, w)
	p.current = (p.current + 1) % len(p.workers)
	return true
}

func (p *rings) find(t thread.Thread) *worker {
	for i := range p.workers {
		w := &p.workers[(p.current+i)%len(p.workers)]
		if !w.ring.Full(t) {
			return w
		}
	}
	return nil
}

func (p *rings) request(t thread.Thread) *models.Request {
	if n := len(p.free); n > 0 {
		r := p.free[n-1]
		p.free = p.free[:n-1]
		return r
	}
	r := p.results.consume(t)
	p.work.Done(t, r)
	return r
}

func (p *rings) wake(t thread.Thread, w *worker) {
	if p.fault == asleepFlag {
		thread.Loads(t, &w.asleep)
		if !w.asleep.Load() {
			return
		}
	}
	w.event.Set(t)
}

func (p *rings) serve(t thread.Thread, w *worker) {
	hasRequest := func() bool { return !w.ring.Empty(t) }
	for !p.quits(t, w) {
		if !t.SpinUntil(thread.SpinWork, polls, true, hasRequest) {
			p.sleep(t, w)
			continue
		}
		r := w.ring.Consume(t)
		p.work.Handle(t, r)
		p.finish(t, r)
	}
}

// quits resets the event and looks at quit, in the order that the fault asks for.
func (p *rings) quits(t thread.Thread, w *worker) bool {
	switch p.fault {
	case resetAfterLook: // sleep resets
		thread.Loads(t, &w.quit)
		return w.quit.Load()
	case quitBeforeReset:
		thread.Loads(t, &w.quit)
		quit := w.quit.Load()
		w.event.Reset(t)
		return quit
	default:
		w.event.Reset(t)
		thread.Loads(t, &w.quit)
		return w.quit.Load()
	}
}

func (p *rings) sleep(t thread.Thread, w *worker) {
	switch p.fault {
	case resetAfterLook:
		w.event.Reset(t)
	case asleepFlag:
		thread.Stores(t, &w.asleep)
		w.asleep.Store(true)
	}
	w.event.Wait(t)
	if p.fault == asleepFlag {
		thread.Stores(t, &w.asleep)
		w.asleep.Store(false)
	}
}

func (p *rings) finish(t thread.Thread, r *models.Request) {
	if p.fault != noResultsLock {
		p.lock.Lock(t)
		defer p.lock.Unlock(t)
	}
	if !p.results.produce(t, r) {
		panic("planted: the results ring is full")
	}
}

func (p *rings) Flush(t thread.Thread) {
	p.submitter = t
	for len(p.free) != p.requests {
		r := p.results.consume(t)
		if r == nil {
			t.SpinUntil(thread.SpinRoom, 0, true, p.hasResult)
			continue
		}
		p.work.Done(t, r)
		p.free = append(p.free, r)
	}
}

func (p *rings) Close(t thread.Thread) {
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
