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
