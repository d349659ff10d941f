package sim

import "mtbench/internal/thread"

// scheduler decides which thread goes on. There are two: fair, on CPUs and in virtual time, and
// chosen, which asks a Chooser.
type scheduler interface {
	// next lets things happen until one of them is that a thread goes on, and gives that thread; nil
	// if the run is over. It is called on the coroutine that ran last.
	next() *proc

	call(p *proc, d int64, first step) // p makes a call, which costs d up to its first step
	pay(p *proc, d int64)              // p uses d of CPU time
	ready(p *proc, delay int64)        // p, which is new, is runnable after delay

	// wake makes p runnable, woken by a thread on the CPU waker. Sync: that one is about to sleep, or
	// so it said.
	wake(p *proc, waker int, sync bool)

	leave(p *proc, where place) // p, which runs, goes to sleep or ends

	// spin is SpinUntil, and await that without a limit and without a look first.
	spin(p *proc, why thread.State, limit int, pause bool, cond func() bool) bool
	await(p *proc, cond func() bool)

	enables(by, p *proc) // by lets p go on, which could not; nil: time does

	timed() bool // calls take time, and none is cut in two
}

// fair is the scheduler of CPUs in virtual time: see cpu.
type fair struct{ *Machine }

func (s *fair) timed() bool { return true }

func (s *fair) next() *proc {
	m := s.Machine
	for m.failure == nil {
		id, at, ok := m.queue.take()
		switch {
		case !ok:
			m.failure = m.stuck()
			return nil
		case m.opt.MaxTime > 0 && at > int64(m.opt.MaxTime):
			m.failure = ErrTime
			return nil
		}
		m.now = at
		m.count()
		if id < len(m.cpus) {
			m.reschedule(id)
		} else if p := m.procs[id-len(m.cpus)]; p.fire() {
			return p
		}
	}
	return nil
}

func (s *fair) call(p *proc, d int64, first step) {
	s.look()
	if !p.proceed(d, first) {
		p.suspend()
	}
}

func (s *fair) pay(p *proc, d int64) {
	s.look()
	if !p.start(d) {
		p.suspend()
	}
}

func (s *fair) ready(p *proc, delay int64) {
	if delay > 0 {
		p.where = sleeping
		s.queue.set(p.source, s.now+delay)
		return
	}
	s.place(p, nobody, false)
}

func (s *fair) wake(p *proc, waker int, sync bool) {
	s.cpus[waker].cur.wakesUp(p, s.now)
	s.place(p, waker, sync)
}

func (s *fair) leave(p *proc, where place) {
	m := s.Machine
	m.charge(p)
	p.interrupted = 0 // it was gone before the interrupt came
	p.load.enter(m.now, 0)
	m.keepLag(p, &m.cpus[p.cpu])
	p.where = nowhere
	m.dispatch(p.cpu)
	if p.where = where; where == sleeping {
		m.queue.set(p.source, p.until)
	}
}

func (s *fair) await(p *proc, cond func() bool) { p.poll(-1, true, cond) }

func (s *fair) enables(*proc, *proc) {}
