package results

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strconv"
	"strings"
)

// File is one series as read.
type File struct {
	Path      string     // as it was named
	Header    Header     // its first record
	Runs      []Run      // in the order of the file
	Failed    []Failed   // in the order of the file
	Frontier  []Frontier // in the order of the file
	SHA256    string     // of all bytes of the file, uncompressed, in hex: what to cite
	Truncated bool       // the last line was cut off in the middle of a write and is left out
}

// Read reads a result file, plain or compressed by gzip. What is wrong with the file itself is an
// *InputError that names file and line. No file is trusted: see the Max constants for the limits.
func Read(path string) (*File, error) {
	f, err := Open(path, os.O_RDONLY)
	if err != nil {
		return nil, openError(path, err)
	}
	defer f.Close()
	if err := mustBeBearable(f, path); err != nil {
		return nil, err
	}
	return ReadFrom(f, path)
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

type reader struct {
	in   *bufio.Reader
	sum  hash.Hash
	file File

	places       map[place]int  // of the runs so far, with the line of each
	searches     map[search]int // the same of searches
	line         int            // number of the present line
	good         int64          // bytes of the lines that were records
	total        int64          // bytes of all lines so far
	unterminated bool           // the last record has no newline
}

// readBuffer is how many bytes are read at once.
const readBuffer = 1 << 16

func newReader(r io.Reader, name string) *reader {
	return &reader{in: bufio.NewReaderSize(r, readBuffer), sum: sha256.New(), file: File{Path: name},
		places: map[place]int{}, searches: map[search]int{}}
}

func (r *reader) read() (*File, error) {
	if err := r.plain(); err != nil {
		return nil, err
	}
	for {
		line, whole, err := r.next()
		if err != nil {
			return nil, err
		}
		if len(line) == 0 {
			return r.end()
		}
		if err := r.take(line, whole); err != nil {
			return nil, err
		}
	}
}

func (r *reader) end() (*File, error) {
	if r.line == 0 {
		return nil, r.wholeFile("is empty: a result file begins with a header record; " +
			"mtbench run --output makes one")
	}
	r.file.SHA256 = hex.EncodeToString(r.sum.Sum(nil))
	return &r.file, nil
}

// next returns the next line with its newline, and whether it has one. At the end of the file the
// line is empty.
func (r *reader) next() (line []byte, whole bool, err error) {
	for {
		part, err := r.in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > MaxLineBytes {
			return nil, false, r.bad(r.line+1, "longer than %d MiB, the most a record may have",
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
	r.line++
	r.sum.Write(line)
	if r.total += int64(len(line)); r.total > MaxFileBytes {
		return tooLarge(r.file.Path)
	}
	return nil
}

// take reads one record. A last line without a newline that is no whole JSON object is the trace of
// a killed writer; the same in any other place is a damaged file.
func (r *reader) take(line []byte, whole bool) error {
	if r.line > 1 && !whole && !json.Valid(line) {
		r.file.Truncated = true
		return nil
	}
	if err := r.record(bytes.TrimSuffix(line, []byte("\n"))); err != nil {
		return err
	}
	r.good, r.unterminated = r.total, !whole
	return nil
}

func (r *reader) record(line []byte) error {
	sh := shapeOf(line)
	if sh.longest > MaxStringBytes {
		return r.here("a string of %d bytes; the most is %d", sh.longest, MaxStringBytes)
	}
	if sh.doubt != "" {
		return r.here("%s", sh.doubt)
	}
	kind, err := strconv.Unquote(string(sh.values["type"]))
	if err != nil {
		return r.noRecord(line)
	}
	if (r.line == 1) != (kind == TypeHeader) {
		return r.misplaced(kind)
	}
	switch kind {
	case TypeHeader:
		return r.header(line, sh)
	case TypeRun:
		return r.run(line, sh)
	case TypeFailed:
		return r.failed(line, sh)
	case TypeFrontier:
		return r.frontier(line, sh)
	}
	return r.here("record type %s: this build knows header, run, failed and frontier", quote(kind))
}

// noRecord says what a line is that has no type.
func (r *reader) noRecord(line []byte) error {
	var object map[string]any
	if err := json.Unmarshal(line, &object); err != nil || object == nil {
		return r.noObject(err)
	}
	return r.here("no record of a result file: it has no \"type\"")
}

func (r *reader) noObject(err error) error {
	if r.line == 1 {
		return r.here("not a result file: its first line is no JSON object, " +
			"and a result file begins with a header record")
	}
	return r.here("not a JSON object%s", detail(err))
}

func (r *reader) misplaced(kind string) error {
	if r.line == 1 {
		return r.here("no header: the first record is of type %s, and a result file begins with "+
			"a header", quote(kind))
	}
	return r.here("a second header: a file holds one series; give two files to compare two")
}

func (r *reader) header(line []byte, sh shape) error {
	schema, err := strconv.Atoi(string(sh.values["schema"]))
	if err != nil {
		return r.here("not a result file of mtbench: its header has no schema number")
	}
	if schema < oldestSchema || schema > Schema {
		return r.otherSchema(schema)
	}
	h := &r.file.Header
	if err := r.decode(line, h, sh, headerNames); err != nil {
		return err
	}
	if msg := figuresOf(h); msg != "" {
		return r.here("%s", msg)
	}
	switch h.Kind {
	case Measured, Traced, Predicted, Published:
		return nil
	}
	return r.here("kind %s: it is one of measured, traced, predicted, published", quote(h.Kind))
}

// Current refuses a file of an earlier schema for what needs the present one.
func (f *File) Current(to string) error {
	if f.Header.Schema == Schema {
		return nil
	}
	return &InputError{File: f.Path,
		Msg: fmt.Sprintf("schema %d: an older mtbench wrote it, and it can be "+
			"reported but not %s; measure anew for schema %d", f.Header.Schema, to, Schema)}
}

func (r *reader) otherSchema(schema int) error {
	who := "a newer"
	if schema < oldestSchema {
		who = "an older"
	}
	return r.here("schema %d: written by %s mtbench; this build reads %d to %d", schema, who,
		oldestSchema, Schema)
}

func (r *reader) run(line []byte, sh shape) error {
	names := runNames
	if r.file.Header.Kind == Published {
		names = publishedNames
	}
	var run Run
	if err := r.decode(line, &run, sh, names); err != nil {
		return err
	}
	run.normal()
	if msg := run.wrong(r.file.Header.Kind); msg != "" {
		return r.here("%s", msg)
	}
	if err := r.only(run.Index, run.Attempt); err != nil {
		return err
	}
	if run.DowntimeLimitMS == 0 {
		run.DowntimeLimitMS = r.file.Header.Scenario.DowntimeLimit.MS()
	}
	r.file.Runs = append(r.file.Runs, run)
	return r.room()
}

func (r *reader) failed(line []byte, sh shape) error {
	var failed Failed
	if err := r.decode(line, &failed, sh, failedNames); err != nil {
		return err
	}
	failed.normal()
	if msg := firstOf(failed.Cell.wrong(), figuresOf(&failed)); msg != "" {
		return r.here("%s", msg)
	}
	if err := r.only(failed.Index, failed.Attempt); err != nil {
		return err
	}
	r.file.Failed = append(r.file.Failed, failed)
	return r.room()
}

func (r *reader) frontier(line []byte, sh shape) error {
	var frontier Frontier
	if err := r.decode(line, &frontier, sh, frontierNames); err != nil {
		return err
	}
	frontier.normal()
	if msg := frontier.wrong(); msg != "" {
		return r.here("%s", msg)
	}
	at := search{frontier.Cell, frontier.Repeat}
	if before, ok := r.searches[at]; ok {
		return r.here("repeat %d of this search of %s is in line %d already", at.repeat, quote(at.Model),
			before)
	}
	r.searches[at] = r.line
	r.file.Frontier = append(r.file.Frontier, frontier)
	return r.room()
}

func (r *reader) room() error {
	if len(r.file.Runs)+len(r.file.Failed)+len(r.file.Frontier) > MaxRuns {
		return r.here("more than %d records: give the file of one series", MaxRuns)
	}
	return nil
}

// decode reads a record that must have some names.
func (r *reader) decode(line []byte, to any, sh shape, names []string) error {
	err := json.Unmarshal(line, to)
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return r.noObject(err)
	}
	if wrong := (*json.UnmarshalTypeError)(nil); err != nil && !errors.As(err, &wrong) {
		return r.badTime(sh) // the only values that read themselves
	}
	if err != nil {
		return r.here("a field is not what it should be%s", detail(err))
	}
	var missing []string
	for _, name := range names {
		if _, ok := sh.values[name]; !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return r.here("the record has no %s", strings.Join(missing, ", "))
	}
	if null := nulls(sh, names); null != "" {
		return r.here("%s is null; it must be given", null)
	}
	return nil
}

func (r *reader) badTime(sh shape) error {
	for _, name := range []string{"created", "started"} {
		if value, ok := sh.values[name]; ok {
			return r.here("%s is %s; a time is written as in \"2026-01-02T15:04:05Z\"", name,
				quote(strings.Trim(string(value), `"`)))
		}
	}
	return r.here("a field is not what it should be")
}

func (r *reader) here(format string, args ...any) error { return r.bad(r.line, format, args...) }

func (r *reader) bad(line int, format string, args ...any) error {
	return &InputError{File: r.file.Path, Line: line, Msg: fmt.Sprintf(format, args...)}
}

func (r *reader) wholeFile(msg string) error { return &InputError{File: r.file.Path, Msg: msg} }

// quote shows a string of the file in a message: short, and with no control characters.
func quote(s string) string {
	const most = 40
	if len(s) > most {
		s = s[:most] + "…"
	}
	return fmt.Sprintf("%q", s)
}

func detail(err error) string {
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrong):
		return fmt.Sprintf(": %s is a %s", wrong.Field, wrong.Value)
	case errors.As(err, &syntax):
		return fmt.Sprintf(": %s at byte %d of the line", syntax.Error(), syntax.Offset)
	case err != nil:
		return ": " + err.Error()
	}
	return ""
}
