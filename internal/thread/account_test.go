package thread

import (
	"testing"
	"time"
)

func sumOf(u Usage) (sum time.Duration) {
	for _, d := range u.States {
		sum += d
	}
	return sum
}

func usageOf(t *testing.T, m Machine, name string) Usage {
	t.Helper()
	for _, u := range m.Usages() {
		if u.Name == name {
			return u
		}
	}
	t.Fatalf("no usage of %q", name)
	return Usage{}
}

// scripted is an account on a clock of ticks that the test turns: the division of an interval at
// the marks is exact, whatever the machine it runs on does.
type scripted struct {
	account
	b    bracket
	tick int64
}

func newScripted() *scripted {
	s := &scripted{tick: 1000}
	s.account = account{mode: accounted, clock: &clock{base: time.Now()}, bracket: &s.b, last: s.tick}
	return s
}

func (s *scripted) mark(at int64) {
	p := s.b.phase.Load()
	s.b.mark[p].Store(at)
	s.b.now[p] = time.Duration(at) * 2 // a tick is two nanoseconds
	s.b.phase.Store(p + 1)
}

// stamp does what enter does, at tick.
func (s *scripted) stamp(at int64, to State) {
	if s.phase != s.b.phase.Load() {
		s.divide()
	}
	s.stamps++
	s.add(at)
	s.state = to
}

func TestIntervalsAreDividedAtTheMarks(t *testing.T) {
	s := newScripted()
	s.stamp(1100, Codec)   // 100 remainder, before
	s.mark(1150)           // inside codec
	s.stamp(1200, Copying) // 50 codec inside
	s.locks += 3
	s.stamp(1230, Codec) // 30 copying
	s.mark(1300)         // inside codec
	s.locks += 0
	s.stamp(1500, Sending) // 70 of codec inside, 200 after
	s.locks += 5           // after
	s.stamp(1600, Codec)
	u := s.usage()
	want := map[State]time.Duration{Codec: 240, Copying: 60}
	for st, d := range u.States {
		if d != want[State(st)] {
			t.Errorf("%v: %d, want %d", State(st), d, want[State(st)])
		}
	}
	if u.Wall != 300 || u.Locks != 3 || u.Stamps != 2 {
		t.Errorf("wall %d, locks %d, stamps %d; want 300, 3, 2", u.Wall, u.Locks, u.Stamps)
	}
}

func TestBothMarksInOneInterval(t *testing.T) {
	s := newScripted()
	s.stamp(1100, WaitWork)
	s.mark(1200)
	s.mark(1700)
	s.stamp(2000, Codec)
	u := s.usage()
	if u.Wall != 1000 || u.States[WaitWork] != 1000 {
		t.Errorf("wall %d, waiting %d; want 1000 both", u.Wall, u.States[WaitWork])
	}
}

func TestATickThatStepsBackIsIgnored(t *testing.T) {
	s := newScripted()
	s.mark(1000)
	s.stamp(1200, Codec)
	s.stamp(1190, Copying)
	s.stamp(1210, Codec)
	s.mark(1210)
	s.stamp(1210, Codec)
	if u := s.usage(); u.Wall != 420 || sumOf(u) != 420 {
		t.Errorf("wall %d, sum %d; want 420", u.Wall, sumOf(u))
	}
}

// TestStatesAddUpToWall runs threads that live through the bracket, are born or end inside it, and
// live outside of it.
func TestStatesAddUpToWall(t *testing.T) {
	machines(t, true, func(t *testing.T, m Machine) {
		mu := m.NewMutex("mu", LockGlobal)
		stop, start, begun := newGate(m, "stop"), newGate(m, "start"), newGate(m, "begun")
		body := func(th Thread) {
			prev := th.Enter(Codec)
			th.Compute(200 * time.Microsecond)
			th.Enter(prev)
			mu.Lock(th)
			// so long that a busy host does not oversleep it
			th.SleepUntil(th.Now()+20*time.Millisecond, Sleeping)
			mu.Unlock(th)
		}
		run(t, m, func(t0 Thread) {
			m.Start(t0, "before", Worker, body).Join(t0)
			through := m.Start(t0, "through", Worker, func(th Thread) { body(th); stop.wait(th) })
			endsInside := m.Start(t0, "ends", Worker, func(th Thread) { start.wait(th); body(th) })
			m.OpenBracket(t0)
			start.open(t0)
			inside := m.Start(t0, "inside", VCPU, body)
			leaves := m.Start(t0, "leaves", VCPU,
				func(th Thread) { begun.open(th); body(th); stop.wait(th) })
			body(t0)
			inside.Join(t0)
			endsInside.Join(t0)
			begun.wait(t0) // on a busy host a thread may be born later than others end
			m.ShutBracket(t0)
			m.Start(t0, "after", Worker, body).Join(t0)
			stop.open(t0)
			through.Join(t0)
			leaves.Join(t0)
		})
		checkLives(t, m)
	})
}

// gate is closed until it is opened for good. Any number of threads may wait.
type gate struct {
	mu   Mutex
	cond Cond
	is   *bool
}

func newGate(m Machine, name string) gate {
	mu := m.NewMutex(name, Remainder)
	return gate{mu: mu, cond: m.NewCond(name, mu, WaitWork), is: new(bool)}
}

func (g gate) wait(t Thread) {
	g.mu.Lock(t)
	for !*g.is {
		g.cond.Wait(t)
	}
	g.cond.Signal(t) // the next one
	g.mu.Unlock(t)
}

func (g gate) open(t Thread) {
	g.mu.Lock(t)
	*g.is = true
	g.cond.Signal(t)
	g.mu.Unlock(t)
}

func checkLives(t *testing.T, m Machine) {
	names := ""
	wall := usageOf(t, m, "main").Wall
	for _, u := range m.Usages() {
		if u.Name == "go-runtime" {
			continue
		}
		names += u.Name + " "
		if sumOf(u) != u.Wall {
			t.Errorf("%s: states add up to %v, wall is %v", u.Name, sumOf(u), u.Wall)
		}
		if u.Wall <= 0 || u.Wall > wall+time.Duration(NumStates) { // each is rounded
			t.Errorf("%s: wall is %v, the bracket's %v", u.Name, u.Wall, wall)
		}
	}
	if want := "main through ends inside leaves "; names != want {
		t.Errorf("threads of the bracket: %s; want %s", names, want)
	}
	for _, name := range []string{"main", "ends", "inside"} {
		u := usageOf(t, m, name)
		if u.States[Codec] == 0 || u.States[Sleeping] == 0 || u.Locks < 1 {
			t.Errorf("%s: codec %v, sleeping %v, locks %d", name, u.States[Codec],
				u.States[Sleeping], u.Locks)
		}
	}
}

func TestWithoutAccountThereAreCountersOnly(t *testing.T) {
	machines(t, false, func(t *testing.T, m Machine) {
		mu := m.NewMutex("mu", LockGlobal)
		run(t, m, func(th Thread) {
			mu.Lock(th)
			mu.Unlock(th)
			m.OpenBracket(th)
			prev := th.Enter(Codec)
			for range 7 {
				mu.Lock(th)
				mu.Unlock(th)
			}
			th.Enter(prev)
			m.ShutBracket(th)
			mu.Lock(th)
			mu.Unlock(th)
		})
		u := usageOf(t, m, "main")
		if u.Locks != 7 || u.Stamps != 0 || sumOf(u) != 0 || u.Wall <= 0 {
			t.Errorf("locks %d, stamps %d, states %v, wall %v; want 7, 0, 0, > 0",
				u.Locks, u.Stamps, sumOf(u), u.Wall)
		}
	})
}

func TestStampsAreCounted(t *testing.T) {
	machines(t, true, func(t *testing.T, m Machine) {
		if _, jittered := m.(*jitter); jittered {
			t.Skip("jitter sleeps, which stamps")
		}
		mu := m.NewMutex("mu", LockGlobal)
		e := m.NewEvent("e", true, WaitWork)
		run(t, m, func(th Thread) {
			m.OpenBracket(th)
			th.Enter(th.Enter(Codec))
			mu.Lock(th) // uncontended and set: no stamp
			mu.Unlock(th)
			e.Wait(th)
			e.Set(th)
			th.SpinUntil(SpinWork, 5, true, func() bool { return true })
			th.SpinUntil(SpinWork, 5, true, func() bool { return false })
			m.ShutBracket(th)
		})
		if u := usageOf(t, m, "main"); u.Stamps != 4 || u.States[SpinWork] == 0 {
			t.Errorf("%d stamps, want 2 of Enter and 2 of the spin", u.Stamps)
		}
	})
}

func TestBracketOutOfOrderPanics(t *testing.T) {
	machines(t, true, func(t *testing.T, m Machine) {
		run(t, m, func(th Thread) {
			mustPanic(t, "shut before open", func() { m.ShutBracket(th) })
			m.OpenBracket(th)
			mustPanic(t, "opened twice", func() { m.OpenBracket(th) })
			if m.Usages() != nil {
				t.Error("usages of a bracket that is open")
			}
			m.ShutBracket(th)
			mustPanic(t, "shut twice", func() { m.ShutBracket(th) })
		})
	})
}

func mustPanic(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic", what)
		}
	}()
	f()
}

func TestStampCostIsMeasured(t *testing.T) {
	if c := StampCost(); c < 0 || c > time.Millisecond {
		t.Errorf("a stamp costs %v", c)
	}
}

func TestStatesAndRolesHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for s := range NumStates {
		if s.String() == "" || seen[s.String()] {
			t.Errorf("state %d is called %q", s, s.String())
		}
		seen[s.String()] = true
	}
	if Main.String() != "main" || Other.String() != "other" {
		t.Error("roles are called otherwise than in result files")
	}
}
