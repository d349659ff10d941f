package lockbatch

import "math/bits"

// queue is first in first out, with a slot for every request there is.
type queue struct {
	slots    []*request
	first, n int
}

func (q *queue) put(r *request) {
	if q.n == len(q.slots) {
		panic("lockbatch: the queue is full; it has a slot for every request")
	}
	i := q.first + q.n
	if i >= len(q.slots) {
		i -= len(q.slots)
	}
	q.slots[i] = r
	q.n++
}

func (q *queue) take() *request {
	r := q.slots[q.first]
	q.n--
	if q.first++; q.first == len(q.slots) {
		q.first = 0
	}
	return r
}

// set is of workers' numbers, 0 to 255. The original has one word, and 64 workers at most.
type set [4]uint64

func (s *set) add(i int)    { s[i/64] |= 1 << (i % 64) }
func (s *set) remove(i int) { s[i/64] &^= 1 << (i % 64) }

// takeLowest takes the lowest number out, nobody if there is none.
func (s *set) takeLowest() int {
	for w, word := range s {
		if word != 0 {
			s[w] &= word - 1
			return 64*w + bits.TrailingZeros64(word)
		}
	}
	return nobody
}

// list is the requests in flight, in the order of submission; one is taken out from anywhere.
type list struct{ first, last *request }

func (l *list) push(r *request) {
	r.next, r.prev = nil, l.last
	if l.last == nil {
		l.first = r
	} else {
		l.last.next = r
	}
	l.last = r
}

func (l *list) remove(r *request) {
	if r.prev == nil {
		l.first = r.next
	} else {
		r.prev.next = r.next
	}
	if r.next == nil {
		l.last = r.prev
	} else {
		r.next.prev = r.prev
	}
}
