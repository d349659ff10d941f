package sim

import (
	"math"
	"slices"

	"mtbench/internal/thread"
)

// chosen is the scheduler of a Chooser: calls take no time, and each is a point at which another
// thread may go on.
type chosen struct {
	*Machine
	current  *proc
	ahead    *proc // goes on next, as was found out at the point where the present one stopped
	version  int64 // segments run by threads that were not merely polling
	options  []int
	startled int // threads that were woken without a signal
}

func (m *chosen) timed() bool { return false }

// pay ends a segment: who goes on?
func (m *chosen) pay(p *proc, _ int64) {
	if !p.spinning() {
		m.version++
	}
	m.now++
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

func (m *chosen) ready(p *proc, _ int64) { p.where = queued }

func (m *chosen) wake(p *proc, _ int, _ bool) { p.where = queued }

func (m *chosen) leave(p *proc, where place) {
	p.where = where
	m.version++
}

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
	m.current = p
	p.where = queued
	return p
}

// pick asks the Chooser, unless there is but one thread that can go on.
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
	if len(m.options) == 1 {
		return m.procs[m.options[0]]
	}
	i := m.opt.Choose(m.options, self != nil && m.options[0] == self.id)
	if i < 0 || i >= len(m.options) {
		m.failure = ErrStopped
		return nil
	}
	p := m.procs[m.options[i]]
	if p.where == blocked {
		m.startle(p)
	}
	return p
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
	return p.where == queued || p.where == polling && p.spin.seenAt != m.version
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
	first.where = queued
}

// spin: one with a limit may end at any moment, so it is one
// look and both outcomes are schedules. A spin without is disabled until another thread has done
// something; the looks of other spinners do not count, or two of them would wake each other for
// ever.
func (m *chosen) spin(p *proc, why thread.State, limit int, _ bool, cond func() bool) bool {
	was := p.Enter(why)
	defer p.Enter(was)
	p.pay(0)
	for {
		p.spin = spin{active: true, seenAt: m.version}
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

func (m *chosen) await(p *proc, cond func() bool) { m.spin(p, p.state, 0, false, cond) }
