package sim

// cpu is one virtual CPU with its queue of threads that wait for it.
//
// The scheduler is a small one of the fair kind: every CPU runs the thread of its queue that had
// least CPU time (virtual runtime), for a slice at a time; a thread that wakes up may preempt one
// that had more by the granularity. It is placed on its last CPU if that is idle, else on the next
// idle one, else on the shortest queue; a CPU that becomes idle takes from the longest queue.
type cpu struct {
	cur   *proc
	queue []*proc
}

func (m *Machine) cpuEvent(i int) int { return MaxThreads + i }

// ready makes p runnable after delay.
func (m *Machine) ready(p *proc, delay int64) {
	if m.opt.Choose != nil {
		p.where = queued
		return
	}
	if delay > 0 {
		p.where = sleeping
		m.heap.set(p.id, m.now+delay)
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
	m.enqueue(p, m.shortestQueue(p.lastCPU), waker)
}

// arrive gives p an idle CPU, which needs time to wake up.
func (m *Machine) arrive(p *proc, i int) {
	m.idle--
	m.cpus[i].cur = p
	p.where, p.cpu, p.lastCPU = arriving, i, i
	m.heap.set(p.id, m.now+m.spread(m.costs.idleWake))
}

// begin: p has got its CPU.
func (m *Machine) begin(p *proc) {
	p.where = running
	p.runDelay += m.now - p.idleSince
	p.onSince, p.sliceAt = m.now, m.now
	p.system += m.costs.change
	m.heap.set(p.id, m.now+m.costs.change+p.need)
	p.need = 0
	m.armSlice(p.cpu)
	m.trace(p, TraceRun, "")
}

// enqueue lets p wait for CPU i, whose runtime a sleeper is given but for one slice: it may be
// ahead of those who ran meanwhile, but cannot save up for a monopoly. If it may preempt, and its waker
// is on another CPU, then only when this one has been interrupted.
func (m *Machine) enqueue(p *proc, i, waker int) {
	c := &m.cpus[i]
	p.where, p.cpu, p.lastCPU = queued, i, i
	now := c.cur.runtime(m.now)
	p.vr = min(max(p.vr, now-m.costs.slice), now+m.costs.slice)
	c.queue = append(c.queue, p)
	if c.cur.where == running && now-p.vr > m.costs.wakePreempt {
		at := m.now
		if waker != nobody && waker != i {
			at += m.costs.kick
		}
		if id := m.cpuEvent(i); !m.heap.has(id) || m.heap.at(id) > at {
			m.heap.set(id, at)
		}
		return
	}
	m.armSlice(i)
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
	c, id := &m.cpus[i], m.cpuEvent(i)
	switch {
	case len(c.queue) == 0 || c.cur.where != running:
		m.heap.remove(id)
	case !m.heap.has(id):
		m.heap.set(id, max(m.now, c.cur.sliceAt+m.costs.slice))
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
	if c.queue[c.best()].vr > c.cur.runtime(m.now) {
		c.cur.sliceAt = m.now // still the one that had least
		m.armSlice(i)
		return
	}
	m.preempt(c.cur)
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
		m.heap.remove(p.id)
	} else {
		p.need = m.heap.at(p.id) - m.now
		m.heap.remove(p.id)
	}
	m.charge(p)
	p.where, p.idleSince = queued, m.now
	m.trace(p, TracePreempt, "")
	m.cpus[i].queue = append(m.cpus[i].queue, p)
	m.dispatch(i)
}

// charge accounts for the CPU time since p got its CPU.
func (m *Machine) charge(p *proc) {
	d := m.now - p.onSince
	p.cpuTime += d
	p.vr += d
	p.onSince = m.now
}

// leaveCPU: p, which is running, goes to sleep or ends.
func (m *Machine) leaveCPU(p *proc) {
	if m.opt.Choose != nil {
		return
	}
	m.charge(p)
	p.where = nowhere
	m.dispatch(p.cpu)
}

// dispatch gives CPU i to the next thread.
func (m *Machine) dispatch(i int) {
	c := &m.cpus[i]
	from := c
	if len(c.queue) == 0 {
		from = m.longestQueue()
	}
	if from == nil {
		c.cur = nil
		m.idle++
		m.heap.remove(m.cpuEvent(i))
		return
	}
	p := from.take(from.best())
	c.cur = p
	p.cpu, p.lastCPU = i, i
	m.heap.remove(m.cpuEvent(i))
	m.begin(p)
}

// best is the queued thread that had least; the longest waiting one of equals.
func (c *cpu) best() int {
	b := 0
	for i, p := range c.queue {
		if p.vr < c.queue[b].vr {
			b = i
		}
	}
	return b
}

func (c *cpu) take(i int) *proc {
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

func (m *Machine) shortestQueue(from int) int {
	best := from
	for i := range m.cpus {
		if len(m.cpus[i].queue) < len(m.cpus[best].queue) {
			best = i
		}
	}
	return best
}

// longestQueue is the CPU with most threads waiting, nil if nobody waits anywhere.
func (m *Machine) longestQueue() *cpu {
	var best *cpu
	for i := range m.cpus {
		if n := len(m.cpus[i].queue); n > 0 && (best == nil || n > len(best.queue)) {
			best = &m.cpus[i]
		}
	}
	return best
}

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
