package sim

import (
	"time"

	"mtbench/internal/thread"
)

// account is what a thread did since its birth.
type account struct {
	state thread.State
	since int64 // when it entered state
	born  int64

	figures
	base   figures // when the bracket was opened, or at birth
	final  figures // inside the bracket
	closed bool    // final is fixed

	measured bool // part of its life was inside the bracket
}

// figures are counters and times, all of which only grow.
type figures struct {
	states                 [thread.NumStates]int64
	wall, cpuTime, system  int64
	runDelay               int64
	voluntary, involuntary int64
	waits, wakes, locks    int64
	stamps, polls          int64
	atomics, clocks        int64
	computes, computed     int64
}

func (f *figures) minus(g *figures) figures {
	d := *f
	for i := range d.states {
		d.states[i] -= g.states[i]
	}
	d.wall -= g.wall
	d.cpuTime -= g.cpuTime
	d.system -= g.system
	d.runDelay -= g.runDelay
	d.voluntary -= g.voluntary
	d.involuntary -= g.involuntary
	d.waits -= g.waits
	d.wakes -= g.wakes
	d.locks -= g.locks
	d.stamps -= g.stamps
	d.polls -= g.polls
	d.atomics -= g.atomics
	d.clocks -= g.clocks
	d.computes -= g.computes
	d.computed -= g.computed
	return d
}

func (a *account) enter(now int64, s thread.State) {
	a.states[a.state] += now - a.since
	a.since = now
	a.state = s
}

// upTo is the account with what is going on at the moment included.
func (p *proc) upTo(now int64) figures {
	f := p.figures
	f.states[p.state] += now - p.since
	f.wall = now - p.born
	switch p.where {
	case running:
		f.cpuTime += now - p.onSince
	case queued, arriving:
		f.runDelay += now - p.idleSince
	}
	return f
}

// close fixes what the thread did inside the bracket.
func (p *proc) close(now int64) {
	if p.closed {
		return
	}
	f := p.upTo(now)
	p.final = f.minus(&p.base)
	// calls and switches count whole, also those that the bracket cut
	p.final.system = min(p.final.system, p.final.cpuTime)
	p.closed, p.measured = true, true
}

// OpenBracket implements thread.Machine. On virtual time the bracket costs nothing.
func (m *Machine) OpenBracket(thread.Thread) {
	m.bracketOpen = true
	for _, p := range m.procs {
		if p.ended {
			p.closed = true // its life was before
			continue
		}
		p.base = p.upTo(m.now)
	}
}

// ShutBracket implements thread.Machine.
func (m *Machine) ShutBracket(thread.Thread) {
	m.bracketShut = true
	for _, p := range m.procs {
		p.close(m.now)
	}
}

// Usages implements thread.Machine: nil before the bracket was shut. The kernel's figures are those
// of the virtual kernel.
func (m *Machine) Usages() []thread.Usage {
	var usages []thread.Usage
	for _, p := range m.inBracket() {
		usages = append(usages, p.usage())
	}
	return usages
}

// inBracket lists the threads that were measured: nil before the bracket was shut.
func (m *Machine) inBracket() []*proc {
	if !m.bracketShut {
		return nil
	}
	var list []*proc
	for _, p := range m.procs {
		if p.measured {
			list = append(list, p)
		}
	}
	return list
}

// Tally is what one thread did inside the bracket, with what only a virtual machine counts. Every
// figure is exact: the same run has the same.
type Tally struct {
	thread.Usage
	Atomics  int64         // operations on the words of locks, conditions and events
	Polls    int64         // looks of spins at what they poll
	Clocks   int64         // readings of the clock
	Computes int64         // calls of Compute
	Computed time.Duration // that they asked for
}

// Tallies returns the tally of each thread in order of birth: nil before the bracket was shut.
func (m *Machine) Tallies() []Tally {
	var list []Tally
	for _, p := range m.inBracket() {
		f := &p.final
		list = append(list, Tally{Usage: p.usage(), Atomics: f.atomics, Polls: f.polls,
			Clocks: f.clocks, Computes: f.computes, Computed: time.Duration(f.computed)})
	}
	return list
}

func (p *proc) usage() thread.Usage {
	f := &p.final
	u := thread.Usage{
		Name: p.name, Role: p.role,
		Wall: time.Duration(f.wall), Stamps: f.stamps,
		KernelKnown: p.m.sched.timed(),
		DelayKnown:  p.m.sched.timed(),
		CPU:         time.Duration(f.cpuTime),
		User:        time.Duration(f.cpuTime - f.system),
		System:      time.Duration(f.system),
		RunDelay:    time.Duration(f.runDelay),
		Voluntary:   f.voluntary, Involuntary: f.involuntary,
		FutexWaits: f.waits, FutexWakes: f.wakes, Locks: f.locks,
	}
	if !p.m.opt.Account {
		return u
	}
	for i, d := range f.states {
		u.States[i] = time.Duration(d)
	}
	return u
}
