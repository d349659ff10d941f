package sim

import (
	"slices"

	"mtbench/internal/thread"
)

// cpu is one virtual CPU with its queue of threads that wait for it.
//
// The scheduler is a small one after Linux's since 6.6, which is earliest eligible virtual deadline
// first (Stoica and Abdel-Wahab, 1995), all weights equal. A thread's virtual runtime is the CPU
// time that it had; it is eligible unless it had more than the mean of those who want the CPU; of
// the eligible the one with the earliest deadline runs, which is a slice after the virtual runtime
// at which the deadline was set. A thread that goes to sleep keeps its lag, what it had less than
// the mean, and wakes up with it: sleeping gains nothing. One that had more owes that to the
// others. It is counted among those who want the CPU until they have had as much, or nobody wants
// it any more (Linux's delayed dequeue, since 6.12).
//
// A woken thread is placed on its last CPU if that is idle, else on another idle one, else it waits
// for its last one or is drawn to its waker's; see target. It preempts at once a thread that has
// had more than the mean; if it is woken from another CPU, also one that has had just the mean, as
// one has that ran alone. A CPU that becomes idle may take from the longest queue, but nobody who
// ran there just now.
type cpu struct {
	cur     *proc
	queue   []*proc
	owing   []*proc // asleep, but still counted: they had more than the mean
	emptied int64   // idle: since when
	updated int64   // when it was last looked at what its thread has had
	poll    int64   // for how long it is polled for work, when it is idle, before it sleeps
}

// nobody is the waker of a thread that wakes by itself: its timer is its own CPU's.
const nobody = -1

// place gives p an idle CPU or lets it wait for one.
func (m *Machine) place(p *proc, waker int, sync bool) {
	i := m.target(p, waker, sync)
	p.idleSince = m.now
	p.load.enter(m.now, 1)
	if m.cpus[i].cur == nil {
		m.arrive(p, i, waker == nobody)
		return
	}
	m.enqueue(p, i, waker)
}

// arrive gives p an idle CPU, which needs time to wake up: by p's own timer, or by another CPU.
func (m *Machine) arrive(p *proc, i int, timer bool) {
	m.idle--
	m.cpus[i].cur = p
	p.where, p.cpu, p.lastCPU = arriving, i, i
	p.deadline = p.vr + int64(m.costs.Slice)
	m.queue.set(p.source, m.now+m.wakeUp(i, timer))
}

// begin: p has got its CPU.
func (m *Machine) begin(p *proc) {
	p.where = running
	p.runDelay += m.now - p.idleSince
	p.onSince, p.sliceAt = m.now, m.now
	m.cpus[p.cpu].updated = m.now
	change := int64(m.costs.Switch)
	p.system += change
	m.queue.set(p.source, m.now+change+p.back+p.need)
	p.need, p.back = 0, 0
	m.armSlice(p.cpu)
	m.trace(p, TraceRun, "")
}

// enqueue lets p wait for CPU i, or preempt there. If its waker is on another CPU, then only when
// this one has been interrupted.
func (m *Machine) enqueue(p *proc, i, waker int) {
	c := &m.cpus[i]
	p.where, p.cpu, p.lastCPU = queued, i, i
	m.join(p, c)
	c.updated = m.now
	c.queue = append(c.queue, p)
	m.waiting++
	least := int64(1)
	if waker != i {
		least = 0 // it will have run on when the interrupt comes
	}
	if !m.preempts(p, c, least) {
		m.armSlice(i)
		return
	}
	at := m.now
	if waker != nobody && waker != i {
		at += int64(m.costs.Kick)
		if c.cur.where == running && !c.cur.spinning() {
			c.cur.interrupted += int64(m.costs.Interrupt)
		}
	}
	if !m.queue.has(i) || m.queue.at(i) > at {
		m.queue.set(i, at)
	}
}

// interrupts says whether p, woken from another CPU and placed on i, would disturb who runs there.
func (m *Machine) interrupts(p *proc, i int) bool {
	c := &m.cpus[i]
	if p.owes { // it is counted already
		return m.preempts(p, c, 0)
	}
	vr, deadline := p.vr, p.deadline
	m.join(p, c)
	c.queue = append(c.queue, p)
	yes := m.preempts(p, c, 0)
	c.queue = c.queue[:len(c.queue)-1]
	p.vr, p.deadline = vr, deadline
	return yes
}

// join gives p a virtual runtime among those of c, who are at least one: that of its lag, which the
// mean is to keep when p is one of them. One that still owes keeps its own, unless it has paid: it
// is asked before anybody looks at what the thread that runs has had since the last time, so it
// comes back at the mean of then.
func (m *Machine) join(p *proc, c *cpu) {
	if p.owes {
		still := p.vr >= c.mean(c.updated)
		c.pays(p)
		if still {
			return
		}
		p.vr = c.mean(c.updated) // of the others
		p.deadline = p.vr + int64(m.costs.Slice)
		return
	}
	n := int64(len(c.queue) + len(c.owing) + 1)
	p.vr = c.mean(m.now) - p.lag*(n+1)/n
	p.deadline = p.vr + int64(m.costs.Slice)
}

// keepLag keeps the lag of p, which is the current one of c; or, if it had more than the mean,
// keeps p among those who owe.
func (m *Machine) keepLag(p *proc, c *cpu) {
	lag := c.mean(m.now) - p.vr
	p.lag = min(max(lag, 0), int64(m.costs.Slice))
	if lag < 0 {
		p.owes = true
		c.owing = append(c.owing, p)
	}
}

// pays takes p out of those who owe.
func (c *cpu) pays(p *proc) {
	p.owes = false
	i := slices.Index(c.owing, p)
	c.owing = append(c.owing[:i], c.owing[i+1:]...)
}

// renew sets the next deadline of p, which has a CPU, if it has had its slice.
func (m *Machine) renew(p *proc) {
	if had := p.runtime(m.now); had >= p.deadline {
		p.deadline = had + int64(m.costs.Slice)
	}
}

// preempts says whether p, which is counted on c but does not run there, takes the CPU from who
// does. That one must have had more than the mean by at least so much.
func (m *Machine) preempts(p *proc, c *cpu, least int64) bool {
	mean := c.mean(m.now)
	if c.cur.where != running || int64(m.costs.WakeGranularity) >= int64(m.costs.Slice) ||
		p.vr > mean {
		return false
	}
	if b := earliest(c.queue, mean); b >= 0 && c.queue[b] != p && c.queue[b].deadline <= p.deadline {
		return false
	}
	return c.cur.runtime(m.now) >= mean+max(int64(m.costs.WakeGranularity), least)
}

// mean is the mean virtual runtime of the thread that has c, of those who wait for it and of those
// who owe: one at least.
func (c *cpu) mean(now int64) int64 {
	sum, n := int64(0), int64(len(c.queue)+len(c.owing))
	if c.cur != nil && (c.cur.where == running || c.cur.where == arriving) {
		sum, n = c.cur.runtime(now), n+1
	}
	for _, p := range c.queue {
		sum += p.vr
	}
	for _, p := range c.owing {
		sum += p.vr
	}
	return sum / n
}

// runtime is p's virtual runtime, what it is running now included.
func (p *proc) runtime(now int64) int64 {
	if p.where == running {
		return p.vr + now - p.onSince
	}
	return p.vr
}

// armSlice sets when the thread that runs on CPU i may lose it, if somebody waits for that.
func (m *Machine) armSlice(i int) {
	c := &m.cpus[i]
	switch {
	case len(c.queue) == 0 || c.cur.where != running:
		m.queue.remove(i)
	case !m.queue.has(i):
		m.queue.set(i, max(m.now, c.cur.sliceAt+int64(m.costs.Slice)))
	}
}

// reschedule: the thread on CPU i has had its turn, or somebody more urgent woke up.
func (m *Machine) reschedule(i int) {
	c := &m.cpus[i]
	if c.cur == nil || c.cur.where != running {
		return
	}
	m.delay(c.cur, c.cur.interrupted)
	c.cur.interrupted = 0
	if len(c.queue) == 0 { // who was to preempt has been given another CPU
		return
	}
	if m.hopeless() {
		m.failure = m.stuck()
		return
	}
	m.renew(c.cur)
	c.updated = m.now
	if m.stays(c) {
		c.cur.sliceAt = m.now
		m.armSlice(i)
	} else {
		m.preempt(c.cur)
	}
}

// stays says whether the thread that has c is still the one to run.
func (m *Machine) stays(c *cpu) bool {
	mean := c.mean(m.now)
	b := earliest(c.queue, mean)
	return b < 0 || c.cur.runtime(m.now) <= mean && c.cur.deadline <= c.queue[b].deadline
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
		m.queue.remove(p.source)
	} else {
		p.need = m.queue.at(p.source) - m.now
		m.queue.remove(p.source)
	}
	m.charge(p)
	p.where, p.idleSince = queued, m.now
	m.trace(p, TracePreempt, "")
	m.cpus[i].queue = append(m.cpus[i].queue, p)
	m.waiting++
	m.dispatch(i)
}

// CPU is the number of the CPU that t, which runs, has.
func (m *Machine) CPU(t thread.Thread) int { return t.(*proc).cpu }

// Wanted reports whether other threads wait for the CPU that t, which runs, has.
func (m *Machine) Wanted(t thread.Thread) bool { return len(m.cpus[t.(*proc).cpu].queue) > 0 }

// timerOn takes what the interrupt of a timer takes from the thread that runs on CPU i. One that
// spins loses it too, and has nothing to do with it.
func (m *Machine) timerOn(i int) {
	if p := m.cpus[i].cur; p != nil && p.where == running {
		m.delay(p, int64(m.costs.Timer))
	}
}

// delay lets what p, which runs, is doing take d longer.
func (m *Machine) delay(p *proc, d int64) {
	if d > 0 && m.queue.has(p.source) && !p.spinning() {
		m.queue.set(p.source, m.queue.at(p.source)+d)
	}
}

// charge accounts for the CPU time since p got its CPU.
func (m *Machine) charge(p *proc) {
	d := m.now - p.onSince
	p.cpuTime += d
	p.vr += d
	p.onSince, p.ranAt = m.now, m.now
	m.renew(p)
}

// dispatch gives CPU i to the next thread.
func (m *Machine) dispatch(i int) {
	c := &m.cpus[i]
	c.settle(m.now)
	var p *proc
	if len(c.queue) > 0 {
		p = m.take(c, earliest(c.queue, c.mean(m.now)))
	} else if p = m.pull(); p == nil {
		c.cur, c.emptied = nil, m.now
		m.idle++
		m.queue.remove(i)
		return
	}
	c.cur = p
	p.cpu, p.lastCPU = i, i
	m.queue.remove(i)
	m.begin(p)
}

// pull takes a thread from the longest queue, one that did not run there just now; nil if there is
// none.
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
	p.deadline = p.vr + int64(m.costs.Slice)
	return p
}

// cold says whether what p left in the caches of its last CPU is taken for lost. One that ran until
// now is hot.
func (m *Machine) cold(p *proc) bool { return m.now-p.ranAt >= max(int64(m.costs.Hot), 1) }

// earliest is the one of list with the earliest deadline of those that are eligible, and the one
// that has waited longest of equals; -1 if none is.
func earliest(list []*proc, mean int64) int {
	b := -1
	for i, p := range list {
		if p.vr <= mean && (b < 0 || p.deadline < list[b].deadline) {
			b = i
		}
	}
	return b
}

// settle is done when the next thread is chosen: one that owes and would be the next has paid, and
// is out with nothing owed or due; so has everybody when nobody waits.
func (c *cpu) settle(now int64) {
	for len(c.owing) > 0 {
		mean := c.mean(now)
		next, paid := earliest(c.queue, mean), earliest(c.owing, mean)
		if next >= 0 && (paid < 0 || c.queue[next].deadline <= c.owing[paid].deadline) {
			return
		}
		c.pays(c.owing[paid]) // the least of all is eligible
	}
}

func (m *Machine) take(c *cpu, i int) *proc {
	m.waiting--
	c.updated = m.now
	p := c.queue[i]
	c.queue = append(c.queue[:i], c.queue[i+1:]...)
	return p
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
