package thread

import (
	"testing"
	"time"
)

// tracedRun is two threads that hand n items over by a mutex, a condition and an event.
func tracedRun(t *testing.T, room, n int) *Kernel {
	t.Helper()
	m := NewKernel(Options{Account: true, MaxThreads: 2, Trace: room})
	mu := m.NewMutex("box", LockGlobal)
	full := m.NewCond("full", mu, WaitWork)
	taken := m.NewEvent("taken", false, WaitRoom)
	_ = m.Run("main", func(t0 Thread) {
		m.OpenBracket(t0)
		items, got := 0, 0
		j := m.Start(t0, "taker", Worker, func(t Thread) {
			for range n {
				mu.Lock(t)
				for items == got {
					full.Wait(t)
				}
				got++
				mu.Unlock(t)
				was := t.Enter(Codec)
				t.Compute(20 * time.Microsecond)
				t.Enter(was)
				taken.Set(t)
			}
		})
		for range n {
			mu.Lock(t0)
			items++
			full.Signal(t0)
			mu.Unlock(t0)
			taken.Wait(t0)
			taken.Reset(t0)
		}
		j.Join(t0)
		m.ShutBracket(t0)
	})
	return m
}

// The trace is the account, event by event: what it adds up to is what the account says.
func TestTraceAddsUpToTheAccount(t *testing.T) {
	m := tracedRun(t, 1<<14, 200)
	tr := m.Trace()
	if tr == nil || len(tr.Threads) != 2 {
		t.Fatalf("the trace is %+v", tr)
	}
	for _, th := range tr.Threads {
		checkOrder(t, &th)
	}
	taker, u := tr.Threads[1], usageOf(t, m, "taker")
	if taker.Name != "taker" || taker.Role != Worker || taker.TID != u.TID || taker.Dropped != 0 {
		t.Errorf("the second thread is %s, %v, tid %d, %d dropped", taker.Name, taker.Role, taker.TID,
			taker.Dropped)
	}
	slack := time.Duration(len(taker.Events) + 10) // a nanosecond each for rounding
	for s, d := range addUp(&taker) {
		if off := d - u.States[s]; off > slack || off < -slack {
			t.Errorf("%v: %v by the trace, %v by the account", State(s), d, u.States[s])
		}
	}
	if u.States[Codec] == 0 {
		t.Error("the thread computed in no time")
	}
}

// checkOrder: events lie in order inside the thread's life, and a thread that sleeps wakes up
// first.
func checkOrder(t *testing.T, th *ThreadTrace) {
	t.Helper()
	last, asleep := th.Born, false
	for i, e := range th.Events {
		if e.At < last || e.At > th.Ended {
			t.Errorf("%s: event %d at %v, after %v, in a life to %v", th.Name, i, e.At, last, th.Ended)
		}
		last = e.At
		if e.Kind == Woken != asleep {
			t.Errorf("%s: event %d is of kind %d; asleep: %v", th.Name, i, e.Kind, asleep)
		}
		asleep = e.Kind == Slept
	}
}

func addUp(th *ThreadTrace) (states [NumStates]time.Duration) {
	state, since := Remainder, th.Born
	for _, e := range th.Events {
		if e.Kind == Entered {
			states[state] += e.At - since
			state, since = e.State, e.At
		}
	}
	states[state] += th.Ended - since
	return states
}

// futexCalls counts the calls of a trace, by name and by kind.
func futexCalls(tr *Trace) (calls map[string]int64, sleeps, wakes int64) {
	calls = map[string]int64{}
	for _, th := range tr.Threads {
		for _, e := range th.Events {
			switch e.Kind {
			case Slept:
				sleeps++
				calls["sleeps on "+tr.Words[e.Word]]++
			case Wakes:
				wakes++
				calls["wakes "+tr.Words[e.Word]]++
			}
		}
	}
	return calls, sleeps, wakes
}

// Calls on futexes are in the trace by name, and every call that the machine counts is there.
func TestTraceNamesFutexes(t *testing.T) {
	m := tracedRun(t, 1<<14, 200)
	calls, sleeps, wakes := futexCalls(m.Trace())
	// Whether the taker sleeps before it is signalled is the host's doing: it does in some run.
	for range 50 {
		if calls["wakes cond full"] > 0 {
			break
		}
		m = tracedRun(t, 1<<14, 200)
		calls, sleeps, wakes = futexCalls(m.Trace())
	}
	for _, want := range []string{"wakes cond full", "wakes event taken", "wakes join taker"} {
		if calls[want] == 0 {
			t.Errorf("nothing %s in the trace: %v", want, calls)
		}
	}
	u, v := usageOf(t, m, "main"), usageOf(t, m, "taker")
	// A wait that a signal interrupts counts as two calls; ends of threads wake and do not count.
	if counted := u.FutexWaits + v.FutexWaits; sleeps > counted {
		t.Errorf("%d sleeps in the trace, %d counted", sleeps, counted)
	}
	if counted := u.FutexWakes + v.FutexWakes + 2; wakes != counted {
		t.Errorf("%d wakes in the trace, %d counted with two ends of threads", wakes, counted)
	}
}

// A full recorder keeps the earliest events, counts the others and leaves the account alone.
func TestTraceIsBounded(t *testing.T) {
	m := tracedRun(t, 5, 50)
	for _, th := range m.Trace().Threads {
		if len(th.Events) != 5 || th.Dropped == 0 {
			t.Errorf("%s: %d events, %d dropped", th.Name, len(th.Events), th.Dropped)
		}
		checkOrder(t, &th)
	}
	u := usageOf(t, m, "taker")
	if sum := sumOf(u); sum != u.Wall || u.States[Codec] == 0 {
		t.Errorf("the account says %v of %v", sum, u.Wall)
	}
}

func TestTraceAllocatesNothing(t *testing.T) {
	m := NewKernel(Options{Account: true, MaxThreads: 1, Trace: 1000})
	_ = m.Run("main", func(th Thread) {
		e := m.NewEvent("e", true, WaitWork)
		if n := testing.AllocsPerRun(2000, func() { // more than there is room for
			th.Enter(Codec)
			e.Set(th)
		}); n != 0 {
			t.Errorf("%v allocations a state change", n)
		}
	})
}

// Recorders are made with the machine, and each thread has its own: also one more than was said.
func TestTraceIsMadeBeforehand(t *testing.T) {
	m := NewKernel(Options{MaxThreads: 2, Account: true, Trace: 50})
	if len(m.spare) != 2 {
		t.Errorf("%d recorders are ready for 2 threads", len(m.spare))
	}
	_ = m.Run("main", func(th Thread) {
		m.OpenBracket(th)
		for range 2 {
			m.Start(th, "w", Worker, func(th Thread) { th.Enter(Codec) }).Join(th)
		}
		m.ShutBracket(th)
	})
	for i, th := range m.Trace().Threads[1:] {
		if len(th.Events) == 0 || th.Events[0].State != Codec || len(m.spare) != 0 {
			t.Errorf("worker %d: %v, %d recorders left", i, th.Events, len(m.spare))
		}
	}
}

func TestNoTraceUnlessAskedFor(t *testing.T) {
	for _, o := range []Options{{MaxThreads: 1, Account: true}, {MaxThreads: 1, Trace: 100}} {
		m := NewKernel(o)
		_ = m.Run("main", func(th Thread) {
			m.OpenBracket(th)
			th.Enter(Codec)
			m.ShutBracket(th)
		})
		if tr := m.Trace(); tr != nil {
			t.Errorf("with %+v there is a trace of %d threads", o, len(tr.Threads))
		}
	}
}
