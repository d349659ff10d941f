package wire

import (
	"encoding/binary"

	"mtbench/internal/thread"
)

// Magic begins a stream, FormatVersion follows it, and then the version of QEMU's RAM section that
// the records are those of, and the page size.
const (
	Magic          = "MTBSTREM"
	FormatVersion  = 1
	SectionVersion = 4
	preambleSize   = len(Magic) + 4 + 4 + 4
)

// Stream is the main stream of the source, the QEMUFile of the original: a buffer of 32 KiB and up
// to 64 pieces of it or of guest memory, written with one writev when either is full.
//
// It belongs to the migration thread. Its errors stick: after the first, everything is dropped.
type Stream struct {
	sink  Sink
	buf   []byte
	used  int      // bytes of buf that hold something
	iov   [][]byte // pieces in order of emission; len ≤ MaxIovecs
	tail  int      // where in buf the last piece begins, -1 if the last piece is not in buf
	block []byte   // the block's name
	named bool     // the block's name has been sent
	err   error

	total int64 // bytes emitted since the stream was made
	xfer  int64 // bytes emitted since ResetXfer
}

// NewStream makes a stream that writes to sink.
func NewStream(sink Sink) *Stream {
	return &Stream{
		sink:  sink,
		buf:   make([]byte, BufferSize),
		iov:   make([][]byte, 0, MaxIovecs),
		tail:  -1,
		block: []byte(BlockName),
	}
}

// Err is the first error of the sink, or nil.
func (s *Stream) Err() error { return s.err }

// Fail makes err the stream's error unless it has one: a worker's failure ends the migration here.
func (s *Stream) Fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// Bytes is how many bytes were emitted since the stream was made. A record counts when it is put
// into the stream, not when it reaches the link and not when its page was submitted.
func (s *Stream) Bytes() int64 { return s.total }

// Xfer is how many bytes were emitted since ResetXfer: the counter that the rate limit looks at
// (bytes_xfer).
func (s *Stream) Xfer() int64 { return s.xfer }

// ResetXfer starts a new window of the rate limit.
func (s *Stream) ResetXfer() { s.xfer = 0 }

// Named reports whether the block's name has been sent. Until then a page must not go to a worker.
func (s *Stream) Named() bool { return s.named }

// Start writes the preamble, the list of blocks (one block of memory bytes) and EOS, and flushes.
// It returns the bytes emitted.
func (s *Stream) Start(t thread.Thread, memory int64) int {
	was := t.Enter(thread.Copying)
	before := s.total
	s.put(t, Preamble())
	s.word(t, uint64(memory)|flagMemSize)
	s.name(t)
	s.word(t, uint64(memory))
	t.Enter(was)
	s.EOS(t)
	return int(s.total - before)
}

// Preamble is the frame before the first record.
func Preamble() []byte {
	p := make([]byte, 0, preambleSize)
	p = append(p, Magic...)
	p = binary.BigEndian.AppendUint32(p, FormatVersion)
	p = binary.BigEndian.AppendUint32(p, SectionVersion)
	return binary.BigEndian.AppendUint32(p, PageSize)
}

// PutOutput moves a worker's finished bytes into the stream and empties the output
// (qemu_put_qemu_file). It returns how many bytes there were: 0 if none.
func (s *Stream) PutOutput(t thread.Thread, o *Output) int {
	was := t.Enter(thread.Copying)
	n := s.put(t, o.Bytes())
	o.Reset()
	t.Enter(was)
	return n
}

// PutZero adds a ZERO record, with the block's name if it is the first page. It returns the bytes
// emitted.
func (s *Stream) PutZero(t thread.Thread, page int) int {
	was := t.Enter(thread.Copying)
	n := s.header(t, page, flagZero)
	n += s.putByte(t, 0)
	t.Enter(was)
	return n
}

// PutRaw adds a PAGE record, with the block's name if it is the first page. The page itself is not
// copied: data, of PageSize bytes, is read when the stream is next flushed. It returns the bytes
// emitted.
func (s *Stream) PutRaw(t thread.Thread, page int, data []byte) int {
	was := t.Enter(thread.Copying)
	n := s.header(t, page, flagPage)
	n += s.putAsync(t, data)
	t.Enter(was)
	return n
}

// EOS ends a section and flushes. It returns the bytes emitted.
func (s *Stream) EOS(t thread.Thread) int {
	was := t.Enter(thread.Copying)
	n := s.word(t, flagEOS)
	t.Enter(was)
	s.Flush(t)
	return n
}

// End ends the stream and flushes; call it after the last EOS. It returns the bytes emitted.
func (s *Stream) End(t thread.Thread) int {
	was := t.Enter(thread.Copying)
	n := s.word(t, endWord)
	t.Enter(was)
	s.Flush(t)
	return n
}

// Flush writes everything that is held.
func (s *Stream) Flush(t thread.Thread) {
	if s.err == nil && len(s.iov) > 0 {
		s.err = s.sink.Writev(t, s.iov)
	}
	clear(s.iov)
	s.iov = s.iov[:0]
	s.used, s.tail = 0, -1
}

// header puts the first word of a page's record and the block's name where it is due.
func (s *Stream) header(t thread.Thread, page int, flags uint64) int {
	word := uint64(page)*PageSize | flags
	if s.named {
		return s.word(t, word|flagContinue)
	}
	s.named = true
	n := s.word(t, word)
	return n + s.name(t)
}

func (s *Stream) name(t thread.Thread) int {
	n := s.putByte(t, byte(len(BlockName)))
	return n + s.put(t, s.block)
}

func (s *Stream) word(t thread.Thread, w uint64) int {
	if BufferSize-s.used >= headerSize && s.err == nil {
		binary.BigEndian.PutUint64(s.buf[s.used:], w)
		s.took(t, headerSize)
		return headerSize
	}
	n := 0
	for shift := 56; shift >= 0; shift -= 8 { // the word straddles two buffers
		n += s.putByte(t, byte(w>>shift))
	}
	return n
}

func (s *Stream) putByte(t thread.Thread, b byte) int {
	if s.err != nil {
		return 0
	}
	s.buf[s.used] = b
	s.took(t, 1)
	return 1
}

// put copies p into the buffer, which is written each time it is full.
func (s *Stream) put(t thread.Thread, p []byte) int {
	done := 0
	for done < len(p) && s.err == nil {
		n := copy(s.buf[s.used:], p[done:])
		s.took(t, n)
		done += n
	}
	return done
}

// took makes the next n bytes of the buffer part of what is held, and writes if that fills it.
func (s *Stream) took(t thread.Thread, n int) {
	if s.tail < 0 {
		s.tail = s.used
		s.iov = append(s.iov, nil)
	}
	s.used += n
	s.iov[len(s.iov)-1] = s.buf[s.tail:s.used]
	s.emitted(n)
	s.flushIfFull(t)
}

// putAsync holds a piece of guest memory until the next write.
func (s *Stream) putAsync(t thread.Thread, p []byte) int {
	if s.err != nil {
		return 0
	}
	s.iov = append(s.iov, p)
	s.tail = -1
	s.emitted(len(p))
	s.flushIfFull(t)
	return len(p)
}

func (s *Stream) emitted(n int) {
	s.total += int64(n)
	s.xfer += int64(n)
}

func (s *Stream) flushIfFull(t thread.Thread) {
	if s.used == BufferSize || len(s.iov) == MaxIovecs {
		s.Flush(t)
	}
}
