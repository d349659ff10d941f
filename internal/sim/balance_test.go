package sim

import (
	"math"
	"strings"
	"testing"
	"time"

	"mtbench/internal/thread"
)

// crowded is a machine of two CPUs at a tick. The second is idle; the first runs a thread whose slice is over, and for it
// wait so many that have not run for a while.
func crowded(t *testing.T, c Costs, waiting int) *Machine {
	t.Helper()
	m := one(t, 2, c)
	m.now = int64(time.Second)
	m.idle = 1
	add := func(where place, vr int64) *proc {
		p := m.newProc("thread", thread.Worker, nil)
		p.where, p.vr, p.deadline, p.ranAt, p.onSince = where, vr, vr+int64(c.Slice), m.now-10e6, m.now
		return p
	}
	m.cpus[0].cur = add(running, 20e6)
	m.cpus[0].cur.onSince, m.cpus[0].cur.sliceAt = m.now-10e6, m.now-10e6
	for range waiting {
		m.cpus[0].queue = append(m.cpus[0].queue, add(queued, 10e6))
	}
	m.waiting = waiting
	return m
}

// At the end of a slice the next thread has the CPU, and only others that wait are given to one that is idle. Who had
// the CPU until then ran just now.
func TestATickSparesOnlyWhoStillWaits(t *testing.T) {
	for tick, hot := range map[time.Duration]time.Duration{0: 0, time.Millisecond: 0, 4 * time.Millisecond: 500 * time.Microsecond} {
		c := Costs{Slice: time.Millisecond, Tick: tick, Hot: hot}
		for waiting, spared := range map[int]bool{1: false, 2: true} {
			m := crowded(t, c, waiting)
			had, next := m.cpus[0].cur, m.cpus[0].queue[0]
			m.reschedule(0)
			if m.cpus[0].cur != next || had.where != queued {
				t.Errorf("tick %v, %d wait: the CPU was not given to the one that waits for longest", tick, waiting)
			}
			if (m.cpus[1].cur != nil) != spared {
				t.Errorf("tick %v, %d wait: one was given to the idle CPU: %v", tick, waiting, m.cpus[1].cur != nil)
			}
		}
	}
}

// A CPU that becomes idle misses so many of its chances.
func TestPullsAreMissed(t *testing.T) {
	const tries = 2000
	for missed, want := range map[float64][2]int{0: {tries, tries}, 0.3: {1300, 1500}, 1: {0, 0}} {
		m := crowded(t, Costs{Slice: time.Millisecond, PullMissed: missed}, 1)
		waits := m.cpus[0].queue[0]
		pulled := 0
		for range tries {
			if m.pull() == waits {
				pulled++
				m.cpus[0].queue = append(m.cpus[0].queue, waits)
				m.waiting++
			}
		}
		if pulled < want[0] || pulled > want[1] {
			t.Errorf("with %v missed %d of %d were pulled, want %v", missed, pulled, tries, want)
		}
	}
}

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

// Impossible costs are refused by name.
func TestCostsAreChecked(t *testing.T) {
	for want, c := range map[string]Costs{
		"tick_ns is 1µs":       {Slice: time.Millisecond, Tick: time.Microsecond},
		"pull_missed is 1.5":   {Slice: time.Millisecond, PullMissed: 1.5},
		"pull_missed is NaN":   {Slice: time.Millisecond, PullMissed: math.NaN()},
		"slice_ns is 10ns":     {Slice: 10},
		"atomic_ns is -1ns":    {Slice: time.Millisecond, Atomic: -1},
		"wake_spread is 3; it": {Slice: time.Millisecond, WakeSpread: 3},
	} {
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
}
