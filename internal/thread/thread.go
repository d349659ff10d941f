// Package thread is the machine that a model runs on: threads, locks, events, spinning, sleeping
// and the clock, with an account of what every thread did.
//
// Models and the migration loop are written once against [Machine] and [Thread] and run on three
// machines: kernel threads ([NewKernel], the real thing), goroutines ([NewGoroutines], what a Go
// programmer would get) and virtual time (internal/sim). Go has no thread-local storage, so every
// call that may block, spin or be accounted takes the handle of the calling thread. Whatever
// blocks, spins, sleeps or reads a clock goes through this package; a loop that waits without
// calling it would hang virtual time.
//
// Ownership: a Thread handle belongs to its own thread. Only that thread may call its methods or
// pass it to a primitive.
package thread

import "time"

// A Role says what a thread is in the pipeline; reports group by it.
type Role uint8

const (
	Main   Role = iota // the migration thread, or the destination's incoming main thread
	Worker             // a compression or decompression thread
	VCPU               // a guest writer
	Other              // anything else, the Go runtime's own threads included
)

// Machine makes threads and the primitives they meet at.
//
// Names are for people (thread names as `top -H` shows them, lock names in reports); reasons are
// the State that a thread is in while the primitive holds it up. All primitives are made before
// the threads that use them start, or by the thread that hands them over.
type Machine interface {
	// Run turns the caller into the machine's first thread, named name, runs f on it and returns
	// when f has returned. Every thread that f started must have been joined by then. The error
	// is the machine's own (virtual time: deadlock, livelock), never f's.
	Run(name string, f func(Thread)) error

	// Start runs f on a new thread. t is the calling thread. Whoever starts a thread joins it.
	Start(t Thread, name string, role Role, f func(Thread)) Joiner

	NewMutex(name string, why State) Mutex
	NewCond(name string, mu Mutex, why State) Cond
	NewEvent(name string, set bool, why State) Event
	NewSpinLock(name string, why State) SpinLock

	// OpenBracket starts the measured time and ShutBracket ends it; each is called once, by the
	// first thread. A thread started inside the bracket is measured from its birth. The clock of
	// the bracket is read last in OpenBracket and first in ShutBracket, so that reading CPU
	// clocks and counters is not measured.
	OpenBracket(t Thread)
	ShutBracket(t Thread)

	// Usages is what each thread did inside the bracket, in order of birth. Call it after every
	// other thread has been joined.
	Usages() []Usage
}

// Thread is the handle of one running thread.
type Thread interface {
	Name() string
	Role() Role

	// Now is the time on the machine's monotonic clock, from an arbitrary zero.
	Now() time.Duration

	// SleepUntil blocks until Now is at least at. Returns at once if it is.
	SleepUntil(at time.Duration, why State)

	// SpinUntil calls cond until it reports true, limit times at most (0: no limit), with a CPU
	// pause between two calls if pause is set. It reports whether cond did. cond must be cheap,
	// must not block, and is made once by the caller, never on the page path (a closure made
	// there would allocate).
	SpinUntil(why State, limit int, pause bool, cond func() bool) bool

	// Compute keeps the CPU busy for d of this thread's own CPU time: calibrated work. On virtual
	// time it is the word for any work that has no other name.
	Compute(d time.Duration)

	// Enter says what the thread does from now on and returns what it did before; the caller
	// gives that back when it is done. Free where accounting is off.
	Enter(s State) State
}

// Joiner waits for a thread to end.
type Joiner interface {
	Join(t Thread) // blocks t until the thread's function has returned; call it once
}

// Mutex excludes. Any number of threads may be in Lock; the holder calls Unlock. It does not spin
// before it sleeps (a default pthread mutex does not either).
type Mutex interface {
	Lock(t Thread)
	Unlock(t Thread)
}

// Cond is a condition variable tied to one Mutex. Wait is called with the mutex held and returns
// with it held; it may return without a Signal, so the caller looks again in a loop. Signal wakes
// one waiter if there is one, and costs no system call if there is none; it may be called with or
// without the mutex.
type Cond interface {
	Wait(t Thread)
	Signal(t Thread)
}

// Event is QEMU's QemuEvent: one word that is set, free or busy (somebody sleeps on it). The only
// correct use is: Reset, look at the condition, Wait; the other side stores the data, then Set.
// Set releases and Reset and Wait acquire. Any number of threads may call Set; one waits.
type Event interface {
	Set(t Thread)
	Reset(t Thread)
	Wait(t Thread) // returns at once if set; may return early: look again
}

// SpinLock is a test-and-test-and-set lock with a pause while it waits (QemuSpin).
type SpinLock interface {
	Lock(t Thread)
	Unlock(t Thread)
}

// Counted is what the CPU counted for a thread, in user mode.
type Counted struct {
	Known                             bool
	Instructions, Cycles, CacheMisses int64
}

// Usage is what one thread did inside the bracket. Durations of the kernel are null (Known false)
// on machines that have no kernel threads of their own.
type Usage struct {
	Name string
	Role Role
	TID  int // kernel thread id; 0 where there is none

	Wall   time.Duration            // its life inside the bracket
	States [NumStates]time.Duration // Wall by reason; zero where accounting is off
	Stamps int64                    // state changes accounted, each of which costs one stamp

	KernelKnown bool          // the fields below up to Involuntary were measured
	CPU         time.Duration // thread clock
	User        time.Duration // tick-sampled by the kernel: an indication
	System      time.Duration
	DelayKnown  bool          // RunDelay was measured (not every kernel keeps schedstat)
	RunDelay    time.Duration // runnable, but waiting for a CPU (schedstat)
	Voluntary   int64         // context switches because it blocked
	Involuntary int64         // context switches because it was preempted

	Counted Counted // by the CPU; unknown where nobody asked or the host has no counters

	FutexWaits int64 // FUTEX_WAIT calls of this machine's primitives
	FutexWakes int64 // FUTEX_WAKE calls of this machine's primitives
	Locks      int64 // acquisitions of mutexes and spin locks
}
