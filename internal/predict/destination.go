package predict

import (
	"time"

	"mtbench/internal/calibrate"
	"mtbench/internal/sim"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/models"
)

// record is one record on its way to the destination.
type record struct {
	kind   wire.Kind
	bytes  int
	decode time.Duration
}

// socket is the way between two virtual processes: so many bytes fit, then the writer sleeps.
type socket struct {
	rates    *calibrate.Rates
	capacity int
	bytes    int      // that are in the socket
	arrived  []record // and what is about to
	head     int
	pending  int // bytes that the reader has taken of the records at the head
	closed   bool
	notFull  *sim.Park
	notEmpty *sim.Park
}

func newSocket(m *sim.Machine, rates *calibrate.Rates, capacity int, apart bool) *socket {
	return &socket{rates: rates, capacity: capacity,
		notFull:  m.NewPark("send buffer", thread.Sending, apart),
		notEmpty: m.NewPark("receive buffer", thread.Receiving, apart)}
}

// announce says what the bytes to come carry. A record is there for the reader when the last of its
// bytes is.
func (s *socket) announce(r record) {
	// memory goes with the most that was ever on its way
	if len(s.arrived) == cap(s.arrived) && s.head > len(s.arrived)/2 {
		s.arrived, s.head = append(s.arrived[:0], s.arrived[s.head:]...), 0
	}
	s.arrived = append(s.arrived, r)
}

// write sends n bytes.
func (s *socket) write(t thread.Thread, n int) {
	was := t.Enter(thread.Sending)
	for n > 0 {
		for s.bytes >= s.capacity {
			s.notFull.Sleep(t)
		}
		part := min(n, s.capacity-s.bytes)
		s.put(t, part)
		n -= part
		s.notEmpty.Wake(t)
	}
	t.Enter(was)
}

// put makes one call of the kernel.
func (s *socket) put(t thread.Thread, n int) {
	t.Compute(s.rates.Send + perKiB(s.rates.SendKiB, n))
	s.bytes += n
}

// take makes one call of the kernel that reads n bytes.
func (s *socket) take(t thread.Thread, n int) {
	t.Compute(s.rates.Recv + perKiB(s.rates.RecvKiB, n))
	s.bytes -= n
}

func (s *socket) close(t thread.Thread) {
	s.closed = true
	s.notEmpty.Wake(t)
}

// readerBuffer is how much the reader takes with one call.
const readerBuffer = 32 << 10

// writeSpace: a writer that sleeps is woken when the socket holds this part of what fits, or less,
// as Linux does with local sockets.
const writeSpace = 4

// fill makes one call of the kernel: it sleeps until there is something, and takes up to a buffer.
func (s *socket) fill(t thread.Thread) bool {
	was := t.Enter(thread.Receiving)
	defer t.Enter(was)
	for s.bytes == 0 {
		if s.closed {
			return false
		}
		s.notEmpty.Sleep(t)
	}
	n := min(s.bytes, readerBuffer)
	s.take(t, n)
	s.pending += n
	if s.bytes*writeSpace <= s.capacity {
		s.notFull.Wake(t)
	}
	return true
}

// next is the next whole record; false at the end of the stream.
func (s *socket) next(t thread.Thread) (record, bool) {
	for s.head == len(s.arrived) || s.pending < s.arrived[s.head].bytes {
		if !s.fill(t) {
			return record{}, false
		}
	}
	r := s.arrived[s.head]
	s.head++
	s.pending -= r.bytes
	return r, true
}

// loader is the work of the destination's pipeline, and its main thread.
type loader struct {
	rates   *calibrate.Rates
	machine *sim.Machine
	slow    float64 // how many times as long a page takes where others wait for the CPU
	from    *socket
	rec     record
	copies  copies // records out of the stream: into a request, or into guest memory
}

type unjob struct{ decode time.Duration }

func (l *loader) Init(r *models.Request) error {
	r.User = &unjob{}
	return nil
}

func (l *loader) Fill(t thread.Thread, r *models.Request) {
	l.copies.count(l.rec.bytes)
	t.Compute(perKiB(l.rates.CopyKiB, l.rec.bytes))
	r.User.(*unjob).decode = l.rec.decode
}

func (l *loader) Handle(t thread.Thread, r *models.Request) {
	was := t.Enter(thread.Codec)
	crowded(l.machine, t, r.User.(*unjob).decode, l.slow)
	t.Enter(was)
}

func (l *loader) Done(thread.Thread, *models.Request) {}

// load is the destination's loop: raw and zero pages at once, compressed ones through the pool, and
// an EOS waits for it.
func (l *loader) load(t thread.Thread, p models.Pipeline) {
	for {
		r, ok := l.from.next(t)
		if !ok {
			return
		}
		t.Compute(l.rates.Record)
		switch r.kind {
		case wire.Compressed:
			l.rec = r
			p.Submit(t)
		case wire.Raw:
			l.copies.count(r.bytes)
			t.Compute(perKiB(l.rates.CopyKiB, r.bytes))
		case wire.Zero:
			t.Compute(l.rates.Zero)
		case wire.EOS:
			p.Flush(t)
		}
	}
}
