package qemustream

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Reader reads the memory of one stream, from a file, a pipe or a socket. Every field is checked
// before it is used, an error names the byte at which the bad field begins, and memory does not
// depend on what the stream says, but for the list of at most MaxBlocks blocks.
type Reader struct {
	in      *bufio.Reader
	most    int64 // bytes that may be read
	counts  Counts
	machine string
	blocks  []Block
	byName  map[string]int
	section uint32 // the number of the RAM section
	block   int    // of the last page; -1: none yet
	inside  bool   // a section is open
	last    bool   // and it is the last
	done    bool
	buf     [PageSize + MaxCompressed]byte
}

// readAhead is the buffer between the reader and what it reads, in bytes.
const readAhead = 64 << 10

// NewReader makes a reader that takes at most limit bytes of in (0: no limit). It reads ahead.
func NewReader(in io.Reader, limit int64) *Reader {
	return &Reader{in: bufio.NewReaderSize(in, readAhead), most: limit, block: -1,
		byName: map[string]int{}}
}

// Machine is the machine that the stream is of, Blocks its memory; after Open.
func (r *Reader) Machine() string { return r.machine }
func (r *Reader) Blocks() []Block { return r.blocks }

// Counts is what has been read so far.
func (r *Reader) Counts() Counts { return r.counts }

// Rest is what follows the memory, or follows what was read so far.
func (r *Reader) Rest() io.Reader { return r.in }

// Open reads up to the first record of a page. Call it once, first.
func (r *Reader) Open() error {
	if err := r.fileHeader(); err != nil {
		return err
	}
	at := r.counts.Bytes
	kind, err := r.byte("the first section")
	if err != nil {
		return err
	}
	if kind == typeMachine {
		if err := r.machineName(); err != nil {
			return err
		}
		at = r.counts.Bytes
		if kind, err = r.byte("the first section"); err != nil {
			return err
		}
	}
	if kind != typeStart {
		return fail(at, "the first section is %s; it should be the start of %q", sectionName(kind),
			ramName)
	}
	if err := r.ramStart(); err != nil {
		return err
	}
	return r.footer()
}

func (r *Reader) fileHeader() error {
	at := r.counts.Bytes
	word, err := r.be32("the file header")
	if err != nil {
		return err
	}
	if word != magic {
		return fail(at, "this is not a migration stream of QEMU: it begins with %#08x, not %#08x (QEVM)",
			word, magic)
	}
	at = r.counts.Bytes
	if word, err = r.be32("the file header"); err != nil {
		return err
	}
	if word != fileVersion {
		return fail(at, "the stream has version %d; %d can be read", word, fileVersion)
	}
	return nil
}

func (r *Reader) machineName() error {
	at := r.counts.Bytes
	n, err := r.be32("the machine's name")
	if err != nil {
		return err
	}
	if n == 0 || n > maxMachine {
		return fail(at, "the machine's name has %d bytes; it should have 1 to %d", n, maxMachine)
	}
	r.machine, err = r.name(int(n), "the machine's name")
	return err
}

// ramStart reads the first part of the RAM section, its type excluded: its name, and the blocks.
func (r *Reader) ramStart() error {
	var err error
	if r.section, err = r.be32("a section's number"); err != nil {
		return err
	}
	at := r.counts.Bytes
	name, err := r.shortName("a section's name")
	if err != nil {
		return err
	}
	if name != ramName {
		return fail(at, "section %q comes before the memory, and how long it is cannot be known: "+
			"make the stream of a machine without it (disks with bitmaps have one)", name)
	}
	for _, f := range []struct {
		what string
		want uint32
	}{
		{"the instance of the RAM section", ramInstance},
		{"the version of the RAM section", ramVersion},
	} {
		at := r.counts.Bytes
		got, err := r.be32(f.what)
		if err != nil {
			return err
		}
		if got != f.want {
			return fail(at, "%s is %d; %d can be read", f.what, got, f.want)
		}
	}
	if err := r.blockList(); err != nil {
		return err
	}
	at = r.counts.Bytes
	word, err := r.be64("the end of the list of blocks")
	if err != nil {
		return err
	}
	if word != FlagEOS {
		return fail(at, "the list of blocks ends with %#x; it should be %#x (a stream with huge pages "+
			"and postcopy, or of shared memory left out, has more and cannot be read)", word, FlagEOS)
	}
	r.counts.Sections++
	return nil
}

// blockList reads the blocks: as many as make up the total.
func (r *Reader) blockList() error {
	at := r.counts.Bytes
	word, err := r.be64("the list of blocks")
	if err != nil {
		return err
	}
	total := word &^ FlagMask
	switch {
	case word&FlagMask != FlagMemSize:
		return fail(at, "the list of blocks has the flags %#03x; they should be %#03x", word&FlagMask,
			FlagMemSize)
	case total == 0 || total > MaxMemory:
		return fail(at, "the guest has %d bytes of memory; between %d and %d can be read", total,
			PageSize, int64(MaxMemory))
	}
	for left := int64(total); left > 0; {
		at := r.counts.Bytes
		b, err := r.readBlock()
		if err != nil {
			return err
		}
		_, twice := r.byName[b.Name]
		switch {
		case len(r.blocks) == MaxBlocks:
			return fail(at, "more than %d blocks", MaxBlocks)
		case twice:
			return fail(at, "block %q is listed twice", b.Name)
		case b.Size > left:
			return fail(at, "block %q has %d bytes, but only %d of the guest's %d are left", b.Name,
				b.Size, left, total)
		}
		r.byName[b.Name] = len(r.blocks)
		r.blocks = append(r.blocks, b)
		left -= b.Size
	}
	return nil
}

func (r *Reader) readBlock() (Block, error) {
	name, err := r.shortName("a block's name")
	if err != nil {
		return Block{}, err
	}
	at := r.counts.Bytes
	size, err := r.be64("a block's size")
	if err != nil {
		return Block{}, err
	}
	if size == 0 || size > MaxMemory || size%PageSize != 0 {
		return Block{}, fail(at, "block %q has %d bytes; it is a multiple of %d up to %d", name, size,
			PageSize, int64(MaxMemory))
	}
	return Block{name, int64(size)}, nil
}

// Next reads the next record of a page, over the ends of sections. After the end of the last
// section of the memory it returns io.EOF; a stream that stops earlier is another error.
func (r *Reader) Next() (Page, error) {
	for !r.done {
		if !r.inside {
			if err := r.nextSection(); err != nil {
				return Page{}, err
			}
		}
		at := r.counts.Bytes
		word, err := r.be64("a record")
		if err != nil {
			return Page{}, err
		}
		if word&FlagMask != FlagEOS {
			return r.page(at, word)
		}
		if word != FlagEOS {
			return Page{}, fail(at, "the end of a section is %#x; it should be %#x", word, FlagEOS)
		}
		if err := r.footer(); err != nil {
			return Page{}, err
		}
		r.inside, r.done = false, r.last
	}
	return Page{}, io.EOF
}

// nextSection reads the head of a further part of the memory.
func (r *Reader) nextSection() error {
	at := r.counts.Bytes
	kind, err := r.byte("a section")
	if err != nil {
		return err
	}
	if kind != typePart && kind != typeEnd {
		return fail(at, "%s comes before the end of the memory; it cannot be skipped",
			sectionName(kind))
	}
	at = r.counts.Bytes
	number, err := r.be32("a section's number")
	if err != nil {
		return err
	}
	if number != r.section {
		return fail(at, "a part of section %d comes before the end of the memory (section %d); it "+
			"cannot be skipped", number, r.section)
	}
	r.inside, r.last = true, kind == typeEnd
	r.counts.Sections++
	return nil
}

func (r *Reader) footer() error {
	at := r.counts.Bytes
	kind, err := r.byte("a section's footer")
	if err != nil {
		return err
	}
	if kind != typeFooter {
		return fail(at, "a section ends with %#02x; it should be %#02x, its footer (machines before "+
			"version 2.4 have none)", kind, typeFooter)
	}
	at = r.counts.Bytes
	number, err := r.be32("a section's footer")
	if err != nil {
		return err
	}
	if number != r.section {
		return fail(at, "the footer of section %d names section %d", r.section, number)
	}
	return nil
}

// page reads the rest of the record of a page that began at byte at with word.
func (r *Reader) page(at int64, word uint64) (Page, error) {
	flags, offset := word&FlagMask, word&^FlagMask
	p := Page{}
	payload := 0
	switch flags &^ FlagContinue {
	case FlagZero:
		p.Kind = Zero
	case FlagPage:
		p.Kind, payload = Raw, PageSize
	case FlagCompress:
		p.Kind = Compressed
	default:
		return Page{}, fail(at, "the flags %#03x of a record are %s", flags, flagsName(flags))
	}
	var err error
	if p.Block, err = r.blockOf(at, flags); err != nil {
		return Page{}, err
	}
	if b := r.blocks[p.Block]; offset >= uint64(b.Size) {
		return Page{}, fail(at, "page at %#x lies outside the %#x bytes of block %q", offset, b.Size,
			b.Name)
	}
	p.Index = int64(offset / PageSize)
	if p.Kind == Compressed {
		payload, err = r.length()
	}
	if p.Kind == Zero {
		err = r.zeroByte()
	}
	if err == nil && payload > 0 {
		p.Payload, err = r.take(payload, "a page")
	}
	if err != nil {
		return Page{}, err
	}
	r.counts.add(&p)
	return p, nil
}

// blockOf is the block of a record: the one that it names, or that of the record before.
func (r *Reader) blockOf(at int64, flags uint64) (int, error) {
	if flags&FlagContinue != 0 {
		if r.block < 0 {
			return 0, fail(at, "a page continues a block before any page has named one")
		}
		return r.block, nil
	}
	at = r.counts.Bytes
	name, err := r.shortName("a block's name")
	if err != nil {
		return 0, err
	}
	i, ok := r.byName[name]
	if !ok {
		return 0, fail(at, "block %q is not in the list of blocks", name)
	}
	r.block = i
	return i, nil
}

func (r *Reader) length() (int, error) {
	at := r.counts.Bytes
	n, err := r.be32("the length of a compressed page")
	if err != nil {
		return 0, err
	}
	if n < 1 || n > MaxCompressed {
		return 0, fail(at, "a compressed page of %d bytes; it should have 1 to %d", n, MaxCompressed)
	}
	return int(n), nil
}

func (r *Reader) zeroByte() error {
	at := r.counts.Bytes
	b, err := r.byte("the byte of a zero page")
	if err == nil && b != 0 {
		err = fail(at, "a zero page is filled with %#02x; it should be 0x00", b)
	}
	return err
}

func (r *Reader) byte(what string) (byte, error) {
	p, err := r.take(1, what)
	if err != nil {
		return 0, err
	}
	return p[0], nil
}

func (r *Reader) be32(what string) (uint32, error) {
	p, err := r.take(4, what)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint32(p), nil
}

func (r *Reader) be64(what string) (uint64, error) {
	p, err := r.take(8, what)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(p), nil
}

// shortName reads a name behind its length, which is one byte.
func (r *Reader) shortName(what string) (string, error) {
	at := r.counts.Bytes
	n, err := r.byte(what)
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", fail(at, "%s is empty", what)
	}
	return r.name(int(n), what)
}

// name reads a name of n bytes, all of them printable ASCII.
func (r *Reader) name(n int, what string) (string, error) {
	at := r.counts.Bytes
	p, err := r.take(n, what)
	if err != nil {
		return "", err
	}
	for i, c := range p {
		if c < ' ' || c > '~' {
			return "", fail(at+int64(i), "%s has the byte %#02x; only printable ASCII is a name", what, c)
		}
	}
	return string(p), nil
}

// take reads the next n bytes, at most len(r.buf). They are valid until the next call.
func (r *Reader) take(n int, what string) ([]byte, error) {
	at := r.counts.Bytes
	if r.most > 0 && at+int64(n) > r.most {
		return nil, fail(at, "the stream is longer than the %d bytes that may be read", r.most)
	}
	got, err := io.ReadFull(r.in, r.buf[:n])
	r.counts.Bytes += int64(got)
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fail(r.counts.Bytes, "the stream ends where %s (begun at byte %d) was to come", what,
			at)
	case err != nil:
		return nil, fmt.Errorf("QEMU stream at byte %d, reading %s: %w", at, what, err)
	}
	return r.buf[:n], nil
}

func fail(at int64, format string, args ...any) error {
	return fmt.Errorf("QEMU stream at byte %d: %s", at, fmt.Sprintf(format, args...))
}

func sectionName(kind byte) string {
	names := map[byte]string{typeEOF: "the end of the stream", typeStart: "a section's start",
		typePart: "a section's part", typeEnd: "a section's end", typeFull: "a device's section",
		typeSub: "a subsection", typeDescribe: "the description of devices",
		typeMachine: "the machine's name", typeCommand: "a command", typeFooter: "a footer"}
	if name, ok := names[kind]; ok {
		return fmt.Sprintf("%s (%#02x)", name, kind)
	}
	return fmt.Sprintf("of the unknown type %#02x", kind)
}

// flagsName says what is wrong with the flags of a record.
func flagsName(flags uint64) string {
	for _, f := range [...]struct {
		bit  uint64
		name string
	}{
		{FlagFull, "FULL (obsolete)"}, {FlagMemSize, "a second list of blocks"},
		{FlagXBZRLE, "XBZRLE (switch the capability off)"}, {FlagHook, "HOOK (RDMA)"},
		{FlagMultifd, "of multifd (switch the capability off)"},
	} {
		if flags&f.bit != 0 {
			return f.name
		}
	}
	return "no known kind of record"
}
