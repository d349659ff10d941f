package sim

// A CPU that has nothing to run may poll for work before it sleeps, as the guest of a hypervisor does. For how
// long follows how long it was idle before: as Linux's haltpoll governor has it, with its defaults
// (Documentation/virt/guest-halt-polling.rst). One that slept and was idle for Costs.HaltPoll at most, its
// wake-up included, polls for twice as long the next time, and for a quarter of that limit at least; one that
// was idle for longer polls for half as long.

// polls says whether CPU i, which is idle, still looks for work and does not sleep yet.
func (m *Machine) polls(i int) bool {
	c := &m.cpus[i]
	return m.now-c.emptied < c.poll
}

// wakeUp ends the idleness of CPU i and is the time until it runs something.
func (m *Machine) wakeUp(i int) int64 {
	if m.polls(i) {
		return m.spread(m.costs.pollLatency)
	}
	latency := m.spread(m.costs.idleWake)
	c, longest := &m.cpus[i], m.costs.haltPoll
	if m.now+latency-c.emptied > longest {
		c.poll /= 2
	} else {
		c.poll = min(max(2*c.poll, longest/4), longest)
	}
	return latency
}

// available says whether CPU i is idle and would be taken for any thread.
func (m *Machine) available(i int) bool {
	return m.cpus[i].cur == nil && (!m.costs.overlooked || m.polls(i))
}

// idleCPU is the first idle CPU from `from` on.
func (m *Machine) idleCPU(from int) int {
	for i := from; ; i++ {
		if i == len(m.cpus) {
			i = 0
		}
		if m.cpus[i].cur == nil {
			return i
		}
	}
}
