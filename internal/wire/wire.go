// Package wire is the format of the migration stream: the records of QEMU's RAM section (3.1,
// reference 5.5), the buffers that it is written through, and a reader that trusts nothing.
//
// A record begins with a big-endian 64-bit word: the page's offset in its block, with flags in the
// low 12 bits. The first page of the block has no CONTINUE flag and carries the block's name; only
// the migration thread may send it. All later pages, and whatever a worker writes, continue.
//
//	MEM_SIZE       word(total), then for each block: u8 length, name, be64 size
//	ZERO           word, [name,] one byte 0
//	PAGE           word, [name,] 4096 bytes
//	COMPRESS_PAGE  word, [name,] be32 length (1 to 4110), a compressed page
//	EOS            word: the end of a section
//
// QEMU wraps these in sections and a stream header. mtbench has one section, so it declares its
// own small frame instead: [Preamble] before the first record, and [End] after the last.
package wire

import (
	"mtbench/internal/qemustream"
	"mtbench/internal/thread"
)

// PageSize is the size of a guest page in bytes. Flags live in the bits below it.
const PageSize = qemustream.PageSize

// MaxCompressed is the longest payload of a COMPRESS_PAGE record that a destination accepts: what
// zlib's compressBound gives for a page. QEMU's destination refuses anything longer.
const MaxCompressed = qemustream.MaxCompressed

// BufferSize is the size of a QEMUFile's buffer, MaxIovecs how many pieces it holds before a write.
const (
	BufferSize = 32 << 10
	MaxIovecs  = 64
)

// Flags of a record. They are QEMU's, and the ones that mtbench does not write are listed because
// the reader names them when it refuses them.
const (
	flagFull     = qemustream.FlagFull
	flagZero     = qemustream.FlagZero
	flagMemSize  = qemustream.FlagMemSize
	flagPage     = qemustream.FlagPage
	flagEOS      = qemustream.FlagEOS
	flagContinue = qemustream.FlagContinue
	flagXBZRLE   = qemustream.FlagXBZRLE
	flagHook     = qemustream.FlagHook
	flagCompress = qemustream.FlagCompress
	flagMask     = qemustream.FlagMask
)

// Sizes of the parts of a record, in bytes.
const (
	headerSize = 8
	lengthSize = 4
	zeroSize   = headerSize + 1

	// CompressedOverhead is what a COMPRESS_PAGE record adds to its payload.
	CompressedOverhead = headerSize + lengthSize
	// RawOverhead is what a PAGE record adds to its page (with CONTINUE).
	RawOverhead = headerSize
)

// endWord ends the stream. Its low 12 bits are no flag, so no record can be taken for it, and a
// source that dies between two records is not mistaken for one that is done.
const endWord uint64 = 0x4d5442_454e4400_00 // "MTBEND"

// BlockName is the name of the only RAM block, as QEMU names a PC's.
const BlockName = "pc.ram"

// A Kind is the kind of a record.
type Kind uint8

const (
	MemSize    Kind = iota + 1 // the list of blocks
	Zero                       // a page of zeros
	Raw                        // a page as it is
	Compressed                 // a compressed page
	EOS                        // the end of a section: nothing may be in flight past it
	End                        // the end of the stream
)

var kindNames = [...]string{"?", "MEM_SIZE", "ZERO", "PAGE", "COMPRESS_PAGE", "EOS", "end"}

// String is the name of k as the reference writes it.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return kindNames[0]
	}
	return kindNames[k]
}

// Record is one record of a stream as the reader sees it.
type Record struct {
	Kind Kind
	Page int // index of the page; 0 for records that are not about a page
	Len  int // bytes of payload that Payload will read: a page, or a compressed page; else 0
}

// Sink takes what a Stream writes. Writev writes all of iov or returns an error; it must not keep
// iov. It enters the state Sending itself.
type Sink interface {
	Writev(t thread.Thread, iov [][]byte) error
}

// Source is what a Reader reads: at least one byte, or an error (io.EOF at the end). It enters the
// state Receiving itself.
type Source interface {
	Read(t thread.Thread, p []byte) (int, error)
}
