// Package sim is the thread machine in virtual time: the same models and the same migration loop,
// unchanged, on as many CPUs as one likes, replayed to the nanosecond.
//
// Time moves at machine calls only, and only by a named cost of [Costs] or by Compute. Threads are
// coroutines of which one runs at a time; what is to happen next is decided by (time, sequence)
// alone, so that one seed gives one run. Code between two machine calls takes no time and cannot
// be interrupted.
//
// A spin is not stepped. A thread in SpinUntil holds its CPU and is looked at again whenever
// another thread has run, for only that can change what it polls; how often it polled and what it
// burnt follow by arithmetic. Hence a cond must depend on memory alone, never on the clock.
//
// When nothing can happen any more, Run returns a [StuckError] that names who waits for what. Every
// coroutine is unwound before Run returns, whatever the reason.
package sim

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
	"unsafe"

	"mtbench/internal/thread"
)

// Bounds of what a machine may be asked to be.
const (
	MaxCPUs    = 4096
	MaxThreads = 4096
)

// Options describe a virtual machine.
type Options struct {
	CPUs    int    // 1 to MaxCPUs
	Costs   Costs  // what things cost
	Account bool   // account the time of each thread by State
	Seed    uint64 // of the spread of wake-ups: the only chance that the machine itself takes

	MaxTime  time.Duration // the run is stopped with ErrTime when it would pass this; 0: never
	MaxSteps int64         // the run is stopped with ErrSteps after this many events; 0: never

	Done <-chan struct{} // when it is closed the run is stopped with ErrCancelled; nil: never

	Trace  Tracer // told of everything that happens; nil: nobody
	Choose Chooser

	// Spurious is how many times, under a Chooser, a thread may wake up from a condition or an
	// event that nobody signalled. Threads that could are the last of the options, and none is
	// offered where no other can go on.
	Spurious int

	Watch Watcher // under a Chooser: told what orders the threads; nil: nobody
}

// Watcher is told what the threads of a run under a Chooser do. Threads are indices in order of
// birth.
type Watcher interface {
	// Step is told before thread t goes on to the next point, beginning with u. Resumed: it could
	// not go on before what was last told by Enables.
	Step(t int, u thread.Use, resumed bool)

	// Plain is told of a plain access within a step.
	Plain(t int, u thread.Use)

	// Enables is told that what thread by does in its step makes t, which could not go on, able to;
	// by is -1 where it is that time passes since nobody else can go on.
	Enables(by, t int)

	// Release and Acquire are the ends of an order between threads that the object of makes: what
	// was done before the first happens before what is done after the second.
	Release(t int, of unsafe.Pointer)
	Acquire(t int, of unsafe.Pointer)
}

// Chooser takes scheduling into its own hands: costs, CPUs and time slices are ignored, and at each
// point it says which of the threads that could go on does. options are indices of
// threads in order of birth, the first of which is what would go on by default (the present thread
// if it can); it returns an index into options. A negative result ends the run with ErrStopped.
type Chooser func(options []int, preempts bool) int

// The ends of a run that are the caller's own doing.
var (
	ErrTime    = errors.New("sim: the run reached its limit of virtual time")
	ErrSteps   = errors.New("sim: the run reached its limit of steps")
	ErrStopped = errors.New("sim: the run was stopped by its chooser")

	ErrCancelled = errors.New("sim: the run was cancelled")
)

// Waiter is a thread that can not go on.
type Waiter struct {
	Thread string // its name
	Doing  string // "sleeps on mutex global", "spins (spin-room)" and so on
}

// StuckError says that nothing could happen any more.
type StuckError struct {
	Livelock bool // somebody spins for something that nobody is left to do; else all sleep
	At       time.Duration
	Waiters  []Waiter // in order of birth
}

// Error lists who waits for what.
func (e *StuckError) Error() string {
	var b strings.Builder
	what := "deadlock: everybody sleeps"
	if e.Livelock {
		what = "livelock: the only threads that run spin"
	}
	fmt.Fprintf(&b, "sim: %s (at %v)", what, e.At)
	for i, w := range e.Waiters {
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		fmt.Fprintf(&b, "%s%s %s", sep, w.Thread, w.Doing)
	}
	return b.String()
}

// PanicError is what Run panics with when one of the threads has.
type PanicError struct {
	Thread string
	Value  any
	Stack  string // of the thread
}

// Error says what the panic was and where.
func (e *PanicError) Error() string {
	return fmt.Sprintf("%v\n\non virtual thread %s:\n%s", e.Value, e.Thread, e.Stack)
}

// LeftError says that the first thread returned before it had joined the others.
type LeftError struct{ Threads []string }

// Error names the threads.
func (e *LeftError) Error() string {
	return "sim: the first thread ended and left running: " + strings.Join(e.Threads, ", ")
}

// unwound is what a coroutine panics with when its run has ended without it.
type unwound struct{}

// Machine is a virtual machine. It is made for one Run. It is not safe for concurrent use, nor need
// it be: its threads are coroutines.
type Machine struct {
	opt   Options
	sched scheduler
	costs Costs
	now   int64 // ns of virtual time
	queue queue
	procs []*proc
	cpus  []cpu
	idle  int     // CPUs that have nothing to run
	spin  []*proc // threads that poll on a CPU and have not seen what they want
	rand  *rand.Rand

	started     bool
	unwinding   bool
	events      int64
	checkAfter  int64 // so many
	bracketOpen bool
	bracketShut bool
	failure     error
	panicked    *PanicError
	first       *proc // runs on the machine's own goroutine
	going       *proc // the one for whom the coroutine was last changed; nil: it ended
	waiting     int   // threads in the queues of all CPUs
}

// New makes a machine, or says what is wrong with opt.
func New(opt Options) (*Machine, error) {
	if opt.CPUs < 1 || opt.CPUs > MaxCPUs {
		return nil, fmt.Errorf("sim: %d CPUs; a virtual host has 1 to %d", opt.CPUs, MaxCPUs)
	}
	if err := opt.Costs.Check(); err != nil {
		return nil, err
	}
	if opt.MaxTime < 0 || opt.MaxSteps < 0 {
		return nil, errors.New("sim: a limit of time or steps may not be negative")
	}
	m := &Machine{
		opt:   opt,
		costs: opt.Costs,
		cpus:  make([]cpu, opt.CPUs),
		idle:  opt.CPUs,
		rand:  rand.New(rand.NewPCG(opt.Seed, 0x73696d)),
	}
	m.sched = &fair{m}
	if opt.Choose != nil {
		m.sched = &chosen{Machine: m}
	}
	m.queue.init()
	m.queue.grow(opt.CPUs)
	return m, nil
}

// Events is how many events there have been: machine calls that took time and things that the
// scheduler did.
func (m *Machine) Events() int64 { return m.events }

// Now is the virtual time.
func (m *Machine) Now() time.Duration { return time.Duration(m.now) }

// Run implements thread.Machine. The threads live on a goroutine of their own, which is not locked
// to an OS thread whatever the caller is; Run returns when it has ended. A panic on one of the
// threads is raised again here as a *PanicError, after all others were unwound.
func (m *Machine) Run(name string, f func(thread.Thread)) error {
	if m.started {
		return errors.New("sim: a machine is made for one Run")
	}
	m.started = true
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer m.unwind()
		m.first = m.newProc(name, thread.Main, f)
		m.sched.ready(m.first, 0)
		m.runFirst()
	}()
	<-ended
	if m.panicked != nil {
		panic(m.panicked)
	}
	return m.failure
}

// runFirst is the life of the first thread, on the goroutine of the machine.
func (m *Machine) runFirst() {
	p := m.first
	defer p.recovered()
	p.suspend()
	p.body(p)
	p.finish()
	m.failure = m.leftRunning()
}

// cancelEvery is how many events there are between two looks at whether the run was cancelled: some
// ten milliseconds.
const cancelEvery = 1 << 17

// count counts an event, and now and then looks at whether the run is to go on.
func (m *Machine) count() {
	m.events++
	if m.events > m.checkAfter {
		m.check()
	}
}

// check holds the limit of steps, and sees that the run was cancelled.
func (m *Machine) check() {
	m.checkAfter = m.events + cancelEvery
	if most := m.opt.MaxSteps; most > 0 {
		m.checkAfter = min(m.checkAfter, most)
		if m.events > most {
			m.failure = ErrSteps
		}
	}
	select {
	case <-m.opt.Done:
		m.failure = ErrCancelled
	default:
	}
}

func (m *Machine) leftRunning() error {
	var left []string
	for _, p := range m.procs {
		if p.joiner.word == 0 { // else it has told its joiner, and is on its way out
			left = append(left, p.name)
		}
	}
	if left == nil {
		return nil
	}
	return &LeftError{Threads: left}
}

// stuck describes a machine on which nothing can happen.
func (m *Machine) stuck() error {
	e := &StuckError{At: m.Now()}
	for _, p := range m.procs {
		if p.ended {
			continue
		}
		e.Livelock = e.Livelock || p.spinning()
		e.Waiters = append(e.Waiters, Waiter{Thread: p.name, Doing: p.doing()})
	}
	return e
}

// Start implements thread.Machine.
func (m *Machine) Start(t thread.Thread, name string, role thread.Role,
	f func(thread.Thread)) thread.Joiner {
	p := t.(*proc)
	p.system += int64(m.costs.Start)
	p.intended = thread.Use{Of: unsafe.Pointer(m), How: thread.Touch} // the list of threads
	p.pay(int64(m.costs.Start))
	child := m.newProc(name, role, f)
	p.releases(&child.joiner)
	child.acquires(&child.joiner)
	m.sched.enables(p, child)
	m.trace(p, TraceStart, name)
	m.sched.ready(child, int64(m.costs.StartLatency))
	return child
}

func (m *Machine) newProc(name string, role thread.Role, f func(thread.Thread)) *proc {
	if len(m.procs) == MaxThreads {
		panic(fmt.Sprintf("sim: more than %d threads", MaxThreads))
	}
	p := &proc{m: m, id: len(m.procs), source: len(m.cpus) + len(m.procs), name: name, role: role,
		body: f, lastCPU: len(m.procs) % len(m.cpus)}
	p.joiner.kind, p.joiner.name = "the end of", name
	p.born, p.since, p.idleSince = m.now, m.now, m.now
	m.procs = append(m.procs, p)
	m.queue.grow(1)
	return p
}

// spread is a random factor around 1 for the latency of one wake-up.
func (m *Machine) spread(d int64) int64 {
	if m.costs.WakeSpread == 0 {
		return d
	}
	return int64(float64(d) * math.Exp(m.costs.WakeSpread*m.rand.NormFloat64()))
}
