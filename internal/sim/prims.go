package sim

import "mtbench/internal/thread"

// futex is a word that threads can sleep on, and the queue of those who do.
type futex struct {
	kind, name string
	word       int32
	waiters    []*proc
	line       int // CPU that wrote it last, plus 1; 0: nobody did
}

func (f *futex) pop() *proc {
	p := f.waiters[0]
	f.waiters = append(f.waiters[:0], f.waiters[1:]...)
	return p
}

// touch pays for an atomic operation on the word: the operation itself, and if another CPU wrote it
// last, the transfer of its line and of the one with the data that goes with it.
func (p *proc) touch(f *futex) { p.pay(p.touchCost(f)) }

// touchCost is what that costs, and takes the line over.
func (p *proc) touchCost(f *futex) int64 {
	d := p.m.costs.atomic
	if f.line != 0 && f.line != p.cpu+1 {
		d += 2 * p.m.costs.line
	}
	f.line = p.cpu + 1
	return d
}

// wake is FUTEX_WAKE of up to n.
func (p *proc) wake(f *futex, n int) {
	p.wakes++
	was := p.Enter(thread.Waking)
	before, after := p.wakeCost(f, false)
	p.kernel(before)
	if len(f.waiters) == 0 {
		p.m.traceFutex(p, TraceWakeNobody, f, nil)
	}
	for ; n > 0 && len(f.waiters) > 0; n-- {
		w := f.pop()
		p.m.traceFutex(p, TraceWake, f, w)
		p.m.wakeFrom(w, p.cpu, false)
	}
	p.rest(after)
	p.Enter(was)
}

// wakeCost is what the call costs that wakes the first who sleeps on f, before and after he is woken. It goes by
// where that thread would run if it were placed now. On the CPU of its waker it runs when the call is over.
func (p *proc) wakeCost(f *futex, sync bool) (before, after int64) {
	m := p.m
	switch {
	case len(f.waiters) == 0:
		return m.costs.wakeEmpty, 0
	case m.opt.Choose != nil:
		return m.costs.futexWake, 0
	}
	w := f.waiters[0]
	i := m.target(w, p.cpu, sync)
	cost := m.costs.wakeLocal
	switch idle := m.cpus[i].cur == nil; {
	case i == p.cpu:
		return cost, 0
	case idle && m.polls(i):
		cost = m.costs.pollWake
	case idle:
		cost = m.costs.futexWake
	case m.interrupts(w, i):
		cost = m.costs.wakeBusy
	}
	return cost / 2, cost - cost/2
}

const everybody = 1 << 30

// The states of a mutex word.
const (
	free      = 0
	held      = 1
	contended = 2 // held, and somebody may sleep on it
)

// mutex is a three-state futex mutex without spinning, as a default pthread mutex is.
type mutex struct {
	futex
	why thread.State
}

// NewMutex implements thread.Machine.
func (m *Machine) NewMutex(name string, why thread.State) thread.Mutex {
	return &mutex{futex: futex{kind: "mutex", name: name}, why: why}
}

func (mu *mutex) Lock(t thread.Thread) {
	p := t.(*proc)
	p.touch(&mu.futex)
	p.locks++
	if mu.word == free {
		mu.word = held
		return
	}
	mu.lockContended(p)
}

// lockContended takes the mutex and leaves it marked as contended: the taker cannot know whether
// others sleep on it.
func (mu *mutex) lockContended(p *proc) {
	if mu.swap(contended) == free {
		return
	}
	was := p.Enter(mu.why)
	for {
		p.wait(&mu.futex, contended, &mu.futex)
		if mu.swap(contended) == free {
			break
		}
	}
	p.Enter(was)
}

func (f *futex) swap(val int32) int32 {
	old := f.word
	f.word = val
	return old
}

func (mu *mutex) Unlock(t thread.Thread) {
	p := t.(*proc)
	p.touch(&mu.futex)
	switch mu.swap(free) {
	case free:
		panic("sim: unlock of mutex " + mu.name + ", which is not locked")
	case contended:
		p.wake(&mu.futex, 1)
	}
}

// cond is a condition variable: a sequence word, and how many wait that no signal was meant for.
type cond struct {
	futex
	mu      *mutex
	why     thread.State
	waiting int
}

// NewCond implements thread.Machine.
func (m *Machine) NewCond(name string, mu thread.Mutex, why thread.State) thread.Cond {
	return &cond{futex: futex{kind: "condition", name: name}, mu: mu.(*mutex), why: why}
}

func (c *cond) Wait(t thread.Thread) {
	p := t.(*proc)
	p.touch(&c.futex)
	seq := c.word
	c.waiting++
	c.mu.Unlock(t)
	was := p.Enter(c.why)
	p.wait(&c.futex, seq, nil)
	p.Enter(was)
	// The mutex is retaken as contended, as glibc does: the next unlock calls FUTEX_WAKE.
	p.touch(&c.mu.futex)
	p.locks++
	c.mu.lockContended(p)
}

func (c *cond) Signal(t thread.Thread) {
	p := t.(*proc)
	p.touch(&c.futex)
	if c.waiting == 0 {
		return
	}
	c.waiting--
	c.word++
	p.wake(&c.futex, 1)
}

// The states of an event's word.
const (
	evSet  = 0
	evFree = 1
	evBusy = -1 // somebody sleeps on it
)

// event is QEMU's QemuEvent.
type eventWord struct {
	futex
	why thread.State
}

// NewEvent implements thread.Machine.
func (m *Machine) NewEvent(name string, set bool, why thread.State) thread.Event {
	e := &eventWord{futex: futex{kind: "event", name: name, word: evFree}, why: why}
	if set {
		e.word = evSet
	}
	return e
}

func (e *eventWord) Set(t thread.Thread) {
	p := t.(*proc)
	p.touch(&e.futex)
	if e.word == evSet {
		return
	}
	if e.swap(evSet) == evBusy {
		p.wake(&e.futex, everybody)
	}
}

func (e *eventWord) Reset(t thread.Thread) {
	t.(*proc).touch(&e.futex)
	if e.word == evSet {
		e.word = evFree // an OR with free: nothing else is changed by it
	}
}

func (e *eventWord) Wait(t thread.Thread) {
	p := t.(*proc)
	p.touch(&e.futex)
	if e.word == evSet {
		return
	}
	e.word = evBusy
	was := p.Enter(e.why)
	p.wait(&e.futex, evBusy, nil)
	p.Enter(was)
}

// spinLock is a test-and-test-and-set lock.
type spinLock struct {
	futex
	why  thread.State
	free func() bool
}

// NewSpinLock implements thread.Machine.
func (m *Machine) NewSpinLock(name string, why thread.State) thread.SpinLock {
	l := &spinLock{futex: futex{kind: "spin lock", name: name}, why: why}
	l.free = func() bool { return l.word == free }
	return l
}

func (l *spinLock) Lock(t thread.Thread) {
	p := t.(*proc)
	p.touch(&l.futex)
	p.locks++
	if l.swap(held) == free {
		return
	}
	was := p.Enter(l.why)
	for {
		p.waitFor(l.free)
		p.touch(&l.futex)
		if l.swap(held) == free {
			break
		}
	}
	p.Enter(was)
}

func (p *proc) waitFor(cond func() bool) {
	if p.m.opt.Choose != nil {
		p.pollChosen(p.state, 0, cond)
		return
	}
	p.poll(-1, true, cond)
}

func (l *spinLock) Unlock(t thread.Thread) {
	p := t.(*proc)
	p.pay(p.m.costs.atomic)
	if l.swap(free) == free {
		panic("sim: unlock of spin lock " + l.name + ", which is not locked")
	}
}
