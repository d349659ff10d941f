package ptrring

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"mtbench/internal/fuzztest"
	"mtbench/models/modeltest"
)

// model is what a ring should do, in the dullest terms: a list of pointers and a count of slots
// that were consumed and not given back.
type model struct {
	size, batch int
	live        []*int
	stale       int // consumed, still taken
	head        int // slot that the next consume looks at
}

func (m *model) produce(p *int) bool {
	if len(m.live)+m.stale == m.size {
		return false
	}
	m.live = append(m.live, p)
	return true
}

func (m *model) consume() *int {
	if len(m.live) == 0 {
		return nil
	}
	p := m.live[0]
	m.live = m.live[1:]
	m.head++
	m.stale++
	if m.stale >= m.batch || m.head == m.size {
		m.stale = 0
	}
	m.head %= m.size
	return p
}

func FuzzAgainstModel(f *testing.F) {
	f.Add(uint8(4), false, []byte{0, 0, 0, 0, 0, 1, 1, 1, 1, 1})
	f.Add(uint8(0), true, []byte{0, 1, 2})
	f.Add(uint8(1), false, []byte{0, 0, 1, 1, 0, 2, 7})
	f.Add(uint8(33), true, []byte{0, 0, 0, 130, 140, 0, 0, 255, 0, 0, 1, 1, 1, 180})
	f.Fuzz(func(t *testing.T, size uint8, batch bool, ops []byte) {
		most := 1<<20 + 2000*len(ops)
		fuzztest.Within(t, uint64(most), func() { checkAgainstModel(t, int(size), batch, ops) })
	})
}

// checkAgainstModel runs ops on a ring and on the model. An op of 0 mod 3 produces (op/3+1 times),
// of 1 consumes as often, and of 2 consumes a batch of op/3+1.
func checkAgainstModel(t *testing.T, size int, batch bool, ops []byte) {
	r := New[int](size, batch)
	m := &model{size: size, batch: batchOf(size, batch)}
	next := 0
	for step, op := range ops {
		n := int(op)/3 + 1
		switch op % 3 {
		case 0:
			for range n {
				next++
				p := new(int)
				*p = next
				if got, want := r.Produce(nil, p), m.produce(p); got != want {
					t.Fatalf("step %d: Produce %v, want %v", step, got, want)
				}
			}
		case 1:
			for range n {
				if got, want := r.Consume(nil), m.consume(); got != want {
					t.Fatalf("step %d: Consume %v, want %v", step, got, want)
				}
			}
		case 2:
			checkBatch(t, r, m, n)
		}
		if got, want := r.Empty(nil), len(m.live) == 0; got != want {
			t.Fatalf("step %d: Empty %v, want %v", step, got, want)
		}
		if got, want := r.Full(nil), len(m.live)+m.stale == m.size; got != want {
			t.Fatalf("step %d: Full %v, want %v", step, got, want)
		}
	}
}

func checkBatch(t *testing.T, r *Ring[int], m *model, n int) {
	dst := make([]*int, n)
	got := r.ConsumeBatched(nil, dst)
	for i := range got {
		if want := m.consume(); dst[i] != want {
			t.Fatalf("ConsumeBatched [%d] is %v, want %v", i, dst[i], want)
		}
	}
	if got < n && len(m.live) != 0 {
		t.Fatalf("ConsumeBatched took %d of %d and left %d", got, n, len(m.live))
	}
}

// TestEverySize walks all small sizes round the ring several times, filling it wholly each time.
func TestEverySize(t *testing.T) {
	for size := range 70 {
		for _, batch := range []bool{false, true} {
			ops := make([]byte, 400)
			for i := range ops {
				ops[i] = byte(i * 37 % (3 * (size%50 + 2)))
			}
			checkAgainstModel(t, size, batch, ops)
		}
	}
}

func TestWithoutBatchAllSlotsFit(t *testing.T) {
	for _, size := range []int{1, 2, 3, 4, 64, 100} {
		r := New[int](size, false)
		v := new(int)
		for range size {
			if !r.Produce(nil, v) {
				t.Fatalf("size %d: did not take %d pointers", size, size)
			}
		}
		for range 3 * size {
			if r.Produce(nil, v) {
				t.Fatalf("size %d: took more than it holds", size)
			}
			if r.Consume(nil) == nil || !r.Produce(nil, v) {
				t.Fatalf("size %d: a consumed slot is not free at once", size)
			}
		}
	}
}

// TestBatchComesBackWhole fills a ring and consumes up to the edge of a batch and over it.
func TestBatchComesBackWhole(t *testing.T) {
	r := New[int](32, true)
	if r.batch != 16 {
		t.Fatalf("batch is %d, want 16", r.batch)
	}
	v := new(int)
	for r.Produce(nil, v) {
	}
	for range 15 {
		r.Consume(nil)
	}
	if !r.Full(nil) {
		t.Fatal("slots came back before the batch was complete")
	}
	r.Consume(nil)
	free := 0
	for r.Produce(nil, v) {
		free++
	}
	if free != 16 {
		t.Fatalf("%d slots came back, want 16", free)
	}
}

func TestBatchSizeFollowsLinux(t *testing.T) {
	for _, c := range []struct {
		size  int
		batch bool
		want  int
	}{{31, true, 1}, {32, true, 16}, {33, true, 16}, {4, true, 1}, {0, true, 1}, {1000, false, 1}} {
		if got := New[int](c.size, c.batch).batch; got != c.want {
			t.Errorf("size %d, batch %v: %d, want %d", c.size, c.batch, got, c.want)
		}
	}
}

func TestNegativeSizePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("a size of -1 was accepted")
		}
	}()
	New[int](-1, false)
}

// TestGroupsHaveTheirOwnLines holds the layout: producer, consumer and constants on a line each,
// and the slots of two small rings on different lines.
func TestGroupsHaveTheirOwnLines(t *testing.T) {
	a, b := New[int](4, false), New[int](4, false)
	line := func(p unsafe.Pointer) uintptr { return uintptr(p) / cacheLine }
	seen := map[uintptr]string{}
	for name, p := range map[string]unsafe.Pointer{
		"producer": unsafe.Pointer(&a.producer), "consumer": unsafe.Pointer(&a.consumerHead),
		"constants": unsafe.Pointer(&a.batch), "slots": unsafe.Pointer(&a.queue[0]),
		"other slots": unsafe.Pointer(&b.queue[0]), "other producer": unsafe.Pointer(&b.producer),
	} {
		if other, ok := seen[line(p)]; ok {
			t.Errorf("%s and %s share a cache line", name, other)
		}
		seen[line(p)] = name
	}
	if unsafe.Sizeof(*a) != 3*cacheLine {
		t.Errorf("a ring is %d bytes, want 3 lines", unsafe.Sizeof(*a))
	}
	if line(unsafe.Pointer(&a.consumerHead)) != line(unsafe.Pointer(&a.consumerTail)) {
		t.Error("head and tail are the consumer's both and belong on one line")
	}
}

// job is written by the producer and by the consumer with no other ordering than the rings', so
// the race detector checks that the ring carries ownership both ways.
type job struct{ seq, echo int }

// TestStress sends jobs through one ring and back through another, as the lockless model does.
func TestStress(t *testing.T) {
	for _, c := range []struct {
		size  int
		batch bool
	}{{1, false}, {4, false}, {5, false}, {32, true}, {67, true}} {
		stress(t, c.size, c.batch, 20000)
	}
}

// stress has its two threads watched: a pointer that gets lost would make them spin for ever.
func stress(t *testing.T, size int, batch bool, n int) {
	var got atomic.Int64
	err := modeltest.Guard(got.Load, func() string {
		return fmt.Sprintf("size %d, batch %v: %d of %d jobs came back", size, batch, got.Load(), n)
	}, func() error { return roundTrips(size, batch, n, &got) })
	if err != nil {
		t.Fatal(err)
	}
}

// roundTrips sends n jobs there and back and counts in got who has come back.
func roundTrips(size int, batch bool, n int, got *atomic.Int64) error {
	there, back := New[job](size, batch), New[job](size+20, false)
	var wg sync.WaitGroup
	wg.Go(func() { echo(there, back, n) })
	jobs := make([]job, size)
	free := make([]*job, 0, size)
	for i := range jobs {
		free = append(free, &jobs[i])
	}
	sent := 0
	for int(got.Load()) < n {
		for len(free) > 0 && sent < n && !there.Full(nil) {
			j := free[len(free)-1]
			free = free[:len(free)-1]
			j.seq = sent
			sent++
			if !there.Produce(nil, j) {
				return fmt.Errorf("size %d: not full, yet nothing fits", size)
			}
		}
		j := back.Consume(nil)
		if j == nil {
			runtime.Gosched()
			continue
		}
		if at := int(got.Load()); j.echo != at || j.seq != at {
			return fmt.Errorf("size %d: job %d came back as %d, %d", size, at, j.seq, j.echo)
		}
		got.Add(1)
		free = append(free, j)
	}
	wg.Wait()
	return nil
}

func echo(there, back *Ring[job], n int) {
	for done := 0; done < n; {
		j := there.Consume(nil)
		if j == nil {
			runtime.Gosched()
			continue
		}
		j.echo = j.seq
		for !back.Produce(nil, j) {
			runtime.Gosched()
		}
		done++
	}
}
