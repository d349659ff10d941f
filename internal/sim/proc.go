package sim

import (
	"fmt"
	"time"
	"unsafe"

	"mtbench/internal/thread"
)

// place says where a thread is.
type place uint8

const (
	nowhere  place = iota // not yet placed
	blocked               // sleeps until somebody wakes it
	sleeping              // sleeps until its event is due
	queued                // waits for a CPU
	arriving              // has an idle CPU, which is waking up
	running               // on a CPU; its event is due when it may go on
	polling               // under a Chooser: waits for another thread to write something
)

// proc is a virtual thread, and the handle of it. The calls of thread.Thread run on its own
// coroutine up to where they suspend. The steps of a call, fire and what the scheduler does to it
// run on the coroutine of whoever waits for what is next; so they call no code of the user, and do
// not panic at it.
type proc struct {
	m      *Machine
	id     int
	source int // of events in the queue
	name   string
	role   thread.Role

	body  func(thread.Thread)
	seat  *seat // where its coroutine waits, or waited last; nil: it has not begun
	gone  bool  // its coroutine has ended
	ended bool

	intended    thread.Use // under a Chooser: what its next step begins with
	wants       *futex     // under a Chooser: the lock that it cannot go on without
	resumes     bool       // under a Chooser: with its next step, since somebody enabled it
	where       place
	cpu         int   // where it runs or arrives
	lastCPU     int   // where its cache is warm
	need        int64 // queued: CPU time left of what it was doing when it lost the CPU
	back        int64 // asleep: what it has to do in the kernel before it is back from its call
	interrupted int64 // CPU time that interrupts are about to take from it

	vr        int64 // virtual runtime
	deadline  int64 // in virtual runtime
	lag       int64 // asleep: what it had less than the mean when it went to sleep
	owes      bool  // asleep, and among those who owe of its last CPU
	ranAt     int64 // when it last had a CPU
	onSince   int64 // running: since when
	sliceAt   int64 // running: when its time slice began
	until     int64 // asleep for a time: when it wants to wake
	joiner    futex // word 1 once the thread has ended
	spin      spin
	call      call
	idleSince int64 // when it became runnable
	load      average
	wakee     wakee

	account
}

// spin is a spin in progress.
type spin struct {
	active bool
	cond   func() bool
	seen   bool         // cond was true: the event of the thread is the poll that notices it
	off    bool         // it lost the CPU meanwhile
	period int64        // ns from one poll to the next
	left   int64        // polls that are left; -1: no limit
	since  int64        // when the last poll before these was
	looks  []thread.Use // under a Chooser: what cond has looked at
	stale  bool         // and that something of it may have changed since
}

func (p *proc) Name() string      { return p.name }
func (p *proc) Role() thread.Role { return p.role }

// Now implements thread.Thread. Reading the clock costs what it costs.
func (p *proc) Now() time.Duration {
	p.clocks++
	p.pay(int64(p.m.costs.Clock))
	return time.Duration(p.m.now)
}

// Compute implements thread.Thread.
func (p *proc) Compute(d time.Duration) {
	d = max(d, 0)
	p.computes++
	p.computed += int64(d)
	p.pay(int64(d))
}

// Access is the preemption point at an access to shared memory; see thread.Access. In virtual time
// code between two machine calls cannot be interrupted, so it is nothing.
func (p *proc) Access(u thread.Use) {
	switch {
	case p.m.sched.timed():
	case u.How == thread.Read || u.How == thread.Write:
		if w := p.m.opt.Watch; w != nil {
			w.Plain(p.id, u)
		}
	default:
		if p.spinning() {
			p.spin.looks = append(p.spin.looks, u)
		}
		p.intended = u
		p.pay(0)
	}
}

// intends says which word the next step of p is about.
func (p *proc) intends(f *futex) {
	p.intended = thread.Use{Of: unsafe.Pointer(f), How: thread.Touch}
}

// releases and acquires are the two ends of the order that f makes between threads.
func (p *proc) releases(f *futex) {
	if w := p.m.opt.Watch; w != nil {
		w.Release(p.id, unsafe.Pointer(f))
	}
}

func (p *proc) acquires(f *futex) {
	if w := p.m.opt.Watch; w != nil {
		w.Acquire(p.id, unsafe.Pointer(f))
	}
}

// Enter implements thread.Thread.
func (p *proc) Enter(s thread.State) thread.State {
	if d := p.stamp(); d > 0 {
		p.pay(d)
	}
	was := p.state
	p.enters(s)
	return was
}

// stamp is what it costs to enter a state.
func (p *proc) stamp() int64 {
	if !p.m.opt.Account {
		return 0
	}
	p.stamps++
	return int64(p.m.costs.Stamp)
}

func (p *proc) enters(s thread.State) {
	p.enter(p.m.now, s)
	p.m.trace(p, TraceState, "")
}

// pay uses d of CPU time, and is where the machine may turn to another thread. What the caller
// wrote before is looked at by those who poll; what it does next happens at the end of d.
func (p *proc) pay(d int64) {
	p.goesOn()
	p.m.sched.pay(p, d)
}

// start begins to use d of CPU time. It reports whether it is over at once, since nothing else
// happens before: else its end is the thread's event.
func (p *proc) start(d int64) bool {
	m := p.m
	if d == 0 {
		return true
	}
	m.count()
	end := m.now + d
	if end < m.queue.atNext && m.mayGoOn(end) {
		m.now = end
		return true
	}
	m.queue.set(p.source, end)
	return false
}

func (m *Machine) mayGoOn(until int64) bool {
	return m.failure == nil && (m.opt.MaxTime == 0 || until <= int64(m.opt.MaxTime))
}

// goesOn ends the coroutine if the run has ended without it.
func (p *proc) goesOn() {
	if p.m.unwinding {
		panic(unwound{})
	}
}

// sleep leaves the CPU: for a wake on p.call.on (where is blocked) or until p.until (sleeping).
func (p *proc) sleep(where place) {
	p.voluntary++
	p.m.sched.leave(p, where)
}

// finish is the end of the thread's life.
func (p *proc) finish() {
	m := p.m
	p.goesOn() // a body may have recovered what it was to be ended with
	if !m.sched.timed() {
		p.touch(&p.joiner) // what is done next is a step of its own
	}
	p.releases(&p.joiner)
	p.joiner.word = 1
	p.do(p.wake(&p.joiner, everybody, out))
	p.enter(m.now, p.state)
	m.trace(p, TraceEnd, "")
	m.sched.leave(p, nowhere)
	p.ended = true
	if m.bracketOpen {
		p.close(m.now)
	}
}

// Join implements thread.Joiner: t waits for p.
func (p *proc) Join(t thread.Thread) {
	caller := t.(*proc)
	caller.atomics++
	caller.intends(&p.joiner)
	caller.pay(int64(caller.m.costs.Atomic))
	if p.joiner.word != 1 {
		caller.call.was, caller.call.on = caller.state, &p.joiner
		caller.do(caller.stampThenEnter(thread.Joining, sleepToJoin))
	}
	caller.acquires(&p.joiner)
}

// sleepToJoin waits for the end of the thread whose joiner p.call.on is.
func sleepToJoin(p *proc) (int64, step) { return p.wait(p.call.on, 0, (*proc).leaving) }

// fire is the thread's event: it wakes up, gets its CPU, or is done with what it paid for. It
// reports whether the thread goes on.
func (p *proc) fire() bool {
	switch p.where {
	case sleeping, nowhere:
		p.m.timerOn(p.lastCPU)
		if cur := p.m.cpus[p.lastCPU].cur; cur != nil {
			cur.wakesUp(p, p.m.now)
		}
		p.m.place(p, nobody, false)
	case arriving:
		p.m.begin(p)
	case running:
		if p.call.next != nil {
			return p.proceed(p.call.next(p)) // the step that is due, and those that follow at once
		}
		return !p.spin.active || p.spin.seen || !p.stillPolls()
	default:
		panic(fmt.Sprintf("sim: thread %s has an event while it is at %d", p.name, p.where))
	}
	return false
}

func (p *proc) spinning() bool { return p.spin.active && !p.spin.seen }

// doing says what an unfinished thread waits for.
func (p *proc) doing() string {
	switch {
	case p.wants != nil:
		return fmt.Sprintf("waits for %s %s", p.wants.kind, p.wants.name)
	case p.spinning():
		return fmt.Sprintf("spins (%v)", p.state)
	case p.where == blocked:
		return fmt.Sprintf("sleeps on %s %s (%v)", p.call.on.kind, p.call.on.name, p.state)
	case p.where == sleeping:
		return "sleeps for a time"
	default:
		return "could go on"
	}
}
