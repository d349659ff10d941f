package sim

// A CPU that has nothing to run may be polled for work before it sleeps, as a virtual one is by its
// hypervisor. For how long follows how long it was idle before: as KVM has it
// (Documentation/virt/kvm/halt-polling.rst). After a sleep that was over within Costs.HaltPoll, its
// wake-up included, it is polled for twice as long, and for pollStart at least; after a longer one
// for half as long, and not at all if that is less.

// pollStart is in ns: the default of KVM's halt_poll_ns_grow_start.
const pollStart = 10e3

// polls says whether CPU i, which is idle, is still polled for work and does not sleep yet.
func (m *Machine) polls(i int) bool {
	c := &m.cpus[i]
	return m.now-c.emptied < c.poll
}

// wakeUp ends the idleness of CPU i, by a timer of its own or by an interrupt, and is the time
// until it runs something.
func (m *Machine) wakeUp(i int, timer bool) int64 {
	switch {
	case m.polls(i) && timer:
		return m.spread(int64(m.costs.TimerLatency))
	case m.polls(i):
		return m.spread(int64(m.costs.PollLatency))
	}
	latency := m.spread(int64(m.costs.IdleWake))
	c, longest := &m.cpus[i], int64(m.costs.HaltPoll)
	if m.now+latency-c.emptied <= longest {
		c.poll = min(max(2*c.poll, pollStart), longest)
	} else if c.poll /= 2; c.poll < pollStart {
		c.poll = 0
	}
	return latency
}

// anyIdle is the first idle CPU from i on; there is one.
func (m *Machine) anyIdle(i int) int {
	for ; m.cpus[i].cur != nil; i = (i + 1) % len(m.cpus) {
	}
	return i
}
