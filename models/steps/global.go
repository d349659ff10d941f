package steps

import "mtbench/internal/thread"

// global is the locked model's results path: a request is marked done under one lock, which the
// submitter holds for the whole of Submit. Each worker has its own requests.
type global struct {
	*base
	mu        thread.Mutex
	completed thread.Cond
}

func newGlobal(m thread.Machine, t thread.Thread, name string, b *base) *global {
	mu := m.NewMutex(name+" global", thread.LockGlobal)
	p := &global{base: b, mu: mu, completed: m.NewCond(name+" global", mu, thread.WaitRoom)}
	b.start(m, t, name, p.finish)
	return p
}

func (p *global) Submit(t thread.Thread) bool {
	p.mu.Lock(t)
	r := p.findDone(t)
	for r == nil && p.wait {
		p.completed.Wait(t)
		r = p.findDone(t)
	}
	if r != nil {
		thread.Writes(t, &r.done)
		r.done = false
		p.takeOut(t, r)
		r.filled = true
		p.give(t, p.workerOf(r), r)
	}
	p.mu.Unlock(t)
	return r != nil
}

// findDone searches from 0: the requests of the first thread, then those of the next. Under mu.
func (p *global) findDone(t thread.Thread) *request {
	for i := range p.requests {
		thread.Reads(t, &p.requests[i].done)
		if p.requests[i].done {
			return &p.requests[i]
		}
	}
	return nil
}

func (p *global) workerOf(r *request) *worker { return &p.workers[r.Index/p.Depth] }

func (p *global) takeOut(t thread.Thread, r *request) {
	if r.filled {
		r.filled = false
		p.work.Done(t, &r.Request)
	}
}

func (p *global) finish(t thread.Thread, r *request) {
	p.mu.Lock(t)
	thread.Writes(t, &r.done)
	r.done = true
	p.completed.Signal(t)
	p.mu.Unlock(t)
}

// Flush waits for all under the lock, then takes the results out; at the source under each slot's
// lock, once for each worker.
func (p *global) Flush(t thread.Thread) {
	p.mu.Lock(t)
	for i := range p.requests {
		r := &p.requests[i]
		for thread.Reads(t, &r.done); !r.done; thread.Reads(t, &r.done) {
			p.completed.Wait(t)
		}
	}
	p.mu.Unlock(t)
	for i := range p.workers {
		p.drain(t, i)
	}
}

func (p *global) drain(t thread.Thread, i int) {
	if p.source {
		p.workers[i].waker.lock(t)
		defer p.workers[i].waker.unlock(t)
	}
	for j := i * p.Depth; j < (i+1)*p.Depth; j++ {
		p.takeOut(t, &p.requests[j])
	}
}
