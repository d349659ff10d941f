package planted

import (
	"sync/atomic"

	"mtbench/internal/thread"
	"mtbench/models"
)

// shared is the protocol of one queue to all workers and gates in small: two requests a worker, and
// a pool that begins with one worker and takes another in with every page.
type shared struct {
	fault     fault
	work      models.Work
	wait      bool
	submitter thread.Thread // caller of the call that is going on
	hasAnswer func() bool
	allDone   func() bool
	free      []*models.Request // the submitter's
	submitted int64
	head      atomic.Int64 // consumers claim
	tail      atomic.Int64 // the submitter stores
	slots     []atomic.Pointer[models.Request]
	reserved  atomic.Int64 // workers reserve a slot of answers
	answers   []atomic.Pointer[models.Request]
	taken     int
	finished  atomic.Int64
	size      atomic.Int64
	quit      atomic.Bool
	gates     []thread.Mutex
	joiners   []thread.Joiner
}

func buildShared(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work, f fault) (
	models.Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	n := depth * cfg.Threads
	p := &shared{fault: f, work: work, wait: cfg.Wait || cfg.Side == models.Destination,
		slots:   make([]atomic.Pointer[models.Request], n),
		answers: make([]atomic.Pointer[models.Request], n)}
	for i := range n {
		r := &models.Request{Index: i}
		if err := work.Init(r); err != nil {
			return nil, err
		}
		p.free = append(p.free, r)
	}
	p.hasAnswer = func() bool {
		answer, slot := &p.answers[p.taken%n], &p.slots[p.tail.Load()%int64(n)]
		thread.Loads(p.submitter, answer)
		if answer.Load() == nil {
			return false
		}
		thread.Loads(p.submitter, slot)
		return slot.Load() == nil
	}
	p.allDone = func() bool {
		thread.Loads(p.submitter, &p.finished)
		return p.finished.Load() == p.submitted
	}
	p.size.Store(1)
	for i := range cfg.Threads {
		p.gates = append(p.gates, m.NewMutex("gate", thread.WaitWork))
		if i > 0 {
			p.gates[i].Lock(t)
		}
	}
	for i := range cfg.Threads {
		p.joiners = append(p.joiners, m.Start(t, cfg.Name, thread.Worker,
			func(t thread.Thread) { p.serve(t, i) }))
	}
	return p, nil
}

func (p *shared) Submit(t thread.Thread) bool {
	p.submitter = t
	at := p.tail.Load()
	slot := &p.slots[at%int64(len(p.slots))]
	if thread.Loads(t, slot); len(p.free) == 0 || slot.Load() != nil {
		if !p.wait && !p.hasAnswer() {
			return false
		}
		t.SpinUntil(thread.SpinRoom, 0, true, p.hasAnswer)
		p.takeAnswer(t)
	}
	r := p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	p.work.Fill(t, r)
	p.submitted++
	thread.Stores(t, slot)
	slot.Store(r)
	thread.Stores(t, &p.tail)
	p.tail.Store(at + 1)
	p.grow(t)
	return true
}

// grow raises the size of the pool, then opens the gate.
func (p *shared) grow(t thread.Thread) {
	if size := int(p.size.Load()); size < len(p.gates) {
		thread.Stores(t, &p.size)
		p.size.Store(int64(size + 1))
		p.gates[size].Unlock(t)
	}
}

func (p *shared) takeAnswer(t thread.Thread) bool {
	slot := &p.answers[p.taken%len(p.answers)]
	thread.Loads(t, slot)
	r := slot.Load()
	if r == nil {
		return false
	}
	thread.Stores(t, slot)
	slot.Store(nil)
	p.taken++
	p.work.Done(t, r)
	p.free = append(p.free, r)
	return true
}

func (p *shared) serve(t thread.Thread, i int) {
	looks := func() bool {
		thread.Loads(t, &p.quit)
		quit := p.quit.Load()
		thread.Loads(t, &p.size)
		out := int64(i) >= p.size.Load()
		thread.Loads(t, &p.head)
		head := p.head.Load()
		thread.Loads(t, &p.tail)
		return quit || out || head != p.tail.Load()
	}
	for {
		t.SpinUntil(thread.SpinWork, 0, true, looks)
		if thread.Loads(t, &p.quit); p.quit.Load() {
			return
		}
		if thread.Loads(t, &p.size); int64(i) >= p.size.Load() {
			p.gates[i].Lock(t)
			p.gates[i].Unlock(t)
			continue
		}
		if r := p.take(t); r != nil {
			p.work.Handle(t, r)
			p.finish(t, r)
		}
	}
}

// take claims the oldest job; nil if there is none.
func (p *shared) take(t thread.Thread) *models.Request {
	for {
		thread.Loads(t, &p.head)
		at := p.head.Load()
		thread.Loads(t, &p.tail)
		if at == p.tail.Load() {
			return nil
		}
		slot := &p.slots[at%int64(len(p.slots))]
		thread.Loads(t, slot)
		r := slot.Load()
		if p.fault == slotEarly {
			thread.Stores(t, slot)
			slot.Store(nil)
		}
		thread.Updates(t, &p.head)
		if p.fault == claimByStore {
			p.head.Store(at + 1)
		} else if !p.head.CompareAndSwap(at, at+1) {
			continue
		}
		if p.fault != slotEarly {
			thread.Stores(t, slot)
			slot.Store(nil)
		}
		return r
	}
}

func (p *shared) finish(t thread.Thread, r *models.Request) {
	if p.fault == countedEarly {
		thread.Updates(t, &p.finished)
		p.finished.Add(1)
	}
	thread.Updates(t, &p.reserved)
	at := p.reserved.Add(1) - 1
	thread.Stores(t, &p.answers[at%int64(len(p.answers))])
	p.answers[at%int64(len(p.answers))].Store(r)
	if p.fault != countedEarly {
		thread.Updates(t, &p.finished)
		p.finished.Add(1)
	}
}

func (p *shared) Flush(t thread.Thread) {
	p.submitter = t
	t.SpinUntil(thread.SpinRoom, 0, true, p.allDone)
	for p.takeAnswer(t) {
	}
}

func (p *shared) Close(t thread.Thread) {
	thread.Stores(t, &p.quit)
	p.quit.Store(true)
	for i := int(p.size.Load()); i < len(p.gates) && p.fault != gateLeftShut; i++ {
		p.gates[i].Unlock(t)
	}
	for _, j := range p.joiners {
		j.Join(t)
	}
}
