package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"mtbench/internal/thread"
)

// Reader reads a migration stream for a guest of known size. Every field is checked before it is
// used; an error names the byte at which the bad field begins. Its memory does not depend on what
// the stream says.
//
// It belongs to the destination's main thread. After an error it must not be used.
type Reader struct {
	src     Source
	memory  uint64 // bytes of the only block
	buf     []byte
	r, w    int   // buf[r:w] has been received and not yet taken
	offset  int64 // of buf[r] in the stream
	pending int   // bytes of payload that Payload has to read before Next
	listed  bool  // the MEM_SIZE record was seen
	named   bool  // a page with the block's name was seen
}

// NewReader makes a reader of the stream that src gives, for a guest of memory bytes (a multiple
// of PageSize).
func NewReader(src Source, memory int64) *Reader {
	return &Reader{src: src, memory: uint64(memory), buf: make([]byte, BufferSize)}
}

// Offset is how many bytes of the stream have been taken.
func (r *Reader) Offset() int64 { return r.offset }

// Open reads the preamble. Call it once, before Next.
func (r *Reader) Open(t thread.Thread) error {
	at := r.offset
	p, err := r.take(t, preambleSize)
	if err != nil {
		return r.short(at, "the preamble", err)
	}
	if string(p[:len(Magic)]) != Magic {
		return fail(at, "this is not a migration stream of mtbench: it begins with % x", p[:len(Magic)])
	}
	at += int64(len(Magic))
	wants := []struct {
		what string
		want uint32
	}{
		{"format version", FormatVersion},
		{"RAM section version", SectionVersion},
		{"page size", PageSize},
	}
	for i, f := range wants {
		got := binary.BigEndian.Uint32(p[len(Magic)+4*i:])
		if got != f.want {
			return fail(at+4*int64(i), "%s is %d; this mtbench reads %d", f.what, got, f.want)
		}
	}
	return nil
}

// Next reads up to the payload of the next record. After End there is nothing to read. A stream
// that stops without End is an error, wherever it stops.
func (r *Reader) Next(t thread.Thread) (Record, error) {
	if r.pending != 0 {
		return Record{}, errors.New("wire: Next before the payload was read")
	}
	at := r.offset
	p, err := r.take(t, headerSize)
	if err != nil {
		return Record{}, r.short(at, "a record", err)
	}
	word := binary.BigEndian.Uint64(p)
	if word == endWord {
		return Record{Kind: End}, nil
	}
	flags, addr := word&flagMask, word&^flagMask
	switch flags &^ flagContinue {
	case flagEOS:
		return r.eos(at, word)
	case flagMemSize:
		return r.memSize(t, at, word)
	case flagZero, flagPage, flagCompress:
		return r.page(t, at, flags, addr)
	}
	return Record{}, fail(at, "record flags %#03x are %s", flags, describe(flags))
}

// Payload reads the payload of the record that Next returned straight into dst, which must be as
// long as its Len.
func (r *Reader) Payload(t thread.Thread, dst []byte) error {
	if len(dst) != r.pending {
		return fmt.Errorf("wire: payload of %d bytes read into %d", r.pending, len(dst))
	}
	was := t.Enter(thread.Copying)
	defer t.Enter(was)
	at := r.offset
	for len(dst) > 0 {
		if r.r == r.w {
			if err := r.fill(t, 1); err != nil {
				return r.short(at, "a page's payload", err)
			}
		}
		n := copy(dst, r.buf[r.r:r.w])
		r.advance(n)
		dst = dst[n:]
	}
	r.pending = 0
	return nil
}

func (r *Reader) eos(at int64, word uint64) (Record, error) {
	if word != flagEOS {
		return Record{}, fail(at, "the end of a section is %#x; it should be %#x", word, flagEOS)
	}
	return Record{Kind: EOS}, nil
}

// memSize reads the list of blocks: exactly the one that this guest has.
func (r *Reader) memSize(t thread.Thread, at int64, word uint64) (Record, error) {
	if r.listed {
		return Record{}, fail(at, "a second list of RAM blocks")
	}
	if total := word &^ flagMask; total != r.memory || word&flagContinue != 0 {
		return Record{}, fail(at, "the source has %d bytes of memory, this destination %d",
			total, r.memory)
	}
	if err := r.blockName(t); err != nil {
		return Record{}, err
	}
	at = r.offset
	p, err := r.take(t, headerSize)
	if err != nil {
		return Record{}, r.short(at, "a block's size", err)
	}
	if size := binary.BigEndian.Uint64(p); size != r.memory {
		return Record{}, fail(at, "block %q has %d bytes; this destination's has %d",
			BlockName, size, r.memory)
	}
	r.listed = true
	return Record{Kind: MemSize}, nil
}

// page reads the rest of the header of a page's record.
func (r *Reader) page(t thread.Thread, at int64, flags, addr uint64) (Record, error) {
	if !r.listed {
		return Record{}, fail(at, "a page before the list of RAM blocks")
	}
	if addr >= r.memory {
		return Record{}, fail(at, "page at %#x lies outside the %#x bytes of block %q",
			addr, r.memory, BlockName)
	}
	if err := r.continues(t, at, flags); err != nil {
		return Record{}, err
	}
	rec := Record{Page: int(addr / PageSize)}
	switch flags &^ flagContinue {
	case flagZero:
		rec.Kind = Zero
		return rec, r.zeroByte(t)
	case flagPage:
		rec.Kind, rec.Len = Raw, PageSize
	default:
		n, err := r.length(t)
		if err != nil {
			return Record{}, err
		}
		rec.Kind, rec.Len = Compressed, n
	}
	r.pending = rec.Len
	return rec, nil
}

// continues checks that the record says which block it is about: by name, or by following one.
func (r *Reader) continues(t thread.Thread, at int64, flags uint64) error {
	if flags&flagContinue == 0 {
		r.named = true
		return r.blockName(t)
	}
	if !r.named {
		return fail(at, "a page continues a block before any page has named one")
	}
	return nil
}

func (r *Reader) blockName(t thread.Thread) error {
	at := r.offset
	p, err := r.take(t, 1)
	if err != nil {
		return r.short(at, "a block's name", err)
	}
	n := int(p[0])
	if n != len(BlockName) {
		return fail(at, "a block's name has %d bytes; the only block is %q", n, BlockName)
	}
	if p, err = r.take(t, n); err != nil {
		return r.short(at, "a block's name", err)
	}
	if string(p) != BlockName {
		return fail(at, "block %q is unknown; the only block is %q", p, BlockName)
	}
	return nil
}

func (r *Reader) zeroByte(t thread.Thread) error {
	at := r.offset
	p, err := r.take(t, 1)
	if err != nil {
		return r.short(at, "the byte of a zero page", err)
	}
	if p[0] != 0 {
		return fail(at, "a zero page is filled with %#02x; it should be 0x00", p[0])
	}
	return nil
}

func (r *Reader) length(t thread.Thread) (int, error) {
	at := r.offset
	p, err := r.take(t, lengthSize)
	if err != nil {
		return 0, r.short(at, "the length of a compressed page", err)
	}
	n := int32(binary.BigEndian.Uint32(p))
	if n < 1 || n > MaxCompressed {
		return 0, fail(at, "a compressed page of %d bytes; it should have 1 to %d",
			n, MaxCompressed)
	}
	return int(n), nil
}

// take returns the next n bytes, n ≤ BufferSize. They are valid until the next call.
func (r *Reader) take(t thread.Thread, n int) ([]byte, error) {
	if r.w-r.r < n {
		if err := r.fill(t, n); err != nil {
			return nil, err
		}
	}
	p := r.buf[r.r : r.r+n]
	r.advance(n)
	return p, nil
}

func (r *Reader) advance(n int) {
	r.r += n
	r.offset += int64(n)
}

// fill receives until at least n bytes are in the buffer.
func (r *Reader) fill(t thread.Thread, n int) error {
	r.w = copy(r.buf, r.buf[r.r:r.w])
	r.r = 0
	for r.w < n {
		got, err := r.src.Read(t, r.buf[r.w:])
		if got < 0 || got > len(r.buf)-r.w {
			return fmt.Errorf("wire: the source returned %d bytes", got)
		}
		r.w += got
		if err != nil && r.w < n {
			return err
		}
		if got == 0 && err == nil {
			return io.ErrNoProgress
		}
	}
	return nil
}

// short says that the stream ended or failed in the middle of what.
func (r *Reader) short(at int64, what string, err error) error {
	if errors.Is(err, io.EOF) {
		return fail(r.offset+int64(r.w-r.r),
			"the stream ends where %s (begun at byte %d) was to come", what, at)
	}
	return fmt.Errorf("migration stream at byte %d, reading %s: %w", at, what, err)
}

func fail(at int64, format string, args ...any) error {
	return fmt.Errorf("migration stream at byte %d: %s", at, fmt.Sprintf(format, args...))
}

// describe says what is wrong with a set of flags.
func describe(flags uint64) string {
	for _, f := range [...]struct {
		bit  uint64
		name string
	}{
		{flagFull, "FULL (obsolete)"}, {flagXBZRLE, "XBZRLE (never sent)"},
		{flagHook, "HOOK (never sent)"},
	} {
		if flags&f.bit != 0 {
			return f.name
		}
	}
	return "no known kind of record"
}
