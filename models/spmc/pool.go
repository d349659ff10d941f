package spmc

import (
	"time"

	"mtbench/internal/thread"
)

// pool decides how many workers look for jobs, from the length of the queue: the original's rule.
// All of it is the submitter's.
type pool struct {
	fixed           bool
	every           time.Duration // between two samples
	needed          int           // samples of a decision
	pages, perClock int
	sampled         time.Duration // when the last sample was taken
	changed         time.Duration // when the size last changed
	cool            time.Duration
	sum             uint64
	n               int
}

func newPool(o Options, now time.Duration) pool {
	p := pool{fixed: o.Whole, every: sampleEvery, needed: samples, perClock: clockEvery,
		cool: coolDown, sampled: now, changed: now}
	if o.Eager {
		p.every, p.needed, p.perClock, p.cool = 0, 1, 1, 0
	}
	return p
}

// sample counts a page, and now and then the length of the queue, which it asks for. It returns by
// how much the pool is to change: 1, 0 or -1.
func (p *pool) sample(now func() time.Duration, length func() uint64) int {
	if p.fixed {
		return 0
	}
	if p.pages++; p.pages < p.perClock {
		return 0
	}
	p.pages = 0
	at := now()
	if at-p.sampled < p.every {
		return 0
	}
	p.sampled = at
	p.sum += length()
	if p.n++; p.n < p.needed {
		return 0
	}
	sum, n := p.sum, uint64(p.n)
	p.sum, p.n = 0, 0
	switch {
	case sum > n:
		return 1
	case sum == 0 && at-p.changed >= p.cool:
		return -1
	}
	return 0
}

// adapt samples, and changes the pool by one worker, the highest, within 1 and all of them.
func (p *pipeline) adapt(t thread.Thread) {
	size := int(p.size.Load())
	by := p.pool.sample(t.Now, func() uint64 { return p.jobs.length(t) })
	if by == 0 || size+by < 1 || size+by > len(p.workers) {
		return
	}
	if by < 0 {
		// The gate first: a worker that finds itself outside must find it shut. It is inside for a
		// moment at most.
		p.workers[size-1].gate.Lock(t)
	}
	thread.Stores(t, &p.size)
	p.size.Store(int64(size + by))
	if by > 0 {
		p.workers[size].gate.Unlock(t)
	}
	p.pool.changed = t.Now()
}
