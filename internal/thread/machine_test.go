package thread

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// machines are all machines of real time, plain and under jitter.
func machines(t *testing.T, account bool, f func(t *testing.T, m Machine)) {
	o := Options{Account: account, MaxThreads: 12}
	for _, c := range []struct {
		name string
		make func() Machine
	}{
		{"kernel", func() Machine { return NewKernel(o) }},
		{"goroutines", func() Machine { return NewGoroutines(o) }},
		{"kernel-jitter", func() Machine { return NewJitter(NewKernel(o), 7, 20*time.Microsecond) }},
		{"goroutines-jitter", func() Machine {
			return NewJitter(NewGoroutines(o), 8, 20*time.Microsecond)
		}},
	} {
		t.Run(c.name, func(t *testing.T) { f(t, c.make()) })
	}
}

// run runs f as the first thread of m.
func run(t *testing.T, m Machine, f func(Thread)) {
	t.Helper()
	if err := m.Run("main", f); err != nil {
		t.Fatal(err)
	}
}

// startAll starts n workers and returns what joins them.
func startAll(m Machine, t Thread, n int, f func(i int, t Thread)) func() {
	var list []Joiner
	for i := range n {
		list = append(list, m.Start(t, fmt.Sprint("worker", i), Worker, func(t Thread) { f(i, t) }))
	}
	return func() {
		for _, j := range list {
			j.Join(t)
		}
	}
}

type locker interface {
	Lock(Thread)
	Unlock(Thread)
}

// TestMutualExclusion counts without atomics: a lock that lets two in loses counts, and the race
// detector sees a lock that does not order memory.
func TestMutualExclusion(t *testing.T) {
	machines(t, true, func(t *testing.T, m Machine) {
		for name, l := range map[string]locker{
			"mutex": m.NewMutex("mu", LockGlobal), "spin": m.NewSpinLock("sp", LockResults),
		} {
			_, jittered := m.(*jitter)
			checkExclusion(t, m, name, l, map[bool]int{false: 5000, true: 200}[jittered])
		}
	})
}

func checkExclusion(t *testing.T, m Machine, name string, l locker, n int) {
	const threads = 4
	count, inside := 0, 0
	run(t, m, func(t0 Thread) {
		startAll(m, t0, threads, func(i int, th Thread) {
			for k := range n {
				l.Lock(th)
				inside++
				if inside != 1 {
					t.Errorf("%s: %d threads inside", name, inside)
				}
				if k%64 == 0 {
					runtime.Gosched()
				}
				count++
				inside--
				l.Unlock(th)
			}
		})()
	})
	if count != threads*n {
		t.Errorf("%s: counted %d, want %d", name, count, threads*n)
	}
}

// TestSpinLockIsTakenByItsWaiter holds the lock until another thread is about to wait for it.
func TestSpinLockIsTakenByItsWaiter(t *testing.T) {
	machines(t, true, func(t *testing.T, m Machine) {
		l := m.NewSpinLock("sp", LockResults)
		const waiters = 3
		var waiting atomic.Int64
		inside := 0
		run(t, m, func(t0 Thread) {
			l.Lock(t0)
			join := startAll(m, t0, waiters, func(_ int, th Thread) {
				waiting.Add(1)
				l.Lock(th)
				inside++
				th.SleepUntil(th.Now()+time.Millisecond, Sleeping) // the others look meanwhile
				if inside != 1 {
					t.Errorf("%d threads hold the lock", inside)
				}
				inside--
				l.Unlock(th)
			})
			t0.SpinUntil(SpinWork, 0, true, func() bool { return waiting.Load() == waiters })
			t0.SleepUntil(t0.Now()+time.Millisecond, Sleeping)
			l.Unlock(t0)
			join()
		})
	})
}

// TestCondLosesNoSignal runs producers and consumers over a bounded buffer: a lost wake-up hangs.
func TestCondLosesNoSignal(t *testing.T) {
	machines(t, true, func(t *testing.T, m Machine) {
		const threads, room = 3, 2
		_, jittered := m.(*jitter)
		n := map[bool]int{false: 4000, true: 200}[jittered]
		mu := m.NewMutex("mu", LockGlobal)
		filled, freed := m.NewCond("filled", mu, WaitWork), m.NewCond("freed", mu, WaitRoom)
		level, put, took := 0, 0, 0
		run(t, m, func(t0 Thread) {
			startAll(m, t0, 2*threads, func(i int, th Thread) {
				for range n {
					mu.Lock(th)
					if i%2 == 0 {
						for level == room {
							freed.Wait(th)
						}
						level++
						put++
						filled.Signal(th)
						mu.Unlock(th)
					} else {
						for level == 0 {
							filled.Wait(th)
						}
						level--
						took++
						mu.Unlock(th)
						freed.Signal(th) // without the mutex is allowed too
					}
				}
			})()
		})
		if level != 0 || put != threads*n || took != put {
			t.Errorf("level %d, put %d, took %d; want 0, %d, %[4]d", level, put, took, threads*n)
		}
	})
}

// TestEventLosesNoSet is the one correct use of an event, from both sides, many times.
func TestEventLosesNoSet(t *testing.T) {
	machines(t, true, func(t *testing.T, m Machine) {
		_, jittered := m.(*jitter)
		n := int64(map[bool]int{false: 20000, true: 400}[jittered])
		there, back := m.NewEvent("there", false, WaitWork), m.NewEvent("back", true, WaitRoom)
		var asked, answered atomic.Int64
		var data, echo int64 // ordered by the atomics and events alone
		run(t, m, func(t0 Thread) {
			join := startAll(m, t0, 1, func(_ int, th Thread) {
				for seen := int64(0); seen < n; seen++ {
					await(th, there, func() bool { return asked.Load() > seen })
					echo = data
					answered.Store(seen + 1)
					back.Set(th)
				}
			})
			for i := range n {
				data = i * 3
				asked.Store(i + 1)
				there.Set(t0)
				await(t0, back, func() bool { return answered.Load() > i })
				if echo != i*3 {
					t.Errorf("request %d came back as %d", i, echo)
				}
			}
			join()
		})
	})
}

func await(t Thread, e Event, cond func() bool) {
	for {
		e.Reset(t)
		if cond() {
			return
		}
		e.Wait(t)
	}
}

// TestEventOfManySetters has several threads set one event at random moments.
func TestEventOfManySetters(t *testing.T) {
	machines(t, false, func(t *testing.T, m Machine) {
		const setters, n = 3, 300
		e := m.NewEvent("e", false, WaitWork)
		var sum atomic.Int64
		run(t, m, func(t0 Thread) {
			join := startAll(m, t0, setters, func(i int, th Thread) {
				rng := rand.New(rand.NewPCG(1, uint64(i)))
				for range n {
					sum.Add(1)
					e.Set(th)
					th.Compute(time.Duration(rng.IntN(5000)))
				}
			})
			for want := int64(1); want <= setters*n; want = sum.Load() + 1 {
				await(t0, e, func() bool { return sum.Load() >= want })
			}
			join()
		})
		if sum.Load() != setters*n {
			t.Errorf("%d sets, want %d", sum.Load(), setters*n)
		}
	})
}

func TestEventThatIsSetDoesNotWait(t *testing.T) {
	machines(t, false, func(t *testing.T, m Machine) {
		set, free := m.NewEvent("s", true, WaitWork), m.NewEvent("f", false, WaitWork)
		run(t, m, func(th Thread) {
			set.Wait(th)
			set.Wait(th) // a wait takes nothing
			free.Set(th)
			free.Reset(th)
			free.Set(th)
			free.Set(th)
			free.Wait(th)
		})
	})
}

func TestSpinUntilLooksAsOftenAsSaid(t *testing.T) {
	machines(t, true, func(t *testing.T, m Machine) {
		run(t, m, func(th Thread) {
			for _, c := range []struct {
				limit, trueAt, looks int
				want                 bool
			}{{1, 9, 1, false}, {5, 9, 5, false}, {9, 9, 9, true}, {0, 700, 700, true}, {7, 1, 1, true}} {
				for _, pause := range []bool{false, true} {
					looks := 0
					got := th.SpinUntil(SpinWork, c.limit, pause, func() bool {
						looks++
						return looks == c.trueAt
					})
					if got != c.want || looks != c.looks {
						t.Errorf("limit %d, true at %d: %v after %d looks, want %v after %d",
							c.limit, c.trueAt, got, looks, c.want, c.looks)
					}
				}
			}
		})
	})
}

// TestSpinnersLetOthersRun has more spinners than Ps wait for a thread that starts after them.
func TestSpinnersLetOthersRun(t *testing.T) {
	machines(t, false, func(t *testing.T, m Machine) {
		var flag atomic.Bool
		run(t, m, func(t0 Thread) {
			join := startAll(m, t0, 5, func(i int, th Thread) {
				if i == 4 {
					flag.Store(true)
				}
				th.SpinUntil(SpinRoom, 0, i%2 == 0, flag.Load)
			})
			join()
		})
	})
}

func TestSleepUntilIsNeverShort(t *testing.T) {
	machines(t, true, func(t *testing.T, m Machine) {
		run(t, m, func(th Thread) {
			for _, d := range []time.Duration{-time.Second, 0, time.Microsecond, 3 * time.Millisecond} {
				at := th.Now() + d
				th.SleepUntil(at, Sleeping)
				if now := th.Now(); now < at {
					t.Errorf("woke at %v, asked for %v", now, at)
				}
			}
		})
	})
}

func TestHandlesKnowTheirThread(t *testing.T) {
	machines(t, true, func(t *testing.T, m Machine) {
		run(t, m, func(t0 Thread) {
			if t0.Name() != "main" || t0.Role() != Main {
				t.Errorf("first thread is %q, %v", t0.Name(), t0.Role())
			}
			m.Start(t0, "guest", VCPU, func(th Thread) {
				if th.Name() != "guest" || th.Role() != VCPU {
					t.Errorf("thread is %q, %v", th.Name(), th.Role())
				}
			}).Join(t0)
		})
	})
}

// TestJoinOrdersMemory reads what a thread wrote, without any other synchronisation.
func TestJoinOrdersMemory(t *testing.T) {
	machines(t, false, func(t *testing.T, m Machine) {
		run(t, m, func(t0 Thread) {
			for i := range 20 {
				x := 0
				m.Start(t0, "w", Worker, func(th Thread) { x = i }).Join(t0)
				if x != i {
					t.Errorf("read %d after Join, want %d", x, i)
				}
			}
		})
	})
}

// TestAThreadThatLeavesByGoexitIsJoined: a failing test on a thread must not hang the others.
func TestAThreadThatLeavesByGoexitIsJoined(t *testing.T) {
	machines(t, false, func(t *testing.T, m Machine) {
		run(t, m, func(t0 Thread) {
			m.Start(t0, "w", Worker, func(Thread) { runtime.Goexit() }).Join(t0)
		})
	})
}
