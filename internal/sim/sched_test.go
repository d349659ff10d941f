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

// A woken thread waits for the slice of one that had no more than its part, and has gained on it then: the
// next time it preempts at once.
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
func drawNobody(m *Machine) { m.first.load = load{avg: 3, since: m.now, runnable: true} }

// What the calibration does to find the granularity: a thread that runs alone on its CPU, and has had just the
// mean, is preempted by one that another CPU wakes there, as soon as the interrupt has come.
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

// Sleeping gains nothing: a thread that slept for long is no further ahead of the others than one that
// slept for a moment.
func TestSleepersKeepTheirLag(t *testing.T) {
	const slice = 4 * time.Millisecond
	share := func(sleep time.Duration) time.Duration {
		m := one(t, 1, Costs{Slice: slice})
		var first time.Duration // how long the woken thread runs before the hog has the CPU again
		err := m.Run("main", func(th thread.Thread) {
			j := m.Start(th, "hog", thread.Worker, func(th thread.Thread) { th.Compute(300 * time.Millisecond) })
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

// A CPU that becomes idle leaves a thread in the queue where it ran just now, and takes one that did not.
func TestIdleCPUTakesOnlyTheCold(t *testing.T) {
	for _, hot := range []time.Duration{0, time.Second} {
		m := one(t, 2, Costs{Slice: 2 * time.Millisecond, Hot: hot})
		var took time.Duration
		err := m.Run("main", func(th thread.Thread) {
			var js []thread.Joiner
			for range 2 {
				js = append(js, m.Start(th, "work", thread.Worker, func(th thread.Thread) { th.Compute(20 * time.Millisecond) }))
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

// What a wake-up costs goes by where the woken thread runs.
func TestWakeCostsByPlace(t *testing.T) {
	c := Costs{Slice: 4 * time.Millisecond, FutexWake: 10 * time.Microsecond, WakeLocal: 20 * time.Microsecond,
		WakeBusy: 40 * time.Microsecond, Kick: 5 * time.Microsecond}
	call := func(cpus, hogs int) (took, late time.Duration) {
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
				js = append(js, m.Start(th, "hog", thread.Worker, func(th thread.Thread) { th.Compute(50 * time.Millisecond) }))
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
		{"an idle CPU", 2, 0, c.FutexWake, 0},
		{"its own CPU", 1, 0, c.WakeLocal, 0},
		{"a busy CPU", 2, 1, c.WakeBusy, c.Kick},
	} {
		if got, late := call(x.cpus, x.hogs); got != x.want || late != x.late {
			t.Errorf("waking a thread on %s took %v, and it ran %v later; want %v and %v", x.name, got, late,
				x.want, x.late)
		}
	}
}

// Work takes longer on a CPU for which others wait, and a timer takes its part from whoever runs.
func TestCrowdsAndTimersTakeTime(t *testing.T) {
	m := one(t, 1, Costs{Slice: time.Millisecond, Crowded: 2})
	err := m.Run("main", func(th thread.Thread) {
		th.Compute(10 * time.Millisecond)
		if got := th.Now(); got != 10*time.Millisecond {
			t.Errorf("alone: %v", got)
		}
		j := m.Start(th, "other", thread.Worker, func(th thread.Thread) { th.Compute(10 * time.Millisecond) })
		from := th.Now()
		th.Compute(10 * time.Millisecond)
		j.Join(th)
		if got := th.Now() - from; got < 30*time.Millisecond {
			t.Errorf("20ms of work on a crowded CPU took %v", got)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	m = one(t, 1, Costs{Slice: time.Millisecond, Timer: 100 * time.Microsecond})
	err = m.Run("main", func(th thread.Thread) {
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
