package sim

import (
	"cmp"
	"fmt"
	"iter"
	"runtime/debug"
)

// Threads are coroutines, and any of them can hand over to any other, for which iter.Pull is used
// in a way of its own. What Pull makes is a place where one coroutine waits while another runs:
// next and yield both are "I wait here, and who waited here runs", each called in its turn. Nothing
// in that says that the same two coroutines must meet there again. So each thread but the first
// brings a seat, on which it waits to be begun, and one that hands over to another takes the seat
// of that one. With a driver between, that resumes each thread and is returned to, most changes
// would be two.
type seat struct {
	next    func() (struct{}, bool)
	yield   func(struct{}) bool
	byYield bool // the next change is
}

// change lets who waits on s run, and waits there instead. It returns when somebody changes again,
// or when the thread that brought s has ended: with that the seat is gone.
func (s *seat) change() {
	if s.byYield = !s.byYield; s.byYield {
		s.next()
	} else {
		s.yield(struct{}{})
	}
}

// seatOf is the seat of q, which p takes to let q run in its place.
func (p *proc) seatOf(q *proc) *seat {
	if q.seat == nil {
		q.begins()
	}
	p.m.going = q
	p.seat = q.seat
	return p.seat
}

// begins makes the coroutine of p, which is the life of every thread but the first.
func (p *proc) begins() {
	s := &seat{}
	p.seat = s
	s.next, _ = iter.Pull(func(yield func(struct{}) bool) {
		s.yield = yield
		defer p.recovered()
		p.body(p)
		p.finish()
	})
}

// suspend waits until the thread goes on. What happens meanwhile happens right here, until it is
// that another thread goes on: only then is the coroutine left.
func (p *proc) suspend() {
	m := p.m
	for !m.unwinding {
		q := m.sched.next()
		switch q {
		case p:
			return
		case nil:
			m.unwinding = true
			continue
		}
		// change, written out: after it the CPU mispredicts every return.
		if s := p.seatOf(q); !s.byYield {
			s.byYield = true
			s.next()
		} else {
			s.byYield = false
			s.yield(struct{}{})
		}
		if m.going == p && !m.unwinding {
			return
		}
	}
	panic(unwound{})
}

// recovered is the end of a coroutine, whatever led to it.
func (p *proc) recovered() {
	m := p.m
	p.gone = true
	m.going = nil
	switch r := recover().(type) {
	case unwound:
	case nil:
		if !p.ended { // it called runtime.Goexit, as a failing test does
			m.unwinding = true
			m.failure = cmp.Or(m.failure, fmt.Errorf("sim: thread %s ended its goroutine", p.name))
		}
	default:
		m.unwinding = true
		if m.panicked == nil {
			m.panicked = &PanicError{Thread: p.name, Value: r, Stack: string(debug.Stack())}
		}
	}
}

// unwind ends every coroutine that is left: each panics out of the call that it is in, and when it
// ends the one goes on that waits on the seat that it brought. The last of such a chain is the
// machine's own.
func (m *Machine) unwind() {
	m.unwinding = true
	for _, p := range m.procs {
		if p.seat != nil && !p.gone {
			defer m.unwind() // one that calls runtime.Goexit does that to who waits for it too
			m.first.seatOf(p).change()
			return
		}
	}
}
