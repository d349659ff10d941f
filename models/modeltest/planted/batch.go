package planted

import (
	"sync/atomic"

	"mtbench/internal/thread"
	"mtbench/models"
)

// batch is the protocol of one lock and one wake a batch in small: two pages a batch, two requests
// a worker, a fan-out of one.
type batch struct {
	fault   fault
	work    models.Work
	wait    bool
	lock    thread.Mutex
	queue   []*batched    // under lock
	idle    []atomic.Bool // under lock, but for the fault
	quit    bool          // under lock
	free    []*batched    // the submitter's, like the next two
	staged  []*batched
	flying  []*batched
	awaited atomic.Int64 // index of the request that the submitter sleeps on, or -1
	landed  thread.Event
	latches []thread.Event
	joiners []thread.Joiner
}

type batched struct {
	models.Request
	done atomic.Bool
}

func buildBatch(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work, f fault) (
	models.Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	p := &batch{fault: f, work: work, wait: cfg.Wait || cfg.Side == models.Destination,
		idle: make([]atomic.Bool, cfg.Threads)}
	for i := range depth * cfg.Threads {
		r := &batched{Request: models.Request{Index: i}}
		if err := work.Init(&r.Request); err != nil {
			return nil, err
		}
		p.free = append(p.free, r)
	}
	p.awaited.Store(-1)
	p.lock = m.NewMutex("queue", thread.LockGlobal)
	p.landed = m.NewEvent("landed", false, thread.WaitRoom)
	for range cfg.Threads {
		p.latches = append(p.latches, m.NewEvent(cfg.Name, false, thread.WaitWork))
	}
	for i := range cfg.Threads {
		p.joiners = append(p.joiners, m.Start(t, cfg.Name, thread.Worker,
			func(t thread.Thread) { p.serve(t, i) }))
	}
	return p, nil
}

func (p *batch) Submit(t thread.Thread) bool {
	for len(p.free) == 0 {
		if thread.Loads(t, &p.flying[0].done); p.flying[0].done.Load() {
			p.takeOldest(t)
			break
		}
		if p.handOver(t); !p.wait {
			return false
		}
		p.await(t)
	}
	r := p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	p.work.Fill(t, &r.Request)
	p.flying = append(p.flying, r)
	if p.staged = append(p.staged, r); len(p.staged) == 2 {
		p.handOver(t)
	}
	return true
}

func (p *batch) takeOldest(t thread.Thread) {
	r := p.flying[0]
	p.flying = p.flying[1:]
	thread.Stores(t, &r.done)
	r.done.Store(false)
	p.work.Done(t, &r.Request)
	p.free = append(p.free, r)
}

func (p *batch) handOver(t thread.Thread) {
	p.lock.Lock(t)
	if p.fault == wokenEarly {
		chosen := p.choose(t)
		p.lock.Unlock(t)
		p.wake(t, chosen)
		p.lock.Lock(t)
	}
	thread.Writes(t, &p.queue)
	p.queue = append(p.queue, p.staged...)
	p.staged = p.staged[:0]
	chosen := -1
	if p.fault != wokenEarly {
		chosen = p.choose(t)
	}
	p.lock.Unlock(t)
	p.wake(t, chosen)
}

// choose takes the lowest idle worker out of the set, -1 if there is none. Under lock.
func (p *batch) choose(t thread.Thread) int {
	for i := range p.idle {
		if thread.Loads(t, &p.idle[i]); p.idle[i].Load() {
			thread.Stores(t, &p.idle[i])
			p.idle[i].Store(false)
			return i
		}
	}
	return -1
}

func (p *batch) wake(t thread.Thread, i int) {
	if i >= 0 {
		p.latches[i].Set(t)
	}
}

// await sleeps on the oldest in flight.
func (p *batch) await(t thread.Thread) {
	r := p.flying[0]
	if p.fault != awaitedLate {
		thread.Stores(t, &p.awaited)
		p.awaited.Store(int64(r.Index))
	}
	for {
		p.landed.Reset(t)
		if thread.Loads(t, &r.done); r.done.Load() {
			break
		}
		if p.fault == awaitedLate {
			thread.Stores(t, &p.awaited)
			p.awaited.Store(int64(r.Index))
		}
		p.landed.Wait(t)
	}
	thread.Stores(t, &p.awaited)
	p.awaited.Store(-1)
}

func (p *batch) serve(t thread.Thread, i int) {
	for {
		r, next, quit := p.take(t, i)
		if quit {
			return
		}
		p.wake(t, next)
		if r == nil {
			p.sleep(t, i)
			continue
		}
		p.work.Handle(t, &r.Request)
		thread.Stores(t, &r.done)
		r.done.Store(true)
		if thread.Loads(t, &p.awaited); p.awaited.Load() == int64(r.Index) {
			p.landed.Set(t)
		}
	}
}

func (p *batch) take(t thread.Thread, i int) (r *batched, next int, quit bool) {
	p.lock.Lock(t)
	defer p.lock.Unlock(t)
	thread.Reads(t, &p.quit)
	thread.Writes(t, &p.queue)
	if p.quit || len(p.queue) == 0 {
		if p.fault != idleAfterUnlock {
			thread.Stores(t, &p.idle[i])
			p.idle[i].Store(true)
		}
		return nil, -1, p.quit
	}
	r, p.queue = p.queue[0], p.queue[1:]
	thread.Stores(t, &p.idle[i])
	p.idle[i].Store(false)
	next = -1
	if len(p.queue) > 0 {
		next = p.choose(t)
	}
	return r, next, false
}

func (p *batch) sleep(t thread.Thread, i int) {
	if p.fault == idleAfterUnlock {
		thread.Stores(t, &p.idle[i])
		p.idle[i].Store(true)
	}
	if p.fault == latchErased {
		p.latches[i].Reset(t)
	}
	p.latches[i].Wait(t)
	if p.fault != latchErased {
		p.latches[i].Reset(t)
	}
}

func (p *batch) Flush(t thread.Thread) {
	for p.handOver(t); len(p.flying) > 0; p.takeOldest(t) {
		if thread.Loads(t, &p.flying[0].done); !p.flying[0].done.Load() {
			p.await(t)
		}
	}
}

func (p *batch) Close(t thread.Thread) {
	p.lock.Lock(t)
	thread.Writes(t, &p.quit)
	p.quit = true
	p.lock.Unlock(t)
	for i := range p.latches {
		p.latches[i].Set(t)
	}
	for _, j := range p.joiners {
		j.Join(t)
	}
}
