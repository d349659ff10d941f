package sim

import "slices"

// cpu is one virtual CPU with its queue of threads that wait for it.
//
// The scheduler is a small one after Linux's since 6.6, which is earliest eligible virtual deadline
// first (Stoica and Abdel-Wahab, 1995), all weights equal. A thread's virtual runtime is the CPU time
// that it had; it is eligible unless it had more than the mean of those who want the CPU; of the
// eligible the one with the earliest deadline runs, which is a slice after the virtual runtime at
// which the deadline was set. A thread that goes to sleep keeps its lag, the distance to the mean, and
// wakes up with it: sleeping gains nothing, and a debt is forgotten as time passes.
//
// A woken thread is placed on its last CPU if that is idle, else on the next idle one, else it waits for
// its last one. It preempts at once a thread that has had no less than the mean, as one has that ran
// alone. A CPU that becomes idle takes from the longest queue, but nobody who ran there just now.
type cpu struct {
	cur     *proc
	queue   []*proc
	emptied int64 // idle: since when
}

// ready makes p runnable after delay.
func (m *Machine) ready(p *proc, delay int64) {
	if m.opt.Choose != nil {
		p.where = queued
		return
	}
	if delay > 0 {
		p.where = sleeping
		m.heap.set(p.event, m.now+delay)
		return
	}
	m.place(p, nobody)
}

// nobody is the waker of a thread that wakes by itself: its timer is its own CPU's.
const nobody = -1

// wakeFrom makes p runnable, woken by a thread on the CPU waker.
func (m *Machine) wakeFrom(p *proc, waker int) {
	if m.opt.Choose != nil {
		p.where = queued
		return
	}
	m.place(p, waker)
}

// place gives p an idle CPU or puts it into a queue.
func (m *Machine) place(p *proc, waker int) {
	p.idleSince = m.now
	if m.idle > 0 {
		m.arrive(p, m.idleCPU(p.lastCPU))
		return
	}
	m.enqueue(p, p.lastCPU, waker)
}

// arrive gives p an idle CPU, which needs time to wake up.
func (m *Machine) arrive(p *proc, i int) {
	m.idle--
	m.cpus[i].cur = p
	p.where, p.cpu, p.lastCPU = arriving, i, i
	p.deadline = p.vr + m.costs.slice
	latency := m.costs.idleWake
	if m.polls(i) {
		latency = m.costs.pollLatency
	}
	m.heap.set(p.event, m.now+m.spread(latency))
}

// polls says whether CPU i, which is idle, still looks for work and does not sleep yet.
func (m *Machine) polls(i int) bool { return m.now-m.cpus[i].emptied < m.costs.haltPoll }

// begin: p has got its CPU.
func (m *Machine) begin(p *proc) {
	p.where = running
	p.runDelay += m.now - p.idleSince
	p.onSince, p.sliceAt = m.now, m.now
	p.system += m.costs.change
	m.heap.set(p.event, m.now+m.crowded(p.cpu, m.costs.change+p.back)+p.need)
	p.need, p.back = 0, 0
	m.armSlice(p.cpu)
	m.trace(p, TraceRun, "")
}

// enqueue lets p wait for CPU i, or preempt there. If its waker is on another CPU, then only when this
// one has been interrupted.
func (m *Machine) enqueue(p *proc, i, waker int) {
	c := &m.cpus[i]
	p.where, p.cpu, p.lastCPU = queued, i, i
	m.join(p, c)
	c.queue = append(c.queue, p)
	m.waiting++
	if !m.preempts(p, c) {
		m.armSlice(i)
		return
	}
	at := m.now
	if waker != nobody && waker != i {
		at += m.costs.kick
		if c.cur.where == running && !c.cur.spinning() {
			c.cur.interrupted += m.costs.interrupt
		}
	}
	if !m.heap.has(i) || m.heap.at(i) > at {
		m.heap.set(i, at)
	}
}

// interrupts says whether p, woken from the CPU waker, would preempt who runs on another one.
func (m *Machine) interrupts(p *proc, waker int) bool {
	c := &m.cpus[p.lastCPU]
	if p.lastCPU == waker || c.cur == nil {
		return false
	}
	vr, deadline := p.vr, p.deadline
	m.join(p, c)
	c.queue = append(c.queue, p)
	yes := m.preempts(p, c)
	c.queue = c.queue[:len(c.queue)-1]
	p.vr, p.deadline = vr, deadline
	return yes
}

// join gives p a virtual runtime among those of c, who are at least one: that of its lag, which the
// mean is to keep when p is one of them.
func (m *Machine) join(p *proc, c *cpu) {
	n := int64(len(c.queue) + 1)
	lag := p.lag
	if lag < 0 { // while it slept the others made up for it
		lag = min(0, lag+(m.now-p.sleptAt)/n)
	}
	p.vr = c.mean(m.now) - lag*(n+1)/n
	p.deadline = p.vr + m.costs.slice
}

// leave keeps the lag of p, which is the current one of c.
func (m *Machine) leave(p *proc, c *cpu) {
	p.lag = min(max(c.mean(m.now)-p.vr, -m.costs.slice), m.costs.slice)
	p.sleptAt = m.now
}

// preempts says whether p, which has just been queued, takes the CPU from who runs there.
func (m *Machine) preempts(p *proc, c *cpu) bool {
	if c.cur.where != running || m.costs.wakePreempt >= m.costs.slice {
		return false
	}
	mean := c.mean(m.now)
	return c.cur.runtime(m.now) >= mean+m.costs.wakePreempt && c.queue[c.best(m.now)] == p
}

// mean is the mean virtual runtime of the thread that has c and of those who wait for it.
func (c *cpu) mean(now int64) int64 {
	sum := c.cur.runtime(now)
	for _, p := range c.queue {
		sum += p.vr
	}
	return sum / int64(len(c.queue)+1)
}

// runtime is p's virtual runtime, what it is running now included.
func (p *proc) runtime(now int64) int64 {
	if p.where == running {
		return p.vr + now - p.onSince
	}
	return p.vr
}

// armSlice sets the end of the running thread's slice if somebody waits for the CPU.
func (m *Machine) armSlice(i int) {
	c := &m.cpus[i]
	switch {
	case len(c.queue) == 0 || c.cur.where != running:
		m.heap.remove(i)
	case !m.heap.has(i):
		m.heap.set(i, max(m.now, c.cur.sliceAt+m.costs.slice))
	}
}

// sliceEnds: the thread on CPU i has had its turn, or somebody more urgent woke up.
func (m *Machine) sliceEnds(i int) {
	c := &m.cpus[i]
	if c.cur == nil || c.cur.where != running || len(c.queue) == 0 {
		return
	}
	if m.hopeless() {
		m.failure = m.stuck()
		return
	}
	if m.idle > 0 && m.now >= c.cur.sliceAt+m.costs.slice {
		m.spare(c)
	}
	if len(c.queue) == 0 {
		return
	}
	if !m.stays(c) {
		m.preempt(c.cur)
		return
	}
	c.cur.sliceAt = m.now
	m.armSlice(i)
}

// stays says whether the thread that has c is still the one to run.
func (m *Machine) stays(c *cpu) bool {
	b := c.best(m.now)
	return b < 0 || c.cur.runtime(m.now) <= c.mean(m.now) && c.cur.deadline <= c.queue[b].deadline
}

// spare gives an idle CPU somebody who waits for c, as Linux does at the tick of a CPU for which several
// wait.
func (m *Machine) spare(c *cpu) {
	if k := slices.IndexFunc(c.queue, m.cold); k >= 0 {
		p := m.take(c, k)
		m.arrive(p, m.idleCPU(p.lastCPU))
	}
}

// preempt takes the CPU from p.
func (m *Machine) preempt(p *proc) {
	i := p.cpu
	p.involuntary++
	if p.spinning() {
		if !p.spin.off {
			p.stopPolling()
		}
		p.spin.off = true
		p.need = 0
		m.heap.remove(p.event)
	} else {
		p.need = m.heap.at(p.event) - m.now + p.interrupted
		m.heap.remove(p.event)
	}
	p.interrupted = 0
	m.charge(p)
	p.where, p.idleSince = queued, m.now
	m.trace(p, TracePreempt, "")
	m.cpus[i].queue = append(m.cpus[i].queue, p)
	m.waiting++
	m.dispatch(i)
}

// crowded is how long d takes on CPU i, by whether others wait for it now.
func (m *Machine) crowded(i int, d int64) int64 {
	if m.costs.crowded <= 1 || len(m.cpus[i].queue) == 0 {
		return d
	}
	return int64(float64(d) * m.costs.crowded)
}

// timerOn takes what the interrupt of a timer takes from the thread that runs on CPU i. One that spins
// loses it too, and has nothing to do with it.
func (m *Machine) timerOn(i int) {
	p := m.cpus[i].cur
	if p == nil || p.where != running || m.costs.timer == 0 || !m.heap.has(p.event) || p.spin.active && !p.spin.seen {
		return
	}
	m.heap.set(p.event, m.heap.at(p.event)+m.costs.timer)
}

// charge accounts for the CPU time since p got its CPU.
func (m *Machine) charge(p *proc) {
	d := m.now - p.onSince
	p.cpuTime += d
	p.vr += d
	p.onSince, p.ranAt = m.now, m.now
	if p.vr >= p.deadline {
		p.deadline = p.vr + m.costs.slice
	}
}

// leaveCPU: p, which is running, goes to sleep or ends.
func (m *Machine) leaveCPU(p *proc) {
	if m.opt.Choose != nil {
		return
	}
	m.charge(p)
	m.leave(p, &m.cpus[p.cpu])
	p.where = nowhere
	m.dispatch(p.cpu)
}

// dispatch gives CPU i to the next thread.
func (m *Machine) dispatch(i int) {
	c := &m.cpus[i]
	var p *proc
	if len(c.queue) > 0 {
		p = m.take(c, c.best(m.now))
	} else if p = m.pull(); p == nil {
		c.cur, c.emptied = nil, m.now
		m.idle++
		m.heap.remove(i)
		return
	}
	c.cur = p
	p.cpu, p.lastCPU = i, i
	m.heap.remove(i)
	m.begin(p)
}

// best is the queued thread to run next: of the eligible the one with the earliest deadline, and the
// one that has waited longest of equals. -1 if the running thread is the only one that is eligible.
func (c *cpu) best(now int64) int {
	mean, n := int64(0), int64(len(c.queue))
	if c.cur != nil && c.cur.where == running {
		mean, n = c.cur.runtime(now), n+1
	}
	for _, p := range c.queue {
		mean += p.vr
	}
	mean /= n
	b := -1
	for i, p := range c.queue {
		if p.vr <= mean && (b < 0 || p.deadline < c.queue[b].deadline) {
			b = i
		}
	}
	return b
}

func (m *Machine) take(c *cpu, i int) *proc {
	m.waiting--
	p := c.queue[i]
	c.queue = append(c.queue[:i], c.queue[i+1:]...)
	return p
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

// pull takes a thread from the longest queue, one that did not run there just now; nil if there is none.
func (m *Machine) pull() *proc {
	if m.waiting == 0 {
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

// cold says whether what p left in the caches of its last CPU is taken for lost.
func (m *Machine) cold(p *proc) bool { return m.now-p.ranAt >= m.costs.hot }

// hopeless reports that everybody who has or wants a CPU spins without a limit for something that
// is not so, and nobody will wake up by itself.
func (m *Machine) hopeless() bool {
	for _, p := range m.procs {
		switch p.where {
		case sleeping, arriving:
			return false
		case running, queued:
			if !p.spinning() || p.spin.left >= 0 || p.spin.cond() {
				return false
			}
		}
	}
	return true
}
