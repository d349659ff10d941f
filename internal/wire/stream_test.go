package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"mtbench/internal/thread"
)

const start = preambleSize + 8 + 1 + len(BlockName) + 8 + 8 // bytes that Start emits

// page makes a page of one byte, which is told apart by it.
func page(b byte) []byte { return bytes.Repeat([]byte{b}, PageSize) }

// output makes a worker's output of one compressed page.
func output(t testing.TB, n int, payload []byte) *Output {
	t.Helper()
	o := NewOutput()
	if err := o.Commit(1); err == nil {
		t.Fatal("Commit without Begin was accepted")
	}
	if k := copy(o.Begin(n), payload); k != len(payload) {
		t.Fatalf("no room for %d bytes", len(payload))
	}
	if err := o.Commit(len(payload)); err != nil {
		t.Fatal(err)
	}
	return o
}

// TestBytes spells a stream out, byte by byte, as the reference has it.
func TestBytes(t *testing.T) {
	f, sink := &fake{}, &store{}
	s := NewStream(sink)
	if s.Named() {
		t.Error("the block is named before anything was sent")
	}
	sizes := []int{s.Start(f, 4*PageSize), s.PutZero(f, 2)}
	if !s.Named() {
		t.Error("the block is not named after the first page")
	}
	zeros := NewOutput()
	zeros.PutZero(1)
	sizes = append(sizes, s.PutZero(f, 3), s.PutRaw(f, 0, page('x')),
		s.PutOutput(f, output(t, 1, []byte("zlib"))), s.PutOutput(f, zeros),
		s.PutOutput(f, zeros), s.EOS(f), s.End(f))
	want := Magic + "\x00\x00\x00\x01" + "\x00\x00\x00\x04" + "\x00\x00\x10\x00" +
		"\x00\x00\x00\x00\x00\x00\x40\x04" + "\x06pc.ram" + "\x00\x00\x00\x00\x00\x00\x40\x00" +
		"\x00\x00\x00\x00\x00\x00\x00\x10" +
		"\x00\x00\x00\x00\x00\x00\x20\x02" + "\x06pc.ram" + "\x00" +
		"\x00\x00\x00\x00\x00\x00\x30\x22" + "\x00" +
		"\x00\x00\x00\x00\x00\x00\x00\x28" + string(page('x')) +
		"\x00\x00\x00\x00\x00\x00\x11\x20" + "\x00\x00\x00\x04" + "zlib" +
		"\x00\x00\x00\x00\x00\x00\x10\x22" + "\x00" +
		"\x00\x00\x00\x00\x00\x00\x00\x10" +
		"MTBEND\x00\x00"
	if got := sink.String(); got != want {
		t.Errorf("wrote\n%q\nwant\n%q", got, want)
	}
	if wantSizes := []int{start, 16, 9, 4104, 16, 9, 0, 8, 8}; !equal(sizes, wantSizes) {
		t.Errorf("the calls returned %v; want %v", sizes, wantSizes)
	}
	if s.Bytes() != int64(len(want)) || s.Err() != nil || f.state != thread.Remainder {
		t.Errorf("Bytes %d, Err %v, state %v; want %d", s.Bytes(), s.Err(), f.state, len(want))
	}
}

func equal(a, b []int) bool {
	for i := range a {
		if len(a) != len(b) || a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestWritesWhenFull: one write each 32 KiB of buffer, and one each 64 pieces: 32 raw pages.
func TestWritesWhenFull(t *testing.T) {
	f, sink := &fake{}, &store{}
	s := NewStream(sink)
	s.named = true
	for i := range 64 {
		s.PutRaw(f, i, page(byte(i)))
	}
	const rawWrite = 32 * (8 + PageSize)
	if len(sink.writes) != 2 || sink.writes[0] != (write{64, rawWrite}) ||
		sink.writes[1] != (write{64, rawWrite}) {
		t.Errorf("64 raw pages were written as %v; want twice 64 pieces of %d", sink.writes, rawWrite)
	}
	sink.writes = nil
	payload := make([]byte, 1000)
	for i := range 70 {
		s.PutOutput(f, output(t, i, payload))
	}
	if len(sink.writes) != 2 || sink.writes[0] != (write{1, BufferSize}) {
		t.Errorf("70 records of 1012 bytes were written as %v; want 2 of one piece of 32 KiB",
			sink.writes)
	}
	s.Flush(f)
	if want := (write{1, 70*1012 - 2*BufferSize}); sink.writes[2] != want {
		t.Errorf("the rest was written as %v; want %v", sink.writes[2], want)
	}
	s.Flush(f)
	if len(sink.writes) != 3 {
		t.Error("an empty stream was written")
	}
}

// TestCountsWhenEmitted: a record counts when it is put, whenever it is written.
func TestCountsWhenEmitted(t *testing.T) {
	f, sink := &fake{}, &store{}
	s := NewStream(sink)
	s.Start(f, PageSize)
	written := sink.Len()
	s.ResetXfer()
	s.PutZero(f, 0)
	if s.Xfer() != 16 || s.Bytes() != int64(start+16) || sink.Len() != written {
		t.Errorf("Xfer %d, Bytes %d, written %d", s.Xfer(), s.Bytes(), sink.Len()-written)
	}
}

// TestRawIsNotCopied: a page that changes before the write is sent as it then is.
func TestRawIsNotCopied(t *testing.T) {
	f, sink := &fake{}, &store{}
	s := NewStream(sink)
	p := page('a')
	s.PutRaw(f, 0, p)
	p[PageSize-1] = 'b'
	s.Flush(f)
	if got := sink.Bytes(); got[len(got)-1] != 'b' {
		t.Errorf("the last byte is %q; the page was copied", got[len(got)-1])
	}
}

// TestFirstErrorSticks: after it nothing is counted, written or held, on any path.
func TestFirstErrorSticks(t *testing.T) {
	f, sink := &fake{}, &store{fail: 2}
	s := NewStream(sink)
	s.Start(f, PageSize)
	s.PutZero(f, 0)
	s.EOS(f)
	if s.Err() != errSink {
		t.Fatalf("error %v; want the sink's", s.Err())
	}
	bytes := s.Bytes()
	s.Fail(errors.New("another"))
	big := output(t, 0, make([]byte, MaxCompressed))
	for i := range 40 {
		n := s.PutZero(f, i) + s.PutRaw(f, i, page(1)) + s.PutOutput(f, big) + s.EOS(f) + s.End(f)
		if n != 0 || big.Len() != 0 {
			t.Fatalf("%d bytes were emitted after the error; the output holds %d", n, big.Len())
		}
		copy(big.Begin(i), "x")
		if err := big.Commit(1); err != nil {
			t.Fatal(err)
		}
	}
	if s.Bytes() != bytes || len(sink.writes) != 2 || s.Err() != errSink {
		t.Errorf("Bytes %d (was %d), %d writes, error %v", s.Bytes(), bytes, len(sink.writes), s.Err())
	}
}

// TestFail: a failure from elsewhere stops the stream as its own would.
func TestFail(t *testing.T) {
	f, sink := &fake{}, &store{}
	s := NewStream(sink)
	s.PutZero(f, 0)
	worker := errors.New("worker")
	s.Fail(worker)
	s.Flush(f)
	if s.Err() != worker || len(sink.writes) != 0 {
		t.Errorf("error %v, %d writes; want the worker's, 0", s.Err(), len(sink.writes))
	}
}

func TestOutputRefusesLengths(t *testing.T) {
	for n, ok := range map[int]bool{-1: false, 0: false, 1: true, 4110: true, 4111: false} {
		o := NewOutput()
		space := o.Begin(0)
		if err := o.Commit(n); (err == nil) != ok {
			t.Errorf("Commit(%d): %v", n, err)
		} else if !ok && o.Len() != 0 {
			t.Errorf("a refused record of %d bytes is in the output", n)
		}
		if len(space) < MaxCompressed {
			t.Errorf("room for %d bytes; a page may need %d", len(space), MaxCompressed)
		}
	}
}

func TestOutputBeginsAgain(t *testing.T) {
	o := NewOutput()
	o.Begin(5)
	o.PutZero(6)
	if err := o.Commit(3); err == nil {
		t.Error("a record that a zero page discarded was committed")
	}
	if o.Len() != 9 || !o.IsZero() || binary.BigEndian.Uint64(o.Bytes()) != 6*PageSize|0x22 {
		t.Errorf("the output holds %x", o.Bytes())
	}
	o.Begin(7)
	if o.Commit(1) != nil || o.IsZero() {
		t.Error("a compressed page is said to be zero")
	}
}

func TestNoAllocation(t *testing.T) {
	f, s, p := &fake{}, NewStream(null{}), page(1)
	o := output(t, 1, []byte("zlib"))
	n := testing.AllocsPerRun(500, func() {
		copy(o.Begin(7), p)
		if o.Commit(2000) != nil {
			t.Fail()
		}
		s.PutOutput(f, o)
		o.PutZero(8)
		s.PutOutput(f, o)
		s.PutZero(f, 9)
		s.PutRaw(f, 10, p)
		s.EOS(f)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestKindsHaveNames(t *testing.T) {
	for k := MemSize; k <= End; k++ {
		if k.String() == "?" || strings.TrimSpace(k.String()) == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
	if Kind(200).String() != "?" {
		t.Error("an unknown kind has a name")
	}
}

func BenchmarkPutOutput(b *testing.B) {
	f, s, o := &fake{}, NewStream(null{}), NewOutput()
	for b.Loop() {
		o.Begin(7)
		_ = o.Commit(1500)
		s.PutOutput(f, o)
	}
}

func BenchmarkPutRaw(b *testing.B) {
	f, s, p := &fake{}, NewStream(null{}), page(1)
	for b.Loop() {
		s.PutRaw(f, 7, p)
	}
}

func BenchmarkPutZero(b *testing.B) {
	f, s := &fake{}, NewStream(null{})
	for b.Loop() {
		s.PutZero(f, 7)
	}
}
