package sim

import "mtbench/internal/thread"

// SpinUntil implements thread.Thread.
func (p *proc) SpinUntil(why thread.State, limit int, pause bool, cond func() bool) bool {
	return p.m.sched.spin(p, why, limit, pause, cond)
}

// spin implements scheduler.
func (s *fair) spin(p *proc, why thread.State, limit int, pause bool, cond func() bool) bool {
	p.polls++
	p.pay(int64(p.m.costs.Poll))
	if cond() { // the first look is free of stamps, as on the other machines
		return true
	}
	if limit == 1 {
		return false
	}
	was := p.Enter(why)
	ok := p.poll(limit-1, pause, cond)
	p.Enter(was)
	return ok
}

// poll goes on polling, up to left times; -1: no limit.
func (p *proc) poll(left int, pause bool, cond func() bool) bool {
	c := &p.m.costs
	if cond() { // it has become true since the look before
		return true
	}
	p.spin = spin{active: true, cond: cond, period: max(int64(c.Poll), 1), left: int64(left)}
	if pause {
		p.spin.period += int64(c.Pause)
	}
	p.m.trace(p, TraceSpin, "")
	p.startPolling()
	p.suspend()
	p.spin.active = false
	return p.spin.seen
}

// startPolling puts the thread among those that are looked at whenever another has run. Its event,
// if it has a limit, is the end of its polls.
func (p *proc) startPolling() {
	m := p.m
	p.spin.since = m.now
	m.spin = append(m.spin, p)
	if p.spin.left >= 0 {
		m.queue.set(p.source, m.now+p.spin.left*p.spin.period)
	}
}

// stopPolling takes it out again and accounts for the polls that it did.
func (p *proc) stopPolling() {
	m, s := p.m, &p.spin
	for i, q := range m.spin {
		if q == p {
			m.spin = append(m.spin[:i], m.spin[i+1:]...)
			break
		}
	}
	n := (m.now - s.since) / s.period
	p.polls += n
	if s.left >= 0 {
		s.left = max(s.left-n, 0)
	}
}

// look lets those who poll see what has been written since they last looked: by the coroutine that
// calls, for the steps of calls write nothing that is polled. (Hence those of a spin lock are
// none.)
func (m *Machine) look() {
	for i := 0; i < len(m.spin); i++ {
		if p := m.spin[i]; p.spin.cond() {
			p.sees()
			i-- // it has left the list
		}
	}
}

// sees: cond has just become true. What it did is done now; the thread notices at its next poll and
// has to fetch the line that was written.
func (p *proc) sees() {
	m, s := p.m, &p.spin
	expiry := s.since + s.left*s.period
	at := s.since + ((m.now-s.since)/s.period+1)*s.period + int64(m.costs.Line)
	if s.left >= 0 && at > expiry {
		at = max(expiry, m.now) // written within its last poll
	}
	p.stopPolling()
	p.polls++
	s.seen = true
	m.queue.set(p.source, at)
}

// stillPolls handles the event of a thread that is in a spin and has not seen what it wants: it has
// its CPU back, or its polls are over. It reports whether the thread goes on polling.
func (p *proc) stillPolls() bool {
	s := &p.spin
	if !s.off {
		p.stopPolling()
		return false
	}
	s.off = false
	p.polls++
	if s.cond() {
		s.seen = true
		return false
	}
	if s.left == 0 {
		return false
	}
	p.startPolling()
	return true
}
