package results

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
)

// File is one series as read.
type File struct {
	Path      string     // as it was named
	Header    Header     // its first record
	Runs      []Run      // in the order of the file
	Failed    []Failed   // in the order of the file
	Frontier  []Frontier // in the order of the file
	WhatIf    []WhatIf   // in the order of the file
	SHA256    string     // of all bytes of the file, uncompressed, in hex: what to cite
	Truncated bool       // the last line was cut off in the middle of a write and is left out
}

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Read reads a result file, or standard input where path is [Stdin], plain or compressed by gzip.
// What is wrong with the file itself is an *InputError that names file and line. No file is
// trusted: see the Max constants for the limits.
func Read(path string) (*File, error) {
	r, done, err := openReader(path)
	if err != nil {
		return nil, err
	}
	defer done()
	return r.read()
}

// ReadAny reads a file of either kind: a result file as [Read] does, or a hand-over file. One of
// the two is nil.
func ReadAny(path string) (*File, *HandOverFile, error) {
	r, done, err := openReader(path)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	if err := r.begin(); err != nil {
		return nil, nil, err
	}
	if r.isHandOver() {
		h, err := r.handOver()
		return nil, h, err
	}
	f, err := r.records()
	return f, nil, err
}

// openReader makes the reader of a file, or of standard input where path is [Stdin].
func openReader(path string) (r *reader, done func(), err error) {
	if path == Stdin {
		r, err := stdinReader()
		return r, func() {}, err
	}
	f, err := Open(path, os.O_RDONLY)
	if err != nil {
		return nil, nil, openError(path, err)
	}
	if err := mustBeBearable(f, path); err != nil {
		f.Close()
		return nil, nil, err
	}
	return newReader(f, path), func() { f.Close() }, nil
}

// stdinReader reads standard input, which a person at a terminal would wait for in vain.
func stdinReader() (*reader, error) {
	const name = "standard input"
	if info, err := os.Stdin.Stat(); err == nil && info.Mode()&fs.ModeCharDevice != 0 {
		return nil, &InputError{File: name, Msg: "is a terminal or a device, and - stands for a result " +
			"file in a pipe: zcat FILE.gz | mtbench report -"}
	}
	return newReader(os.Stdin, name), nil
}

// ReadFrom reads the records of r, which errors call name.
func ReadFrom(r io.Reader, name string) (*File, error) { return newReader(r, name).read() }

// place is what no two runs of a series share, whether they ended with figures or failed.
type place struct{ index, attempt int }

// search is what no two searches for the frontier share.
type search struct {
	Cell
	repeat int
}

// reader reads a file: lines in order, then the records of some lines at once, each by a parser of
// its own, then what records say of each other, in order again.
type reader struct {
	in   *bufio.Reader
	sum  hash.Hash
	file File

	places       map[place]int  // of the runs so far, with the line of each
	searches     map[search]int // the same of searches
	plans        plans
	lines        int   // read so far
	good         int64 // bytes of the lines that were records
	total        int64 // bytes of all lines so far
	unterminated bool  // the last record has no newline
}

// readBuffer is how many bytes are read at once.
const readBuffer = 1 << 16

// What is parsed at once: enough to keep every CPU busy, and little beside the records themselves.
const (
	batchLines = 64
	batchBytes = 2 << 20
)

func newReader(r io.Reader, name string) *reader {
	return &reader{in: bufio.NewReaderSize(r, readBuffer), sum: sha256.New(), file: File{Path: name},
		places: map[place]int{}, searches: map[search]int{}, plans: newPlans()}
}

func (r *reader) read() (*File, error) {
	if err := r.begin(); err != nil {
		return nil, err
	}
	return r.records()
}

// begin comes to the first record.
func (r *reader) begin() error {
	if err := r.plain(); err != nil {
		return err
	}
	r.skipMark()
	return nil
}

// records reads all of them.
func (r *reader) records() (*File, error) {
	batch := make([]parsed, 1, batchLines) // the header alone: what follows is read by it
	for {
		n, err := r.fill(batch)
		parseAll(batch[:n], r.parser())
		for i := range batch[:n] {
			if err := r.admit(&batch[i]); err != nil {
				return nil, err
			}
		}
		if err == io.EOF {
			return r.end()
		}
		if err != nil {
			return nil, err
		}
		batch = batch[:batchLines]
	}
}

// fill reads lines into batch, whose buffers it uses again, and says how many they are. At the end
// of the file the error is [io.EOF]; what is wrong with a line comes after the lines before it.
func (r *reader) fill(batch []parsed) (n int, err error) {
	for size := 0; n < len(batch) && size < batchBytes; n++ {
		p := &batch[n]
		line, whole, err := r.next(p.line[:0])
		if err != nil {
			return n, err
		}
		if len(line) == 0 {
			return n, io.EOF
		}
		*p = parsed{line: line, whole: whole, number: r.lines, upTo: r.total}
		size += len(line)
	}
	return n, nil
}

func (r *reader) end() (*File, error) {
	if r.lines == 0 {
		return nil, r.wholeFile("is empty: a result file begins with a header record; " +
			"mtbench run --output makes one")
	}
	r.file.SHA256 = hex.EncodeToString(r.sum.Sum(nil))
	return &r.file, nil
}

// next appends the next line with its newline to line, and says whether it has one. At the end of
// the file the line is empty.
func (r *reader) next(line []byte) (_ []byte, whole bool, err error) {
	for {
		part, err := r.in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > MaxLineBytes {
			return nil, false, r.bad(r.lines+1, "longer than %d MiB, the most a record may have",
				MaxLineBytes>>20)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, false, r.unreadable(err)
		}
		return line, err == nil, r.count(line)
	}
}

func (r *reader) count(line []byte) error {
	if len(line) == 0 {
		return nil
	}
	r.lines++
	r.sum.Write(line)
	if r.total += int64(len(line)); r.total > MaxFileBytes {
		return tooLarge(r.file.Path)
	}
	return nil
}

// admit takes a record in, after those before it: it must not contradict them.
func (r *reader) admit(p *parsed) error {
	if p.err != nil {
		return p.err
	}
	at := r.parser()
	at.line = p.number
	if err := r.keep(at, p.record); err != nil {
		return err
	}
	if !r.file.Truncated {
		r.good, r.unterminated = p.upTo, !p.whole
	}
	return r.room(at)
}

func (r *reader) keep(at parser, record any) error {
	switch rec := record.(type) {
	case nil: // the last line was cut off
		r.file.Truncated = true
	case *Header:
		r.file.Header = *rec
	case *Run:
		if err := r.only(at, rec.Cell, rec.Index, rec.Attempt); err != nil {
			return err
		}
		r.file.Runs = append(r.file.Runs, *rec)
	case *Failed:
		if err := r.only(at, rec.Cell, rec.Index, rec.Attempt); err != nil {
			return err
		}
		r.file.Failed = append(r.file.Failed, *rec)
	case *Frontier:
		search := search{rec.Cell, rec.Repeat}
		if before, ok := r.searches[search]; ok {
			return at.here("repeat %d of this search of %s is in line %d already", search.repeat,
				quote(search.Model), before)
		}
		r.searches[search] = at.line
		r.file.Frontier = append(r.file.Frontier, *rec)
	case *WhatIf:
		r.file.WhatIf = append(r.file.WhatIf, *rec)
	}
	return nil
}

func (r *reader) room(at parser) error {
	f := &r.file
	if len(f.Runs)+len(f.Failed)+len(f.Frontier)+len(f.WhatIf) > MaxRuns {
		return at.here("more than %d records: give the file of one series", MaxRuns)
	}
	return nil
}

func (r *reader) bad(line int, format string, args ...any) error {
	return &InputError{File: r.file.Path, Line: line, Msg: fmt.Sprintf(format, args...)}
}

func (r *reader) wholeFile(msg string) error { return &InputError{File: r.file.Path, Msg: msg} }

// Current refuses a file of an earlier schema for what needs the present one.
func (f *File) Current(to string) error {
	if f.Header.Schema == Schema {
		return nil
	}
	return &InputError{File: f.Path,
		Msg: fmt.Sprintf("schema %d: an older mtbench wrote it, and it can be "+
			"reported but not %s; measure anew for schema %d", f.Header.Schema, to, Schema)}
}

// quote shows a string of the file in a message: short, and with no control characters.
func quote(s string) string {
	const most = 40
	if len(s) > most {
		s = s[:most] + "…"
	}
	return fmt.Sprintf("%q", s)
}
