// Package explore walks the schedules of a model: it runs a small program over and over on a
// machine without durations, each time with another choice of which thread goes on at each point
// where more than one can, and checks what must hold in all of them.
//
// In a build with the tag explore every shared access that is marked as atomic is such a point
// (thread.Loads, Stores, Updates); without it only the calls of the machine are, which shows less.
// Code between two points is not interrupted, and atomics are sequentially consistent, as Go's are.
// Accesses that are marked as plain are no points. On every schedule vector clocks follow what the
// program orders, by its locks, events and atomics, and two plain accesses that nothing orders, one
// of them a write, are a finding.
//
// The walks. Depth first visits every schedule that departs from the default order at most k
// times, for k = 0, 1, 2 …; by default the running thread goes on, and when it cannot, the next in
// order of birth does, so that every preemption is a departure and k bounds the preemptions too.
// Priorities walks by PCT (Burckhardt and others, 2010): random priorities with d-1 random points
// at which the running thread's drops below all others, which finds a bug of depth d with a known
// least probability. Sampled is partial-order sampling, Uniform the plain random walk. Reduced
// walks every schedule but those that differ from another in nothing that matters.
//
// In one of the cases a thread may also wake up from a condition or an event that nobody signalled.
//
// A thread that spins without a limit is out of the choice until another thread has done something;
// one with a limit may give up at any moment, so both outcomes of a look are schedules.
package explore

import (
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"mtbench/internal/sim"
	"mtbench/internal/thread"
)

// Program is what is explored. Each run gets a fresh instance.
type Program struct {
	Name string
	New  func() Instance

	Spurious int         // wake-ups from conditions and events that nobody signalled, at most
	Stop     func() bool // looked at before each schedule: true ends the walk; nil: never
}

func (p Program) stopped() bool { return p.Stop != nil && p.Stop() }

// Instance is one run of a program.
type Instance interface {
	Main(m thread.Machine, t thread.Thread)

	// Fault is the first thing that was wrong, nil if nothing was. It is looked at at every choice,
	// so that a run ends where it went wrong, and once more at the end.
	Fault() error
}

// maxSteps bounds a run: more than any of these small programs needs means that it goes in circles.
const maxSteps = 200_000

// ErrUnstable says that a program did not behave the same when its schedule was repeated.
var ErrUnstable = errors.New("explore: the program is not the same when its schedule is repeated")

// Failure is a schedule on which a program went wrong.
type Failure struct {
	Program  string
	Schedule Schedule
	Err      error
	Found    int64 // how many schedules had been tried when it was found, this one included
}

// Error names the program and prints the schedule.
func (f *Failure) Error() string {
	return fmt.Sprintf("%s: %v\nschedule (found after %d): %v", f.Program, f.Err, f.Found, f.Schedule)
}

// Unwrap is what went wrong.
func (f *Failure) Unwrap() error { return f.Err }

// Report is what a walk has done.
type Report struct {
	Schedules int64 // distinct for depth first and reduced; tried for random
	Points    int64 // choices met, all schedules together
	Cut       int64 // reduced: left before their end, for they would be as another
	// depth first: every schedule with at most so many departures was visited; -1: none
	Bound     int
	Exhausted bool // depth first, reduced: there are no other schedules at all
	Failure   *Failure
}

// run is one run of a program under a policy.
type run struct {
	choose func(options []int, preempts bool) int
	watch  follower // nil: nobody

	instance Instance
	machine  *sim.Machine
	order    *order
	record   []choice
	crowded  bool
}

// follower is told of the steps of a run; see sim.Watcher.
type follower interface {
	stepped(t int, u thread.Use, resumed bool)
	enables(by, t int)
}

// choice is one point of a schedule at which more than one thread could go on.
type choice struct {
	options uint16
	taken   uint16
}

// execute runs the program once and returns what was wrong.
func (r *run) execute(p Program) error {
	r.instance = p.New()
	r.record = r.record[:0]
	r.order = newOrder()
	m, err := sim.New(sim.Options{CPUs: 1, Costs: sim.Free(), MaxSteps: maxSteps,
		Spurious: p.Spurious, Choose: r.next, Watch: r})
	if err != nil {
		return err
	}
	r.machine = m
	err = r.run(m)
	if fault := r.fault(); fault != nil {
		return fault
	}
	if r.crowded {
		return fmt.Errorf("more than %d threads, which is the most that are followed", maxThreads)
	}
	if errors.Is(err, sim.ErrSteps) {
		return fmt.Errorf("no end after %d steps: it goes in circles", maxSteps)
	}
	return err
}

// fault is the first thing that was wrong.
func (r *run) fault() error {
	if r.order.race != nil {
		return r.order.race
	}
	return r.instance.Fault()
}

// run is m.Run with a panic of the program as an error: an assertion that failed is a finding.
func (r *run) run(m *sim.Machine) (err error) {
	defer func() {
		if p := recover(); p != nil {
			failed, ok := p.(*sim.PanicError)
			if !ok {
				panic(p)
			}
			err = fmt.Errorf("thread %s panicked: %v", failed.Thread, failed.Value)
		}
	}()
	return m.Run("main", func(t thread.Thread) { r.instance.Main(m, t) })
}

// next is the machine's Chooser.
func (r *run) next(options []int, preempts bool) int {
	if r.crowded = slices.Max(options) >= maxThreads; r.crowded || r.fault() != nil {
		return -1
	}
	i := r.choose(options, preempts)
	if len(options) > 1 {
		r.record = append(r.record, choice{uint16(len(options)), uint16(i)})
	}
	return i
}

// Step implements sim.Watcher.
func (r *run) Step(t int, u thread.Use, resumed bool) {
	r.order.step(t, u)
	if r.watch != nil {
		r.watch.stepped(t, u, resumed)
	}
}

// Enables implements sim.Watcher.
func (r *run) Enables(by, t int) {
	if r.watch != nil {
		r.watch.enables(by, t)
	}
}

// Plain implements sim.Watcher.
func (r *run) Plain(t int, u thread.Use) { r.order.access(t, u) }

// Release implements sim.Watcher.
func (r *run) Release(t int, of unsafe.Pointer) { r.order.release(t, of) }

// Acquire implements sim.Watcher.
func (r *run) Acquire(t int, of unsafe.Pointer) { r.order.acquire(t, of) }
