package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"mtbench/internal/thread"
)

func machine(t testing.TB, cpus int, c Costs) *Machine {
	t.Helper()
	m, err := New(Options{CPUs: cpus, Costs: c, Account: true, MaxTime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func run(t testing.TB, m *Machine, f func(thread.Thread)) {
	t.Helper()
	if err := m.Run("main", f); err != nil {
		t.Fatal(err)
	}
}

// fixed has costs that are easy to tell apart in a sum.
func fixed() Costs {
	return Costs{
		Atomic: 1, Line: 10, Poll: 3, Pause: 7,
		FutexWait: 100, FutexWake: 200, WakeEmpty: 50,
		IdleWake: 1000, Switch: 300, Slice: time.Millisecond,
		SleepCall: 20, SleepSlack: 5000,
	}
}

func TestComputeTakesItsTime(t *testing.T) {
	m := machine(t, 1, Free())
	var at time.Duration
	run(t, m, func(th thread.Thread) {
		th.Compute(5 * time.Millisecond)
		th.Compute(-time.Second) // nothing
		at = th.Now()
	})
	if at != 5*time.Millisecond {
		t.Errorf("after 5ms of work it is %v", at)
	}
}

func TestCPUsAreShared(t *testing.T) {
	for _, c := range []struct {
		cpus, threads int
		want          time.Duration
	}{{1, 4, 40 * time.Millisecond}, {2, 4, 20 * time.Millisecond}, {4, 4, 10 * time.Millisecond},
		{64, 4, 10 * time.Millisecond}} {
		m := machine(t, c.cpus, Free())
		var got time.Duration
		run(t, m, func(th thread.Thread) {
			var js []thread.Joiner
			for i := range c.threads {
				js = append(js, m.Start(th, fmt.Sprint("w", i), thread.Worker, func(th thread.Thread) {
					th.Compute(10 * time.Millisecond)
				}))
			}
			for _, j := range js {
				j.Join(th)
			}
			got = th.Now()
		})
		if got != c.want {
			t.Errorf("%d threads of 10ms on %d CPUs took %v, want %v", c.threads, c.cpus, got, c.want)
		}
	}
}

// Two threads hand a token to and fro over two events. Both have a CPU of their own and sleep each
// time, so a hand-over costs, all in a row:
//
//	Set: atomic + two lines + FUTEX_WAKE, then the latency of the idle CPU, the switch,
//	Wait: the way back out of the call, half of FUTEX_WAIT
//	Reset: atomic (the line is fetched with the word that Set has written: two lines)
func TestPingPongClosedForm(t *testing.T) {
	const rounds = 1000
	c := fixed()
	m := machine(t, 2, c)
	ping := m.NewEvent("ping", false, thread.WaitWork)
	pong := m.NewEvent("pong", false, thread.WaitRoom)
	var took time.Duration
	run(t, m, func(th thread.Thread) {
		j := m.Start(th, "echo", thread.Worker, func(th thread.Thread) {
			for range rounds + 1 {
				ping.Wait(th)
				ping.Reset(th)
				pong.Set(th)
			}
		})
		th.Compute(time.Millisecond) // until echo sleeps
		turn := func() {
			ping.Set(th)
			pong.Wait(th)
			pong.Reset(th)
		}
		turn()
		start := th.Now()
		for range rounds {
			turn()
		}
		took = th.Now() - start
		j.Join(th)
	})
	touch := c.Atomic + 2*c.Line
	oneWay := touch + c.FutexWake/2 + c.IdleWake + c.Switch + c.FutexWait - c.FutexWait/2 + touch
	if want := rounds * 2 * oneWay; took != want {
		t.Errorf("%d round trips took %v, want %v", rounds, took, want)
	}
}

// A mutex that nobody else wants costs two atomics and no system call.
func TestUncontendedMutexClosedForm(t *testing.T) {
	c := fixed()
	m := machine(t, 1, c)
	mu := m.NewMutex("m", thread.LockGlobal)
	var took time.Duration
	run(t, m, func(th thread.Thread) {
		m.OpenBracket(th)
		start := th.Now()
		for range 100 {
			mu.Lock(th)
			mu.Unlock(th)
		}
		took = th.Now() - start
		m.ShutBracket(th)
	})
	if want := 200 * c.Atomic; took != want {
		t.Errorf("100 locks took %v, want %v", took, want)
	}
	if u := m.Usages()[0]; u.Locks != 100 || u.FutexWaits != 0 || u.FutexWakes != 0 {
		t.Errorf("usage %+v: want 100 locks and no futex call", u)
	}
}

// A poll that comes true is noticed at the next poll, plus the line.
func TestSpinIsFastForwarded(t *testing.T) {
	c := fixed()
	m := machine(t, 2, c)
	flag := false
	var took time.Duration
	run(t, m, func(th thread.Thread) {
		m.OpenBracket(th)
		j := m.Start(th, "setter", thread.Worker, func(th thread.Thread) {
			th.Compute(10_004)
			flag = true
		})
		cond := func() bool { return flag }
		start := th.Now()
		if !th.SpinUntil(thread.SpinRoom, 0, true, cond) {
			t.Error("an unlimited spin gave up")
		}
		took = th.Now() - start
		j.Join(th)
		m.ShutBracket(th)
	})
	// The setter is started (free), its CPU wakes (1000), switches (300), computes 10004: 11304.
	// Polls are at 3, 13, 23 …: the next one is at 11313, and the line comes 10 later.
	if want := time.Duration(11313 + 10); took != want {
		t.Errorf("the spin took %v, want %v", took, want)
	}
	if m.Events() > 40 {
		t.Errorf("%d events: the spin was stepped", m.Events())
	}
	if p := m.procs[0].final.polls; p != 1+1131 {
		t.Errorf("%d polls were accounted for, want 1132", p)
	}
}

func TestSpinBudget(t *testing.T) {
	for _, limit := range []int{1, 2, 1000} {
		m := machine(t, 1, fixed())
		var took time.Duration
		run(t, m, func(th thread.Thread) {
			start := th.Now()
			if th.SpinUntil(thread.SpinWork, limit, true, func() bool { return false }) {
				t.Error("a spin for the impossible succeeded")
			}
			took = th.Now() - start
		})
		if want := time.Duration(3 + (limit-1)*10); took != want {
			t.Errorf("%d polls took %v, want %v", limit, took, want)
		}
	}
}

// With one CPU the setter runs only when the spinner's slice is over.
func TestSpinnerIsPreempted(t *testing.T) {
	c := Free()
	c.Poll, c.Pause = 5, 5
	m := machine(t, 1, c)
	flag := false
	run(t, m, func(th thread.Thread) {
		m.OpenBracket(th)
		j := m.Start(th, "setter", thread.Worker, func(th thread.Thread) {
			th.Compute(100)
			flag = true
		})
		th.SpinUntil(thread.SpinRoom, 0, true, func() bool { return flag })
		j.Join(th)
		m.ShutBracket(th)
	})
	u := m.Usages()[0]
	if u.Involuntary != 1 || u.CPU < c.Slice {
		t.Errorf("the spinner was preempted %d times after %v, want once after a slice", u.Involuntary,
			u.CPU)
	}
}

func TestDeadlockNamesWhoWaitsForWhat(t *testing.T) {
	m := machine(t, 2, Typical())
	a, b := m.NewMutex("a", thread.LockGlobal), m.NewMutex("b", thread.LockSlot)
	err := m.Run("main", func(th thread.Thread) {
		j := m.Start(th, "other", thread.Worker, func(th thread.Thread) {
			b.Lock(th)
			th.Compute(time.Millisecond)
			a.Lock(th)
		})
		a.Lock(th)
		th.Compute(time.Millisecond)
		b.Lock(th)
		j.Join(th)
	})
	var stuck *StuckError
	if !errors.As(err, &stuck) || stuck.Livelock {
		t.Fatalf("two threads in a deadly embrace ended with %v", err)
	}
	for _, want := range []string{"main sleeps on mutex b (lock-slot)",
		"other sleeps on mutex a (lock-global)"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestLivelockIsFound(t *testing.T) {
	for _, cpus := range []int{1, 2} {
		m := machine(t, cpus, Typical())
		never := func() bool { return false }
		err := m.Run("main", func(th thread.Thread) {
			j := m.Start(th, "other", thread.Worker, func(th thread.Thread) {
				th.SpinUntil(thread.SpinWork, 0, true, never)
			})
			th.SpinUntil(thread.SpinRoom, 0, true, never)
			j.Join(th)
		})
		var stuck *StuckError
		if !errors.As(err, &stuck) || !stuck.Livelock || !strings.Contains(err.Error(),
			"spins (spin-room)") {
			t.Errorf("%d CPUs: two threads that spin for ever ended with %v", cpus, err)
		}
	}
}

func TestLimits(t *testing.T) {
	endless := func(th thread.Thread) {
		for {
			th.Compute(time.Second)
		}
	}
	m, _ := New(Options{CPUs: 1, Costs: Free(), MaxTime: time.Minute})
	if err := m.Run("main", endless); !errors.Is(err, ErrTime) {
		t.Errorf("a run over its time ended with %v", err)
	}
	m, _ = New(Options{CPUs: 1, Costs: Free(), MaxSteps: 1000})
	if err := m.Run("main", endless); !errors.Is(err, ErrSteps) {
		t.Errorf("a run over its steps ended with %v", err)
	}
	if err := m.Run("main", endless); err == nil {
		t.Error("a machine ran twice")
	}
}

func TestBadOptions(t *testing.T) {
	bad := Typical()
	bad.Line = -1
	none := Free()
	none.Slice = 0
	for want, o := range map[string]Options{
		"0 CPUs":      {Costs: Free()},
		"5000 CPUs":   {CPUs: 5000, Costs: Free()},
		"cost Line":   {CPUs: 1, Costs: bad},
		"cost Slice":  {CPUs: 1, Costs: none},
		"limit of ti": {CPUs: 1, Costs: Free(), MaxTime: -1},
	} {
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v does not say %q", o, err, want)
		}
	}
}

func TestThreadsLeftBehind(t *testing.T) {
	m := machine(t, 2, Typical())
	err := m.Run("main", func(th thread.Thread) {
		m.Start(th, "stray", thread.Worker, func(th thread.Thread) { th.Compute(time.Second) })
	})
	if err == nil || !strings.Contains(err.Error(), "stray") {
		t.Errorf("a stray thread ended with %v", err)
	}
}

// A thread that is left behind in a call never comes out of it, whichever it is and whoever unwinds
// it.
func TestThreadsLeftBehindDoNotGoOn(t *testing.T) {
	before := runtime.NumGoroutine()
	m := machine(t, 2, Typical())
	mu := m.NewMutex("m", thread.LockGlobal)
	cv := m.NewCond("c", mu, thread.WaitRoom)
	ev := m.NewEvent("e", false, thread.WaitWork)
	wentOn := 0
	err := m.Run("main", func(th thread.Thread) {
		for _, wait := range []func(thread.Thread){
			func(th thread.Thread) { th.Compute(time.Second) },
			func(th thread.Thread) { ev.Wait(th) },
			func(th thread.Thread) { mu.Lock(th); cv.Wait(th) },
			func(th thread.Thread) { th.SleepUntil(time.Second, thread.Sleeping) },
			func(th thread.Thread) { th.SpinUntil(thread.SpinRoom, 0, true, func() bool { return false }) },
		} {
			m.Start(th, "left", thread.Worker, func(th thread.Thread) {
				wait(th)
				wentOn++
			})
		}
		th.SleepUntil(time.Millisecond, thread.Sleeping)
	})
	var left *LeftError
	if !errors.As(err, &left) || len(left.Threads) != 5 || wentOn != 0 {
		t.Errorf("%d went on; ended with %v", wentOn, err)
	}
	noLeak(t, before)
}

// A thread that ends its goroutine, as a failing test does, ends the run, and the others with it.
func TestGoexitOfAThread(t *testing.T) {
	before := runtime.NumGoroutine()
	m := machine(t, 2, Typical())
	ev := m.NewEvent("e", false, thread.WaitWork)
	err := m.Run("main", func(th thread.Thread) {
		for range 8 {
			m.Start(th, "waits", thread.Worker, func(th thread.Thread) { ev.Wait(th) })
		}
		th.SleepUntil(time.Millisecond, thread.Sleeping)
		m.Start(th, "quits", thread.Worker, func(thread.Thread) { runtime.Goexit() }).Join(th)
	})
	if err == nil || !strings.Contains(err.Error(), "thread quits ended its goroutine") {
		t.Errorf("ended with %v", err)
	}
	noLeak(t, before)
}

// The mistake of a caller is raised on its own thread, although another's coroutine found it.
func TestUnlockOfWhatIsFree(t *testing.T) {
	m := machine(t, 2, Typical())
	mu := m.NewMutex("m", thread.LockGlobal)
	wentOn := false
	defer func() {
		r, ok := recover().(*PanicError)
		if !ok || !wentOn || r.Thread != "bad" || !strings.Contains(r.Error(), "unlock of mutex m") {
			t.Errorf("recovered %v", r)
		}
	}()
	_ = m.Run("main", func(th thread.Thread) {
		j := m.Start(th, "bad", thread.Worker, func(th thread.Thread) {
			func() {
				defer func() { _ = recover() }()
				mu.Unlock(th)
			}()
			mu.Lock(th) // a mistake is over when it was recovered from
			mu.Unlock(th)
			wentOn = true
			th.Compute(10 * time.Microsecond)
			mu.Unlock(th)
		})
		for range 10_000 {
			th.Compute(10)
		}
		j.Join(th)
	})
}

// A thread that is unwound while it does not run wakes nobody: the end of the run is what ended it.
func TestUnwoundThreadsWakeNobody(t *testing.T) {
	m, err := New(Options{CPUs: 3, Costs: Typical(), MaxTime: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	remote, local := m.NewPark("remote", thread.Receiving, true),
		m.NewPark("local", thread.Receiving, false)
	err = m.Run("main", func(th thread.Thread) {
		for _, k := range []*Park{remote, local} {
			m.Start(th, "sleeps", thread.Worker, func(th thread.Thread) { k.Sleep(th) })
			m.Start(th, "wakes", thread.Worker, func(th thread.Thread) {
				defer k.Wake(th)
				th.SleepUntil(time.Second, thread.Sleeping)
			})
		}
		th.SleepUntil(time.Second, thread.Sleeping)
	})
	if !errors.Is(err, ErrTime) {
		t.Errorf("ended with %v", err)
	}
}

// Nor does one that recovers from being unwound tell its joiner that it has ended.
func TestUnwoundThreadsDoNotEnd(t *testing.T) {
	m, err := New(Options{CPUs: 3, Costs: Typical(), MaxTime: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	err = m.Run("main", func(th thread.Thread) {
		j := m.Start(th, "recovers", thread.Worker, func(th thread.Thread) {
			defer func() { _ = recover() }()
			th.SleepUntil(time.Second, thread.Sleeping)
		})
		m.Start(th, "starter", thread.Worker, func(th thread.Thread) {
			th.SleepUntil(200*time.Microsecond, thread.Sleeping)
			m.Start(th, "on main's CPU", thread.Worker, func(th thread.Thread) { th.Compute(time.Second) })
		})
		j.Join(th)
	})
	if !errors.Is(err, ErrTime) || m.procs[1].ended {
		t.Errorf("ended with %v; the thread has ended: %v", err, m.procs[1].ended)
	}
}

func TestPanicIsRaisedInTheCaller(t *testing.T) {
	before := runtime.NumGoroutine()
	m := machine(t, 2, Typical())
	func() {
		defer func() {
			if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "virtual thread bad") {
				t.Errorf("recovered %v", r)
			}
		}()
		_ = m.Run("main", func(th thread.Thread) {
			m.Start(th, "bad", thread.Worker, func(thread.Thread) { panic("no") }).Join(th)
		})
	}()
	noLeak(t, before)
}

// noLeak waits for goroutines that are on their way out; what is left then is a leak.
func noLeak(t *testing.T, before int) {
	t.Helper()
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

// Every way to end leaves no coroutine behind, deferred machine calls of the threads included.
func TestNoCoroutineLeaks(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		m := machine(t, 3, Typical())
		mu := m.NewMutex("m", thread.LockGlobal)
		ev := m.NewEvent("e", false, thread.WaitWork)
		err := m.Run("main", func(th thread.Thread) {
			for range 10 {
				m.Start(th, "w", thread.Worker, func(th thread.Thread) {
					mu.Lock(th)
					defer mu.Unlock(th)
					ev.Wait(th)
				})
			}
			ev.Wait(th)
		})
		var stuck *StuckError
		if !errors.As(err, &stuck) {
			t.Fatalf("ended with %v", err)
		}
	}
	noLeak(t, before)
}

// churn is a program with every primitive in it, and returns what must not differ between runs of
// one seed.
func churn(t testing.TB, cpus int, seed uint64) (string, []thread.Usage) {
	m, err := New(Options{CPUs: cpus, Costs: Typical(), Seed: seed, Account: true, MaxTime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	mu := m.NewMutex("m", thread.LockGlobal)
	cv := m.NewCond("c", mu, thread.WaitRoom)
	spin := m.NewSpinLock("s", thread.LockResults)
	var log strings.Builder
	queue, left := 0, 0
	worker := func(th thread.Thread) {
		r := rand.New(rand.NewPCG(seed, uint64(th.(*proc).id)))
		for range 50 {
			th.Compute(time.Duration(r.IntN(20_000)))
			mu.Lock(th)
			queue++
			fmt.Fprintln(&log, th.Name(), th.Now())
			cv.Signal(th)
			mu.Unlock(th)
			spin.Lock(th)
			th.Compute(50)
			spin.Unlock(th)
			th.SleepUntil(th.Now()+time.Duration(r.IntN(9_000)), thread.Sleeping)
		}
		mu.Lock(th)
		left--
		cv.Signal(th)
		mu.Unlock(th)
	}
	run(t, m, func(th thread.Thread) {
		m.OpenBracket(th)
		left = 6
		var js []thread.Joiner
		for i := range left {
			js = append(js, m.Start(th, fmt.Sprint("w", i), thread.Worker, worker))
		}
		mu.Lock(th)
		for left > 0 || queue > 0 {
			for queue == 0 && left > 0 {
				cv.Wait(th)
			}
			queue = 0
		}
		mu.Unlock(th)
		for _, j := range js {
			j.Join(th)
		}
		m.ShutBracket(th)
	})
	fmt.Fprintln(&log, "end", m.Now(), m.Events())
	return log.String(), m.Usages()
}

func TestSeedReplaysToTheNanosecond(t *testing.T) {
	for _, cpus := range []int{1, 2, 8} {
		a, ua := churn(t, cpus, 7)
		b, ub := churn(t, cpus, 7)
		if a != b || !reflect.DeepEqual(ua, ub) {
			t.Fatalf("%d CPUs: two runs of one seed differ", cpus)
		}
		if c, _ := churn(t, cpus, 8); a == c {
			t.Errorf("%d CPUs: another seed gave the same run", cpus)
		}
	}
}

// The two sums of the design close to the nanosecond on every thread.
func TestTimeCloses(t *testing.T) {
	for _, cpus := range []int{1, 2, 3, 8} {
		_, usages := churn(t, cpus, 3)
		var cpu time.Duration
		for _, u := range usages {
			var sum time.Duration
			for _, d := range u.States {
				sum += d
			}
			if sum != u.Wall {
				t.Errorf("%s: states add up to %v of %v", u.Name, sum, u.Wall)
			}
			if u.CPU+u.RunDelay > u.Wall || u.CPU <= 0 || u.User+u.System != u.CPU {
				t.Errorf("%s: CPU %v and run delay %v of %v", u.Name, u.CPU, u.RunDelay, u.Wall)
			}
			cpu += u.CPU
		}
		if wall := usages[0].Wall; cpu > wall*time.Duration(cpus) {
			t.Errorf("%v of CPU time in %v on %d CPUs", cpu, wall, cpus)
		}
	}
}

// The bracket may open and shut while another thread is anywhere: half-way through a system call or
// a switch.
func TestNoUserTimeIsNegative(t *testing.T) {
	for at := time.Microsecond; at < 200*time.Microsecond; at += 100 {
		userTimes(t, at, false)
		userTimes(t, at, true)
	}
}

func userTimes(t *testing.T, at time.Duration, late bool) {
	t.Helper()
	m := machine(t, 2, Typical())
	run(t, m, func(th thread.Thread) {
		if !late {
			m.OpenBracket(th)
		}
		var all []thread.Joiner
		for range 3 { // they do next to nothing but system calls and switches
			all = append(all, m.Start(th, "sleeper", thread.Worker, func(th thread.Thread) {
				for range 5 {
					th.SleepUntil(th.Now()+time.Microsecond, thread.WaitWork)
				}
			}))
		}
		th.SleepUntil(th.Now()+at, thread.WaitWork)
		if late {
			m.OpenBracket(th)
			th.SleepUntil(th.Now()+time.Microsecond, thread.WaitWork)
		}
		m.ShutBracket(th)
		for _, j := range all {
			j.Join(th)
		}
	})
	for _, u := range m.Usages() {
		if u.User < 0 || u.System < 0 || u.User+u.System != u.CPU {
			t.Fatalf("at %v (late: %v) %s: CPU %v is user %v and system %v", at, late, u.Name, u.CPU, u.User,
				u.System)
		}
	}
}

// An idle CPU is woken at the price of one that polls while it does, and later of one that sleeps.
// For how long it polls goes by how long it was idle before.
func TestIdleCPUsPollBeforeTheySleep(t *testing.T) {
	costs := Free()
	costs.HaltPoll, costs.PollWake, costs.PollLatency = 200*time.Microsecond, 2*time.Microsecond,
		3*time.Microsecond
	costs.FutexWake, costs.IdleWake = 30*time.Microsecond, 40*time.Microsecond
	m := machine(t, 2, costs)
	e := m.NewEvent("e", false, thread.WaitWork)
	var woke time.Duration
	quit := false
	run(t, m, func(th thread.Thread) {
		j := m.Start(th, "sleeper", thread.Worker, func(th thread.Thread) {
			for !quit {
				e.Wait(th)
				e.Reset(th)
				woke = th.Now()
			}
		})
		th.Compute(costs.IdleWake) // when it goes to sleep for the first time
		woke = th.Now()
		for i, x := range []struct {
			idle  time.Duration
			polls bool
		}{
			{8 * time.Microsecond, true},   // it was idle for less than the limit, and polls for 10 µs
			{11 * time.Microsecond, false}, // from now on for 20 µs
			{18 * time.Microsecond, true},  // which was enough, and stays
			{30 * time.Microsecond, false}, // 40 µs
			{38 * time.Microsecond, true},
			{140 * time.Microsecond, false}, // 80 µs: with its wake-up it was idle for 195
			{78 * time.Microsecond, true},
			{150 * time.Microsecond, false}, // 40 µs: 205
			{41 * time.Microsecond, false},  // 80 µs
			{90 * time.Microsecond, false},  // 160 µs
			{158 * time.Microsecond, true},
			{time.Millisecond, false}, // 80 µs
			{time.Millisecond, false}, // 40 µs
			{38 * time.Microsecond, true},
			{time.Millisecond, false}, // 20 µs
			{time.Millisecond, false}, // 10 µs
			{time.Millisecond, false}, // not at all: less than 10 µs
			{time.Microsecond, false}, // 10 µs
			{8 * time.Microsecond, true},
		} {
			th.Compute(woke + x.idle - th.Now())
			before := th.Now()
			e.Set(th)
			call, want := th.Now()-before, [2]time.Duration{costs.FutexWake, costs.IdleWake}
			if x.polls {
				want = [2]time.Duration{costs.PollWake, costs.PollLatency}
			}
			for from := woke; woke == from; {
				th.Compute(time.Microsecond)
			}
			if late := woke - before - call/2; call != want[0] || late != want[1] {
				t.Errorf("%d: idle for %v: the call took %v and half of it later it was awake after %v; "+
					"want %v", i, x.idle, call, late, want)
			}
		}
		quit = true
		e.Set(th)
		j.Join(th)
	})
}

// Whom its own timer wakes has another latency on a CPU that is still polled than whom another CPU
// wakes.
func TestOwnTimerOnAPolledCPU(t *testing.T) {
	costs := Free()
	costs.HaltPoll, costs.PollLatency, costs.TimerLatency = 200*time.Microsecond, 3*time.Microsecond,
		30*time.Microsecond
	costs.IdleWake, costs.SleepSlack = 60*time.Microsecond, 50*time.Microsecond
	m := machine(t, 1, costs)
	var late []time.Duration
	run(t, m, func(th thread.Thread) {
		for range 7 {
			// with slack and wake-up idle for 200: polled for 10 from its start on, then 20 to 160
			at := th.Now() + 90*time.Microsecond
			th.SleepUntil(at, thread.Sleeping)
			late = append(late, th.Now()-at)
		}
	})
	slow, quick := costs.SleepSlack+costs.IdleWake, costs.SleepSlack+costs.TimerLatency
	if want := []time.Duration{slow, slow, slow, slow, quick, quick, quick}; !slices.Equal(late,
		want) {
		t.Errorf("sleeps were too long by %v, want %v", late, want)
	}
}

// A run that nobody waits for any more ends, and its threads are unwound.
func TestCancel(t *testing.T) {
	done := make(chan struct{})
	m, err := New(Options{CPUs: 2, Costs: Typical(), Done: done})
	if err != nil {
		t.Fatal(err)
	}
	unwound := 0
	forever := func(th thread.Thread) {
		defer func() { unwound++ }()
		for {
			th.Compute(time.Microsecond)
			if th.Now() > time.Millisecond && unwound == 0 {
				unwound++
				close(done)
			}
		}
	}
	err = m.Run("main", func(th thread.Thread) {
		defer func() { unwound++ }()
		m.Start(th, "worker", thread.Worker, forever).Join(th)
	})
	if !errors.Is(err, ErrCancelled) || unwound != 3 {
		t.Errorf("%v, %d unwound", err, unwound)
	}
}

func TestWaitRetakesContended(t *testing.T) {
	m := machine(t, 2, Typical())
	mu := m.NewMutex("m", thread.LockGlobal)
	cv := m.NewCond("c", mu, thread.WaitRoom)
	run(t, m, func(th thread.Thread) {
		m.OpenBracket(th)
		ready := false
		j := m.Start(th, "signaller", thread.Worker, func(th thread.Thread) {
			cv.Signal(th) // nobody waits or somebody does, depending on nothing but costs
			th.Compute(time.Millisecond)
			mu.Lock(th)
			ready = true
			mu.Unlock(th)
			cv.Signal(th)
			cv.Signal(th) // nobody waits: no call
		})
		mu.Lock(th)
		for !ready {
			cv.Wait(th)
		}
		mu.Unlock(th)
		j.Join(th)
		m.ShutBracket(th)
	})
	us := m.Usages()
	if us[0].FutexWakes == 0 {
		t.Error("the unlock after a wait made no FUTEX_WAKE call")
	}
	// Two signals that found the waiter, and the end of the thread.
	if us[1].FutexWakes > 3 {
		t.Errorf("the signaller made %d calls: signals without a waiter are free", us[1].FutexWakes)
	}
}

func TestEventWakesOnlySleepers(t *testing.T) {
	m := machine(t, 2, Typical())
	ev := m.NewEvent("e", true, thread.WaitWork)
	run(t, m, func(th thread.Thread) {
		m.OpenBracket(th)
		ev.Wait(th) // set: returns
		ev.Reset(th)
		ev.Set(th)
		ev.Set(th)
		ev.Wait(th)
		m.ShutBracket(th)
	})
	if u := m.Usages()[0]; u.FutexWaits+u.FutexWakes != 0 {
		t.Errorf("%d futex calls on an event that nobody slept on", u.FutexWaits+u.FutexWakes)
	}
}

func TestSleepOversleepsByTheSlack(t *testing.T) {
	m := machine(t, 1, fixed())
	var woke time.Duration
	run(t, m, func(th thread.Thread) {
		m.OpenBracket(th)
		defer m.ShutBracket(th)
		th.SleepUntil(time.Millisecond, thread.Sleeping)
		woke = th.Now()
		th.SleepUntil(0, thread.Sleeping) // past: returns at once
		if th.Now() != woke {
			t.Error("sleeping until the past took time")
		}
	})
	if want := time.Millisecond + 5000 + 1000 + 300 + 10; woke != want {
		t.Errorf("woke at %v, want %v", woke, want)
	}
	if cpu := m.Usages()[0].CPU; cpu != 20+300 {
		t.Errorf("a sleep took %v of CPU time, want the call and a switch", cpu)
	}
}

// The bracket leaves out what was before and after, and threads born inside are measured whole.
func TestBracket(t *testing.T) {
	m := machine(t, 2, Free())
	run(t, m, func(th thread.Thread) {
		th.Compute(7)
		m.OpenBracket(th)
		th.Enter(thread.Scanning)
		th.Compute(100)
		j := m.Start(th, "w", thread.Worker, func(th thread.Thread) { th.Compute(30) })
		j.Join(th)
		m.ShutBracket(th)
		th.Compute(1000)
	})
	us := m.Usages()
	if us[0].Wall != 130 || us[0].CPU != 100 || us[0].States[thread.Scanning] != 100 ||
		us[0].States[thread.Joining] != 30 {
		t.Errorf("main: %+v", us[0])
	}
	if us[1].Wall != 30 || us[1].CPU != 30 {
		t.Errorf("worker: %+v", us[1])
	}
}

func BenchmarkEventsInPlace(b *testing.B) {
	m := machine(b, 2, Free())
	b.ReportAllocs()
	run(b, m, func(th thread.Thread) {
		b.ResetTimer()
		for range b.N {
			th.Compute(1)
		}
	})
}

// Two threads of equal pace: every event is a switch of coroutines, the worst case.
func BenchmarkEventsSwitching(b *testing.B) {
	m, _ := New(Options{CPUs: 2, Costs: Free()})
	b.ReportAllocs()
	run(b, m, func(th thread.Thread) {
		j := m.Start(th, "w", thread.Worker, func(th thread.Thread) {
			for range b.N / 2 {
				th.Compute(10)
			}
		})
		for range b.N / 2 {
			th.Compute(10)
		}
		j.Join(th)
	})
	b.ReportMetric(float64(m.Events())/b.Elapsed().Seconds(), "events/s")
}

// Tallies counts each operation on a word, each reading of the clock and each piece of work inside
// the bracket, to the unit.
func TestTallies(t *testing.T) {
	m := machine(t, 2, fixed())
	mu, ev := m.NewMutex("m", thread.LockGlobal), m.NewEvent("e", true, thread.WaitWork)
	l := m.NewSpinLock("l", thread.LockResults)
	cond := m.NewCond("c", mu, thread.WaitWork)
	run(t, m, func(th thread.Thread) {
		th.Compute(5) // before the bracket: not counted
		m.OpenBracket(th)
		mu.Lock(th)
		mu.Unlock(th)
		l.Lock(th)
		l.Unlock(th)
		ev.Set(th)
		ev.Wait(th)
		ev.Reset(th)
		cond.Signal(th)
		for range 3 {
			th.Compute(10)
		}
		th.Now()
		th.SpinUntil(thread.SpinRoom, 4, false, func() bool { return false })
		m.ShutBracket(th)
	})
	got := m.Tallies()
	if len(got) != 1 {
		t.Fatalf("%d threads", len(got))
	}
	g := got[0]
	if g.Atomics != 8 || g.Locks != 2 || g.Polls != 4 || g.Clocks != 1 || g.Computes != 3 ||
		g.Computed != 30 {
		t.Errorf("%+v", g)
	}
}
