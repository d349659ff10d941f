package calibrate

import (
	"math"
	"slices"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"mtbench/internal/thread"
)

// How wake-ups and switches are measured. The sim has one cost for each of the three places where a
// woken thread may run, because they differ by a factor of ten on some virtual machines; and a
// switch costs what it does to the caches too, so it is measured between threads that compress, as
// workers do.

// wakeBatch is how many wake-ups or hand-overs make a sample.
const wakeBatch = 20

// futexes are what two threads do to each other.
func (m *meter) futexes(t thread.Thread) error {
	const n = 2000
	word := new(uint32)
	m.batch("wake_empty_ns", n, func() {
		for range n {
			futexWake(word)
		}
	})
	m.batch("futex_wait_ns", n, func() {
		for range n {
			futexWait(word, 1)
		}
	})
	m.lines(t)
	m.slices()
	m.wakeLocal(t)
	near, err := m.handOvers(t, baton{new(uint32)})
	if err != nil {
		return err
	}
	m.switches(near)
	m.wakeIdle(t)
	m.wakeComing(t)
	m.wakeQueued(t)
	m.wakeBusy(t)
	m.sleeps(t)
	m.timers(t)
	m.starts(t)
	return nil
}

// futexWake and futexWait are futex(2) on a word of the meter's own. As the threads are sealed, the
// scheduler of Go is not told of a wait.
func futexWake(word *uint32) { futex(word, 1, 1) }

func futexWait(word *uint32, val uint32) { futex(word, 0, val) }

func futex(word *uint32, op uintptr, val uint32) {
	const private = 128
	unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), op|private, uintptr(val), 0, 0, 0)
}

// baton is a token that two threads pass to and fro: it is one's when it is even and the other's
// when it is odd.
type baton struct{ word *uint32 }

// await waits until it is the side's, or going is false.
func (b baton) await(side uint32, going func() bool) {
	for going() {
		now := atomic.LoadUint32(b.word)
		if now%2 == side {
			return
		}
		futexWait(b.word, now)
	}
}

func (b baton) pass() {
	atomic.AddUint32(b.word, 1)
	futexWake(b.word)
}

// defaultSlice is Linux's on eight CPUs or more, before it told.
const defaultSlice = 3 * time.Millisecond

// slices asks for the slice: Linux tells that of a thread like these since 6.12, in what
// sched_getattr(2) calls its runtime.
func (m *meter) slices() {
	slice := float64(defaultSlice)
	if attr, err := unix.SchedGetAttr(0, 0); err == nil && attr.Runtime > 0 {
		slice = float64(attr.Runtime)
	}
	m.add("slice_ns", slice)
}

// sleeper waits on an event on a CPU, and tells when it woke up.
type sleeper struct {
	event  thread.Event
	woke   atomic.Int64 // ns; 0: not yet
	quit   atomic.Bool
	joiner thread.Joiner
}

// newSleeper starts one. Batch: it never preempts who woke it, whatever the scheduler thinks.
func (m *meter) newSleeper(t thread.Thread, cpu int, batch bool) *sleeper {
	s := &sleeper{event: m.machine.NewEvent("sleeper", false, thread.WaitWork)}
	s.joiner = m.machine.Start(t, "sleeper", thread.Worker, func(t thread.Thread) {
		defer onCPU(cpu)()
		if batch {
			defer asBatch()()
		}
		for !s.quit.Load() {
			s.event.Wait(t)
			s.event.Reset(t)
			s.woke.Store(int64(t.Now()))
		}
	})
	return s
}

// wake wakes it from another CPU and waits until it is awake: what the call took, and how long
// after it that was, in ns.
func (s *sleeper) wake(t thread.Thread) (call, delay float64) {
	s.woke.Store(0)
	before := t.Now()
	s.event.Set(t)
	after := t.Now()
	for s.woke.Load() == 0 {
		t.Now()
	}
	return float64(after - before), float64(s.woke.Load() - int64(after))
}

func (s *sleeper) close(t thread.Thread) {
	s.quit.Store(true)
	s.event.Set(t)
	s.joiner.Join(t)
}

// asBatch makes the calling OS thread one of SCHED_BATCH until the result is called.
func asBatch() func() {
	const schedBatch = 3
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: schedBatch}
	if unix.SchedSetAttr(0, &attr, 0) != nil {
		return func() {}
	}
	return func() { _ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr}, 0) }
}

// wakeLocal is the call alone: who is woken is on the same CPU and has to wait for it.
func (m *meter) wakeLocal(t thread.Thread) {
	defer onCPU(0)()
	s := m.newSleeper(t, 0, true)
	for range m.samples() {
		var sum time.Duration
		for range wakeBatch {
			t.SleepUntil(t.Now()+50*time.Microsecond, thread.Sleeping)
			before := t.Now()
			s.event.Set(t)
			sum += t.Now() - before
		}
		m.add("wake_local_ns", float64(sum)/wakeBatch-m.figure("clock_ns"))
	}
	s.close(t)
}

// hog keeps a CPU busy until it is told to stop.
type hog struct {
	stop   atomic.Bool
	gap    atomic.Int64 // the longest that it was off its CPU, in ns
	joiner thread.Joiner
}

// newHog starts one.
func (m *meter) newHog(t thread.Thread, cpu int) *hog {
	h := &hog{}
	h.joiner = m.machine.Start(t, "hog", thread.Worker, func(t thread.Thread) {
		defer onCPU(cpu)()
		for last := t.Now(); !h.stop.Load(); {
			now := t.Now()
			h.gap.Store(max(h.gap.Load(), int64(now-last)))
			last = now
		}
	})
	return h
}

// wakeComing wakes two sleepers of a CPU that sleeps: what the second call takes, for that CPU is
// waking up already.
func (m *meter) wakeComing(t thread.Thread) {
	defer onCPU(0)()
	first, second := m.newSleeper(t, 1, false), m.newSleeper(t, 1, false)
	first.wake(t)
	second.wake(t)
	for range m.samples() {
		spinFor(t, 2*time.Millisecond)
		first.woke.Store(0)
		second.woke.Store(0)
		first.event.Set(t)
		before := t.Now()
		second.event.Set(t)
		call := t.Now() - before
		if first.woke.Load() == 0 { // else the CPU was awake, as on a host where that is quick
			m.add("wake_coming_ns", float64(call)-m.figure("clock_ns"))
		}
		for first.woke.Load() == 0 || second.woke.Load() == 0 {
			t.Now()
		}
	}
	if len(m.c.Samples["wake_coming_ns"]) == 0 {
		m.add("wake_coming_ns", m.figure("futex_wake_ns"))
	}
	first.close(t)
	second.close(t)
}

// wakeQueued wakes a sleeper whose CPU runs another thread and which never preempts that: what the
// call takes.
func (m *meter) wakeQueued(t thread.Thread) {
	defer onCPU(1)()
	h := m.newHog(t, 0)
	s := m.newSleeper(t, 0, true)
	s.wake(t) // it sleeps from here on
	for range m.samples() {
		spinFor(t, 2*time.Millisecond)
		call, _ := s.wake(t)
		m.add("wake_queued_ns", call-m.figure("clock_ns"))
	}
	h.stop.Store(true)
	s.close(t)
	h.joiner.Join(t)
}

// wakeBusy wakes a sleeper whose CPU runs another thread: what the call takes, when the sleeper has
// the CPU, what that costs the other thread, and whether the other's slice had to be over first.
func (m *meter) wakeBusy(t thread.Thread) {
	defer onCPU(1)()
	h := m.newHog(t, 0)
	s := m.newSleeper(t, 0, false)
	slice := m.figure("slice_ns")
	after := m.figure("switch_ns") + m.figure("futex_wait_ns")/2
	for range m.samples() {
		t.SleepUntil(t.Now()+2*time.Millisecond, thread.Sleeping)
		h.gap.Store(0)
		call, delay := s.wake(t)
		t.SleepUntil(t.Now()+200*time.Microsecond, thread.Sleeping) // until the hog is back
		call -= m.figure("clock_ns")
		m.add("wake_busy_ns", call)
		granularity := 0.0
		if delay > slice/4 { // it waited for the end of a slice
			granularity, delay = slice, 0
		}
		m.add("kick_ns", delay+call/2-after)
		m.add("interrupt_ns", float64(h.gap.Load())-2*m.figure("switch_ns")-m.figure("futex_wait_ns"))
		m.add("wake_granularity_ns", granularity)
	}
	h.stop.Store(true)
	s.close(t)
	h.joiner.Join(t)
}

// turn is what a hand-over took, each a mean over a sample.
type turn struct {
	oneWay, work float64 // ns
	switches     float64
}

// handOvers passes a token between two threads on one CPU. Each compresses a page while it has the
// token, then passes it on with one FUTEX_WAKE and one FUTEX_WAIT.
func (m *meter) handOvers(t thread.Thread, b baton) ([]turn, error) {
	defer onCPU(0)()
	var workers [2]*pageMeter
	for i := range workers {
		w, err := newPageMeter(m.plan, wakeBatch)
		if err != nil {
			return nil, err
		}
		defer w.mem.Unmap()
		workers[i] = w
	}
	j := m.machine.Start(t, "echo", thread.Worker, func(t thread.Thread) {
		defer onCPU(0)()
		for range m.samples() {
			workers[1].turns(t, b, 1)
		}
	})
	turns := make([]turn, m.samples())
	for i := range turns {
		turns[i] = workers[0].handOver(t, b)
	}
	j.Join(t)
	work := alone(t, wakeBatch, workers[0].compress)
	for i := range turns {
		turns[i].work = work
	}
	return turns, nil
}

// handOver takes wakeBatch turns with whoever has the other side.
func (w *pageMeter) handOver(t thread.Thread, b baton) turn {
	begin, n := t.Now(), threadSwitches()
	w.turns(t, b, 0)
	return turn{oneWay: float64(t.Now()-begin) / (2 * wakeBatch),
		switches: float64(threadSwitches()-n) / wakeBatch} // each thread's as often as its turns
}

// turns takes wakeBatch turns, whenever the token is even (side 0) or odd (side 1).
func (w *pageMeter) turns(t thread.Thread, b baton, side uint32) {
	for page := range wakeBatch {
		b.await(side, func() bool { return true })
		w.compress(t, page)
		b.pass()
	}
}

// alone is the mean time that do takes of so many pages with nobody else about, in ns: the median
// of several rounds.
func alone(t thread.Thread, pages int, do func(thread.Thread, int)) float64 {
	const n = 11
	var rounds []float64
	for range n {
		begin := t.Now()
		for page := range pages {
			do(t, page)
		}
		rounds = append(rounds, float64(t.Now()-begin))
	}
	return medianOf(rounds) / float64(pages)
}

// threadSwitches is how often the calling OS thread has left its CPU.
func threadSwitches() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_THREAD, &u) != nil {
		return 0
	}
	return u.Nvcsw + u.Nivcsw
}

// switches: on one CPU everything is in a row, so what is left of a hand-over is the switch, with
// what it does to the caches of threads that compress.
func (m *meter) switches(near []turn) {
	calls := m.figure("wake_local_ns") + m.figure("futex_wait_ns")
	for _, h := range near {
		m.add("switch_ns", (h.oneWay-h.work-calls)/max(h.switches, 1))
	}
}

// wakeIdle wakes a sleeper whose CPU is idle, at even intervals of several lengths. How long it
// takes goes by how long the CPU has been idle: a virtual one may be polled for a while before it
// sleeps, and for how long follows the intervals that were seen. So they are even, and the first
// few do not count.
func (m *meter) wakeIdle(t thread.Thread) {
	defer onCPU(0)()
	s := m.newSleeper(t, 1, false)
	after := m.figure("switch_ns") + m.figure("futex_wait_ns")/2
	clock := m.figure("clock_ns")
	for range idleRounds {
		wakes := make([]idleWake, len(idleGaps))
		for i, gap := range slices.Backward(idleGaps[:]) { // from one at which it does not poll
			wakes[i] = s.wakes(t, gap)
		}
		short, long := wakes[0], wakes[len(wakes)-1]
		m.add("halt_poll_ns", pollLimit(wakes))
		m.add("poll_wake_ns", short.call-clock)
		m.add("poll_latency_ns", short.delay+(short.call-clock)/2-after)
		m.add("futex_wake_ns", long.call-clock)
		m.add("idle_wake_ns", long.delay+(long.call-clock)/2-after)
	}
	s.close(t)
}

const idleRounds = 11

// idleGaps are the intervals, in ascending order.
var idleGaps = [...]time.Duration{
	20 * time.Microsecond, 50 * time.Microsecond, 70 * time.Microsecond,
	85 * time.Microsecond, 100 * time.Microsecond, 120 * time.Microsecond, 140 * time.Microsecond,
	160 * time.Microsecond, 200 * time.Microsecond, 500 * time.Microsecond, 2 * time.Millisecond}

// idleWake is a wake-up of an idle CPU: the call and the latency behind it, in ns.
type idleWake struct{ call, delay float64 }

// wakes wakes s every gap and gives medians.
func (s *sleeper) wakes(t thread.Thread, gap time.Duration) idleWake {
	const n, skipped = 15, 6
	var calls, delays []float64
	for i := range n {
		spinFor(t, gap)
		if call, delay := s.wake(t); i >= skipped {
			calls, delays = append(calls, call), append(delays, delay)
		}
	}
	return idleWake{medianOf(calls), medianOf(delays)}
}

func (w idleWake) took() float64 { return w.call + w.delay }

// pollLimit is for how long, in ns, a CPU may be idle and still poll the next time. A CPU that
// slept was idle for the interval and its wake-up, so it is the interval between the last at which
// it polled and the first at which it did not, and the wake-up there; 0 if it never polled, and the
// last interval if it always did.
func pollLimit(wakes []idleWake) float64 {
	switch n := polled(wakes); n {
	case 0:
		return 0
	case len(wakes):
		return float64(idleGaps[n-1])
	default:
		return math.Sqrt(float64(idleGaps[n-1])*float64(idleGaps[n])) + wakes[n].took()
	}
}

// polled is at how many of the intervals the CPU still polled: those before the first that takes
// more like the longest than like the shortest. None where the two hardly differ.
func polled(wakes []idleWake) int {
	short, long := wakes[0].took(), wakes[len(wakes)-1].took()
	if long < 2*short {
		return 0
	}
	for i, w := range wakes {
		if w.took() > math.Sqrt(short*long) {
			return i
		}
	}
	return len(wakes)
}

// timers lets a thread sleep again and again on a CPU that another keeps busy, and takes how much
// less that one gets done.
func (m *meter) timers(t thread.Thread) {
	defer onCPU(0)()
	const interval, length = 500 * time.Microsecond, 10 * time.Millisecond
	var on, quit atomic.Bool
	begun := m.machine.NewEvent("timers", false, thread.WaitWork)
	j := m.machine.Start(t, "timers", thread.Worker, func(t thread.Thread) {
		defer onCPU(0)()
		for !quit.Load() {
			begun.Wait(t)
			begun.Reset(t)
			for at := t.Now(); on.Load(); {
				at = max(at+interval, t.Now())
				t.SleepUntil(at, thread.Sleeping)
			}
		}
	})
	known := 2*m.figure("switch_ns") + m.figure("sleep_call_ns")
	for range m.samples() {
		without := readings(t, length)
		on.Store(true)
		begun.Set(t)
		with := readings(t, length)
		on.Store(false)
		t.SleepUntil(t.Now()+2*interval, thread.Sleeping) // until the other waits again
		m.add("timer_ns", (1-with/without)*float64(interval)-known)
	}
	quit.Store(true)
	begun.Set(t)
	j.Join(t)
}

// spinFor keeps its CPU busy for so long.
func spinFor(t thread.Thread, d time.Duration) {
	for end := t.Now() + d; t.Now() < end; {
	}
}

// readings is how often the clock can be read in so much time.
func readings(t thread.Thread, d time.Duration) (n float64) {
	for end := t.Now() + d; t.Now() < end; n++ {
	}
	return n
}
