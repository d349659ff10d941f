package sim

import (
	"math"
	"slices"
	"unsafe"

	"mtbench/internal/thread"
)

// chosen is the scheduler of a Chooser: calls take no time, and each is a point at which another
// thread may go on. What a thread does from one point to the next is a step. The clock stands still
// but for a sleeper that is woken since nobody else can go on: two orders of the same steps that
// differ only where it makes no difference show the same time.
type chosen struct {
	*Machine
	current  *proc
	ahead    *proc // goes on next, as was found out at the point where the present one stopped
	options  []int
	startled int // threads that were woken without a signal
}

func (m *chosen) timed() bool { return false }

// pay ends a step: who goes on?
func (m *chosen) pay(p *proc, _ int64) {
	m.count()
	if m.failure == nil {
		if next := m.pick(p); next == p {
			return
		} else if next != nil {
			m.ahead = next
		}
	}
	p.suspend()
}

func (m *chosen) call(p *proc, d int64, next step) {
	for next != nil {
		if d == asleep {
			p.suspend()
		} else {
			m.pay(p, d)
		}
		d, next = next(p)
	}
}

func (m *chosen) ready(p *proc, _ int64) { p.where, p.resumes = queued, true }

func (m *chosen) wake(p *proc, _ int, _ bool) {
	m.enables(m.current, p)
	p.where, p.resumes = queued, true
}

// enables implements scheduler.
func (m *chosen) enables(by, p *proc) {
	w := m.opt.Watch
	switch {
	case w == nil:
	case by == nil:
		w.Enables(-1, p.id)
	default:
		w.Enables(by.id, p.id)
	}
}

func (m *chosen) leave(p *proc, where place) { p.where = where }

func (m *chosen) next() *proc {
	p := m.ahead
	m.ahead = nil
	for p == nil && m.failure == nil {
		if p = m.pick(m.current); p == nil && m.failure == nil {
			m.wakeSleeper()
		}
	}
	if m.failure != nil {
		return nil
	}
	p.where = queued
	return p
}

// pick asks the Chooser, and lets what it chose begin its step.
func (m *chosen) pick(self *proc) *proc {
	m.options = m.options[:0]
	first := 0
	if self != nil {
		first = self.id
	}
	for i := range m.procs {
		id := first + i
		if id >= len(m.procs) {
			id -= len(m.procs)
		}
		if m.enabled(m.procs[id]) {
			m.options = append(m.options, id)
		}
	}
	if len(m.options) == 0 {
		return nil
	}
	m.offerSleepers()
	i := m.opt.Choose(m.options, self != nil && m.options[0] == self.id)
	if i < 0 || i >= len(m.options) {
		m.failure = ErrStopped
		return nil
	}
	p := m.procs[m.options[i]]
	m.begin(p)
	return p
}

// begin begins the step of p: those who spin may see something else from now on.
func (m *chosen) begin(p *proc) {
	u := m.Intended(p.id)
	p.intended, p.wants = thread.Use{}, nil
	m.current = p
	if m.opt.Watch != nil {
		m.opt.Watch.Step(p.id, u, p.resumes || p.where == polling)
	}
	p.resumes = false
	if p.where == blocked {
		m.startle(p)
	}
	for _, q := range m.procs {
		if q != p && q.spinning() && !q.spin.stale && !p.spinning() && q.watches(u) {
			q.spin.stale = true
			m.enables(p, q)
		}
	}
}

// Intended is what the next step of a thread begins with, under a Chooser: nothing for one that has
// been woken, anything for one that would wake up by itself.
func (m *Machine) Intended(id int) thread.Use {
	if p := m.procs[id]; p.where != blocked {
		return p.intended
	}
	return thread.Use{How: thread.Anything}
}

// watches reports whether a step that begins with u may change what the condition of p, which
// spins, comes to. One that marks nothing may look at anything.
func (p *proc) watches(u thread.Use) bool {
	if len(p.spin.looks) == 0 {
		return p.where == polling
	}
	return slices.ContainsFunc(p.spin.looks, func(look thread.Use) bool {
		return look.How == thread.Anything || look.Conflicts(u)
	})
}

// offerSleepers adds those who may wake up without a signal.
func (m *chosen) offerSleepers() {
	if m.startled >= m.opt.Spurious {
		return
	}
	for _, p := range m.procs {
		if p.where == blocked && p.call.on.spurious {
			m.options = append(m.options, p.id)
		}
	}
}

// startle wakes p, which sleeps on a condition or an event, without a signal.
func (m *chosen) startle(p *proc) {
	m.startled++
	f := p.call.on
	i := slices.Index(f.waiters, p)
	f.waiters = slices.Delete(f.waiters, i, i+1)
	p.where = queued
}

func (m *chosen) enabled(p *proc) bool {
	if p.wants != nil {
		return p.wants.word == free
	}
	return p.where == queued || p.where == polling && p.spin.stale
}

// wakeSleeper lets time pass: nobody else can go on.
func (m *chosen) wakeSleeper() {
	var first *proc
	at := int64(math.MaxInt64)
	for _, p := range m.procs {
		if p.where == sleeping && p.until < at {
			first, at = p, p.until
		}
	}
	if first == nil {
		m.failure = m.stuck()
		return
	}
	m.now = max(m.now, at)
	m.enables(nil, first)
	first.where, first.resumes = queued, true
}

// spin: one with a limit may end at any moment, so it is one look and both outcomes are schedules.
// A spin without is disabled until another thread has done something to what it looks at; the looks
// of other spinners do not count, or two of them would wake each other for ever.
func (m *chosen) spin(p *proc, why thread.State, limit int, _ bool, cond func() bool) bool {
	was := p.Enter(why)
	defer p.Enter(was)
	p.pay(0)
	for {
		p.spin = spin{active: true, looks: p.spin.looks[:0]}
		p.spin.seen = cond()
		p.polls++
		if p.spin.seen || limit > 0 {
			p.spin.active = false
			return p.spin.seen
		}
		p.where = polling
		p.suspend()
	}
}

func (m *chosen) await(*proc, func() bool) { panic("sim: locks do not spin under a Chooser") }

// take takes a lock, of either kind, in one step, before which the thread cannot go on while
// another holds it. How a lock is made of a word and a queue is no matter of the program's.
func (p *proc) take(f *futex) {
	p.wants = f
	p.intended = thread.Use{Of: unsafe.Pointer(f), How: thread.Lock}
	p.pay(0)
	f.word = held
}

func (p *proc) giveBack(f *futex) {
	p.intended = thread.Use{Of: unsafe.Pointer(f), How: thread.Unlock}
	p.pay(0)
	if f.swap(free) == free {
		panic("sim: unlock of " + f.kind + " " + f.name + ", which is not locked")
	}
	if !thread.Exploring {
		p.pay(0) // what follows may touch anything, and does not say so in this build
	}
}
