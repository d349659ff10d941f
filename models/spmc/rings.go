package spmc

import (
	"sync/atomic"

	"mtbench/internal/thread"
)

// jobs is a bounded queue with one producer, the submitter, and any number of consumers. A cell's
// sequence says whose turn it is: equal to the position, the producer's; one more, the consumer's
// that claims the position. The store of the sequence passes the cell on and pairs with the other
// end's load of it; the request in it is plain.
type jobs struct {
	cells []cell
	mask  uint64

	_    [64]byte
	tail uint64 // the producer's own: position of the next put
	_    [64]byte
	head atomic.Uint64 // consumers claim a position by compare and swap
	_    [64]byte
}

type cell struct {
	sequence atomic.Uint64
	r        *request
}

// newJobs makes a queue of at least n cells, a power of two, and 2 at the least: with one, a
// sequence could not tell a full cell from the next turn's empty one.
func newJobs(n int) *jobs {
	size := powerOfTwo(max(n, 2))
	q := &jobs{cells: make([]cell, size), mask: uint64(size - 1)}
	for i := range q.cells {
		q.cells[i].sequence.Store(uint64(i))
	}
	return q
}

func powerOfTwo(n int) int {
	size := 1
	for size < n {
		size *= 2
	}
	return size
}

// full reports whether put has no room. The producer's. There can be none although a request is
// free: a consumer may be held up between its claim and its last store.
func (q *jobs) full(t thread.Thread) bool {
	sequence := &q.cells[q.tail&q.mask].sequence
	thread.Loads(t, sequence)
	return sequence.Load() != q.tail
}

// put needs room.
func (q *jobs) put(t thread.Thread, r *request) {
	c := &q.cells[q.tail&q.mask]
	thread.Writes(t, &c.r)
	c.r = r
	thread.Stores(t, &c.sequence)
	c.sequence.Store(q.tail + 1)
	q.tail++
}

// length is how many positions nobody has claimed. The producer's.
func (q *jobs) length(t thread.Thread) uint64 {
	thread.Loads(t, &q.head)
	return q.tail - q.head.Load()
}

// empty reports whether take would find nothing at this moment. A consumer's. A cell that its last
// consumer has not given back yet is empty too: whoever took it for a job would look in circles.
func (q *jobs) empty(t thread.Thread) bool {
	thread.Loads(t, &q.head)
	at := q.head.Load()
	sequence := &q.cells[at&q.mask].sequence
	thread.Loads(t, sequence)
	return int64(sequence.Load()-(at+1)) < 0
}

// take claims a position, reads its request and gives the cell back for the next turn. Nil: there
// is none. A sequence behind the position means empty; one ahead, that another took it.
func (q *jobs) take(t thread.Thread) *request {
	for {
		thread.Loads(t, &q.head)
		at := q.head.Load()
		c := &q.cells[at&q.mask]
		thread.Loads(t, &c.sequence)
		ahead := int64(c.sequence.Load() - (at + 1))
		if ahead < 0 {
			return nil
		}
		thread.Updates(t, &q.head)
		if ahead == 0 && q.head.CompareAndSwap(at, at+1) {
			thread.Reads(t, &c.r)
			r := c.r
			thread.Stores(t, &c.sequence)
			c.sequence.Store(at + 1 + q.mask)
			return r
		}
	}
}

// answers is the way back: any number of producers, one consumer. A producer reserves a slot by an
// add and then stores into it; the store passes the request on and pairs with the consumer's load.
// A producer held up between the two stops those behind it. There is a slot for every request, and
// a request is in one place, so that a reserved slot is free.
type answers struct {
	slots []atomic.Pointer[request]
	mask  uint64

	_    [64]byte
	head uint64 // the consumer's own
	_    [64]byte
	tail atomic.Uint64 // producers reserve
	_    [64]byte
}

func newAnswers(n int) *answers {
	size := powerOfTwo(n)
	return &answers{slots: make([]atomic.Pointer[request], size), mask: uint64(size - 1)}
}

func (q *answers) put(t thread.Thread, r *request) {
	thread.Updates(t, &q.tail)
	slot := &q.slots[(q.tail.Add(1)-1)&q.mask]
	thread.Updates(t, slot)
	if !slot.CompareAndSwap(nil, r) {
		panic("spmc: the ring of answers is full; it has a slot for every request")
	}
}

func (q *answers) empty(t thread.Thread) bool {
	slot := &q.slots[q.head&q.mask]
	thread.Loads(t, slot)
	return slot.Load() == nil
}

// take takes the next answer; nil if it is not there yet.
func (q *answers) take(t thread.Thread) *request {
	slot := &q.slots[q.head&q.mask]
	thread.Loads(t, slot)
	r := slot.Load()
	if r != nil {
		thread.Stores(t, slot)
		slot.Store(nil)
		q.head++
	}
	return r
}
