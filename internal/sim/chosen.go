package sim

import (
	"math"
	"slices"
)

// point ends a segment under a Chooser: who goes on?
func (p *proc) point() {
	m := p.m
	if !p.spinning() {
		m.version++
	}
	m.now++
	m.count()
	if m.failure == nil {
		if next := m.pick(p); next == p {
			return
		} else if next != nil {
			m.chosen = next
		}
	}
	p.suspend()
}

// doChosen is do under a Chooser.
func (p *proc) doChosen(d int64, next step) {
	for next != nil {
		if d == asleep {
			p.suspend()
		} else {
			p.point()
		}
		d, next = next(p)
	}
}

// nextChosen is next under a Chooser.
func (m *Machine) nextChosen() *proc {
	p := m.chosen
	m.chosen = nil
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
func (m *Machine) pick(self *proc) *proc {
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
		if m.procs[id].enabled() {
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
func (m *Machine) offerSleepers() {
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
func (m *Machine) startle(p *proc) {
	m.startled++
	f := p.call.on
	i := slices.Index(f.waiters, p)
	f.waiters = slices.Delete(f.waiters, i, i+1)
	p.where = queued
}

func (p *proc) enabled() bool {
	return p.where == queued || p.where == polling && p.spin.seenAt != p.m.version
}

// wakeSleeper lets time pass: nobody else can go on.
func (m *Machine) wakeSleeper() {
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
