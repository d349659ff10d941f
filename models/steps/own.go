package steps

import (
	"mtbench/internal/ptrring"
	"mtbench/internal/thread"
)

const flushBatch = 8 // DEFAULT_THREAD_RING_SIZE * 2 of the series

// own is the lockless model's results path: a ring of results under a spin lock, a free list that
// is the submitter's. Any request goes to any worker.
type own struct {
	*base
	submitter thread.Thread // caller of the call that is going on, for the conditions below
	free      *request
	freeN     int
	current   int
	batch     [flushBatch]*request
	hasRoom   func() bool
	hasResult func() bool

	results   *ptrring.Ring[request]
	lock      thread.SpinLock
	completed thread.Event // set after each result for a submitter that sleeps; nil if it spins
}

func newOwn(m thread.Machine, t thread.Thread, name string, b *base) *own {
	p := &own{base: b, results: ptrring.New[request](len(b.requests), false),
		lock: m.NewSpinLock(name+" results", thread.LockResults)}
	if !b.Spin {
		p.completed = m.NewEvent(name+" results", false, thread.WaitRoom)
	}
	p.hasRoom = func() bool { return p.lookForRoom(p.submitter) }
	p.hasResult = func() bool { return !p.results.Empty(p.submitter) }
	for i := range b.requests {
		p.push(&b.requests[i])
	}
	b.start(m, t, name, p.finish)
	return p
}

func (p *own) push(r *request) {
	r.next = p.free
	p.free = r
	p.freeN++
}

func (p *own) Submit(t thread.Thread) bool {
	r := p.prepare(t)
	for r == nil {
		if !p.wait {
			return false
		}
		p.await(t, p.source, p.hasRoom)
		r = p.prepare(t)
	}
	p.give(t, &p.workers[r.worker], r)
	if p.Current {
		p.current = (r.worker + 1) % len(p.workers)
	}
	return true
}

// await returns when cond, which only looks, is true or worth another try.
func (p *own) await(t thread.Thread, pause bool, cond func() bool) {
	p.submitter = t
	if p.Spin {
		t.SpinUntil(thread.SpinRoom, 0, pause, cond)
		return
	}
	// A result that comes after this reset sets the event; one that came before is seen. With
	// every ring full all requests are in the rings, so that room, too, comes with a result.
	p.completed.Reset(t)
	if !cond() {
		p.completed.Wait(t)
	}
}

func (p *own) prepare(t thread.Thread) *request {
	w := p.findRoom(t)
	if w < 0 {
		return nil
	}
	r := p.takeRequest(t)
	if r != nil {
		r.worker = w
	}
	return r
}

// findRoom is the first worker whose ring has room, from current on, which stays 0 without the
// option.
func (p *own) findRoom(t thread.Thread) int {
	n := len(p.workers)
	for i := range n {
		w := p.current + i
		if w >= n {
			w -= n
		}
		if !p.workers[w].ring.Full(t) {
			return w
		}
	}
	return -1
}

func (p *own) takeRequest(t thread.Thread) *request {
	if r := p.free; r != nil {
		p.free = r.next
		p.freeN--
		return r
	}
	r := p.results.Consume(t)
	if r != nil {
		p.work.Done(t, &r.Request)
	}
	return r
}

func (p *own) lookForRoom(t thread.Thread) bool {
	return p.findRoom(t) >= 0 && (p.free != nil || !p.results.Empty(t))
}

func (p *own) finish(t thread.Thread, r *request) {
	p.lock.Lock(t)
	ok := p.results.Produce(t, r)
	p.lock.Unlock(t)
	if !ok {
		panic("steps: the results ring is full; it has a slot for every request")
	}
	if p.completed != nil {
		p.completed.Set(t)
	}
}

// Flush takes up to eight results at a time, the last of these first, until every request is free.
func (p *own) Flush(t thread.Thread) {
	for p.freeN != len(p.requests) {
		n := p.results.ConsumeBatched(t, p.batch[:])
		if n == 0 {
			p.await(t, true, p.hasResult)
		}
		for i := n - 1; i >= 0; i-- {
			r := p.batch[i]
			p.work.Done(t, &r.Request)
			p.push(r)
		}
	}
}
