// Package qemustream reads and writes migration streams of QEMU, as far as guest memory goes: the
// file header, and the RAM section, version 4, that comes first in a stream. What devices save
// behind it is not looked at.
//
//	be32 "QEVM", be32 version 3
//	u8 7, be32 length, name of the machine
//	u8 1 (start), be32 section, u8 length "ram", be32 instance 0, be32 version 4
//	    MEM_SIZE  word(total), then for each block: u8 length, name, be64 size; EOS
//	    u8 0x7e (footer), be32 section
//	u8 2 (part) or 3 (end), be32 section, then records up to EOS, and a footer
//
// A record is that of mtbench's own stream (package wire): a big-endian 64-bit word, the page's
// offset in its block with flags in the low 12 bits. A page without CONTINUE names its block.
//
// Source: QEMU's published documentation of migration, and streams of QEMU 7.2 themselves.
package qemustream

// PageSize is the size of a page in bytes, and MaxCompressed the most that a compressed one may
// have: zlib's compressBound of a page.
const (
	PageSize      = 4096
	MaxCompressed = 4110
)

// Limits of what a stream may say of itself.
const (
	MaxBlocks  = 256     // blocks of memory
	MaxMemory  = 1 << 40 // bytes of all blocks together
	maxMachine = 256     // bytes of the name of the machine
	ramVersion = 4
)

// The words and bytes of the frame.
const (
	magic        = 0x5145564d // "QEVM"
	fileVersion  = 3
	typeEOF      = 0x00
	typeStart    = 0x01
	typePart     = 0x02
	typeEnd      = 0x03
	typeFull     = 0x04
	typeSub      = 0x05
	typeDescribe = 0x06
	typeMachine  = 0x07
	typeCommand  = 0x08
	typeFooter   = 0x7e
	ramName      = "ram"
	ramInstance  = 0
	headerBytes  = 8 // of a record: its word
	lengthBytes  = 4 // of a compressed page's length
)

// Flags of a record, in the bits below the page's offset.
const (
	FlagFull     = 0x01
	FlagZero     = 0x02
	FlagMemSize  = 0x04
	FlagPage     = 0x08
	FlagEOS      = 0x10
	FlagContinue = 0x20
	FlagXBZRLE   = 0x40
	FlagHook     = 0x80
	FlagCompress = 0x100
	FlagMultifd  = 0x200
	FlagMask     = PageSize - 1
)

// EndOfStream is the byte that ends a stream.
const EndOfStream = typeEOF

// Block is a block of guest memory.
type Block struct {
	Name string
	Size int64 // bytes, a multiple of PageSize
}

// Pages is how many pages the block has.
func (b Block) Pages() int64 { return b.Size / PageSize }

// Kind is how a page travels.
type Kind uint8

const (
	Zero       Kind = iota // a page of zeros
	Raw                    // as it is
	Compressed             // a zlib stream
)

// String is the name of k in QEMU's terms.
func (k Kind) String() string { return [...]string{"ZERO", "PAGE", "COMPRESS_PAGE"}[k] }

// Page is one record of a page.
type Page struct {
	Kind    Kind
	Block   int    // index into Blocks
	Index   int64  // of the page in its block
	Payload []byte // none, the page, or its zlib stream; valid until the next record is read
}

// Counts is what of a stream has been read or written.
type Counts struct {
	Zero, Raw, Compressed int64 // records of pages
	Payload               int64 // bytes of compressed pages, without headers and lengths
	Sections              int64 // sections of memory, the first and the last included
	Bytes                 int64 // all, from the first of the file header on
}

// Pages is how many records of pages there were.
func (c Counts) Pages() int64 { return c.Zero + c.Raw + c.Compressed }

func (c *Counts) add(p *Page) {
	switch p.Kind {
	case Zero:
		c.Zero++
	case Raw:
		c.Raw++
	case Compressed:
		c.Compressed++
		c.Payload += int64(len(p.Payload))
	}
}
