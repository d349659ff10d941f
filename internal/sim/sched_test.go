package sim

import (
	"testing"
	"time"

	"mtbench/internal/thread"
)

// one is a machine of so many CPUs on which only what c says costs anything.
func one(t *testing.T, cpus int, c Costs) *Machine {
	t.Helper()
	m, err := New(Options{CPUs: cpus, Costs: c})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A woken thread waits for the slice of one that had no more than its part, and has gained on it
// then: the next time it preempts at once.
func TestWakePreemptsWhoeverHadMore(t *testing.T) {
	const slice = 4 * time.Millisecond
	m := one(t, 1, Costs{Slice: slice})
	ev := m.NewEvent("ev", false, thread.WaitWork)
	var woke time.Duration
	err := m.Run("main", func(th thread.Thread) {
		j := m.Start(th, "sleeper", thread.Worker, func(th thread.Thread) {
			for range 3 {
				ev.Wait(th)
				ev.Reset(th)
				woke = th.Now()
			}
		})
		var delays []time.Duration
		for range 3 {
			th.SleepUntil(th.Now()+time.Millisecond, thread.Sleeping) // until the other sleeps
			th.Compute(time.Millisecond)
			from := th.Now()
			ev.Set(th)
			th.Compute(2 * slice)
			delays = append(delays, woke-from)
		}
		j.Join(th)
		if delays[0] == 0 || delays[0] > slice {
			t.Errorf("the first time it waited for %v, not for the rest of a slice", delays[0])
		}
		if delays[2] != 0 {
			t.Errorf("a thread that had less waited for %v", delays[2])
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// drawNobody makes the CPU of m's first thread one that has had so much to do that it draws nobody.
func drawNobody(m *Machine) { m.first.load = average{avg: 3, level: 1, since: m.now} }

// What the calibration does to find the granularity: a thread that runs alone on its CPU, and has
// had just the mean, is preempted by one that another CPU wakes there, as soon as the interrupt has
// come.
func TestWakeFromAnotherCPUPreemptsWhoRanAlone(t *testing.T) {
	const slice, kick = 4 * time.Millisecond, 20 * time.Microsecond
	for granularity, least := range map[time.Duration]time.Duration{0: kick, slice: slice / 2} {
		m := one(t, 2, Costs{Slice: slice, Kick: kick, WakeGranularity: granularity})
		ev := m.NewEvent("ev", false, thread.WaitWork)
		var woken time.Duration
		err := m.Run("main", func(th thread.Thread) {
			sleeper := m.Start(th, "sleeper", thread.Worker, func(th thread.Thread) {
				ev.Wait(th)
				woken = th.Now()
			})
			th.Compute(time.Microsecond)
			hog := m.Start(th, "hog", thread.Worker, func(th thread.Thread) { th.Compute(3 * slice) })
			th.Compute(time.Millisecond)
			drawNobody(m)
			from := th.Now()
			ev.Set(th)
			th.Compute(2 * slice)
			woken -= from
			sleeper.Join(th)
			hog.Join(th)
		})
		if err != nil || woken < least || granularity == 0 && woken > kick {
			t.Errorf("granularity %v: awake after %v, want %v: %v", granularity, woken, least, err)
		}
	}
}

// Who is interrupted for one that another CPU wakes pays for that, unless it sleeps before the
// interrupt comes.
func TestInterruptsTakeTime(t *testing.T) {
	const kick, interrupt = 20 * time.Microsecond, 5 * time.Microsecond
	for work, want := range map[time.Duration]time.Duration{
		3 * time.Millisecond:      3*time.Millisecond + interrupt,
		time.Millisecond + kick/2: time.Millisecond + kick/2 + time.Millisecond,
	} {
		m := one(t, 2, Costs{Slice: 4 * time.Millisecond, Kick: kick, Interrupt: interrupt})
		ev := m.NewEvent("ev", false, thread.WaitWork)
		err := m.Run("main", func(th thread.Thread) {
			sleeper := m.Start(th, "sleeper", thread.Worker, func(th thread.Thread) { ev.Wait(th) })
			th.Compute(time.Microsecond)
			hog := m.Start(th, "hog", thread.Worker, func(th thread.Thread) {
				th.Compute(work)
				if work < 2*time.Millisecond { // it is preempted by no interrupt when it goes on
					th.SleepUntil(th.Now()+time.Millisecond, thread.Sleeping)
					th.Compute(time.Millisecond)
				}
			})
			th.Compute(time.Millisecond)
			drawNobody(m)
			ev.Set(th)
			th.Compute(10 * time.Millisecond)
			sleeper.Join(th)
			hog.Join(th)
		})
		if hog := m.procs[2]; err != nil || time.Duration(hog.cpuTime) != want || hog.interrupted != 0 {
			t.Errorf("work of %v took %v of CPU time, want %v, and %d ns are left: %v", work,
				time.Duration(hog.cpuTime),
				want, hog.interrupted, err)
		}
	}
}

// Sleeping gains nothing: a thread that slept for long is no further ahead of the others than one
// that slept for a moment.
func TestSleepersKeepTheirLag(t *testing.T) {
	const slice = 4 * time.Millisecond
	share := func(sleep time.Duration) time.Duration {
		m := one(t, 1, Costs{Slice: slice})
		var first time.Duration // how long the woken thread runs before the hog has the CPU again
		err := m.Run("main", func(th thread.Thread) {
			j := m.Start(th, "hog", thread.Worker,
				func(th thread.Thread) { th.Compute(300 * time.Millisecond) })
			th.SleepUntil(sleep, thread.Sleeping)
			from := th.Now()
			th.Compute(100 * time.Millisecond)
			first = th.Now() - from
			j.Join(th)
		})
		if err != nil {
			t.Fatal(err)
		}
		return first
	}
	a, b := share(10*time.Millisecond), share(100*time.Millisecond)
	if d := b - a; d < -slice || d > slice {
		t.Errorf("100ms of work took %v after a sleep of 10ms and %v after one of 100ms", a, b)
	}
	if a < 190*time.Millisecond {
		t.Errorf("100ms of work beside a thread that never sleeps took %v: it had more than its half", a)
	}
}

// A CPU that becomes idle leaves a thread in the queue where it ran just now, and takes one that
// did not.
func TestIdleCPUTakesOnlyTheCold(t *testing.T) {
	for _, hot := range []time.Duration{0, time.Second} {
		m := one(t, 2, Costs{Slice: 2 * time.Millisecond, Hot: hot})
		var took time.Duration
		err := m.Run("main", func(th thread.Thread) {
			var js []thread.Joiner
			for range 2 {
				js = append(js, m.Start(th, "work", thread.Worker,
					func(th thread.Thread) { th.Compute(20 * time.Millisecond) }))
			}
			th.Compute(30 * time.Millisecond)
			for _, j := range js {
				j.Join(th)
			}
			took = th.Now()
		})
		if err != nil {
			t.Fatal(err)
		}
		// One CPU has 20 ms to do, the other 30 and 20: 50 ms if the first takes nothing from it.
		if well := took <= 42*time.Millisecond; well != (hot == 0) {
			t.Errorf("with hot %v it took %v", hot, took)
		}
	}
}

// Where a thread is placed that wakes up, of three CPUs: it ran on CPU 1 last, and is woken from
// CPU 0.
func TestTargetOfAWakeUp(t *testing.T) {
	const waker, last, third = 0, 1, 2
	for _, x := range []struct {
		name         string
		busy         []int // CPUs that run a thread; 0 always does
		load         [3]float64
		sync         bool
		queued, owes bool   // at the waker's CPU; the thread
		timer        bool   // the waker is no thread
		wakes        [2]int // how many others the waker and the thread woke of late
		want         int
	}{
		{name: "its last is idle", load: [3]float64{0, 1, 1}, want: last},
		{name: "another is idle", busy: []int{last}, want: third},
		{name: "its waker's has less to do, but that wakes many", busy: []int{last, third}, load: [3]float64{0.5, 1, 0},
			wakes: [2]int{9, 3}, want: last},
		{name: "not so many more", busy: []int{last, third}, load: [3]float64{0.5, 1, 0}, wakes: [2]int{8, 3}, want: waker},
		{name: "and the thread wakes hardly any", busy: []int{last, third}, load: [3]float64{0.5, 1, 0},
			wakes: [2]int{1000, 2}, want: waker},
		{name: "its timer wakes it", busy: []int{last, third}, load: [3]float64{0.5, 1, 0}, timer: true, want: last},
		{name: "its last has less to do", busy: []int{last, third}, load: [3]float64{1, 0.8, 0}, want: last},
		{name: "its waker's has less to do", busy: []int{last, third}, load: [3]float64{0.5, 1, 0}, want: waker},
		{name: "its waker is about to sleep", busy: []int{last, third}, load: [3]float64{1, 0, 0}, sync: true, want: waker},
		{name: "and another waits there", busy: []int{last, third}, load: [3]float64{1, 0, 0}, sync: true, queued: true, want: last},
		{name: "it owes", busy: []int{last}, load: [3]float64{0, 1, 0}, owes: true, want: last},
	} {
		m := one(t, 3, Costs{Slice: time.Millisecond})
		m.now = int64(time.Second)
		add := func(cpu int, avg float64) *proc {
			p := m.newProc("thread", thread.Worker, nil)
			p.lastCPU, p.cpuTime, p.load = cpu, 1, average{avg: avg, since: m.now}
			return p
		}
		for _, cpu := range append([]int{waker}, x.busy...) {
			m.cpus[cpu].cur = add(cpu, x.load[cpu])
			m.idle--
		}
		for cpu, avg := range x.load { // of those who sleep, where nobody runs
			if m.cpus[cpu].cur == nil {
				add(cpu, avg)
			}
		}
		if x.queued {
			m.cpus[waker].queue = append(m.cpus[waker].queue, add(waker, 0))
		}
		p := add(last, 0)
		p.owes = x.owes
		p.wakee.flips, m.cpus[waker].cur.wakee.flips = x.wakes[1], x.wakes[0]
		by := waker
		if x.timer {
			by = nobody
		}
		if got := m.target(p, by, x.sync); got != x.want {
			t.Errorf("%s: CPU %d, want %d", x.name, got, x.want)
		}
	}
}

// The load of a thread halves in 32 ms of sleep, and comes back as it went.
func TestLoadHalves(t *testing.T) {
	var l average
	l.enter(0, 1)
	if got := l.at(32e6); got != 0.5 {
		t.Errorf("after 32 ms: %v", got)
	}
	l.enter(64e6, 0)
	if got := l.at(96e6); got != 0.375 {
		t.Errorf("after 64 ms and 32 ms of sleep: %v", got)
	}
}

// Who wakes others in turn is known by that for a second or two.
func TestWakeesFlip(t *testing.T) {
	m := one(t, 1, Costs{Slice: time.Millisecond})
	a, b := m.newProc("a", thread.Worker, nil), m.newProc("b", thread.Worker, nil)
	p := m.newProc("p", thread.Worker, nil)
	for _, w := range []*proc{a, a, b, b, a, b} {
		p.wakesUp(w, 0)
	}
	if p.wakee.flips != 4 {
		t.Errorf("%d changes of who is woken, want 4", p.wakee.flips)
	}
	if p.wakesUp(b, flipsHalf+1); p.wakee.flips != 2 {
		t.Errorf("%d a second later, want half as many", p.wakee.flips)
	}
}

// Both wake-ups by threads and those by timers count.
func TestWakeUpsCount(t *testing.T) {
	m := one(t, 2, Costs{Slice: time.Millisecond})
	err := m.Run("main", func(th thread.Thread) {
		var evs [2]thread.Event
		var js []thread.Joiner
		for i := range evs {
			evs[i] = m.NewEvent("ev", false, thread.WaitWork)
			js = append(js, m.Start(th, "sleeper", thread.Worker,
				func(th thread.Thread) { evs[i].Wait(th) }))
		}
		th.SleepUntil(100*time.Millisecond, thread.Sleeping)
		for _, ev := range evs {
			ev.Set(th)
		}
		if n := m.first.wakee.flips; n != 2 {
			t.Errorf("main woke two threads, and that is %d changes", n)
		}
		for _, j := range js {
			j.Join(th)
		}
		for range 2 { // they have a CPU each, and run under a timer of one of the sleepers
			js = append(js, m.Start(th, "hog", thread.Worker,
				func(th thread.Thread) { th.Compute(100 * time.Millisecond) }))
		}
		th.SleepUntil(150*time.Millisecond, thread.Sleeping)
		if n := m.procs[len(m.procs)-1].wakee.flips + m.procs[len(m.procs)-2].wakee.flips; n != 1 {
			t.Errorf("a timer woke a thread on a CPU that two share, and that is %d changes of theirs", n)
		}
		for _, j := range js[2:] {
			j.Join(th)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What a wake-up costs goes by where the woken thread runs.
func TestWakeCostsByPlace(t *testing.T) {
	c := Costs{Slice: 4 * time.Millisecond, FutexWake: 10 * time.Microsecond,
		WakeLocal:  20 * time.Microsecond,
		WakeQueued: 30 * time.Microsecond, WakeBusy: 40 * time.Microsecond, Kick: 5 * time.Microsecond}
	call := func(cpus, hogs int, granularity time.Duration) (took, late time.Duration) {
		c := c
		c.WakeGranularity = granularity
		m := one(t, cpus, c)
		ev := m.NewEvent("ev", false, thread.WaitWork)
		err := m.Run("main", func(th thread.Thread) {
			var js []thread.Joiner
			js = append(js, m.Start(th, "sleeper", thread.Worker, func(th thread.Thread) {
				ev.Wait(th)
				ev.Reset(th)
				ev.Wait(th)
				late = th.Now()
			}))
			th.SleepUntil(time.Millisecond, thread.Sleeping)
			for range hogs {
				js = append(js, m.Start(th, "hog", thread.Worker,
					func(th thread.Thread) { th.Compute(50 * time.Millisecond) }))
			}
			drawNobody(m)
			ev.Set(th) // where it has to wait it gains on who runs there
			th.Compute(10 * time.Millisecond)
			drawNobody(m)
			from := th.Now()
			ev.Set(th)
			took = th.Now() - from
			back := th.Now()
			th.Compute(time.Millisecond) // or this CPU would be idle and take the other
			for _, j := range js {
				j.Join(th)
			}
			late -= back
		})
		if err != nil {
			t.Fatal(err)
		}
		return took, late
	}
	for _, x := range []struct {
		name       string
		cpus, hogs int
		want, late time.Duration
	}{
		{"an idle CPU", 2, 0, c.FutexWake, -c.FutexWake / 2},
		{"its own CPU", 1, 0, c.WakeLocal, 0},
		{"a busy CPU", 2, 1, c.WakeBusy, c.Kick - c.WakeBusy/2},
	} {
		if got, late := call(x.cpus, x.hogs, 0); got != x.want || late != x.late {
			t.Errorf("waking a thread on %s took %v, and it ran %v after; want %v and %v", x.name, got, late,
				x.want, x.late)
		}
	}
	if got, _ := call(2, 1, c.Slice); got != c.WakeQueued {
		t.Errorf("waking a thread that has to wait for another CPU took %v, want %v", got, c.WakeQueued)
	}
}

// Of two threads that are woken on a CPU that sleeps, the second finds it waking up.
func TestWakingACPUThatWakesUp(t *testing.T) {
	c := Costs{Slice: time.Millisecond, FutexWake: 10 * time.Microsecond,
		WakeComing: 3 * time.Microsecond,
		WakeQueued: 30 * time.Microsecond, IdleWake: 50 * time.Microsecond}
	m := one(t, 2, c)
	var events [2]thread.Event
	var took [2]time.Duration
	err := m.Run("main", func(th thread.Thread) {
		var js []thread.Joiner
		for i := range events {
			events[i] = m.NewEvent("ev", false, thread.WaitWork)
			js = append(js, m.Start(th, "sleeper", thread.Worker,
				func(th thread.Thread) { events[i].Wait(th) }))
			th.Compute(time.Millisecond)
		}
		for _, p := range m.procs[1:] {
			p.lastCPU = 1
		}
		drawNobody(m)
		for i, ev := range events {
			from := th.Now()
			ev.Set(th)
			took[i] = th.Now() - from
		}
		for _, j := range js {
			j.Join(th)
		}
	})
	if want := [2]time.Duration{c.FutexWake, c.WakeComing}; err != nil || took != want {
		t.Errorf("the two calls took %v, want %v: %v", took, want, err)
	}
}

// A CPU is wanted while others wait for it, and only that one.
func TestWanted(t *testing.T) {
	m := one(t, 2, Costs{Slice: time.Millisecond})
	err := m.Run("main", func(th thread.Thread) {
		if m.Wanted(th) {
			t.Error("a thread that is alone has a CPU that is wanted")
		}
		var js []thread.Joiner
		for range 2 {
			js = append(js, m.Start(th, "other", thread.Worker,
				func(th thread.Thread) { th.Compute(10 * time.Millisecond) }))
		}
		th.Compute(100 * time.Microsecond)
		if own := m.procs[0].cpu; m.Wanted(th) != (m.procs[1].cpu == own || m.procs[2].cpu == own) {
			t.Errorf("wanted is %v with others on CPUs %d and %d, and this on %d", m.Wanted(th),
				m.procs[1].cpu, m.procs[2].cpu, own)
		}
		for _, j := range js {
			j.Join(th)
		}
		if m.Wanted(th) {
			t.Error("the CPU is wanted when the others have ended")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A timer takes its part from whoever runs.
func TestTimersTakeTime(t *testing.T) {
	m := one(t, 1, Costs{Slice: time.Millisecond, Timer: 100 * time.Microsecond})
	err := m.Run("main", func(th thread.Thread) {
		j := m.Start(th, "sleeper", thread.Worker, func(th thread.Thread) {
			for i := range 10 {
				th.SleepUntil(time.Duration(i+2)*time.Millisecond, thread.Sleeping)
			}
		})
		th.Compute(20 * time.Millisecond)
		if got := th.Now(); got != 21*time.Millisecond {
			t.Errorf("20ms with ten timers of 100µs took %v", got)
		}
		j.Join(th)
	})
	if err != nil {
		t.Fatal(err)
	}
}
