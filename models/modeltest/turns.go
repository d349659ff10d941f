package modeltest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"mtbench/internal/thread"
)

// Turns is a machine on which threads take turns: one runs at a time, and at every call of the
// machine a seeded choice says who runs next. The same seed gives the same run, a deadlock is found
// at once and named, and a thousand schedules take a second. It keeps no account of time.
//
// Its threads are goroutines that pass a baton, so the race detector sees an order between all they
// do: it proves nothing about memory. The real machines are for that.
type Turns struct {
	rng      *rand.Rand
	threads  []*turn // in order of birth, ended ones included
	now      time.Duration
	calls    int
	failure  error // why the run was given up; set once
	all      sync.WaitGroup
	trace    []string // what was called, by whom, in order; nil until Trace
	tracing  bool
	spurious bool  // threads wake up without a signal
	play     *play // says who runs instead of rng, and has names in the trace; nil: nobody
}

// turn is one thread.
type turn struct {
	m       *Turns
	name    string
	role    thread.Role
	baton   chan struct{}
	blocked any           // what it waits for: a primitive, a thread, the clock; nil if it can run
	what    string        // with blocked: the same in words
	wakeAt  time.Duration // with blocked: when it can run again by itself; 0 for never
	ended   bool
	joined  bool
	state   thread.State
}

const (
	callTime = 100 * time.Nanosecond // of the machine's clock, for each call
	maxCalls = 500_000               // of a run, after which it counts as a livelock
)

// errGivenUp unwinds the threads of a run that has failed.
var errGivenUp = errors.New("the run was given up")

// NewTurns makes a machine whose schedule is chosen by seed. With an odd seed threads also wake up
// from conditions and events without a signal.
func NewTurns(seed uint64) *Turns {
	return &Turns{rng: rand.New(rand.NewPCG(seed, 0)), spurious: seed%2 == 1}
}

// Trace has the machine write down every call from now on.
func (m *Turns) Trace() { m.tracing = true }

// Traced is what was written down: a line for each call, thread and primitive by role and reason.
func (m *Turns) Traced() []string { return m.trace }

func (m *Turns) note(t *turn, what string) {
	if !m.tracing || m.failure != nil {
		return
	}
	if m.play != nil {
		m.trace = append(m.trace, t.name+": "+what)
		return
	}
	m.trace = append(m.trace, fmt.Sprintf("%d %s", slices.Index(m.threads, t), what))
}

// label is a call in the words of the trace: by the primitive's name in a play, and else by its
// reason, which two models that name their locks differently have in common.
func (m *Turns) label(verb, name string, why thread.State) string {
	if m.play != nil {
		return verb + " " + name
	}
	return verb + " " + why.String()
}

// Run makes the caller's goroutine the first thread. The error is a deadlock, a livelock, a panic
// of a thread, or a thread that was not joined.
func (m *Turns) Run(name string, f func(thread.Thread)) error {
	t := m.newTurn(name, thread.Main)
	t.run(f)
	m.all.Wait()
	for _, o := range m.threads[1:] {
		if m.failure == nil && !o.joined {
			m.failure = fmt.Errorf("thread %s was never joined", o.name)
		}
	}
	return m.failure
}

func (m *Turns) newTurn(name string, role thread.Role) *turn {
	t := &turn{m: m, name: name, role: role, baton: make(chan struct{}, 1)}
	if role != thread.Main {
		t.name = fmt.Sprintf("%s#%d", name, len(m.threads))
	}
	m.threads = append(m.threads, t)
	return t
}

// run is a thread's whole life, from the moment it has the baton.
func (t *turn) run(f func(thread.Thread)) {
	defer func() {
		if r := recover(); r != nil && r != any(errGivenUp) {
			t.m.giveUp(fmt.Errorf("thread %s panicked: %v", t.name, r))
		}
	}()
	f(t)
	t.end()
}

// end wakes whoever joins t and passes the baton on.
func (t *turn) end() {
	if t.m.play != nil {
		t.m.note(t, "ends")
	}
	t.ended = true
	t.m.wake(t)
	if t.m.others(t) {
		t.m.pass()
	}
}

// others reports whether anybody else is alive.
func (m *Turns) others(t *turn) bool {
	return slices.ContainsFunc(m.threads, func(o *turn) bool { return o != t && !o.ended })
}

// Start makes a thread that can run from now on.
func (m *Turns) Start(t thread.Thread, name string, role thread.Role,
	f func(thread.Thread)) thread.Joiner {
	n := m.newTurn(name, role)
	m.all.Add(1)
	go func() {
		defer m.all.Done()
		<-n.baton
		if m.failure == nil {
			n.run(f)
		}
	}()
	what := "start"
	if m.play != nil {
		what = "start " + n.name
	}
	t.(*turn).point(what)
	return n
}

// Join blocks the caller until t has ended.
func (t *turn) Join(caller thread.Thread) {
	c := caller.(*turn)
	what := "join"
	if c.m.play != nil {
		what = "join " + t.name
	}
	c.point(what)
	for !t.ended {
		c.block(t, "the end of "+t.name)
	}
	t.joined = true
}

// point is where another thread may be given the baton.
func (t *turn) point(what string) {
	t.m.note(t, what)
	t.switchTo()
}

func (t *turn) switchTo() {
	m := t.m
	if m.failure != nil {
		panic(errGivenUp)
	}
	m.now += callTime
	m.calls++
	if m.calls > maxCalls {
		m.giveUp(fmt.Errorf("livelock: %d calls without an end; %s", maxCalls, m.describe()))
		panic(errGivenUp)
	}
	m.pass()
	<-t.baton
	if m.failure != nil {
		panic(errGivenUp)
	}
}

// block takes t out of the choice until somebody wakes what it waits for.
func (t *turn) block(on any, what string) {
	t.blocked, t.what = on, what
	t.switchTo()
}

// wake lets everybody run who waits for on. They look again for themselves.
func (m *Turns) wake(on any) {
	for _, t := range m.threads {
		if t.blocked == on {
			t.blocked = nil
		}
	}
}

// wakeOne is wake for one of them, by choice.
func (m *Turns) wakeOne(on any) {
	var waiting []*turn
	for _, t := range m.threads {
		if t.blocked == on {
			waiting = append(waiting, t)
		}
	}
	if len(waiting) > 0 {
		waiting[m.rng.IntN(len(waiting))].blocked = nil
	}
}

// pass gives the baton to a thread that can run; the caller may be given it back.
func (m *Turns) pass() {
	next := m.choose()
	if next == nil {
		m.giveUp(errors.New("deadlock: " + m.describe()))
		panic(errGivenUp)
	}
	next.baton <- struct{}{}
}

// choose picks a thread that can run; with none it moves the clock to the first sleeper's time.
func (m *Turns) choose() *turn {
	if m.play != nil {
		return m.play.pick()
	}
	m.wakeSleepers()
	m.startle()
	can := m.runnable()
	if len(can) == 0 && m.skipAhead() {
		can = m.runnable()
	}
	if len(can) == 0 {
		return nil
	}
	return can[m.rng.IntN(len(can))]
}

// startled is how rarely a thread wakes up that nobody woke: at one call in so many.
const startled = 16

// startle wakes, with every other seed and now and then, a thread that sleeps on a condition or an
// event, as package thread allows. Where nobody else can run it does not: it would save the thread
// that missed its wake-up.
func (m *Turns) startle() {
	if !m.spurious || len(m.runnable()) == 0 || m.rng.IntN(startled) != 0 {
		return
	}
	var asleep []*turn
	for _, t := range m.threads {
		switch t.blocked.(type) {
		case *turnCond, *turnEvent:
			asleep = append(asleep, t)
		}
	}
	if len(asleep) > 0 {
		asleep[m.rng.IntN(len(asleep))].blocked = nil
	}
}

func (m *Turns) runnable() (can []*turn) {
	for _, t := range m.threads {
		if !t.ended && t.blocked == nil {
			can = append(can, t)
		}
	}
	return can
}

func (m *Turns) wakeSleepers() {
	for _, t := range m.threads {
		if t.wakeAt != 0 && t.wakeAt <= m.now {
			t.blocked, t.wakeAt = nil, 0
		}
	}
}

func (m *Turns) skipAhead() bool {
	first := time.Duration(0)
	for _, t := range m.threads {
		if t.wakeAt != 0 && (first == 0 || t.wakeAt < first) {
			first = t.wakeAt
		}
	}
	m.now = max(m.now, first)
	m.wakeSleepers()
	return first != 0
}

// giveUp ends the run: every thread that is alive unwinds.
func (m *Turns) giveUp(why error) {
	if m.failure != nil {
		return
	}
	m.failure = why
	for _, t := range m.threads {
		select {
		case t.baton <- struct{}{}:
		default: // it has the baton already
		}
	}
}

// describe says what every living thread does.
func (m *Turns) describe() string {
	var b strings.Builder
	for _, t := range m.threads {
		if t.ended {
			continue
		}
		what := "can run"
		if t.blocked != nil {
			what = "waits for " + t.what
		}
		fmt.Fprintf(&b, "%s %s; ", t.name, what)
	}
	return strings.TrimSuffix(b.String(), "; ")
}

// Usages, OpenBracket and ShutBracket: the machine keeps no account.

func (m *Turns) OpenBracket(thread.Thread) {}
func (m *Turns) ShutBracket(thread.Thread) {}
func (m *Turns) Usages() []thread.Usage    { return nil }

func (t *turn) Name() string       { return t.name }
func (t *turn) Role() thread.Role  { return t.role }
func (t *turn) Now() time.Duration { return t.m.now }

// Access is a place to switch in a build with preemption points at shared accesses.
func (t *turn) Access(thread.Use) { t.switchTo() }

func (t *turn) SleepUntil(at time.Duration, _ thread.State) {
	t.point("sleep")
	if at > t.m.now {
		t.wakeAt = at
		t.block(&t.wakeAt, "the clock")
	}
}

func (t *turn) SpinUntil(why thread.State, limit int, pause bool, cond func() bool) bool {
	if t.m.play != nil {
		return t.m.play.spin(t, why, limit, pause, cond)
	}
	for i := 0; limit == 0 || i < limit; i++ {
		t.point("poll " + why.String())
		if cond() {
			return true
		}
	}
	return false
}

func (t *turn) Compute(d time.Duration) {
	t.point("compute")
	t.m.now += d
}

func (t *turn) Enter(s thread.State) thread.State {
	was := t.state
	t.state = s
	return was
}

// turnMutex is also the spin lock: who waits is out of the choice either way.
type turnMutex struct {
	m     *Turns
	name  string
	why   thread.State
	owner *turn
}

func (m *Turns) NewMutex(name string, why thread.State) thread.Mutex {
	return &turnMutex{m: m, name: name, why: why}
}

func (m *Turns) NewSpinLock(name string, why thread.State) thread.SpinLock {
	return &turnMutex{m: m, name: name, why: why}
}

func (l *turnMutex) Lock(caller thread.Thread) {
	t := caller.(*turn)
	t.point(l.m.label("lock", l.name, l.why))
	l.acquire(t)
}

func (l *turnMutex) acquire(t *turn) {
	for l.owner != nil {
		t.block(l, "lock "+l.name+", which "+l.owner.name+" holds")
	}
	l.owner = t
}

func (l *turnMutex) Unlock(caller thread.Thread) {
	t := caller.(*turn)
	t.point(l.m.label("unlock", l.name, l.why))
	l.release(t)
	t.switchTo()
}

func (l *turnMutex) release(t *turn) {
	if l.owner != t {
		panic("unlocks " + l.name + " without holding it")
	}
	l.owner = nil
	l.m.wake(l)
}

type turnCond struct {
	mu   *turnMutex
	name string
	why  thread.State
}

func (m *Turns) NewCond(name string, mu thread.Mutex, why thread.State) thread.Cond {
	return &turnCond{mu: mu.(*turnMutex), name: fmt.Sprintf("condition %s", name), why: why}
}

func (c *turnCond) Wait(caller thread.Thread) {
	t := caller.(*turn)
	m := c.mu.m
	t.point(m.label("wait on", c.name, c.why))
	c.mu.release(t)
	t.block(c, c.name)
	if m.play != nil {
		m.note(t, "retake "+c.mu.name)
	}
	c.mu.acquire(t)
}

func (c *turnCond) Signal(caller thread.Thread) {
	t := caller.(*turn)
	t.point(c.mu.m.label("signal", c.name, c.why))
	c.mu.m.wakeOne(c)
}

type turnEvent struct {
	m    *Turns
	name string
	why  thread.State
	set  bool
}

func (m *Turns) NewEvent(name string, set bool, why thread.State) thread.Event {
	return &turnEvent{m: m, name: "event " + name, set: set, why: why}
}

func (e *turnEvent) Set(caller thread.Thread) {
	t := caller.(*turn)
	t.point(e.m.label("set", e.name, e.why))
	e.set = true
	e.m.wake(e)
	t.switchTo()
}

func (e *turnEvent) Reset(caller thread.Thread) {
	caller.(*turn).point(e.m.label("reset", e.name, e.why))
	e.set = false
}

func (e *turnEvent) Wait(caller thread.Thread) {
	t := caller.(*turn)
	t.point(e.m.label("wait on", e.name, e.why))
	if !e.set {
		t.block(e, e.name)
	}
}
