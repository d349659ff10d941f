package sim

import (
	"time"

	"mtbench/internal/thread"
)

// A call of the machine is a chain of steps, each of which happens at one moment and says how much
// CPU time passes until the next. They are the machine's business and not the coroutine's: whoever
// runs when the time of a step has come does it, and the coroutine of the thread is left at most
// once a call. Most of a prediction's time would else go into changes of coroutines.
type step func(*proc) (cost int64, next step)

// asleep is the cost of a step that has put its thread to sleep: the next one is done when it has
// been woken and is on a CPU again.
const asleep = -1

// out is the last step of a call: the thread comes out of it.
func out(*proc) (int64, step) { return 0, nil }

// call is what a thread's call has to know from one step to the next.
type call struct {
	next step
	then step // what follows a part that several calls have: a sleep, a wake, an unlock

	mu   *mutex
	cond *cond
	ev   *eventWord
	park *Park

	on    *futex // slept on, or whose sleepers are woken
	val   int32  // slept on while the word is this
	n     int    // so many are woken
	after int64  // what a wake costs after that
	at    int64  // time to wake up at

	was        thread.State // before the state of waiting or waking
	to         thread.State // being entered
	afterEnter step         // what follows that

	fault string // the caller's mistake, on which its coroutine panics
}

// do is a call that costs d up to its first step.
func (p *proc) do(d int64, first step) {
	p.goesOn()
	p.m.sched.call(p, d, first)
	if fault := p.call.fault; fault != "" {
		p.call.fault = ""
		panic(fault)
	}
}

// proceed does next at the end of d, and what follows. It reports whether the thread has come out
// before anything else happened.
func (p *proc) proceed(d int64, next step) bool {
	for next != nil {
		p.call.next = next
		if d == asleep || !p.start(d) {
			return false
		}
		d, next = next(p)
	}
	p.call.next = nil
	return true
}

// stampThenEnter pays for a stamp, enters state s, and then goes on with next.
func (p *proc) stampThenEnter(s thread.State, next step) (int64, step) {
	if d := p.stamp(); d > 0 {
		p.call.to, p.call.afterEnter = s, next
		return d, enterState
	}
	p.enters(s)
	return next(p)
}

func enterState(p *proc) (int64, step) {
	p.enters(p.call.to)
	return p.call.afterEnter(p)
}

// leaving is the way back to the state before the call, and out.
func (p *proc) leaving() (int64, step) { return p.stampThenEnter(p.call.was, out) }

// ends is the second part of a call of the kernel, which costs d. Where that is nothing it is no
// point at which another thread may run.
func (p *proc) ends(d int64, next step) (int64, step) {
	if d == 0 || !p.m.sched.timed() {
		return next(p)
	}
	p.system += d
	return d, next
}

// sleepOn is a call of the kernel that sleeps while the word of f is val; then follows. The kernel
// looks at the word half-way through the call, and that decides: a lock that is held for less than
// the way in is found free, and one that is held for less than the whole call is slept on for all
// that.
func (p *proc) sleepOn(f *futex, val int32, then step) (int64, step) {
	p.call.on, p.call.val, p.call.then = f, val, then
	p.intends(f)
	return p.wayIn(), lookAtWord
}

// wait is FUTEX_WAIT.
func (p *proc) wait(f *futex, val int32, then step) (int64, step) {
	p.waits++
	return p.sleepOn(f, val, then)
}

func lookAtWord(p *proc) (int64, step) {
	c := &p.call
	p.system += p.wayIn()
	if c.on.word != c.val {
		return p.ends(p.wayBack(), c.then)
	}
	c.on.waiters = append(c.on.waiters, p)
	p.m.traceFutex(p, TraceSleep, c.on, nil)
	p.back = p.wayBack() // with which its next turn on a CPU begins
	p.sleep(blocked)
	return asleep, woken
}

// woken: it has been, and its way back is over.
func woken(p *proc) (int64, step) {
	p.system += p.wayBack()
	return p.call.then(p)
}

func (p *proc) wayIn() int64   { return int64(p.m.costs.FutexWait) / 2 }
func (p *proc) wayBack() int64 { return int64(p.m.costs.FutexWait) - p.wayIn() }

// wake is FUTEX_WAKE of up to n; then follows.
func (p *proc) wake(f *futex, n int, then step) (int64, step) {
	p.wakes++
	p.call.on, p.call.n, p.call.then = f, n, then
	p.call.was = p.state
	return p.stampThenEnter(thread.Waking, callToWake)
}

func callToWake(p *proc) (int64, step) {
	var before int64
	before, p.call.after = p.wakeCost(p.call.on, false)
	p.system += before
	p.intends(p.call.on)
	if !p.m.sched.timed() && p.call.on.kind != "event" {
		return wakeThem(p) // what was written and the wake are one step
	}
	return before, wakeThem
}

func wakeThem(p *proc) (int64, step) {
	f := p.call.on
	if len(f.waiters) == 0 {
		p.m.traceFutex(p, TraceWakeNobody, f, nil)
	}
	for ; p.call.n > 0 && len(f.waiters) > 0; p.call.n-- {
		w := f.pop()
		p.m.traceFutex(p, TraceWake, f, w)
		p.m.sched.wake(w, p.cpu, false)
	}
	return p.ends(p.call.after, wakeOver)
}

func wakeOver(p *proc) (int64, step) { return p.stampThenEnter(p.call.was, p.call.then) }

// wakeCost is what the call costs that wakes the first who sleeps on f, before and after he is
// woken. It goes by where that thread would run if it were placed now. On the CPU of its waker it
// runs when the call is over.
func (p *proc) wakeCost(f *futex, sync bool) (before, after int64) {
	m := p.m
	switch {
	case len(f.waiters) == 0:
		return int64(m.costs.WakeEmpty), 0
	case !m.sched.timed():
		return int64(m.costs.FutexWake), 0
	}
	w := f.waiters[0]
	i := m.target(w, p.cpu, sync)
	cost := int64(m.costs.WakeQueued)
	switch idle := m.cpus[i].cur == nil; {
	case i == p.cpu:
		return int64(m.costs.WakeLocal), 0
	case idle && m.polls(i):
		cost = int64(m.costs.PollWake)
	case idle:
		cost = int64(m.costs.FutexWake)
	case m.cpus[i].cur.where == arriving:
		cost = int64(m.costs.WakeComing)
	case m.interrupts(w, i):
		cost = int64(m.costs.WakeBusy)
	}
	return cost / 2, cost - cost/2
}

// SleepUntil implements thread.Thread.
func (p *proc) SleepUntil(at time.Duration, why thread.State) {
	if int64(at) <= p.m.now {
		return
	}
	p.call.at = int64(at)
	p.call.was = p.state
	p.do(p.stampThenEnter(why, setTimer))
}

func setTimer(p *proc) (int64, step) {
	there := int64(p.m.costs.SleepCall) / 2
	p.system += there
	return there, sleepOnTimer
}

// sleepBack is the second half of the call.
func (m *Machine) sleepBack() int64 { return int64(m.costs.SleepCall - m.costs.SleepCall/2) }

func sleepOnTimer(p *proc) (int64, step) {
	m := p.m
	back := m.sleepBack()
	due := p.call.at + int64(m.costs.SleepSlack)
	if due <= m.now {
		return p.ends(back, (*proc).leaving)
	}
	m.trace(p, TraceSleep, "")
	p.until, p.back = due, back
	p.sleep(sleeping)
	return asleep, timerWoke
}

func timerWoke(p *proc) (int64, step) {
	p.system += p.m.sleepBack()
	return p.leaving()
}
