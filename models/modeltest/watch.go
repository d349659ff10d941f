package modeltest

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mtbench/internal/thread"
)

// watched wraps a machine of real threads so that a hang can be told: each thread writes down what
// it is about to do and which locks it holds, and the watchdog reads it.
//
// A thread stores into its own record only and nobody but the watchdog loads from it, so the record
// makes no order between the threads of the model that would hide a race from the detector.
type watched struct {
	thread.Machine
	patience time.Duration // how long nothing may move before it is a hang
	usage    func() usage  // readUsage, or readClock where nothing may be allocated

	mu      sync.Mutex // guards records; taken when a thread starts, not afterwards
	records []*record
	started atomic.Int32
	ended   atomic.Int32
	joined  atomic.Int32
}

// record is what one thread does and holds.
type record struct {
	name  string
	doing atomic.Pointer[string]
	held  [4]atomic.Pointer[string]
	turns atomic.Int64 // grows whenever the thread goes on from a call that may block
}

// watchedThread is the handle that a model gets.
type watchedThread struct {
	thread.Thread
	rec *record
}

// Watch makes a machine of m on which a run that hangs ends with an error that says what each
// thread does and holds. Its threads are left behind: there is no way to end them.
func Watch(m thread.Machine) thread.Machine {
	return &watched{Machine: m, patience: patience, usage: readUsage}
}

// Run implements thread.Machine, under the watchdog.
func (m *watched) Run(name string, f func(thread.Thread)) error {
	run := func() error { return m.Machine.Run(name, func(t thread.Thread) { f(m.adopt(t)) }) }
	return guard(m.patience, m.usage, m.progress, m.describe, run)
}

func (m *watched) adopt(t thread.Thread) *watchedThread {
	m.mu.Lock()
	defer m.mu.Unlock()
	rec := &record{name: fmt.Sprintf("%s#%d", t.Name(), len(m.records))}
	m.records = append(m.records, rec)
	return &watchedThread{Thread: t, rec: rec}
}

func (m *watched) Start(t thread.Thread, name string, role thread.Role,
	f func(thread.Thread)) thread.Joiner {
	m.started.Add(1)
	j := m.Machine.Start(inner(t), name, role, func(t thread.Thread) {
		f(m.adopt(t))
		m.ended.Add(1)
	})
	what := "waits for a thread to end"
	return &watchedJoiner{m, j, &what}
}

func inner(t thread.Thread) thread.Thread { return t.(*watchedThread).Thread }

// describe says what every thread did last.
func (m *watched) describe() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	for _, r := range m.records {
		what := "runs"
		if p := r.doing.Load(); p != nil {
			what = *p
		}
		fmt.Fprintf(&b, "%s %s", r.name, what)
		for i := range r.held {
			if p := r.held[i].Load(); p != nil {
				fmt.Fprintf(&b, ", holds %s", *p)
			}
		}
		b.WriteString("; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}

// progress is a number that stands still only if all threads do.
func (m *watched) progress() (n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.records {
		n += r.turns.Load()
	}
	return n
}

func (t *watchedThread) during(what *string, f func()) {
	t.rec.doing.Store(what)
	f()
	t.rec.doing.Store(nil)
	t.rec.turns.Store(t.rec.turns.Load() + 1)
}

func (t *watchedThread) holds(name *string) {
	for i := range t.rec.held {
		if t.rec.held[i].Load() == nil {
			t.rec.held[i].Store(name)
			return
		}
	}
}

func (t *watchedThread) drops(name *string) {
	for i := range t.rec.held {
		if t.rec.held[i].Load() == name {
			t.rec.held[i].Store(nil)
			return
		}
	}
}

// spins is what a thread does in SpinUntil, by its reason.
var spins = func() (s [thread.NumStates]string) {
	for i := range s {
		s[i] = "spins: " + thread.State(i).String()
	}
	return s
}()

func (t *watchedThread) SpinUntil(why thread.State, limit int, pause bool,
	cond func() bool) bool {
	t.rec.doing.Store(&spins[why])
	ok := t.Thread.SpinUntil(why, limit, pause, cond)
	t.rec.doing.Store(nil)
	t.rec.turns.Store(t.rec.turns.Load() + 1)
	return ok
}

type watchedJoiner struct {
	m     *watched
	inner thread.Joiner
	what  *string
}

func (j *watchedJoiner) Join(t thread.Thread) {
	w := t.(*watchedThread)
	w.during(j.what, func() { j.inner.Join(w.Thread) })
	j.m.joined.Add(1)
}

// watchedLock is a mutex or a spin lock.
type watchedLock struct {
	inner       thread.Mutex
	name, waits string
}

func (m *watched) NewMutex(name string, why thread.State) thread.Mutex {
	return &watchedLock{m.Machine.NewMutex(name, why), name, "waits for lock " + name}
}

func (m *watched) NewSpinLock(name string, why thread.State) thread.SpinLock {
	return &watchedLock{m.Machine.NewSpinLock(name, why), name, "spins for lock " + name}
}

func (l *watchedLock) Lock(t thread.Thread) {
	w := t.(*watchedThread)
	w.during(&l.waits, func() { l.inner.Lock(w.Thread) })
	w.holds(&l.name)
}

func (l *watchedLock) Unlock(t thread.Thread) {
	w := t.(*watchedThread)
	w.drops(&l.name)
	l.inner.Unlock(w.Thread)
}

type watchedCond struct {
	inner thread.Cond
	lock  *watchedLock
	waits string
}

func (m *watched) NewCond(name string, mu thread.Mutex, why thread.State) thread.Cond {
	l := mu.(*watchedLock)
	return &watchedCond{m.Machine.NewCond(name, l.inner, why), l, "sleeps on condition " + name}
}

func (c *watchedCond) Wait(t thread.Thread) {
	w := t.(*watchedThread)
	w.drops(&c.lock.name)
	w.during(&c.waits, func() { c.inner.Wait(w.Thread) })
	w.holds(&c.lock.name)
}

func (c *watchedCond) Signal(t thread.Thread) { c.inner.Signal(inner(t)) }

type watchedEvent struct {
	inner thread.Event
	waits string
}

func (m *watched) NewEvent(name string, set bool, why thread.State) thread.Event {
	return &watchedEvent{m.Machine.NewEvent(name, set, why), "sleeps on event " + name}
}

func (e *watchedEvent) Set(t thread.Thread)   { e.inner.Set(inner(t)) }
func (e *watchedEvent) Reset(t thread.Thread) { e.inner.Reset(inner(t)) }
func (e *watchedEvent) Wait(t thread.Thread) {
	w := t.(*watchedThread)
	w.during(&e.waits, func() { e.inner.Wait(w.Thread) })
}

func (m *watched) OpenBracket(t thread.Thread) { m.Machine.OpenBracket(inner(t)) }
func (m *watched) ShutBracket(t thread.Thread) { m.Machine.ShutBracket(inner(t)) }

// patience is how long nothing at all may move before it is called a hang. It is not a measure of
// speed: a run that moves, however slowly, is let be.
const patience = 15 * time.Second

// spinPatience bounds a run in which threads only spin, which moves without getting anywhere.
const spinPatience = 60 * time.Second

// Guard runs f, on a goroutine of its own, and returns its error; or, when progress has stood still
// for too long, an error with what describe says. What hangs is left behind.
func Guard(progress func() int64, describe func() string, f func() error) error {
	return guard(patience, readUsage, progress, describe, f)
}

// guard is Guard with a patience of the caller's.
//
// Patience is measured in what the process could have used of the host (see chance) and not by the
// clock: a process that was stopped, or that others leave no CPU, stands still and does not hang.
func guard(patience time.Duration, usage func() usage, progress func() int64,
	describe func() string,
	f func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- f() }()
	before, last := usage(), int64(-1)
	var still, total time.Duration
	for {
		select {
		case err := <-ended:
			return err
		case <-time.After(watchTick):
		}
		now := usage()
		c := chance(before, now)
		before, still, total = now, still+c, total+c
		if n := progress(); n != last {
			last, still = n, 0
		}
		if still > patience || total > spinPatience {
			return fmt.Errorf("hang: %s", describe())
		}
	}
}
