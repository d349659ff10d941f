package qemustream

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Writer writes the memory of a guest in the form that Reader reads. Its errors stick, and Close
// gives them.
type Writer struct {
	out    *bufio.Writer
	blocks []Block
	block  int // of the last page; -1: none yet
	inside bool
	counts Counts
	err    error
}

const ourSection = 2 // as QEMU numbers the memory

// NewWriter begins a stream of a machine (1 to 256 bytes of printable ASCII) with the blocks given.
func NewWriter(out io.Writer, machine string, blocks []Block) *Writer {
	w := &Writer{out: bufio.NewWriterSize(out, readAhead), blocks: blocks, block: -1}
	w.be32(magic)
	w.be32(fileVersion)
	w.byte(typeMachine)
	w.be32(uint32(len(machine)))
	w.put([]byte(machine))
	w.byte(typeStart)
	w.be32(ourSection)
	w.shortName(ramName)
	w.be32(ramInstance)
	w.be32(ramVersion)
	total := int64(0)
	for _, b := range blocks {
		total += b.Size
	}
	w.be64(uint64(total) | FlagMemSize)
	for _, b := range blocks {
		w.shortName(b.Name)
		w.be64(uint64(b.Size))
	}
	w.counts.Sections++
	w.inside = true
	w.EndSection()
	return w
}

// Page writes the record of a page, in a section that it begins if none is open.
func (w *Writer) Page(p Page) error {
	if err := w.check(p); err != nil {
		w.fail(err)
		return w.err
	}
	w.begin(typePart)
	word := uint64(p.Index)*PageSize | [...]uint64{FlagZero, FlagPage, FlagCompress}[p.Kind]
	if p.Block == w.block {
		w.be64(word | FlagContinue)
	} else {
		w.be64(word)
		w.shortName(w.blocks[p.Block].Name)
		w.block = p.Block
	}
	switch p.Kind {
	case Zero:
		w.byte(0)
	case Compressed:
		w.be32(uint32(len(p.Payload)))
	}
	w.put(p.Payload)
	w.counts.add(&p)
	return w.err
}

// check says why a reader would refuse the page.
func (w *Writer) check(p Page) error {
	if p.Block < 0 || p.Block >= len(w.blocks) || p.Index < 0 ||
		p.Index >= w.blocks[p.Block].Pages() {
		return fmt.Errorf("qemustream: page %d of block %d is none of the guest's", p.Index, p.Block)
	}
	n := len(p.Payload)
	if p.Kind == Zero && n == 0 || p.Kind == Raw && n == PageSize ||
		p.Kind == Compressed && n >= 1 && n <= MaxCompressed {
		return nil
	}
	return fmt.Errorf("qemustream: a %s page with %d bytes", p.Kind, n)
}

// EndSection ends the section that is open, if one is, and writes out what is held.
func (w *Writer) EndSection() {
	if !w.inside {
		return
	}
	w.be64(FlagEOS)
	w.byte(typeFooter)
	w.be32(ourSection)
	w.inside = false
	w.fail(w.out.Flush())
}

// Close writes the end of the memory and of the stream. It does not close what it writes to.
func (w *Writer) Close() error {
	w.EndSection()
	w.begin(typeEnd)
	w.EndSection()
	w.byte(typeEOF)
	return errors.Join(w.err, w.out.Flush())
}

// Counts is what was written so far.
func (w *Writer) Counts() Counts { return w.counts }

func (w *Writer) begin(kind byte) {
	if w.inside {
		return
	}
	w.byte(kind)
	w.be32(ourSection)
	w.counts.Sections++
	w.inside = true
}

func (w *Writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *Writer) byte(b byte)   { w.put([]byte{b}) }
func (w *Writer) be32(n uint32) { w.put(binary.BigEndian.AppendUint32(nil, n)) }
func (w *Writer) be64(n uint64) { w.put(binary.BigEndian.AppendUint64(nil, n)) }

func (w *Writer) shortName(s string) {
	w.byte(byte(len(s)))
	w.put([]byte(s))
}

func (w *Writer) put(p []byte) {
	if w.err != nil {
		return
	}
	n, err := w.out.Write(p)
	w.counts.Bytes += int64(n)
	w.fail(err)
}
