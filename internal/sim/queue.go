package sim

import "math"

// queue orders what is to happen by (time, sequence). There is one source of events a thread and
// one a CPU, each with one event at most, so an event is cancelled or moved by its source and the
// queue is never longer than the machine is large. A binary heap with the place of each source.
type queue struct {
	heap   []event
	place  []int32 // by slot: index into heap, -1 if the source has no event
	cpus   int
	seq    uint64
	atNext int64 // time of the first event, math.MaxInt64 if there is none
}

type event struct {
	at  int64
	seq uint64
	id  int32
}

func (e event) before(f event) bool { return e.at < f.at || e.at == f.at && e.seq < f.seq }

func (q *queue) init(cpus int) {
	q.cpus = cpus
	q.place = make([]int32, cpus)
	for i := range q.place {
		q.place[i] = -1
	}
	q.atNext = math.MaxInt64
}

// grow makes room for the thread with this id; threads come in order.
func (q *queue) grow(int) { q.place = append(q.place, -1) }

// slot maps a source to its place: CPUs first, then threads as they were born.
func (q *queue) slot(id int) int {
	if id >= MaxThreads {
		return id - MaxThreads
	}
	return q.cpus + id
}

func (q *queue) min() (id int, at int64, ok bool) {
	if len(q.heap) == 0 {
		return 0, 0, false
	}
	return int(q.heap[0].id), q.heap[0].at, true
}

// at is when the source's event is due, which must exist.
func (q *queue) at(id int) int64 { return q.heap[q.place[q.slot(id)]].at }

func (q *queue) has(id int) bool { return q.place[q.slot(id)] >= 0 }

// set gives the source an event, or moves the one that it has.
func (q *queue) set(id int, at int64) {
	q.remove(id)
	q.seq++
	q.heap = append(q.heap, event{at: at, seq: q.seq, id: int32(id)})
	q.place[q.slot(id)] = int32(len(q.heap) - 1)
	q.up(len(q.heap) - 1)
	q.atNext = q.heap[0].at
}

// remove takes the source's event away, if it has one.
func (q *queue) remove(id int) {
	s := q.slot(id)
	i := int(q.place[s])
	if i < 0 {
		return
	}
	q.place[s] = -1
	last := len(q.heap) - 1
	moved := q.heap[last]
	q.heap = q.heap[:last]
	if i < last {
		q.put(i, moved)
		q.up(i)
		q.down(int(q.place[q.slot(int(moved.id))]))
	}
	q.atNext = math.MaxInt64
	if last > 0 {
		q.atNext = q.heap[0].at
	}
}

func (q *queue) put(i int, e event) {
	q.heap[i] = e
	q.place[q.slot(int(e.id))] = int32(i)
}

func (q *queue) up(i int) {
	e := q.heap[i]
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

func (q *queue) down(i int) {
	e := q.heap[i]
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
