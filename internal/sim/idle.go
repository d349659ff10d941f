package sim

// A CPU that has nothing to run may be polled for work before it sleeps, as a virtual one is by its hypervisor. For how
// long follows how long it was idle before: as KVM has it (Documentation/virt/kvm/halt-polling.rst). After a sleep that
// was over within Costs.HaltPoll, its wake-up included, it is polled for twice as long, and for pollStart at least; after
// a longer one for half as long, and not at all if that is less.

// pollStart is in ns: the default of KVM's halt_poll_ns_grow_start.
const pollStart = 10e3

// polls says whether CPU i, which is idle, is still polled for work and does not sleep yet.
func (m *Machine) polls(i int) bool {
	c := &m.cpus[i]
	return m.now-c.emptied < c.poll
}

// wakeUp ends the idleness of CPU i, by a timer of its own or by an interrupt, and is the time until it runs something.
func (m *Machine) wakeUp(i int, timer bool) int64 {
	switch {
	case m.polls(i) && timer:
		return m.spread(m.costs.timerLatency)
	case m.polls(i):
		return m.spread(m.costs.pollLatency)
	}
	latency := m.spread(m.costs.idleWake)
	c, longest := &m.cpus[i], m.costs.haltPoll
	if m.now+latency-c.emptied <= longest {
		c.poll = min(max(2*c.poll, pollStart), longest)
	} else if c.poll /= 2; c.poll < pollStart {
		c.poll = 0
	}
	return latency
}

// idles counts n more idle CPUs.
func (m *Machine) idles(n int) {
	m.idle += n
	m.busy.enter(m.now, float64(len(m.cpus)-m.idle))
}

// available says whether CPU i is idle and would be taken for any thread.
func (m *Machine) available(i int) bool {
	if m.cpus[i].cur != nil {
		return false
	}
	if m.polls(i) {
		return !m.costs.pollsOverlooked
	}
	return !m.costs.sleepsOverlooked
}

// idleCPU is an idle CPU that a thread placed on CPU i is better given, or i if none is found. How many are looked
// at goes by how busy all are: Linux's SIS_UTIL (since 6.0).
func (m *Machine) idleCPU(i int) int {
	if m.idle == 0 {
		return i
	}
	n := float64(len(m.cpus))
	busy := m.busy.at(m.now) / n
	for k := range int(n * (1 - busy*busy*imbalance*imbalance)) {
		if j := (i + 1 + k) % len(m.cpus); m.available(j) {
			return j
		}
	}
	return i
}

// anyIdle is the first idle CPU from i on; there is one.
func (m *Machine) anyIdle(i int) int {
	for ; m.cpus[i].cur != nil; i = (i + 1) % len(m.cpus) {
	}
	return i
}
