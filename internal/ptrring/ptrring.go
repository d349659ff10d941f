// Package ptrring is the pointer ring of the lockless model: one producer, one consumer, no lock.
//
// It follows the ptr_ring that the patch series of 2018 ported from Linux. What sets it apart from
// the usual two-index ring is that a slot tells by itself whether it is free: a nil slot is free,
// any other is taken. Full and empty are decided by the slot alone, so neither side ever reads the
// other's index, and the only memory that both touch is the slots.
//
// Who owns what: a nil slot belongs to the producer, a slot that holds a pointer to the consumer,
// and so does what it points to. The store of a slot passes it on:
//
//	Produce: slot.Store(p)   pairs with   Consume: slot.Load()    the request and all written to it
//	Consume: slot.Store(nil) pairs with   Produce: slot.Load()    the slot
//
// Go's atomics are sequentially consistent, which is more than the write barrier and the address
// dependency of the original; on amd64 a store costs an exchange instead of a plain move. What that
// costs on a host, against the same protocol in C with stores of either kind:
//
//	go test ./internal/ptrring -run - -bench AgainstC -benchtime 1x
//
// What pointers against numbers, the layout of the slots and the order of the stores cost, by one
// change at a time:
//
//	go test ./internal/ptrring -run - -bench Changes -benchtime 1x
//
// A release store would be enough for the slots alone. It is not taken: with the 4 slots of the
// model it gains nothing, an event's Set relies on the exchange in Produce as its full fence, and
// the explorer, whose memory is sequentially consistent, could not see one that is missing. What
// costs most in a longer ring is that a slot holds a pointer, which the letter's ring does.
package ptrring

import (
	"fmt"
	"sync/atomic"

	"mtbench/internal/thread"
)

const (
	cacheLine = 64
	word      = 8 // bytes of a pointer

	// defaultBatch is how many consumed slots are given back at once: two cache lines full, as in
	// Linux, so that the consumer invalidates lines that the producer has moved away from.
	defaultBatch = 2 * cacheLine / word
)

// Ring is a queue of pointers between one producer and one consumer. At most one thread may call
// Produce and Full at a time, and at most one Consume, ConsumeBatched and Empty.
type Ring[T any] struct {
	producer int // producer's own: the slot that the next pointer goes to
	_        [cacheLine - word]byte

	consumerHead int // consumer's own: the next slot to look at
	consumerTail int // consumer's own: the first slot that was consumed and not yet given back
	_            [cacheLine - 2*word]byte

	batch int // constant: consumed slots given back at once
	queue []atomic.Pointer[T]
	_     [cacheLine - 4*word]byte
}

// New makes a ring of size slots, all of which can be in use; any size ≥ 0 will do (a ring of 0
// slots takes nothing). With batch, consumed slots are given back two cache lines at a time, or one
// by one where that would be more than half of the ring; without (ptr_ring_disable_batch) each slot
// is free as soon as it was consumed, so that n pointers always fit in n slots.
func New[T any](size int, batch bool) *Ring[T] {
	if size < 0 {
		panic(fmt.Sprintf("ptrring: size is %d; it must be 0 or more", size))
	}
	return &Ring[T]{batch: batchOf(size, batch), queue: newQueue[T](size)}
}

func batchOf(size int, batch bool) int {
	if !batch || defaultBatch > size/2 {
		return 1
	}
	return defaultBatch
}

// newQueue rounds the allocation up to whole cache lines: Go would put the four slots of two
// workers' rings side by side on one line, which C's allocator does not.
func newQueue[T any](size int) []atomic.Pointer[T] {
	const a = cacheLine / word
	return make([]atomic.Pointer[T], (size+a-1)/a*a)[:size:size]
}

// Produce puts p, which must not be nil, into the ring and gives it to the consumer. It reports
// false, and p stays the caller's, if the next slot is still taken.
func (r *Ring[T]) Produce(t thread.Thread, p *T) bool {
	if r.Full(t) {
		return false
	}
	// The slot is ours. What p points to was written before this store and is read after the
	// consumer's load of the same slot.
	slot := &r.queue[r.producer]
	thread.Stores(t, slot)
	slot.Store(p)
	thread.Writes(t, &r.producer)
	r.producer++
	if r.producer == len(r.queue) {
		r.producer = 0
	}
	return true
}

// Full reports whether Produce would fail. Producer only.
func (r *Ring[T]) Full(t thread.Thread) bool {
	if len(r.queue) == 0 {
		return true
	}
	thread.Reads(t, &r.producer)
	slot := &r.queue[r.producer]
	thread.Loads(t, slot)
	return slot.Load() != nil
}

// Empty reports whether Consume would return nil. Consumer only.
func (r *Ring[T]) Empty(t thread.Thread) bool { return r.peek(t) == nil }

// Consume takes the oldest pointer out, and with it what it points to; nil if there is none.
func (r *Ring[T]) Consume(t thread.Thread) *T {
	p := r.peek(t)
	if p != nil {
		r.discard(t)
	}
	return p
}

// ConsumeBatched fills dst with the oldest pointers, in order, and returns how many there were.
func (r *Ring[T]) ConsumeBatched(t thread.Thread, dst []*T) int {
	for i := range dst {
		dst[i] = r.Consume(t)
		if dst[i] == nil {
			return i
		}
	}
	return len(dst)
}

// Size is the number of slots.
func (r *Ring[T]) Size() int { return len(r.queue) }

func (r *Ring[T]) peek(t thread.Thread) *T {
	if len(r.queue) == 0 {
		return nil
	}
	thread.Reads(t, &r.consumerHead)
	slot := &r.queue[r.consumerHead]
	thread.Loads(t, slot)
	return slot.Load()
}

// discard moves past the slot at the head. It gives slots back only when a batch is complete or the
// end is reached; until then the slots between tail and head still hold pointers that were
// consumed, which the producer takes for full.
func (r *Ring[T]) discard(t thread.Thread) {
	thread.Writes(t, &r.consumerHead)
	head := r.consumerHead + 1
	if head-r.consumerTail >= r.batch || head == len(r.queue) {
		r.giveBack(t, head)
	}
	if head == len(r.queue) {
		head = 0
		r.consumerTail = 0
	}
	r.consumerHead = head
}

// giveBack frees the slots from the tail to head, the last one first: a producer that waits at the
// tail's slot goes on only when the whole batch is free, and does not meet the consumer on a line.
func (r *Ring[T]) giveBack(t thread.Thread, head int) {
	for i := head - 1; i >= r.consumerTail; i-- {
		thread.Stores(t, &r.queue[i])
		r.queue[i].Store(nil)
	}
	r.consumerTail = head
}
