package wire

import (
	"encoding/binary"
	"fmt"
)

// Output is a worker's private stream: the dummy QEMUFile of the original, a fixed buffer of
// 32 KiB with nothing behind it. A worker fills it, the submitter moves it to the Stream.
//
// It belongs to whoever owns the request it is part of; it has no lock.
type Output struct {
	buf  []byte
	n    int // bytes of finished records
	gap  int // bytes of the header of the record begun, 0 if none
	zero bool
}

// OutputRoom is how many bytes an Output may hold so that any one more record fits.
const OutputRoom = BufferSize - MaxCompressed - 2*CompressedOverhead

// NewOutput makes an empty output.
func NewOutput() *Output { return &Output{buf: make([]byte, BufferSize)} }

// Reset empties o.
func (o *Output) Reset() { o.n, o.gap = 0, 0 }

// Len is the number of bytes of finished records in o.
func (o *Output) Len() int { return o.n }

// IsZero reports whether the last record put was a page of zeros. It survives Reset.
func (o *Output) IsZero() bool { return o.zero }

// Bytes is the finished records. Valid until the next change of o.
func (o *Output) Bytes() []byte { return o.buf[:o.n] }

// PutZero adds a ZERO record for page. It panics if o has no room, which takes thousands of
// records in an output that should hold one.
func (o *Output) PutZero(page int) {
	b := o.buf[o.n:]
	putWord(b, page, flagZero|flagContinue)
	b[headerSize] = 0
	o.n += zeroSize
	o.gap = 0
	o.zero = true
}

// Begin starts a COMPRESS_PAGE record for page and returns the space behind its header, into which
// the codec writes directly. Nothing is added until Commit; another Begin or PutZero discards it.
func (o *Output) Begin(page int) []byte {
	putWord(o.buf[o.n:], page, flagCompress|flagContinue)
	o.gap = CompressedOverhead
	return o.buf[o.n+o.gap:]
}

// Commit ends the record that Begin started: n bytes of payload have been written. It is an error
// if a destination would refuse that length.
func (o *Output) Commit(n int) error {
	if o.gap == 0 {
		return fmt.Errorf("wire: Commit without Begin")
	}
	if n < 1 || n > MaxCompressed {
		return fmt.Errorf("the codec made %d bytes of a page; the format takes 1 to %d",
			n, MaxCompressed)
	}
	binary.BigEndian.PutUint32(o.buf[o.n+headerSize:], uint32(n))
	o.n += o.gap + n
	o.gap = 0
	o.zero = false
	return nil
}

// putWord writes the first word of a page's record.
func putWord(b []byte, page int, flags uint64) {
	binary.BigEndian.PutUint64(b, uint64(page)*PageSize|flags)
}
