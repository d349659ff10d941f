package thread

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"
)

// jitter is a machine that delays its threads before and after each call by a pseudo-random amount,
// so that a suite meets schedules that an idle host would never show.
//
// It wraps every handle and every primitive: its primitives take its handles and pass the machine's
// own to the machine's own.
type jitter struct {
	Machine
	seed uint64
	max  time.Duration
	born atomic.Uint64 // threads so far
}

// NewJitter wraps m. Before and after each call on a thread or primitive, the calling thread does
// nothing, yields, computes or sleeps, for max at most. Each thread draws from its own sequence, a
// function of seed and the order of births; the schedule that follows is the host's all the same.
func NewJitter(m Machine, seed uint64, max time.Duration) Machine {
	return &jitter{Machine: m, seed: seed, max: max}
}

// jthread is a thread that is delayed. Own thread only, as every handle.
type jthread struct {
	Thread
	rng *rand.Rand
	max time.Duration
}

func (m *jitter) wrap(index uint64, f func(Thread)) func(Thread) {
	rng := rand.New(rand.NewPCG(m.seed, index))
	return func(t Thread) { f(&jthread{Thread: t, rng: rng, max: m.max}) }
}

// delay is short most of the time and long now and then, since a race wants both.
func (t *jthread) delay() {
	var d time.Duration
	if t.max > 0 {
		d = time.Duration(t.rng.Int64N(int64(t.max)))
	}
	switch t.rng.IntN(8) {
	case 0, 1:
		runtime.Gosched()
	case 2:
		t.Thread.Compute(d)
	case 3:
		t.Thread.SleepUntil(t.Thread.Now()+d, Sleeping)
	}
}

// around delays, calls f with the machine's own handle, and delays.
func around(t Thread, f func(Thread)) {
	j := t.(*jthread)
	j.delay()
	f(j.Thread)
	j.delay()
}

func (m *jitter) Run(name string, f func(Thread)) error {
	return m.Machine.Run(name, m.wrap(m.born.Add(1), f))
}

func (m *jitter) Start(t Thread, name string, role Role, f func(Thread)) (j Joiner) {
	f = m.wrap(m.born.Add(1), f)
	around(t, func(own Thread) { j = m.Machine.Start(own, name, role, f) })
	return jjoiner{j}
}

func (m *jitter) OpenBracket(t Thread) { m.Machine.OpenBracket(t.(*jthread).Thread) }
func (m *jitter) ShutBracket(t Thread) { m.Machine.ShutBracket(t.(*jthread).Thread) }

func (m *jitter) NewMutex(name string, why State) Mutex {
	return jmutex{m.Machine.NewMutex(name, why)}
}

func (m *jitter) NewCond(name string, mu Mutex, why State) Cond {
	return jcond{m.Machine.NewCond(name, mu.(jmutex).Mutex, why)}
}

func (m *jitter) NewEvent(name string, set bool, why State) Event {
	return jevent{m.Machine.NewEvent(name, set, why)}
}

func (m *jitter) NewSpinLock(name string, why State) SpinLock {
	return jspin{m.Machine.NewSpinLock(name, why)}
}

func (t *jthread) SleepUntil(at time.Duration, why State) {
	t.delay()
	t.Thread.SleepUntil(at, why)
}

func (t *jthread) SpinUntil(why State, limit int, pause bool, cond func() bool) bool {
	t.delay()
	defer t.delay()
	return t.Thread.SpinUntil(why, limit, pause, cond)
}

func (t *jthread) Compute(d time.Duration) {
	t.delay()
	t.Thread.Compute(d)
}

func (t *jthread) Enter(s State) State {
	t.delay()
	return t.Thread.Enter(s)
}

type (
	jjoiner struct{ Joiner }
	jmutex  struct{ Mutex }
	jcond   struct{ Cond }
	jevent  struct{ Event }
	jspin   struct{ SpinLock }
)

func (j jjoiner) Join(t Thread)   { around(t, j.Joiner.Join) }
func (mu jmutex) Lock(t Thread)   { around(t, mu.Mutex.Lock) }
func (c jcond) Wait(t Thread)     { around(t, c.Cond.Wait) }
func (c jcond) Signal(t Thread)   { around(t, c.Cond.Signal) }
func (e jevent) Set(t Thread)     { around(t, e.Event.Set) }
func (e jevent) Reset(t Thread)   { around(t, e.Event.Reset) }
func (e jevent) Wait(t Thread)    { around(t, e.Event.Wait) }
func (s jspin) Lock(t Thread)     { around(t, s.SpinLock.Lock) }
func (mu jmutex) Unlock(t Thread) { around(t, mu.Mutex.Unlock) }
func (s jspin) Unlock(t Thread)   { around(t, s.SpinLock.Unlock) }
