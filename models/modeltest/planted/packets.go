package planted

import (
	"sync/atomic"

	"mtbench/internal/thread"
	"mtbench/models"
)

// packets is the protocol of credits and swaps in small: a packet is one page, and there is one
// more than workers.
type packets struct {
	fault    fault
	work     models.Work
	wait     bool
	credits  *semaphore
	quit     atomic.Bool
	mine     *models.Request // the submitter's
	full     map[*models.Request]bool
	next     int
	channels []*packetChannel
}

type packetChannel struct {
	posted  *semaphore
	synced  *semaphore
	pending atomic.Bool
	req     *models.Request // the worker's while pending
	joiner  thread.Joiner
}

// semaphore is a count under a lock with a condition.
type semaphore struct {
	mu   thread.Mutex
	cond thread.Cond
	n    int
}

func newSemaphore(m thread.Machine, n int, why thread.State) *semaphore {
	mu := m.NewMutex("semaphore", thread.LockSlot)
	return &semaphore{mu: mu, cond: m.NewCond("semaphore", mu, why), n: n}
}

func (s *semaphore) post(t thread.Thread) {
	s.mu.Lock(t)
	thread.Writes(t, &s.n)
	s.n++
	s.cond.Signal(t)
	s.mu.Unlock(t)
}

// take reports whether it took one; it waits for one if it is told to.
func (s *semaphore) take(t thread.Thread, wait bool) bool {
	s.mu.Lock(t)
	defer s.mu.Unlock(t)
	thread.Writes(t, &s.n)
	for s.n == 0 && wait {
		s.cond.Wait(t)
		thread.Writes(t, &s.n)
	}
	if s.n == 0 {
		return false
	}
	s.n--
	return true
}

func buildPackets(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work, f fault) (
	models.Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	p := &packets{fault: f, work: work, wait: cfg.Wait || cfg.Side == models.Destination,
		credits: newSemaphore(m, cfg.Threads, thread.WaitRoom), full: map[*models.Request]bool{}}
	for i := range cfg.Threads + 1 {
		r := &models.Request{Index: i}
		if err := work.Init(r); err != nil {
			return nil, err
		}
		if i == cfg.Threads {
			p.mine = r
			break
		}
		p.channels = append(p.channels, &packetChannel{req: r,
			posted: newSemaphore(m, 0, thread.WaitWork), synced: newSemaphore(m, 0, thread.WaitRoom)})
	}
	for _, c := range p.channels {
		c.joiner = m.Start(t, cfg.Name, thread.Worker, func(t thread.Thread) { p.serve(t, c) })
	}
	return p, nil
}

func (p *packets) Submit(t thread.Thread) bool {
	if p.full[p.mine] && !p.send(t, p.wait) {
		return false
	}
	p.work.Fill(t, p.mine)
	p.full[p.mine] = true
	return true
}

func (p *packets) send(t thread.Thread, wait bool) bool {
	if !p.credits.take(t, wait) {
		return false
	}
	c := p.find(t)
	thread.Writes(t, &c.req)
	c.req, p.mine = p.mine, c.req
	if p.fault == postedEarly {
		c.posted.post(t)
	}
	thread.Stores(t, &c.pending)
	c.pending.Store(true)
	if p.fault != postedEarly {
		c.posted.post(t)
	}
	p.takeOut(t, p.mine)
	return true
}

func (p *packets) find(t thread.Thread) *packetChannel {
	for range p.channels {
		c := p.channels[p.next]
		p.next = (p.next + 1) % len(p.channels)
		if thread.Loads(t, &c.pending); !c.pending.Load() {
			return c
		}
	}
	panic("planted: a credit and no channel without a job")
}

func (p *packets) takeOut(t thread.Thread, r *models.Request) {
	if p.full[r] {
		p.full[r] = false
		p.work.Done(t, r)
	}
}

func (p *packets) serve(t thread.Thread, c *packetChannel) {
	for {
		c.posted.take(t, true)
		if thread.Loads(t, &p.quit); p.quit.Load() {
			return
		}
		if thread.Loads(t, &c.pending); !c.pending.Load() {
			p.credits.post(t)
			c.synced.post(t)
			continue
		}
		thread.Reads(t, &c.req)
		p.work.Handle(t, c.req)
		if p.fault == creditEarly {
			p.credits.post(t)
		}
		thread.Stores(t, &c.pending)
		c.pending.Store(false)
		if p.fault != creditEarly {
			p.credits.post(t)
		}
	}
}

func (p *packets) Flush(t thread.Thread) {
	if p.full[p.mine] {
		p.send(t, true)
	}
	for _, c := range p.channels {
		c.posted.post(t)
	}
	for _, c := range p.channels {
		p.credits.take(t, true)
		c.synced.take(t, true)
	}
	for _, c := range p.channels {
		p.takeOut(t, c.req)
	}
}

func (p *packets) Close(t thread.Thread) {
	thread.Stores(t, &p.quit)
	p.quit.Store(true)
	for _, c := range p.channels {
		c.posted.post(t)
	}
	for _, c := range p.channels {
		c.joiner.Join(t)
	}
}
