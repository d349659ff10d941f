package thread

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// goroutines is the machine whose threads are goroutines and whose primitives are package sync's:
// what a Go programmer would get. The scheduler, not the kernel, switches between them, so there
// is no CPU time a thread and no futex call to count.
type goroutines struct {
	core
	threads []*gthread // in order of birth; guarded by mu
}

// NewGoroutines makes a machine of goroutines. Pin and MaxThreads have no meaning on it.
func NewGoroutines(o Options) Machine { return &goroutines{core: newCore(o)} }

// Run runs f on the calling goroutine and returns nil.
func (m *goroutines) Run(name string, f func(Thread)) error {
	m.newThread(name, Main).live(f)
	return nil
}

// Start runs f on a new goroutine. A panic in f ends the process.
func (m *goroutines) Start(_ Thread, name string, role Role, f func(Thread)) Joiner {
	g := m.newThread(name, role)
	go g.live(f)
	return g
}

func (m *goroutines) newThread(name string, role Role) *gthread {
	g := &gthread{handle: m.newHandle(name, role), over: make(chan struct{})}
	m.mu.Lock()
	m.threads = append(m.threads, g)
	m.mu.Unlock()
	return g
}

func (m *goroutines) OpenBracket(t Thread) {
	m.mustBe(beforeBracket, "OpenBracket")
	m.bracket.publish(&m.clock)
	t.(*gthread).divide()
}

func (m *goroutines) ShutBracket(t Thread) {
	m.mustBe(inBracket, "ShutBracket")
	m.bracket.publish(&m.clock)
	t.(*gthread).divide()
}

func (m *goroutines) Usages() []Usage {
	if m.bracket.phase.Load() != afterBracket {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []Usage
	for _, g := range m.threads {
		if g.measured() {
			list = append(list, g.usage())
		}
	}
	return list
}

type gthread struct {
	handle
	over chan struct{} // closed when the thread's function has returned
}

// live is the thread's life; see kthread.live for its end.
func (g *gthread) live(f func(Thread)) {
	g.begin()
	returned := false
	defer func() {
		if !returned {
			if p := recover(); p != nil {
				panic(p)
			}
		}
		g.end()
		close(g.over)
	}()
	f(g)
	returned = true
}

func (g *gthread) Join(t Thread) {
	by := t.(*gthread)
	prev := by.enter(Joining)
	<-g.over
	by.enter(prev)
}

func (g *gthread) SleepUntil(at time.Duration, why State) {
	if g.Now() >= at {
		return
	}
	prev := g.enter(why)
	for d := at - g.Now(); d > 0; d = at - g.Now() {
		time.Sleep(d)
	}
	g.enter(prev)
}

// yieldEvery is how many polls without a pause go by between two calls of the Go scheduler.
const yieldEvery = 64

// SpinUntil yields to other goroutines where a kernel thread would pause the CPU, and now and then
// where it would not: the goroutine waited for may need this one's P.
func (g *gthread) SpinUntil(why State, limit int, pause bool, cond func() bool) bool {
	if cond() {
		return true
	}
	prev := g.enter(why)
	defer g.enter(prev)
	for n := 1; limit == 0 || n < limit; n++ {
		if pause || n%yieldEvery == 0 {
			runtime.Gosched()
		}
		if cond() {
			return true
		}
	}
	return false
}

type gmutex struct {
	mu  sync.Mutex
	why State
}

func (m *goroutines) NewMutex(_ string, why State) Mutex { return &gmutex{why: why} }

func (mu *gmutex) Lock(t Thread) {
	g := t.(*gthread)
	g.locks++
	if mu.mu.TryLock() {
		return
	}
	prev := g.enter(mu.why)
	mu.mu.Lock()
	g.enter(prev)
}

func (mu *gmutex) Unlock(Thread) { mu.mu.Unlock() }

type gcond struct {
	cond *sync.Cond
	why  State
}

// NewCond makes a condition variable of mu, which is of the same machine.
func (m *goroutines) NewCond(_ string, mu Mutex, why State) Cond {
	return &gcond{cond: sync.NewCond(&mu.(*gmutex).mu), why: why}
}

func (c *gcond) Wait(t Thread) {
	g := t.(*gthread)
	prev := g.enter(c.why)
	c.cond.Wait()
	g.locks++
	g.enter(prev)
}

func (c *gcond) Signal(Thread) { c.cond.Signal() }

// gevent is a flag, and a condition variable for whoever sleeps until it is set.
//
// The flag's store in Set pairs with its load in Reset and Wait. The mutex makes the look at the
// flag and the sleep one step, so that a Set between them is not lost.
type gevent struct {
	flag atomic.Bool
	mu   sync.Mutex
	cond *sync.Cond
	why  State
}

func (m *goroutines) NewEvent(_ string, set bool, why State) Event {
	e := &gevent{why: why}
	e.cond = sync.NewCond(&e.mu)
	e.flag.Store(set)
	return e
}

func (e *gevent) Set(Thread) {
	if e.flag.Load() {
		return
	}
	e.mu.Lock()
	e.flag.Store(true)
	e.mu.Unlock()
	e.cond.Broadcast()
}

// Reset swaps, so that it acquires what the setter it undoes has written.
func (e *gevent) Reset(Thread) {
	if e.flag.Load() {
		e.flag.Swap(false)
	}
}

func (e *gevent) Wait(t Thread) {
	if e.flag.Load() {
		return
	}
	g := t.(*gthread)
	prev := g.enter(e.why)
	e.mu.Lock()
	// Once only, as QemuEvent: an event that was set and reset again meanwhile ends the wait too.
	if !e.flag.Load() {
		e.cond.Wait()
	}
	e.mu.Unlock()
	g.enter(prev)
}

// gspin is a test-and-test-and-set lock; whoever waits yields.
type gspin struct {
	taken atomic.Bool
	why   State
}

func (m *goroutines) NewSpinLock(_ string, why State) SpinLock { return &gspin{why: why} }

func (s *gspin) Lock(t Thread) {
	g := t.(*gthread)
	g.locks++
	if !s.taken.Swap(true) {
		return
	}
	prev := g.enter(s.why)
	for s.taken.Load() || s.taken.Swap(true) {
		runtime.Gosched()
	}
	g.enter(prev)
}

func (s *gspin) Unlock(Thread) { s.taken.Store(false) }
