package sim

import "mtbench/internal/thread"

// Park is a place in the virtual kernel where a thread sleeps until another wakes it: a full or an
// empty socket. It costs what a futex costs but is not one: it is in nobody's futex counts.
type Park struct {
	futex
	why    thread.State
	remote bool
}

// NewPark makes a place to sleep in state why. Remote: who wakes is on another host, and does not
// pay for it.
func (m *Machine) NewPark(name string, why thread.State, remote bool) *Park {
	return &Park{futex: futex{kind: "socket", name: name}, why: why, remote: remote}
}

// Sleep sleeps until the next Wake. The caller looks at its condition in a loop; a Wake that comes
// while it is on its way to sleep is not lost.
func (k *Park) Sleep(t thread.Thread) {
	p := t.(*proc)
	p.call.park, p.call.val, p.call.was = k, k.word, p.state
	p.do(p.stampThenEnter(k.why, sleepParked))
}

func sleepParked(p *proc) (int64, step) {
	return p.sleepOn(&p.call.park.futex, p.call.val, (*proc).leaving)
}

// Wake wakes who sleeps; without a sleeper it costs nothing.
func (k *Park) Wake(t thread.Thread) {
	p := t.(*proc)
	p.goesOn()
	k.word++
	if len(k.waiters) == 0 {
		return
	}
	p.call.park, p.call.after = k, 0
	if k.remote {
		p.do(unpark(p))
		return
	}
	var before int64
	before, p.call.after = p.wakeCost(&k.futex, true)
	p.system += before
	p.do(before, unpark)
}

func unpark(p *proc) (int64, step) {
	for k := p.call.park; len(k.waiters) > 0; {
		p.m.sched.wake(k.pop(), p.cpu, true)
	}
	return p.ends(p.call.after, out)
}
