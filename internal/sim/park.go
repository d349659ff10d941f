package sim

import "mtbench/internal/thread"

// Park is a place in the virtual kernel where a thread sleeps until another wakes it: a full or an
// empty socket. It costs what a futex costs but is not one: it is in nobody's futex counts.
type Park struct {
	futex
	why    thread.State
	remote bool
}

// NewPark makes a place to sleep in state why. Remote: who wakes is on another host, and does not pay
// for it.
func (m *Machine) NewPark(name string, why thread.State, remote bool) *Park {
	return &Park{futex: futex{kind: "socket", name: name}, why: why, remote: remote}
}

// Sleep sleeps until the next Wake. The caller looks at its condition in a loop; a Wake that comes
// while it is on its way to sleep is not lost.
func (k *Park) Sleep(t thread.Thread) {
	p := t.(*proc)
	seq := k.word
	was := p.Enter(k.why)
	p.sleepOn(&k.futex, seq, nil)
	p.Enter(was)
}

// Wake wakes who sleeps; without a sleeper it costs nothing.
func (k *Park) Wake(t thread.Thread) {
	p := t.(*proc)
	k.word++
	if len(k.waiters) == 0 {
		return
	}
	var after int64
	if !k.remote {
		var before int64
		before, after = p.wakeCost(&k.futex, true)
		p.kernel(before)
	}
	for len(k.waiters) > 0 {
		p.m.wakeFrom(k.pop(), p.cpu, true)
	}
	p.rest(after)
}
