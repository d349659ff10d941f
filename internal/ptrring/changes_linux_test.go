package ptrring

import (
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"unsafe"
)

// What each choice of the ring costs, by one change at a time. The variants are of the benchmark
// alone: one that stores without order is no ring, and bounds what a release store could gain.

// slots is a ring of numbers: 0 is a free slot. A slot takes stride words.
type slots struct {
	queue    []atomic.Uint64
	size     int
	stride   int
	ordered  bool // stores are sequentially consistent; else plain
	_        [cacheLine]byte
	producer int
	_        [cacheLine]byte
	consumer int
	_        [cacheLine]byte
}

func newSlots(size, stride int, ordered bool) *slots {
	const a = cacheLine / word
	return &slots{queue: make([]atomic.Uint64, (size*stride+a-1)/a*a), size: size, stride: stride,
		ordered: ordered}
}

// plain is the word of a slot. On amd64 a plain store is a release store; the compiler need not
// keep it in its place, and in this loop it does.
func plain(slot *atomic.Uint64) *uint64 { return (*uint64)(unsafe.Pointer(slot)) }

func (s *slots) store(slot *atomic.Uint64, v uint64) {
	if s.ordered {
		slot.Store(v)
		return
	}
	*plain(slot) = v
}

func (s *slots) put(*job) bool {
	slot := &s.queue[s.producer*s.stride]
	if slot.Load() != 0 {
		return false
	}
	s.store(slot, 1)
	if s.producer++; s.producer == s.size {
		s.producer = 0
	}
	return true
}

func (s *slots) take() *job {
	slot := &s.queue[s.consumer*s.stride]
	if slot.Load() == 0 {
		return nil
	}
	s.store(slot, 0)
	if s.consumer++; s.consumer == s.size {
		s.consumer = 0
	}
	return &someJob
}

var someJob job

// twoIndex is the usual ring: each side publishes its index, and keeps a copy of the other's.
type twoIndex struct {
	queue []*job
	_     [cacheLine]byte
	head  atomic.Uint64 // producer's
	seen  uint64        // producer's copy of tail
	_     [cacheLine]byte
	tail  atomic.Uint64 // consumer's
	known uint64        // consumer's copy of head
	_     [cacheLine]byte
}

func (r *twoIndex) put(j *job) bool {
	head := r.head.Load()
	if head-r.seen == uint64(len(r.queue)) {
		if r.seen = r.tail.Load(); head-r.seen == uint64(len(r.queue)) {
			return false
		}
	}
	r.queue[head%uint64(len(r.queue))] = j
	r.head.Store(head + 1)
	return true
}

func (r *twoIndex) take() *job {
	tail := r.tail.Load()
	if tail == r.known {
		if r.known = r.head.Load(); tail == r.known {
			return nil
		}
	}
	j := r.queue[tail%uint64(len(r.queue))]
	r.tail.Store(tail + 1)
	return j
}

// BenchmarkChanges sets variants beside the ring, 11 runs of each in turn. The metrics are medians
// of the ratio to the ring within a turn: below 1 the variant is quicker.
//
//	go test ./internal/ptrring -run - -bench Changes -benchtime 1x
func BenchmarkChanges(b *testing.B) {
	cpus := twoCPUs(b)
	variants := []queue{
		{"index", func(n int) (func(*job) bool, func() *job) {
			s := newSlots(n, 1, true)
			return s.put, s.take
		}},
		{"index-plain-store", func(n int) (func(*job) bool, func() *job) {
			s := newSlots(n, 1, false)
			return s.put, s.take
		}},
		{"index-line-a-slot", func(n int) (func(*job) bool, func() *job) {
			s := newSlots(n, cacheLine/word, true)
			return s.put, s.take
		}},
		{"two-index", func(n int) (func(*job) bool, func() *job) {
			r := &twoIndex{queue: make([]*job, n)}
			return r.put, r.take
		}},
	}
	for _, size := range []int{4, 64, 1024} {
		b.Run(strconv.Itoa(size), func(b *testing.B) { changes(b, cpus, size, variants) })
	}
}

func changes(b *testing.B, cpus []int, size int, variants []queue) {
	ratios := make([][]float64, len(variants))
	for range 11 {
		put, take := ring(false)(size)
		ours := passed(b, cpus, items, put, take)
		for i, v := range variants {
			put, take := v.make(size)
			took := passed(b, cpus, items, put, take)
			ratios[i] = append(ratios[i], float64(took)/float64(ours))
		}
	}
	for i, v := range variants {
		slices.Sort(ratios[i])
		b.ReportMetric(ratios[i][len(ratios[i])/2], v.name+"/ring")
	}
	b.ReportMetric(0, "ns/op")
}
