package sim

import (
	"fmt"
	"time"
)

// Costs is what things cost on a virtual host: one field a thing, each with who pays. A cost "of
// the caller" is CPU time of the thread that makes the call; a latency delays a thread without
// using a CPU. All are between 0 and a second.
type Costs struct {
	// Atomic is one atomic operation on a cache line that this CPU has. The caller pays it for each
	// lock, unlock, event call and signal.
	Atomic time.Duration `json:"atomic_ns"`

	// Line is the transfer of a cache line that another CPU wrote last. Whoever touches the line
	// pays it: once for the word of a lock or event and once for the data that goes with it (the
	// slot of a ring, the fields that a lock guards), and once when a poll succeeds.
	Line time.Duration `json:"line_ns"`

	// Poll is one look at what is polled, and Pause the CPU's pause between two looks. The spinning
	// thread pays.
	Poll  time.Duration `json:"poll_ns"`
	Pause time.Duration `json:"pause_ns"`

	// FutexWait is the call without the sleep: half of it up to the point where the kernel looks at
	// the word, half for the way back to user mode, at once or later. The waiter pays.
	FutexWait time.Duration `json:"futex_wait_ns"`

	// The waker pays for the call, and half-way through it the thread is woken: WakeEmpty if nobody sleeps; else by
	// where the woken thread will run. FutexWake: on an idle CPU, which is sent an interrupt or told by a word that it polls.
	// WakeComing: on one that is waking up already. WakeLocal: on the waker's own. WakeQueued: on another, where it has
	// to wait for its turn. WakeBusy: on another that runs a thread, which has to be interrupted; on a virtual machine
	// that can be several times the others.
	FutexWake  time.Duration `json:"futex_wake_ns"`
	WakeComing time.Duration `json:"wake_coming_ns"`
	WakeEmpty  time.Duration `json:"wake_empty_ns"`
	WakeLocal  time.Duration `json:"wake_local_ns"`
	WakeQueued time.Duration `json:"wake_queued_ns"`
	WakeBusy   time.Duration `json:"wake_busy_ns"`

	// Kick is the latency between the middle of such a call, when the thread is woken, and the moment at which the
	// other CPU lets it preempt. Nobody pays: it is run delay of the woken thread.
	Kick time.Duration `json:"kick_ns"`

	// Interrupt is what the interrupt takes from the thread that is preempted, beside the switches. That
	// thread pays.
	Interrupt time.Duration `json:"interrupt_ns"`

	// Timer is what a timer that expires takes from whichever thread runs on its CPU. That thread pays.
	Timer time.Duration `json:"timer_ns"`

	// IdleWake is the latency between the wake and the first instruction of the woken thread on a
	// CPU that was idle. Nobody pays: it is run delay of the woken thread. WakeSpread is the
	// standard deviation of its logarithm, 0 to 2.
	IdleWake   time.Duration `json:"idle_wake_ns"`
	WakeSpread float64       `json:"wake_spread"`

	// HaltPoll is for how long at most a CPU that has nothing to run is polled for work before it goes to sleep, as a
	// virtual one may be; for how long it is follows how long it was idle before (see idle.go). 0: it
	// sleeps at once. PollWake is the call that wakes a thread on a CPU that is still polled (the waker
	// pays), and PollLatency the latency there (nobody does), TimerLatency that where the thread's own timer wakes it:
	// FutexWake and IdleWake are of one that sleeps.
	HaltPoll     time.Duration `json:"halt_poll_ns"`
	PollWake     time.Duration `json:"poll_wake_ns"`
	PollLatency  time.Duration `json:"poll_latency_ns"`
	TimerLatency time.Duration `json:"timer_latency_ns"`

	// Switch is the change from one thread to another on a CPU. The thread that comes pays.
	Switch time.Duration `json:"switch_ns"`

	// Space is what such a change costs more where the CPU last ran a thread of another process (see StartProcess): the
	// address space, and what the processor knew of it. The thread that comes pays.
	Space time.Duration `json:"space_ns"`

	// Hot is how long ago a queued thread must have run for a CPU that becomes idle to take it from the
	// queue of another: Linux's sched_migration_cost_ns.
	Hot time.Duration `json:"hot_ns"`

	// PullMissed is the share of the chances to take a thread from another CPU's queue that a CPU misses as it becomes
	// idle, 0 to 1. Linux does not look where it expects to be idle for less than looking takes, and looks by chance where
	// it found little of late.
	PullMissed float64 `json:"pull_missed"`

	// SleepsOverlooked: a CPU that sleeps (see HaltPoll) is given to no thread that wakes up but one that ran there
	// last; PollsOverlooked: nor is one that is idle and still polled. Linux does so on a virtual machine whose
	// hypervisor tells it which virtual CPUs are off their CPU: one that halts is.
	SleepsOverlooked bool `json:"asleep_overlooked"`
	PollsOverlooked  bool `json:"polled_overlooked"`

	// Slice is how long a thread may keep a CPU that another waits for, and Tick how often that is looked at: a slice ends
	// at the first tick after it is over, or as another thread wakes up on that CPU. 0: there are no ticks, and a slice ends
	// by itself. WakeGranularity is by how much at least the running thread must have had more CPU time than the mean to
	// be preempted by one that wakes up and has an earlier deadline than all who wait; from a slice on nobody is.
	Slice           time.Duration `json:"slice_ns"`
	Tick            time.Duration `json:"tick_ns"`
	WakeGranularity time.Duration `json:"wake_granularity_ns"`

	// SleepCall is clock_nanosleep without the sleep, half of it before and half after; SleepAfter is what a main thread
	// takes longer afterwards, until what it works with is in the caches again (the caller pays both; the others have
	// little to get back). SleepSlack is by how much the kernel sets a sleeper's timer late.
	SleepCall  time.Duration `json:"sleep_call_ns"`
	SleepAfter time.Duration `json:"sleep_after_ns"`
	SleepSlack time.Duration `json:"sleep_slack_ns"`

	// Clock is one reading of the clock, Stamp one state change of the accounting. The caller pays.
	Clock time.Duration `json:"clock_ns"`
	Stamp time.Duration `json:"stamp_ns"`

	// Start is clone and what belongs to it (the starter pays), StartLatency the time until the new
	// thread is runnable.
	Start        time.Duration `json:"start_ns"`
	StartLatency time.Duration `json:"start_latency_ns"`
}

// Typical is a server of the late 2010s in round figures, for tests and examples. Predictions take
// theirs from a calibration.
func Typical() Costs {
	return Costs{
		Atomic: 8, Line: 70, Poll: 2, Pause: 40,
		FutexWait: 900, FutexWake: 1100, WakeComing: 1100, WakeEmpty: 250, WakeLocal: 1100, WakeQueued: 1100, WakeBusy: 1100,
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

// leastTick is that of no host: each tick is an event.
const leastTick = 100 * time.Microsecond

// Check says which cost is out of its range.
func (c Costs) Check() error {
	for _, f := range c.Fields() {
		if f.Value < 0 || f.Value > time.Second {
			return fmt.Errorf("sim: cost %s is %v; it must be between 0 and 1s", f.Name, f.Value)
		}
	}
	if !(c.WakeSpread >= 0 && c.WakeSpread <= 2) {
		return fmt.Errorf("sim: cost wake_spread is %v; it must be between 0 and 2", c.WakeSpread)
	}
	if !(c.PullMissed >= 0 && c.PullMissed <= 1) {
		return fmt.Errorf("sim: cost pull_missed is %v; it must be between 0 and 1", c.PullMissed)
	}
	if c.Tick != 0 && c.Tick < leastTick {
		return fmt.Errorf("sim: cost tick_ns is %v; it must be 0 or at least %v", c.Tick, leastTick)
	}
	if c.Slice < time.Microsecond {
		return fmt.Errorf("sim: cost slice_ns is %v; it must be at least 1µs", c.Slice)
	}
	return nil
}

// Cost is one of Costs by its name in files.
type Cost struct {
	Name  string
	Value time.Duration
}

// Fields lists all of Costs that are durations.
func (c Costs) Fields() []Cost {
	return []Cost{
		{"atomic_ns", c.Atomic}, {"line_ns", c.Line}, {"poll_ns", c.Poll}, {"pause_ns", c.Pause},
		{"futex_wait_ns", c.FutexWait}, {"futex_wake_ns", c.FutexWake},
		{"wake_coming_ns", c.WakeComing}, {"wake_empty_ns", c.WakeEmpty}, {"wake_local_ns", c.WakeLocal}, {"wake_queued_ns", c.WakeQueued},
		{"wake_busy_ns", c.WakeBusy},
		{"kick_ns", c.Kick}, {"interrupt_ns", c.Interrupt}, {"timer_ns", c.Timer}, {"idle_wake_ns", c.IdleWake},
		{"halt_poll_ns", c.HaltPoll}, {"poll_wake_ns", c.PollWake}, {"poll_latency_ns", c.PollLatency}, {"timer_latency_ns", c.TimerLatency},
		{"switch_ns", c.Switch}, {"space_ns", c.Space}, {"hot_ns", c.Hot}, {"slice_ns", c.Slice}, {"tick_ns", c.Tick}, {"wake_granularity_ns", c.WakeGranularity},
		{"sleep_call_ns", c.SleepCall}, {"sleep_after_ns", c.SleepAfter}, {"sleep_slack_ns", c.SleepSlack},
		{"clock_ns", c.Clock}, {"stamp_ns", c.Stamp},
		{"start_ns", c.Start}, {"start_latency_ns", c.StartLatency},
	}
}

// costs is Costs in the machine's own unit.
type costs struct {
	atomic, line, poll, pause                       int64
	futexWait, futexWake, wakeComing, wakeEmpty     int64
	wakeLocal, wakeQueued, wakeBusy                 int64
	kick, interrupt                                 int64
	idleWake, change, slice, tick, wakePreempt      int64
	space, hot, timer                               int64
	haltPoll, pollWake, pollLatency, timerLatency   int64
	sleepCall, sleepAfter, sleepSlack, clock, stamp int64
	start, startLatency                             int64
	wakeSpread, pullMissed                          float64
	sleepsOverlooked, pollsOverlooked               bool
}

func (c Costs) internal() costs {
	return costs{
		atomic: int64(c.Atomic), line: int64(c.Line), poll: int64(c.Poll), pause: int64(c.Pause),
		futexWait: int64(c.FutexWait), futexWake: int64(c.FutexWake), wakeComing: int64(c.WakeComing),
		wakeEmpty: int64(c.WakeEmpty), wakeLocal: int64(c.WakeLocal), wakeQueued: int64(c.WakeQueued),
		wakeBusy: int64(c.WakeBusy), kick: int64(c.Kick), interrupt: int64(c.Interrupt), idleWake: int64(c.IdleWake), change: int64(c.Switch),
		haltPoll: int64(c.HaltPoll), pollWake: int64(c.PollWake), pollLatency: int64(c.PollLatency), timerLatency: int64(c.TimerLatency),
		space: int64(c.Space), slice: int64(c.Slice), tick: int64(c.Tick), hot: int64(c.Hot), timer: int64(c.Timer), wakePreempt: int64(c.WakeGranularity),
		sleepCall: int64(c.SleepCall), sleepAfter: int64(c.SleepAfter), sleepSlack: int64(c.SleepSlack),
		clock: int64(c.Clock), stamp: int64(c.Stamp),
		start: int64(c.Start), startLatency: int64(c.StartLatency),
		wakeSpread: c.WakeSpread, pullMissed: c.PullMissed,
		sleepsOverlooked: c.SleepsOverlooked, pollsOverlooked: c.PollsOverlooked,
	}
}
