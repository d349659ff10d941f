package sim

import "slices"

// CPUs even out what they have to do in three ways, as Linux's do: one that becomes idle pulls, if it may be worth that,
// one that several wait for gives one of them to an idle one when a slice has ended, and now and then the one with the
// least to do takes from the one with the most.

// balanceEvery, in ns for each CPU of a host, is how often that is: a busy CPU of Linux looks every 16 ms for each
// CPU of its domain.
const balanceEvery = 16e6

// imbalance is how many times as much as another CPU one may have to do before that matters: the default of Linux
// for CPUs that share a cache.
const imbalance = 1.17

// balance moves threads from the queue of the CPU with the highest load to the one with the lowest: as many as
// make them even. Who ran just now stays.
func (m *Machine) balance() {
	m.balanceAt = m.now + int64(len(m.cpus))*balanceEvery
	loads := m.loads
	clear(loads)
	for _, p := range m.procs {
		loads[p.lastCPU] += p.load.at(m.now)
	}
	most, least := 0, 0
	for i, l := range loads {
		if l > loads[most] {
			most = i
		}
		if l < loads[least] {
			least = i
		}
	}
	if loads[most] <= imbalance*loads[least] {
		return
	}
	c := &m.cpus[most]
	for k, over := 0, (loads[most]-loads[least])/2; k < len(c.queue); {
		load := c.queue[k].load.at(m.now)
		if load > over || !m.cold(c.queue[k]) {
			k++
			continue
		}
		over -= load
		m.move(c, k, least)
	}
}

// move takes the k-th of those who wait for c to CPU i.
func (m *Machine) move(c *cpu, k, i int) {
	p := c.queue[k]
	p.lag = min(max(c.mean(m.now)-p.vr, 0), m.costs.slice)
	m.take(c, k)
	m.put(p, i, nobody, false)
}

// spare gives an idle CPU somebody who waits for c, as Linux does at the tick of a CPU for which several wait. The
// tick has also chosen who runs next; that one is not to be had any more, and who ran until then is not cold.
func (m *Machine) spare(c *cpu) {
	if k := slices.IndexFunc(c.queue, m.cold); k >= 0 {
		p := m.take(c, k)
		m.arrive(p, m.anyIdle(p.lastCPU), false)
	}
}

// pull takes a thread from the longest queue, one that did not run there just now; nil if there is none, or if that is
// missed.
func (m *Machine) pull() *proc {
	if m.waiting == 0 || m.costs.pullMissed > 0 && m.rand.Float64() < m.costs.pullMissed {
		return nil
	}
	var best *cpu
	at := 0
	for i := range m.cpus {
		c := &m.cpus[i]
		if best != nil && len(c.queue) <= len(best.queue) {
			continue
		}
		if k := slices.IndexFunc(c.queue, m.cold); k >= 0 {
			best, at = c, k
		}
	}
	if best == nil {
		return nil
	}
	p := m.take(best, at)
	p.deadline = p.vr + m.costs.slice
	return p
}

// cold says whether what p left in the caches of its last CPU is taken for lost. One that ran until now is hot.
func (m *Machine) cold(p *proc) bool { return m.now-p.ranAt >= max(m.costs.hot, 1) }
