package sim

import (
	"cmp"
	"math"
	"slices"
)

// queue orders what is to happen by time, and what is to happen at one time by when it was set.
// There is one source of events a CPU and one a thread, in this order, each with one event at most,
// so an event is cancelled or moved by its source and the queue is never longer than the machine is
// large. It is a sorted list: what is set is most often soon due, and to move the few events before
// it is cheaper than the levels of a heap.
type queue struct {
	list   []event // the first event is the last
	due    []int64 // by source: when its event is, never if it has none
	atNext int64   // when the first event is, never if there is none
}

type event struct {
	at int64
	id int32
}

const never = math.MaxInt64

func (q *queue) init() { q.atNext = never }

// grow makes room for n more sources.
func (q *queue) grow(n int) { q.due = append(q.due, slices.Repeat([]int64{never}, n)...) }

// take takes the first event out.
func (q *queue) take() (id int, at int64, ok bool) {
	last := len(q.list) - 1
	if last < 0 {
		return 0, 0, false
	}
	first := q.list[last]
	q.list = q.list[:last]
	q.due[first.id] = never
	q.showNext()
	return int(first.id), first.at, true
}

// showNext brings atNext up to date.
func (q *queue) showNext() {
	q.atNext = never
	if n := len(q.list); n > 0 {
		q.atNext = q.list[n-1].at
	}
}

// at is when the source's event is due, which must exist.
func (q *queue) at(id int) int64 { return q.due[id] }

func (q *queue) has(id int) bool { return q.due[id] != never }

// set gives the source an event, or moves the one that it has.
func (q *queue) set(id int, at int64) {
	if q.has(id) { // most often not, and remove is too long to be inlined
		q.remove(id)
	}
	q.due[id] = at
	q.list = append(q.list, event{})
	i := len(q.list) - 1
	for ; i > 0 && q.list[i-1].at <= at; i-- {
		q.list[i] = q.list[i-1]
	}
	q.list[i] = event{at, int32(id)}
	q.showNext()
}

// remove takes the source's event away, if it has one.
func (q *queue) remove(id int) {
	if !q.has(id) {
		return
	}
	i, _ := slices.BinarySearchFunc(q.list, q.due[id], func(e event,
		at int64) int {
		return cmp.Compare(at, e.at)
	})
	for q.list[i].id != int32(id) { // another at the same time
		i++
	}
	q.list = slices.Delete(q.list, i, i+1)
	q.due[id] = never
	q.showNext()
}
