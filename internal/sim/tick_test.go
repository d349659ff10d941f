package sim

import (
	"testing"
	"time"

	"mtbench/internal/thread"
)

// Two threads that never sleep take turns from the first tick after a slice to the next such one.
func TestTurnsEndAtTicks(t *testing.T) {
	for tick, turn := range map[time.Duration]time.Duration{4 * time.Millisecond: 4 * time.Millisecond,
		time.Millisecond: 2 * time.Millisecond} {
		m, err := New(Options{CPUs: 1, Costs: Costs{Slice: 1400 * time.Microsecond, Tick: tick}})
		if err != nil {
			t.Fatal(err)
		}
		var got []time.Duration
		last := time.Duration(0)
		m.opt.Trace = func(e TraceEvent) {
			if e.Kind == TracePreempt {
				got = append(got, time.Duration(e.At)-last)
				last = time.Duration(e.At)
			}
		}
		err = m.Run("main", func(th thread.Thread) {
			th.Compute(300 * time.Microsecond) // the two never had equally much
			j := m.Start(th, "other", thread.Worker, func(th thread.Thread) { th.Compute(20 * time.Millisecond) })
			th.Compute(20 * time.Millisecond)
			j.Join(th)
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) < 4 {
			t.Fatalf("tick %v: %d turns", tick, len(got))
		}
		for _, d := range got[1:4] {
			if d != turn {
				t.Errorf("tick %v: a turn of %v, want %v", tick, d, turn)
			}
		}
	}
}

// Where there are ticks, a slice that is over may end before the next one: when another thread wakes up there, even if
// that preempts nobody.
func TestASliceThatIsOverEndsAtAWakeUp(t *testing.T) {
	for _, over := range []bool{false, true} {
		m := crowded(t, Costs{Slice: time.Millisecond, Tick: 4 * time.Millisecond}, 1)
		m.now += 1e6 // between two ticks
		c := &m.cpus[0]
		c.queue[0].vr = 40e6 // had so much that the one that runs had less than the mean
		c.cur.deadline = c.cur.runtime(m.now)
		if !over {
			c.cur.deadline++
		}
		had := c.cur.deadline
		woken := m.newProc("woken", thread.Worker, nil)
		m.enqueue(woken, 0, 0)
		if at := m.queue.at(0); (at == m.now) != over {
			t.Errorf("over: %v: looked at in %d ns", over, at-m.now)
		}
		if !over {
			continue
		}
		m.reschedule(0)
		if c.cur.deadline == had || c.cur.where != running {
			t.Error("the slice was not begun anew by the thread that stays")
		}
	}
}

// One that owed and has paid comes back at the mean of when the thread that runs was last looked at, so it preempts that
// one: on what it has had since, the other one gains.
func TestWhoHasPaidComesBackAtAnEarlierMean(t *testing.T) {
	m := crowded(t, Costs{Slice: 4 * time.Millisecond, Tick: 4 * time.Millisecond}, 0)
	m.now += 2e6
	c := &m.cpus[0]
	c.cur.vr, c.cur.onSince, c.updated = 20e6, m.now-1e6, m.now-1e6
	p := m.newProc("woken", thread.Worker, nil)
	p.vr, p.owes = 20e6-1000, true
	c.owing = append(c.owing, p)
	m.join(p, c)
	if p.vr != 20e6 || p.owes {
		t.Errorf("it comes back at %d, want that of the other one then; it owes: %v", p.vr, p.owes)
	}
	c.queue = append(c.queue, p)
	if !m.preempts(p, c, 1) {
		t.Error("it does not preempt")
	}
}

// The thread that has a CPU is looked at when its turn begins, when others come and go, and at ticks: also at those at
// which nobody waited, which are no events.
func TestWhenWhoRunsIsLookedAt(t *testing.T) {
	const ms = int64(time.Millisecond)
	fresh := func(waiting int) (*Machine, *cpu) {
		m := crowded(t, Costs{Slice: time.Millisecond, Tick: 4 * time.Millisecond}, waiting)
		return m, &m.cpus[0]
	}
	for what, look := range map[string]func(*Machine, *cpu){
		"another wakes up": func(m *Machine, c *cpu) { m.enqueue(m.newProc("other", thread.Worker, nil), 0, 0) },
		"another is taken": func(m *Machine, c *cpu) { m.take(c, 0) },
		"a tick":           func(m *Machine, c *cpu) { m.reschedule(0) },
		"its turn begins":  func(m *Machine, c *cpu) { m.begin(c.cur) },
	} {
		m, c := fresh(1)
		if look(m, c); c.updated != m.now {
			t.Errorf("%s: it was not looked at", what)
		}
	}
	m, c := fresh(0)
	tick := m.now
	m.now += 2 * ms
	c.cur.deadline = c.cur.runtime(tick)
	if m.ticked(c); c.updated != tick || c.cur.deadline != c.cur.runtime(tick)+ms {
		t.Errorf("at the tick that was: looked at %d, deadline %d", c.updated-tick, c.cur.deadline-c.cur.runtime(tick))
	}
	had := c.cur.deadline
	c.updated = tick + ms
	if m.ticked(c); c.updated != tick+ms || c.cur.deadline != had {
		t.Error("a tick before the last look was looked at")
	}
}

// A thread that has run alone for long has not had all of that since it was last looked at, and its slice is not over for
// ever: ticks came.
func TestWhoRanAloneHadTicks(t *testing.T) {
	const ms = int64(time.Millisecond)
	owing := func(vr int64) (*Machine, *proc) {
		m := crowded(t, Costs{Slice: 3 * time.Millisecond, Tick: 4 * time.Millisecond}, 0)
		m.now += ms // a tick is that long ago; the other one has run for ten times as long before that
		p := m.newProc("woken", thread.Worker, nil)
		p.vr, p.owes = vr, true
		m.cpus[0].owing = append(m.cpus[0].owing, p)
		return m, p
	}
	m, p := owing(0)
	if m.enqueue(p, 0, 0); p.vr != m.cpus[0].cur.runtime(m.now)-ms {
		t.Errorf("who has paid comes back %d ns behind the other one, want what that has had since the tick", m.cpus[0].cur.runtime(m.now)-p.vr)
	}
	m, p = owing(1e12)
	if m.interrupts(p, 0) {
		t.Error("one that still owes ends the slice of one that has had less than a slice since a tick")
	}
}

// A thread that was to preempt, and was pulled away before the interrupt came, leaves nothing urgent behind.
func TestWhoIsPulledAwayIsNotUrgent(t *testing.T) {
	m := crowded(t, Costs{Slice: 20 * time.Millisecond, Tick: 4 * time.Millisecond, Kick: 50 * time.Microsecond}, 0)
	c := &m.cpus[0]
	p := m.newProc("woken", thread.Worker, nil)
	if m.enqueue(p, 0, 1); !c.urgent {
		t.Fatal("it does not preempt")
	}
	m.take(c, 0)
	if m.reschedule(0); c.urgent {
		t.Error("it is urgent still")
	}
}
