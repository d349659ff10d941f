package explore

import (
	"fmt"
	"unsafe"

	"mtbench/internal/thread"
)

// maxThreads is how many threads an explored program may have.
const maxThreads = 16

// clock is a vector clock: of each thread, how many of its steps happened before.
type clock [maxThreads]uint32

func (c *clock) join(d *clock) {
	for i := range c {
		c[i] = max(c[i], d[i])
	}
}

// order is what the program itself has ordered: by its locks, events and atomics, and by the starts
// and ends of its threads. It finds plain accesses that nothing orders.
type order struct {
	threads [maxThreads]clock
	objects map[unsafe.Pointer]*clock
	plain   map[unsafe.Pointer]*shadow
	race    error // the first
}

// shadow is the accesses to a plain variable: by thread, its count of steps at the last.
type shadow struct {
	reads, writes [maxThreads]uint32
}

func newOrder() *order {
	return &order{objects: map[unsafe.Pointer]*clock{}, plain: map[unsafe.Pointer]*shadow{}}
}

// step: thread t takes a step that begins with u.
func (o *order) step(t int, u thread.Use) {
	o.threads[t][t]++
	if u.How == thread.Load || u.How == thread.Update {
		o.acquire(t, u.Of)
	}
	switch u.How {
	case thread.Store: // what is loaded from now on was stored by t alone
		delete(o.objects, u.Of)
		o.release(t, u.Of)
	case thread.Update:
		o.release(t, u.Of)
	}
}

// release: what t did so far happens before what is done after an acquire of the object.
func (o *order) release(t int, of unsafe.Pointer) {
	c := o.objects[of]
	if c == nil {
		c = new(clock)
		o.objects[of] = c
	}
	c.join(&o.threads[t])
	o.threads[t][t]++ // what comes after is not ordered by it
}

func (o *order) acquire(t int, of unsafe.Pointer) {
	if c := o.objects[of]; c != nil {
		o.threads[t].join(c)
	}
}

// access: thread t makes a plain access, which must be ordered with every write, and a write with
// every access.
func (o *order) access(t int, u thread.Use) {
	s := o.plain[u.Of]
	if s == nil {
		s = new(shadow)
		o.plain[u.Of] = s
	}
	now := &o.threads[t]
	for other := range now {
		switch {
		case other == t:
		case s.writes[other] > now[other]:
			o.found(t, other, u, "writes")
		case u.How == thread.Write && s.reads[other] > now[other]:
			o.found(t, other, u, "reads")
		}
	}
	if u.How == thread.Write {
		s.writes[t] = now[t]
	} else {
		s.reads[t] = now[t]
	}
}

func (o *order) found(t, other int, u thread.Use, does string) {
	if o.race != nil {
		return
	}
	here := "reads"
	if u.How == thread.Write {
		here = "writes"
	}
	o.race = fmt.Errorf("data race: thread %d %s what thread %d %s, and nothing orders the two",
		t, here, other, does)
}
