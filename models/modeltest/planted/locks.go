package planted

import (
	"mtbench/internal/thread"
	"mtbench/models"
)

// locks is the locked protocol in small.
type locks struct {
	fault     fault
	work      models.Work
	wait      bool
	global    thread.Mutex
	completed thread.Cond // with global
	slots     []slot
}

type slot struct {
	done    bool // under global
	filled  bool // the submitter's
	mu      thread.Mutex
	cond    thread.Cond // with mu
	pending bool        // under mu
	quit    bool        // under mu
	req     models.Request
	joiner  thread.Joiner
}

func buildLocks(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work, f fault) (
	models.Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	p := &locks{fault: f, work: work, wait: cfg.Wait || cfg.Side == models.Destination,
		slots: make([]slot, cfg.Threads)}
	p.global = m.NewMutex("global", thread.LockGlobal)
	p.completed = m.NewCond("global", p.global, thread.WaitRoom)
	for i := range p.slots {
		s := &p.slots[i]
		s.mu = m.NewMutex("slot", thread.LockSlot)
		s.cond = m.NewCond("slot", s.mu, thread.WaitWork)
		s.done = true
		s.req.Index = i
		if err := work.Init(&s.req); err != nil {
			return nil, err
		}
	}
	for i := range p.slots {
		s := &p.slots[i]
		s.joiner = m.Start(t, cfg.Name, thread.Worker, func(t thread.Thread) { p.serve(t, s) })
	}
	return p, nil
}

func (p *locks) Submit(t thread.Thread) bool {
	p.global.Lock(t)
	defer p.global.Unlock(t)
	s := p.findDone(t)
	for s == nil {
		if !p.wait {
			return false
		}
		p.completed.Wait(t)
		s = p.findDone(t)
		if s == nil && p.fault == waitOnce {
			return false
		}
	}
	thread.Writes(t, &s.done)
	s.done = false
	p.takeOut(t, s)
	p.fill(t, s)
	return true
}

func (p *locks) findDone(t thread.Thread) *slot {
	for i := range p.slots {
		thread.Reads(t, &p.slots[i].done)
		if p.slots[i].done {
			return &p.slots[i]
		}
	}
	return nil
}

func (p *locks) fill(t thread.Thread, s *slot) {
	if p.fault != storeOutsideLock {
		s.mu.Lock(t)
		defer s.mu.Unlock(t)
	}
	p.work.Fill(t, &s.req)
	s.filled = true
	thread.Writes(t, &s.pending)
	s.pending = true
	s.cond.Signal(t)
}

func (p *locks) takeOut(t thread.Thread, s *slot) {
	if s.filled {
		s.filled = false
		p.work.Done(t, &s.req)
	}
}

func (p *locks) serve(t thread.Thread, s *slot) {
	s.mu.Lock(t)
	for thread.Reads(t, &s.quit); !s.quit; thread.Reads(t, &s.quit) {
		thread.Reads(t, &s.pending)
		if !s.pending {
			s.cond.Wait(t)
			continue
		}
		thread.Writes(t, &s.pending)
		s.pending = false
		s.mu.Unlock(t)
		p.handle(t, s)
		s.mu.Lock(t)
	}
	s.mu.Unlock(t)
}

func (p *locks) handle(t thread.Thread, s *slot) {
	if p.fault == doneEarly {
		p.report(t, s)
		p.work.Handle(t, &s.req)
		return
	}
	p.work.Handle(t, &s.req)
	p.report(t, s)
}

func (p *locks) report(t thread.Thread, s *slot) {
	p.global.Lock(t)
	thread.Writes(t, &s.done)
	s.done = true
	p.completed.Signal(t)
	p.global.Unlock(t)
}

func (p *locks) Flush(t thread.Thread) {
	p.global.Lock(t)
	for i := range p.slots {
		s := &p.slots[i]
		for thread.Reads(t, &s.done); !s.done; thread.Reads(t, &s.done) {
			p.completed.Wait(t)
		}
	}
	p.global.Unlock(t)
	for i := range p.slots {
		p.takeOut(t, &p.slots[i])
	}
}

func (p *locks) Close(t thread.Thread) {
	for i := range p.slots {
		s := &p.slots[i]
		s.mu.Lock(t)
		thread.Writes(t, &s.quit)
		s.quit = true
		s.cond.Signal(t)
		s.mu.Unlock(t)
	}
	for i := range p.slots {
		p.slots[i].joiner.Join(t)
	}
}
