package sim

import (
	"fmt"
	"reflect"
	"time"
)

// Costs is what things cost on a virtual host: one field a thing, each with who pays. A cost "of
// the caller" is CPU time of the thread that makes the call; a latency delays a thread without
// using a CPU. All are between 0 and a second.
type Costs struct {
	// Atomic is one atomic operation on a cache line that this CPU has. The caller pays it for each
	// lock, unlock, event call and signal.
	Atomic time.Duration

	// Line is the transfer of a cache line that another CPU wrote last. Whoever touches the line
	// pays it: once for the word of a lock or event and once for the data that goes with it (the
	// slot of a ring, the fields that a lock guards), and once when a poll succeeds.
	Line time.Duration

	// Poll is one look at what is polled, and Pause the CPU's pause between two looks. The spinning
	// thread pays.
	Poll  time.Duration
	Pause time.Duration

	// FutexWait is the call without the sleep: half of it up to the point where the kernel looks at
	// the word, half for the way back to user mode, at once or later. The waiter pays.
	FutexWait time.Duration

	// The waker pays for the call, and half-way through it the thread is woken: WakeEmpty if nobody
	// sleeps; else by where the woken thread will run. FutexWake: on an idle CPU, which is sent an
	// interrupt or told by a word that it polls. WakeComing: on one that is waking up already.
	// WakeLocal: on the waker's own. WakeQueued: on another, where it has to wait for its turn.
	// WakeBusy: on another that runs a thread, which has to be interrupted; on a virtual machine that
	// can be several times the others.
	FutexWake  time.Duration
	WakeComing time.Duration
	WakeEmpty  time.Duration
	WakeLocal  time.Duration
	WakeQueued time.Duration
	WakeBusy   time.Duration

	// Kick is the latency between the middle of such a call, when the thread is woken, and the moment
	// at which the other CPU lets it preempt. Nobody pays: it is run delay of the woken thread.
	Kick time.Duration

	// Interrupt is what the interrupt takes from the thread that is preempted, beside the switches.
	// That thread pays.
	Interrupt time.Duration

	// Timer is what a timer that expires takes from whichever thread runs on its CPU. That thread
	// pays.
	Timer time.Duration

	// IdleWake is the latency between the wake and the first instruction of the woken thread on a
	// CPU that was idle. Nobody pays: it is run delay of the woken thread. WakeSpread is the
	// standard deviation of its logarithm, 0 to 2.
	IdleWake   time.Duration
	WakeSpread float64

	// HaltPoll is for how long at most a CPU that has nothing to run is polled for work before it goes
	// to sleep, as a virtual one may be; for how long it is follows how long it was idle before (see
	// idle.go). 0: it sleeps at once. PollWake is the call that wakes a thread on a CPU that is still
	// polled (the waker pays), and PollLatency the latency there (nobody does), TimerLatency that
	// where the thread's own timer wakes it: FutexWake and IdleWake are of one that sleeps.
	HaltPoll     time.Duration
	PollWake     time.Duration
	PollLatency  time.Duration
	TimerLatency time.Duration

	// Switch is the change from one thread to another on a CPU. The thread that comes pays.
	Switch time.Duration

	// Hot is how long ago a queued thread must have run for a CPU that becomes idle to take it from
	// the queue of another: Linux's sched_migration_cost_ns.
	Hot time.Duration

	// Slice is how long a thread may keep a CPU that another waits for. WakeGranularity is by how much
	// at least the running thread must have had more CPU time than the mean to be preempted by one
	// that wakes up and has an earlier deadline than all who wait; from a slice on nobody is.
	Slice           time.Duration
	WakeGranularity time.Duration

	// SleepCall is clock_nanosleep without the sleep, half of it before and half after; the caller
	// pays. SleepSlack is by how much the kernel sets a sleeper's timer late.
	SleepCall  time.Duration
	SleepSlack time.Duration

	// Clock is one reading of the clock, Stamp one state change of the accounting. The caller pays.
	Clock time.Duration
	Stamp time.Duration

	// Start is clone and what belongs to it (the starter pays), StartLatency the time until the new
	// thread is runnable.
	Start        time.Duration
	StartLatency time.Duration
}

// Typical is a server of the late 2010s in round figures, for tests and examples. Predictions take
// theirs from a calibration.
func Typical() Costs {
	return Costs{
		Atomic: 8, Line: 70, Poll: 2, Pause: 40,
		FutexWait: 900, FutexWake: 1100, WakeComing: 1100, WakeEmpty: 250, WakeLocal: 1100,
		WakeQueued: 1100, WakeBusy: 1100,
		Kick:     time.Microsecond,
		IdleWake: 5 * time.Microsecond, WakeSpread: 0.2, Switch: 1300,
		Hot: 500 * time.Microsecond, Slice: 3 * time.Millisecond,
		SleepCall: 600, SleepSlack: 55 * time.Microsecond,
		Clock: 25, Stamp: 0,
		Start: 15 * time.Microsecond, StartLatency: 20 * time.Microsecond,
	}
}

// Free costs nothing at all, but for a time slice: schedules without durations.
func Free() Costs { return Costs{Slice: time.Millisecond} }

// Check says which cost is out of its range.
func (c Costs) Check() error {
	all := reflect.ValueOf(c)
	for i := range all.NumField() {
		d, ok := all.Field(i).Interface().(time.Duration)
		if ok && (d < 0 || d > time.Second) {
			return fmt.Errorf("sim: cost %s is %v; it must be between 0 and 1s", all.Type().Field(i).Name, d)
		}
	}
	switch {
	case !(c.WakeSpread >= 0 && c.WakeSpread <= 2):
		return fmt.Errorf("sim: cost WakeSpread is %v; it must be between 0 and 2", c.WakeSpread)
	case c.Slice < time.Microsecond:
		return fmt.Errorf("sim: cost Slice is %v; it must be at least 1µs", c.Slice)
	}
	return nil
}
