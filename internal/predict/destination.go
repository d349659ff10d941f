package predict

import (
	"time"

	"mtbench/internal/sim"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/models"
)

func timesOf(n int) time.Duration { return time.Duration(n) }

// record is one record on its way to the destination.
type record struct {
	kind   wire.Kind
	bytes  int
	decode time.Duration
}

// socket is the way between two virtual processes: so many bytes fit, then the writer sleeps.
type socket struct {
	machine  *sim.Machine
	rates    *Rates
	capacity int
	apart    bool     // the two are on two hosts
	parts    []sent   // what is in the socket
	bytes    int      // and how many there are
	reader   int      // CPU that read last
	arrived  []record // and what is about to
	head     int
	pending  int // bytes that the reader has taken of the records at the head
	closed   bool
	notFull  *sim.Park
	notEmpty *sim.Park
}

func newSocket(m *sim.Machine, rates *Rates, capacity int, apart bool) *socket {
	return &socket{machine: m, rates: rates, capacity: capacity, apart: apart,
		notFull:  m.NewPark("send buffer", thread.Sending, apart),
		notEmpty: m.NewPark("receive buffer", thread.Receiving, apart)}
}

// sent are bytes that were written on one CPU.
type sent struct{ bytes, cpu int }

// announce says what the bytes to come carry. A record is there for the reader when the last of its bytes is.
func (s *socket) announce(r record) {
	if len(s.arrived) == cap(s.arrived) && s.head > len(s.arrived)/2 { // memory goes with the most that was ever on its way
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
		if !s.apart && s.notEmpty.Asleep() {
			t.Compute(s.rates.SendWake)
		}
		s.notEmpty.Wake(t)
	}
	t.Enter(was)
}

// cpu is the CPU of t, and the same for all where the two are on two hosts: what comes from the network has been in no
// CPU's cache.
func (s *socket) cpu(t thread.Thread) int {
	if s.apart {
		return 0
	}
	return s.machine.CPU(t)
}

// put makes one call of the kernel. Its memory comes from where the reader freed it.
func (s *socket) put(t thread.Thread, n int) {
	cpu, rate := s.cpu(t), s.rates.SendKiB
	if cpu != s.reader {
		rate = s.rates.SendFar
	}
	t.Compute(s.rates.Send + perKiB(rate, n))
	s.bytes += n
	if last := len(s.parts) - 1; last >= 0 && s.parts[last].cpu == cpu {
		s.parts[last].bytes += n
		return
	}
	s.parts = append(s.parts, sent{n, cpu})
}

// take makes one call of the kernel that reads n bytes: dear are those that were written on another CPU.
func (s *socket) take(t thread.Thread, n int) {
	s.reader = s.cpu(t)
	took, whole, left := s.rates.Recv, 0, n
	for left > 0 {
		p, rate := &s.parts[whole], s.rates.RecvKiB
		if p.cpu != s.reader {
			rate = s.rates.RecvFar
		}
		k := min(left, p.bytes)
		took += perKiB(rate, k)
		left -= k
		if p.bytes -= k; p.bytes == 0 {
			whole++
		}
	}
	s.parts = append(s.parts[:0], s.parts[whole:]...)
	t.Compute(took)
	s.bytes -= n
}

func (s *socket) close(t thread.Thread) {
	s.closed = true
	s.notEmpty.Wake(t)
}

// readerBuffer is how much the reader takes with one call.
const readerBuffer = 32 << 10

// writeSpace: a writer that sleeps is woken when the socket holds this part of what fits, or less, as
// Linux does with local sockets.
const writeSpace = 4

// fill makes one call of the kernel: it sleeps until there is something, and takes up to a buffer.
func (s *socket) fill(t thread.Thread) bool {
	was := t.Enter(thread.Receiving)
	defer t.Enter(was)
	slept := false
	for s.bytes == 0 {
		if s.closed {
			return false
		}
		s.notEmpty.Sleep(t)
		slept = true
	}
	if slept {
		t.Compute(s.rates.RecvAfter)
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
	rates   *Rates
	machine *sim.Machine
	cold    cold
	from    *socket
	rec     record
}

type unjob struct {
	decode  time.Duration
	decoder state
}

func (l *loader) Init(r *models.Request) error {
	r.User = &unjob{decoder: state{used: l.machine.Now()}}
	return nil
}

func (l *loader) Fill(t thread.Thread, r *models.Request) {
	t.Compute(perKiB(l.rates.CopyKiB, l.rec.bytes))
	r.User.(*unjob).decode = l.rec.decode
}

func (l *loader) Handle(t thread.Thread, r *models.Request) {
	was := t.Enter(thread.Codec)
	u := r.User.(*unjob)
	l.cold.compute(t, u.decode, &u.decoder)
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
		t.Compute(l.rates.Record + l.rates.Load)
		switch r.kind {
		case wire.Compressed:
			l.rec = r
			p.Submit(t)
		case wire.Raw:
			t.Compute(perKiB(l.rates.CopyKiB, r.bytes))
		case wire.Zero:
			t.Compute(l.rates.Zero)
		case wire.EOS:
			p.Flush(t)
		}
	}
}
