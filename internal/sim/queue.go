package sim

import "math"

// queue orders what is to happen by (time, sequence). There is one source of events a CPU and one a
// thread, in this order, each with one event at most, so an event is cancelled or moved by its source and
// the queue is never longer than the machine is large. A binary heap with the place of each source.
type queue struct {
	heap   []event
	place  []int32 // by source: index into heap, -1 if it has no event
	seq    uint64
	atNext int64 // time of the first event, math.MaxInt64 if there is none
	hole   bool  // the root was taken out; what is set next, most often its source's next event, fills it
}

type event struct {
	at  int64
	seq uint64
	id  int32
}

func (e event) before(f event) bool { return e.at < f.at || e.at == f.at && e.seq < f.seq }

func (q *queue) init(cpus int) {
	q.place = make([]int32, cpus)
	for i := range q.place {
		q.place[i] = -1
	}
	q.atNext = math.MaxInt64
}

// grow makes room for the next source.
func (q *queue) grow() { q.place = append(q.place, -1) }

// take takes the first event out.
func (q *queue) take() (id int, at int64, ok bool) {
	q.fill()
	if len(q.heap) == 0 {
		return 0, 0, false
	}
	first := q.heap[0]
	q.place[first.id] = -1
	q.hole = true
	q.look()
	return int(first.id), first.at, true
}

// look brings atNext up to date.
func (q *queue) look() {
	switch n := len(q.heap); {
	case n > 0 && !q.hole:
		q.atNext = q.heap[0].at
	case n > 2:
		q.atNext = min(q.heap[1].at, q.heap[2].at)
	case n == 2:
		q.atNext = q.heap[1].at
	default:
		q.atNext = math.MaxInt64
	}
}

// fill closes the hole with the last event.
func (q *queue) fill() {
	if !q.hole {
		return
	}
	q.hole = false
	last := len(q.heap) - 1
	moved := q.heap[last]
	q.heap = q.heap[:last]
	if last > 0 {
		q.down(0, moved)
	}
}

// at is when the source's event is due, which must exist.
func (q *queue) at(id int) int64 { return q.heap[q.place[id]].at }

func (q *queue) has(id int) bool { return q.place[id] >= 0 }

// set gives the source an event, or moves the one that it has.
func (q *queue) set(id int, at int64) {
	q.seq++
	e := event{at: at, seq: q.seq, id: int32(id)}
	switch i := int(q.place[id]); {
	case i >= 0:
		q.fill()
		q.move(int(q.place[id]), e)
	case q.hole:
		q.hole = false
		q.down(0, e)
	default:
		q.heap = append(q.heap, e)
		q.up(len(q.heap)-1, e)
	}
	q.look()
}

// remove takes the source's event away, if it has one.
func (q *queue) remove(id int) {
	if q.place[id] < 0 {
		return
	}
	q.fill()
	i, last := int(q.place[id]), len(q.heap)-1
	q.place[id] = -1
	moved := q.heap[last]
	q.heap = q.heap[:last]
	if i < last {
		q.move(i, moved)
	}
	q.look()
}

// move puts e in the place of the event at i.
func (q *queue) move(i int, e event) {
	if i > 0 && e.before(q.heap[(i-1)/2]) {
		q.up(i, e)
		return
	}
	q.down(i, e)
}

func (q *queue) put(i int, e event) {
	q.heap[i] = e
	q.place[e.id] = int32(i)
}

// up lets e rise from i, whose event is gone.
func (q *queue) up(i int, e event) {
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(q.heap[parent]) {
			break
		}
		q.put(i, q.heap[parent])
		i = parent
	}
	q.put(i, e)
}

// down lets e sink from i, whose event is gone.
func (q *queue) down(i int, e event) {
	for {
		child := 2*i + 1
		if child >= len(q.heap) {
			break
		}
		if child+1 < len(q.heap) && q.heap[child+1].before(q.heap[child]) {
			child++
		}
		if !q.heap[child].before(e) {
			break
		}
		q.put(i, q.heap[child])
		i = child
	}
	q.put(i, e)
}
