package thread

import (
	"sync"
	"time"
)

// Options is how the threads of a machine are made.
type Options struct {
	Pin        Pins // which CPU each thread stays on; kernel threads only
	Account    bool // account the time of each thread by State
	MaxThreads int  // the most threads alive at once, the first included; kernel threads only
	// the Go runtime stays out of the threads, and the world cannot be stopped; kernel threads only
	Sealed   bool
	Counters bool // count instructions, cycles and cache misses of each thread; kernel threads only
	Trace    int  // keep so many events of each thread for Kernel.Trace, with Account; 0: none

	// TurnsPerNS is how many turns of the work loop Compute makes for a nanosecond, as
	// [CalibrateWork] measured it; 0 = the machine measures it when it is made. Machines whose
	// times are compared need one and the same, or each does another amount of work.
	TurnsPerNS float64
}

// Pins is the CPU of each thread: for each role, in order of birth. Without any, no thread is
// pinned; with some, a thread that has none fails the run.
type Pins map[Role][]int

// core is what the machines of real time share: clock, work, bracket.
type core struct {
	options Options
	clock   clock
	work    calibration
	bracket bracket
	mu      sync.Mutex // guards the machine's list of threads: births, ends and the bracket
}

func newCore(o Options) core {
	if o.TurnsPerNS == 0 {
		o.TurnsPerNS = calibrate(quickTries)
	}
	return core{options: o, clock: newClock(), work: calibration{o.TurnsPerNS}}
}

// newHandle makes the part of a thread's handle that all machines of real time share.
func (c *core) newHandle(name string, role Role) handle {
	return handle{
		name: name, role: role, core: c,
		account: account{mode: modeOf(c.options), clock: &c.clock, bracket: &c.bracket},
	}
}

// mustBe panics unless the bracket is in phase p: each of its ends is called once, in order.
func (c *core) mustBe(p uint32, call string) {
	if c.bracket.phase.Load() != p {
		panic("thread: " + call + " out of order: a bracket is opened once, then shut once")
	}
}

// handle is a thread, less what blocks.
type handle struct {
	name string
	role Role
	core *core
	account
}

func (h *handle) Name() string            { return h.name }
func (h *handle) Role() Role              { return h.role }
func (h *handle) Now() time.Duration      { return h.core.clock.now() }
func (h *handle) Enter(s State) State     { return h.enter(s) }
func (h *handle) Compute(d time.Duration) { h.core.work.compute(d) }

// usage adds to the account who it is of.
func (h *handle) usage() Usage {
	u := h.account.usage()
	u.Name, u.Role = h.name, h.role
	return u
}
