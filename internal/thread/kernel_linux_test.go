package thread

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func newTestKernel() *Kernel { return NewKernel(Options{Account: true, MaxThreads: 8}) }

// sleepsIn returns when k sleeps in the kernel function of that name, as far as the kernel shows
// it. It polls, since there is nothing that a sleeper could signal.
func sleepsIn(t *testing.T, k *kthread, call string) {
	t.Helper()
	path := filepath.Join("/proc/self/task", strconv.Itoa(k.tid), "wchan")
	for range 5000 {
		if b, err := os.ReadFile(path); err == nil && strings.Contains(string(b), call) {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Skipf("%s does not show where a thread sleeps", path)
}

func TestUncontendedNeedsNoSystemCall(t *testing.T) {
	m := newTestKernel()
	mu := m.NewMutex("mu", LockGlobal)
	c := m.NewCond("c", mu, WaitWork)
	e := m.NewEvent("e", false, WaitWork)
	run(t, m, func(th Thread) {
		k := th.(*kthread)
		mu.Lock(th)
		c.Signal(th)
		mu.Unlock(th)
		c.Signal(th)
		e.Set(th)
		e.Wait(th)
		e.Reset(th)
		e.Set(th)
		if k.waits != 0 || k.wakes != 0 || k.locks != 1 {
			t.Errorf("waits %d, wakes %d, locks %d; want 0, 0, 1", k.waits, k.wakes, k.locks)
		}
	})
}

// TestMutexWakesOneWaiterOnce holds the mutex until another thread sleeps on it.
func TestMutexWakesOneWaiterOnce(t *testing.T) {
	m := newTestKernel()
	mu := m.NewMutex("mu", LockGlobal)
	word := &mu.(*kmutex).word
	run(t, m, func(t0 Thread) {
		mu.Lock(t0)
		j := m.Start(t0, "w", Worker, func(th Thread) {
			mu.Lock(th)
			if word.Load() != contended {
				t.Error("a waiter took the mutex as uncontended: who sleeps behind it is lost")
			}
			mu.Unlock(th)
			if k := th.(*kthread); k.waits != 1 || k.wakes != 1 || k.locks != 1 {
				t.Errorf("waiter: waits %d, wakes %d, locks %d; want 1 each",
					k.waits, k.wakes, k.locks)
			}
		})
		t0.SpinUntil(SpinWork, 0, true, func() bool { return word.Load() == contended })
		sleepsIn(t, j.(*kthread), "futex")
		mu.Unlock(t0)
		if k := t0.(*kthread); k.wakes != 1 {
			t.Errorf("the holder made %d wake calls, want 1", k.wakes)
		}
		j.Join(t0)
	})
}

// TestCondRetakesTheMutexAsContended: the unlock after a wait is a system call, as with glibc, and
// the one after that is not.
func TestCondRetakesTheMutexAsContended(t *testing.T) {
	m := newTestKernel()
	mu := m.NewMutex("mu", LockGlobal)
	c := m.NewCond("c", mu, WaitWork)
	ready := false
	run(t, m, func(t0 Thread) {
		j := m.Start(t0, "w", Worker, func(th Thread) {
			k := th.(*kthread)
			mu.Lock(th)
			for !ready {
				c.Wait(th)
			}
			mu.Unlock(th)
			if k.waits != 1 || k.wakes != 1 {
				t.Errorf("after a wait: waits %d, wakes %d; want 1, 1", k.waits, k.wakes)
			}
			mu.Lock(th)
			mu.Unlock(th)
			if k.wakes != 1 || k.locks != 3 {
				t.Errorf("a lock later: wakes %d, locks %d; want 1, 3", k.wakes, k.locks)
			}
		})
		waiters := &c.(*kcond).waiters
		t0.SpinUntil(SpinWork, 0, true, func() bool { return waiters.Load() == 1 })
		sleepsIn(t, j.(*kthread), "futex")
		mu.Lock(t0)
		ready = true
		mu.Unlock(t0)
		k := t0.(*kthread)
		before := k.wakes
		c.Signal(t0)
		c.Signal(t0) // nobody is left to wake
		if k.wakes != before+1 {
			t.Errorf("two signals to one waiter made %d wake calls, want 1", k.wakes-before)
		}
		j.Join(t0)
	})
}

// TestEventTransitions walks the word through every legal transition.
func TestEventTransitions(t *testing.T) {
	m := newTestKernel()
	e := m.NewEvent("e", false, WaitWork).(*kevent)
	run(t, m, func(t0 Thread) {
		is := func(step string, want uint32, wakes int64) {
			t.Helper()
			got, woken := e.word.Load(), t0.(*kthread).wakes
			if got != want || woken != wakes {
				t.Errorf("%s: word %#x, %d wakes; want %#x, %d", step, got, woken, want, wakes)
			}
		}
		is("made", eventFree, 0)
		e.Reset(t0)
		is("reset of free", eventFree, 0)
		e.Set(t0)
		is("set of free", eventSet, 0)
		e.Set(t0)
		is("set of set", eventSet, 0)
		e.Reset(t0)
		is("reset of set", eventFree, 0)
		j := m.Start(t0, "w", Worker, func(th Thread) { e.Wait(th) })
		t0.SpinUntil(SpinWork, 0, true, func() bool { return e.word.Load() == eventBusy })
		sleepsIn(t, j.(*kthread), "futex")
		e.Reset(t0)
		is("reset of busy", eventBusy, 0)
		e.Set(t0)
		is("set of busy", eventSet, 1)
		e.Set(t0)
		is("set again", eventSet, 1)
		j.Join(t0)
	})
	if got := m.NewEvent("s", true, WaitWork).(*kevent).word.Load(); got != eventSet {
		t.Errorf("made set: word %#x", got)
	}
}

func TestNamesAreVisible(t *testing.T) {
	m := newTestKernel()
	run(t, m, func(t0 Thread) {
		j := m.Start(t0, "a-name-of-more-than-15", Worker, func(th Thread) {
			comm, err := os.ReadFile("/proc/self/task/" + strconv.Itoa(unix.Gettid()) + "/comm")
			if err != nil {
				t.Skip(err)
			}
			if got := strings.TrimSpace(string(comm)); got != "a-name-of-more-" {
				t.Errorf("comm is %q", got)
			}
		})
		j.Join(t0)
	})
	comm, err := os.ReadFile("/proc/self/task/" + strconv.Itoa(unix.Gettid()) + "/comm")
	if err == nil && strings.TrimSpace(string(comm)) == "main" {
		t.Error("the OS thread kept the name after Run")
	}
}

func TestThreadsHaveAnOSThreadEach(t *testing.T) {
	m := newTestKernel()
	seen := map[int]bool{}
	var live [5]atomic.Int64
	run(t, m, func(t0 Thread) {
		var all atomic.Int64
		join := startAll(m, t0, len(live), func(i int, th Thread) {
			live[i].Store(int64(unix.Gettid()))
			all.Add(1)
			th.SpinUntil(SpinWork, 0, true, func() bool { return all.Load() == int64(len(live)) })
			runtime.Gosched()
			if got := int64(unix.Gettid()); got != live[i].Load() {
				t.Errorf("thread %d moved from %d to %d", i, live[i].Load(), got)
			}
		})
		join()
		seen[unix.Gettid()] = true
	})
	for i := range live {
		seen[int(live[i].Load())] = true
	}
	if len(seen) != len(live)+1 {
		t.Errorf("%d OS threads, want %d", len(seen), len(live)+1)
	}
}

// TestJoinIsAccounted has a thread end only when the first one sleeps in Join.
func TestJoinIsAccounted(t *testing.T) {
	m := newTestKernel()
	run(t, m, func(t0 Thread) {
		m.OpenBracket(t0)
		m.Start(t0, "w", Worker, func(Thread) { sleepsIn(t, t0.(*kthread), "futex") }).Join(t0)
		m.ShutBracket(t0)
	})
	if u := usageOf(t, m, "main"); u.States[Joining] == 0 || u.FutexWaits != 1 || u.Voluntary == 0 {
		t.Errorf("joining %v, %d waits, %d switches; want > 0, 1, > 0",
			u.States[Joining], u.FutexWaits, u.Voluntary)
	}
}

// TestKernelFigures has each kind of life do something that the kernel counts.
func TestKernelFigures(t *testing.T) {
	m := newTestKernel()
	stop := m.NewEvent("stop", false, WaitWork)
	var done atomic.Bool
	work := func(th Thread) {
		th.Compute(3 * time.Millisecond)
		for range 5 {
			th.SleepUntil(th.Now()+100*time.Microsecond, Sleeping)
		}
	}
	run(t, m, func(t0 Thread) {
		through := m.Start(t0, "through", VCPU, func(th Thread) {
			work(th)
			await(th, stop, done.Load)
		})
		t0.Compute(5 * time.Millisecond) // before the bracket: not its
		m.OpenBracket(t0)
		m.Start(t0, "inside", Worker, work).Join(t0)
		m.ShutBracket(t0)
		done.Store(true)
		stop.Set(t0)
		through.Join(t0)
	})
	in, main := usageOf(t, m, "inside"), usageOf(t, m, "main")
	if !in.KernelKnown || !main.KernelKnown {
		t.Fatal("the CPU clock of a thread could not be read")
	}
	if in.CPU <= 0 || in.CPU > in.Wall+time.Millisecond || in.Voluntary < 5 || in.TID == 0 {
		t.Errorf("inside: CPU %v of %v, %d switches, tid %d", in.CPU, in.Wall, in.Voluntary, in.TID)
	}
	if main.CPU >= in.CPU {
		t.Errorf("main only joined and has CPU %v, the worker %v", main.CPU, in.CPU)
	}
	wall := m.bracket.now[1] - m.bracket.now[0]
	if rt := usageOf(t, m, "go-runtime"); rt.Role != Other || rt.Wall != wall {
		t.Errorf("go-runtime: %+v", rt)
	}
}

// TestAThreadDoesNotInheritCPUTime: the OS thread that it gets may have run goroutines before.
func TestAThreadDoesNotInheritCPUTime(t *testing.T) {
	m := newTestKernel()
	var burnt sync.WaitGroup
	for range 6 {
		burnt.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			m.work.compute(15 * time.Millisecond)
		})
	}
	burnt.Wait()
	run(t, m, func(t0 Thread) {
		m.OpenBracket(t0)
		startAll(m, t0, 4, func(int, Thread) {})()
		m.ShutBracket(t0)
	})
	for _, u := range m.Usages() {
		if u.Role == Worker && u.CPU > u.Wall+5*time.Millisecond {
			t.Errorf("%s: CPU %v in a life of %v", u.Name, u.CPU, u.Wall)
		}
	}
}

// TestABracketHasAllThatWereStarted: however short it is, and however late they come to run.
func TestABracketHasAllThatWereStarted(t *testing.T) {
	for range 50 {
		m := newTestKernel()
		run(t, m, func(t0 Thread) {
			over := m.NewEvent("over", false, WaitWork)
			join := startAll(m, t0, 6, func(_ int, t Thread) { over.Wait(t) })
			m.OpenBracket(t0)
			m.ShutBracket(t0)
			over.Set(t0)
			join()
		})
		if n := len(m.Usages()); n != 1+6+1 {
			t.Fatalf("%d usages; there should be those of the first thread, of six others and of Go's", n)
		}
	}
}

// TestReadingsAgree compares the two ways of reading a thread: by itself and by its tid.
func TestReadingsAgree(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	calibration{calibrate(quickTries)}.compute(20 * time.Millisecond)
	tid := unix.Gettid()
	a := ownFigures(tid)
	b := figures{}.withDetails(tid, false).withClocks(tid, false)
	c := ownFigures(tid)
	if a.cpu > b.cpu || b.cpu > c.cpu || a.cpu == 0 {
		t.Errorf("CPU %v, %v, %v is not in order", a.cpu, b.cpu, c.cpu)
	}
	if a.voluntary > b.voluntary || b.voluntary > c.voluntary {
		t.Errorf("switches %d, %d, %d are not in order", a.voluntary, b.voluntary, c.voluntary)
	}
	if a.runDelay > b.runDelay || b.runDelay > c.runDelay {
		t.Errorf("run delay %v, %v, %v is not in order", a.runDelay, b.runDelay, c.runDelay)
	}
}

func TestAThreadThatIsNotThereIsUnknown(t *testing.T) {
	const nobody = 1 << 22 // above the kernel's largest tid
	f := figures{}.withDetails(nobody, false).withClocks(nobody, false)
	if f != (figures{}) {
		t.Errorf("figures of nobody: %+v", f)
	}
	u := Usage{}
	if f.minus(f).into(&u); u.KernelKnown {
		t.Error("unknown figures became known")
	}
}

func TestPinnedThreadsHaveOneCPU(t *testing.T) {
	before, err := Affinity(0)
	check(t, err)
	last := before[len(before)-1]
	m := NewKernel(Options{MaxThreads: 4, Pin: Pins{Main: {before[0]},
		Worker: {last, before[0], last}}})
	run(t, m, func(t0 Thread) {
		startAll(m, t0, 3, func(i int, th Thread) {
			now, err := Affinity(0)
			check(t, err)
			k := th.(*kthread)
			if want := m.options.Pin[Worker][k.nth : k.nth+1]; !slices.Equal(now, want) {
				t.Errorf("worker %d may run on %v, want %v", i, now, want)
			}
		})()
	})
	after, err := Affinity(0)
	check(t, err)
	if !slices.Equal(before, after) {
		t.Errorf("CPUs %v before Run, %v after", before, after)
	}
}

// TestAThreadThatCannotBePinnedFailsTheRun: a CPU that there is not, and one too few.
func TestAThreadThatCannotBePinnedFailsTheRun(t *testing.T) {
	allowed, err := Affinity(0)
	check(t, err)
	for want, pins := range map[string]Pins{
		"thread main cannot be pinned to CPU 60000: sched_setaffinity: invalid argument": {
			Main: {60000}, Worker: {allowed[0]}},
		"no CPU was given for thread second, which is number 2 of role worker": {
			Main: allowed[:1], Worker: allowed[:1]},
	} {
		m := NewKernel(Options{MaxThreads: 3, Pin: pins})
		err := m.Run("main", func(t0 Thread) {
			for _, name := range []string{"first", "second"} {
				m.Start(t0, name, Worker, func(Thread) {}).Join(t0)
			}
		})
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestMasksOfManyCPUs(t *testing.T) {
	cpus := []int{0, 63, 64, 1023, 1024, 8191}
	if mask := maskOf(cpus); len(mask) != 128 || !slices.Equal(members(mask), cpus) {
		t.Errorf("%v in %d words", members(mask), len(mask))
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestGOMAXPROCSIsOnlyRaised(t *testing.T) {
	NewKernel(Options{MaxThreads: 9})
	high := runtime.GOMAXPROCS(0)
	if high < 9+spareProcs {
		t.Errorf("GOMAXPROCS is %d for 9 threads", high)
	}
	NewKernel(Options{MaxThreads: 1})
	if now := runtime.GOMAXPROCS(0); now != high {
		t.Errorf("GOMAXPROCS fell from %d to %d", high, now)
	}
}

func TestWordsAreWhereTheKernelSeesThem(t *testing.T) {
	m := newTestKernel()
	mu := m.NewMutex("done-lock", LockGlobal)
	m.NewCond("done-cond", mu, WaitRoom)
	e := m.NewEvent("work", false, WaitWork)
	want := []Word{
		{Name: "done-lock", Kind: "mutex"}, {Name: "done-cond", Kind: "cond"},
		{Name: "work", Kind: "event"},
	}
	words := m.Words()
	for i, w := range want {
		if words[i].Name != w.Name || words[i].Kind != w.Kind || words[i].Addr%4 != 0 {
			t.Errorf("word %d is %+v, want %+v", i, words[i], w)
		}
	}
	runtime.GC()
	if words[2].Addr != uintptr(unsafe.Pointer(&e.(*kevent).word)) {
		t.Error("the event's word is elsewhere")
	}
}

func TestPrimitivesFillTheirLine(t *testing.T) {
	if Exploring {
		t.Skip("an exploring build measures nothing: its words carry a hook")
	}
	for name, size := range map[string]uintptr{
		"mutex": unsafe.Sizeof(kmutex{}), "cond": unsafe.Sizeof(kcond{}),
		"event": unsafe.Sizeof(kevent{}), "spin": unsafe.Sizeof(kspin{}),
	} {
		if size != lineBytes {
			t.Errorf("%s has %d bytes, want %d", name, size, lineBytes)
		}
	}
}

// TestHotCallsDoNotAllocate covers every call of the page path, waits included.
func TestHotCallsDoNotAllocate(t *testing.T) {
	m := newTestKernel()
	mu, sp := m.NewMutex("mu", LockGlobal), m.NewSpinLock("sp", LockResults)
	there, back := m.NewEvent("there", false, WaitWork), m.NewEvent("back", false, WaitRoom)
	var asked, answered, quit atomic.Int64
	run(t, m, func(t0 Thread) {
		j := m.Start(t0, "echo", Worker, func(th Thread) {
			more := func() bool { return asked.Load() > answered.Load() || quit.Load() != 0 }
			for await(th, there, more); quit.Load() == 0; await(th, there, more) {
				answered.Add(1)
				back.Set(th)
			}
		})
		never := func() bool { return false }
		echoed := func() bool { return answered.Load() == asked.Load() }
		n := testing.AllocsPerRun(200, func() {
			prev := t0.Enter(Codec)
			mu.Lock(t0)
			mu.Unlock(t0)
			sp.Lock(t0)
			sp.Unlock(t0)
			t0.SpinUntil(SpinRoom, 10, true, never)
			asked.Add(1)
			there.Set(t0)
			await(t0, back, echoed)
			t0.SleepUntil(t0.Now()+time.Microsecond, Sleeping)
			t0.Compute(time.Microsecond)
			t0.Enter(prev)
		})
		if n != 0 {
			t.Errorf("%v allocations a turn", n)
		}
		quit.Store(1)
		there.Set(t0)
		j.Join(t0)
	})
}

// TestAPanicEndsTheProcess runs itself as a child whose thread panics while the first one joins it.
func TestAPanicEndsTheProcess(t *testing.T) {
	if os.Getenv("THREAD_TEST_PANIC") != "" {
		m := newTestKernel()
		_ = m.Run("main", func(t0 Thread) {
			m.Start(t0, "w", Worker, func(Thread) { panic("a planted panic") }).Join(t0)
		})
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestAPanicEndsTheProcess$")
	cmd.Env = append(os.Environ(), "THREAD_TEST_PANIC=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "a planted panic") {
		t.Errorf("child ended with %v and said: %s", err, out)
	}
}

// TestTimerSlack: threads of ours sleep with the least slack, and the thread that the machine
// borrows gets its own back.
func TestTimerSlack(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer restoreThread()()
	setTimerSlack(70_000)
	m := NewKernel(Options{MaxThreads: 2})
	var first, second int
	_ = m.Run("first", func(th Thread) {
		first = timerSlack()
		m.Start(th, "second", Worker, func(Thread) { second = timerSlack() }).Join(th)
	})
	if first != slackNS || second != slackNS || TimerSlack() != slackNS {
		t.Errorf("slack of %d and %d ns, TimerSlack %v; want %d", first, second, TimerSlack(), slackNS)
	}
	if back := timerSlack(); back != 70_000 {
		t.Errorf("a slack of %d ns after the run; want 70000", back)
	}
}
