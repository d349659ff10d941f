package sim

import "mtbench/internal/thread"

// futex is a word that threads can sleep on, and the queue of those who do.
type futex struct {
	kind, name string
	spurious   bool // whoever sleeps here may wake up without having been woken
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
	p.atomics++
	p.intends(f)
	d := int64(p.m.costs.Atomic)
	if f.line != 0 && f.line != p.cpu+1 {
		d += 2 * int64(p.m.costs.Line)
	}
	f.line = p.cpu + 1
	return d
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
	p.call.mu = mu
	if p.m.sched.timed() {
		p.do(p.touchCost(&mu.futex), tryLock)
	} else {
		p.take(&mu.futex)
	}
	p.acquires(&mu.futex)
}

func tryLock(p *proc) (int64, step) {
	p.locks++
	if mu := p.call.mu; mu.word == free {
		mu.word = held
		return out(p)
	}
	return lockContended(p)
}

// lockContended takes the mutex and leaves it marked as contended: the taker cannot know whether
// others sleep on it.
func lockContended(p *proc) (int64, step) {
	mu := p.call.mu
	if mu.swap(contended) == free {
		return out(p)
	}
	p.call.was = p.state
	return p.stampThenEnter(mu.why, sleepForLock)
}

func sleepForLock(p *proc) (int64, step) { return p.wait(&p.call.mu.futex, contended, touchAgain) }
func touchAgain(p *proc) (int64, step)   { return p.touchCost(&p.call.mu.futex), tryAgain }

func tryAgain(p *proc) (int64, step) {
	if p.call.mu.swap(contended) == free {
		return p.leaving()
	}
	return sleepForLock(p)
}

func (f *futex) swap(val int32) int32 {
	old := f.word
	f.word = val
	return old
}

func (mu *mutex) Unlock(t thread.Thread) {
	p := t.(*proc)
	p.call.mu, p.call.then = mu, out
	p.releases(&mu.futex)
	if !p.m.sched.timed() {
		p.giveBack(&mu.futex)
		return
	}
	p.do(p.touchCost(&mu.futex), unlock)
}

func unlock(p *proc) (int64, step) {
	mu, then := p.call.mu, p.call.then
	switch mu.swap(free) {
	case free:
		p.call.fault = "sim: unlock of mutex " + mu.name + ", which is not locked"
		return out(p)
	case contended:
		return p.wake(&mu.futex, 1, then)
	}
	return then(p)
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
	f := futex{kind: "condition", name: name, spurious: true}
	return &cond{futex: f, mu: mu.(*mutex), why: why}
}

func (c *cond) Wait(t thread.Thread) {
	p := t.(*proc)
	p.call.cond, p.call.mu = c, c.mu
	p.releases(&c.mu.futex)
	p.do(p.touchCost(&c.futex), takeNumber)
	p.acquires(&c.mu.futex)
}

func takeNumber(p *proc) (int64, step) {
	c := p.call.cond
	p.call.val = c.word
	c.waiting++
	p.call.then = unlockedToWait
	cost := p.touchCost(&c.mu.futex)
	p.intended.How = thread.Unlock
	return cost, unlock
}

func unlockedToWait(p *proc) (int64, step) {
	p.call.was = p.state
	return p.stampThenEnter(p.call.cond.why, sleepForSignal)
}

func sleepForSignal(p *proc) (int64, step) {
	return p.wait(&p.call.cond.futex, p.call.val, signalled)
}

func signalled(p *proc) (int64, step) { return p.stampThenEnter(p.call.was, retake) }

// The mutex is retaken as contended, as glibc does: the next unlock calls FUTEX_WAKE.
func retake(p *proc) (int64, step) {
	cost := p.touchCost(&p.call.mu.futex)
	if !p.m.sched.timed() {
		p.wants = &p.call.mu.futex
		p.intended.How = thread.Lock
	}
	return cost, retakeTouched
}

func retakeTouched(p *proc) (int64, step) {
	p.locks++
	if !p.m.sched.timed() {
		p.call.mu.word = held
		return out(p)
	}
	return lockContended(p)
}

func (c *cond) Signal(t thread.Thread) {
	p := t.(*proc)
	p.call.cond = c
	p.do(p.touchCost(&c.futex), signal)
}

func signal(p *proc) (int64, step) {
	c := p.call.cond
	if c.waiting == 0 {
		return out(p)
	}
	c.waiting--
	c.word++
	return p.wake(&c.futex, 1, out)
}

// The states of an event's word.
const (
	evSet  = 0
	evFree = 1
	evBusy = -1 // somebody sleeps on it
)

// eventWord is QEMU's QemuEvent.
type eventWord struct {
	futex
	why thread.State
}

// NewEvent implements thread.Machine.
func (m *Machine) NewEvent(name string, set bool, why thread.State) thread.Event {
	e := &eventWord{futex: futex{kind: "event", name: name, spurious: true, word: evFree}, why: why}
	if set {
		e.word = evSet
	}
	return e
}

func (e *eventWord) Set(t thread.Thread) {
	p := t.(*proc)
	p.call.ev = e
	p.do(p.touchCost(&e.futex), setEvent)
}

func setEvent(p *proc) (int64, step) {
	e := p.call.ev
	p.releases(&e.futex)
	if e.word == evSet || e.swap(evSet) != evBusy {
		return out(p)
	}
	return p.wake(&e.futex, everybody, out)
}

func (e *eventWord) Reset(t thread.Thread) {
	p := t.(*proc)
	p.touch(&e.futex)
	p.acquires(&e.futex)
	if e.word == evSet {
		e.word = evFree // an OR with free: nothing else is changed by it
	}
}

func (e *eventWord) Wait(t thread.Thread) {
	p := t.(*proc)
	p.call.ev = e
	p.do(p.touchCost(&e.futex), waitForEvent)
	if e.word == evSet { // else it woke without a set, and makes no order
		p.acquires(&e.futex)
	}
}

func waitForEvent(p *proc) (int64, step) {
	e := p.call.ev
	if e.word == evSet {
		return out(p)
	}
	e.word = evBusy
	p.call.was = p.state
	return p.stampThenEnter(e.why, sleepForEvent)
}

func sleepForEvent(p *proc) (int64, step) {
	return p.wait(&p.call.ev.futex, evBusy, (*proc).leaving)
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
	if !p.m.sched.timed() {
		p.take(&l.futex)
		p.acquires(&l.futex)
		return
	}
	p.touch(&l.futex)
	p.locks++
	if l.swap(held) != free {
		was := p.Enter(l.why)
		for {
			p.m.sched.await(p, l.free)
			p.touch(&l.futex)
			if l.swap(held) == free {
				break
			}
		}
		p.Enter(was)
	}
	p.acquires(&l.futex)
}

func (l *spinLock) Unlock(t thread.Thread) {
	p := t.(*proc)
	p.atomics++
	p.releases(&l.futex)
	if !p.m.sched.timed() {
		p.giveBack(&l.futex)
		return
	}
	p.pay(int64(p.m.costs.Atomic))
	if l.swap(free) == free {
		panic("sim: unlock of spin lock " + l.name + ", which is not locked")
	}
}
