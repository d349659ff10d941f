package sim

import (
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
	for _, tick := range []time.Duration{0, 4 * time.Millisecond} {
		c := Costs{Slice: time.Millisecond, Tick: tick, Hot: 500 * time.Microsecond}
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
	c := &m.cpus[0]
	c.cur.vr, c.cur.onSince, c.updated = 20e6, m.now-1e6, m.now-1e6
	p := m.newProc("woken", thread.Worker, nil)
	p.vr, p.owes = 20e6-1000, true
	c.owing = append(c.owing, p)
	m.join(p, c)
	if want := int64(20e6 - 500); p.vr != want || p.owes {
		t.Errorf("it comes back at %d, want %d; it owes: %v", p.vr, want, p.owes)
	}
	c.queue = append(c.queue, p)
	if !m.preempts(p, c, 1) {
		t.Error("it does not preempt")
	}
	c.queue = c.queue[:0]
	for what, look := range map[string]func(){
		"another that wakes up": func() { m.enqueue(m.newProc("other", thread.Worker, nil), 0, 0) },
		"a tick":                func() { m.reschedule(0) },
		"its turn begins":       func() { m.begin(c.cur) },
	} {
		c.updated = 0
		if look(); c.updated != m.now {
			t.Errorf("%s: it was not looked at", what)
		}
	}
}
