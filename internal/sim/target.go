package sim

// target is the CPU for p if it wakes up now, by the rules of Linux's select_task_rq_fair for CPUs
// that share a cache: its last one if that is idle; else an idle one, if there is one; else its
// last one, or its waker's if that has less to do or is about to have nothing. A timer is on the
// CPU of who set it and has woken that.
func (m *Machine) target(p *proc, waker int, sync bool) int {
	last := p.lastCPU
	switch {
	case p.owes, m.cpus[last].cur == nil:
		return last
	case m.idle > 0:
		return m.anyIdle(last)
	case waker != nobody && m.draws(p, waker, sync):
		return waker
	}
	return last
}

// draws says whether p, if there is no better place, wakes up on the CPU of its waker and not on
// its last one.
func (m *Machine) draws(p *proc, waker int, sync bool) bool {
	c := &m.cpus[waker]
	return waker != p.lastCPU && !m.wide(c.cur, p) && (sync && len(c.queue) == 0 || m.lighter(p,
		waker))
}

// lighter says whether the CPU waker had less to do of late, with p added to it, than p's last one
// without p, and some: Linux's wake_affine_weight.
func (m *Machine) lighter(p *proc, waker int) bool {
	const some = 1.08 // as much as Linux has for CPUs that share a cache, by default
	own := p.load.at(m.now)
	there, here := own, -own
	for _, q := range m.procs {
		switch q.lastCPU {
		case waker:
			there += q.load.at(m.now)
		case p.lastCPU:
			here += q.load.at(m.now)
		}
	}
	return there < some*here
}

// wakee is whom a thread wakes: the last one, and how often that was another one than before, of
// late.
type wakee struct {
	last  *proc
	flips int
	since int64 // when flips were last halved
}

// wakesUp: p, or a timer that interrupts it, wakes w.
func (p *proc) wakesUp(w *proc, now int64) {
	k := &p.wakee
	if now-k.since > flipsHalf {
		k.flips, k.since = k.flips/2, now
	}
	if k.last != w {
		k.last = w
		k.flips++
	}
}

// flipsHalf is in ns.
const flipsHalf = 1e9

// wide says whether one of the two wakes so many more others than the other does that drawing all
// of them to it would crowd its CPU: Linux's wake_wide.
func (m *Machine) wide(p, w *proc) bool {
	many, few := max(p.wakee.flips, w.wakee.flips), min(p.wakee.flips, w.wakee.flips)
	return few >= len(m.cpus) && many >= few*len(m.cpus)
}
