package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Writer appends records to one file. One goroutine uses it at a time; another process that opens
// the same file to write is refused by a lock on the file, which the kernel drops with the process.
type Writer struct {
	f    *os.File
	path string
	size int64 // bytes that are whole records
	have int64 // bytes of the file: more than size where a line was cut off

	unterminated bool // the last record has no newline yet
	unsynced     bool // nobody sees the file yet, and it is synced as a whole
}

// Create makes the file and writes the header, whose Type and Schema it sets: the file appears with
// its header, or not at all. One that exists is refused with an *InputError: a series is never
// written over.
func Create(path string, h Header) (*Writer, error) {
	h.Type, h.Schema = TypeHeader, Schema
	return create(path, h)
}

// create makes a file of the header h, of whatever kind of file.
func create(path string, h any) (*Writer, error) {
	f, err := NewUnseen(path)
	if err != nil {
		return nil, fmt.Errorf("the result file cannot be made: %w", err)
	}
	w := &Writer{f: f.File, path: path}
	if err := w.begin(f, h); err != nil {
		return nil, errors.Join(err, f.Drop())
	}
	return w, nil
}

func (w *Writer) begin(f *Unseen, h any) error {
	if err := lock(w.f, w.path); err != nil {
		return err
	}
	if err := w.write(h); err != nil {
		return err
	}
	return w.show(f)
}

// show gives the file its name.
func (w *Writer) show(f *Unseen) error {
	err := f.Show(w.path)
	if errors.Is(err, fs.ErrExist) {
		return &InputError{File: w.path, Msg: "exists already: results are never written over; " +
			"give another --output, or go on with it by --resume"}
	}
	if err != nil {
		return fmt.Errorf("the result file cannot be made: %w", err)
	}
	return syncDir(filepath.Dir(w.path))
}

// Intact says what has happened to the file from outside since the last record: what would be
// measured next could not be kept beside the rest.
func (w *Writer) Intact() error {
	here, err := w.f.Stat()
	if err != nil {
		return fmt.Errorf("%s cannot be looked at: %w", w.path, Reason(err))
	}
	there, err := os.Stat(w.path)
	switch {
	case err != nil:
		return fmt.Errorf("%s is gone: %w; no further run is made", w.path, Reason(err))
	case !os.SameFile(here, there):
		return fmt.Errorf("%s is another file than it was; no further run is made", w.path)
	case here.Size() != w.have:
		return fmt.Errorf("%s was changed from outside: it has %d bytes and had %d; no further run is "+
			"made",
			w.path, here.Size(), w.have)
	}
	return w.room()
}

// room ends a series before its file is larger than what is read.
func (w *Writer) room() error {
	if w.have > MaxFileBytes-MaxLineBytes {
		return fmt.Errorf("%s holds %d MiB, and at most %d are read: begin another series; a report "+
			"takes "+
			"several files", w.path, w.have>>20, MaxFileBytes>>20)
	}
	return nil
}

// Append writes one record (a Run, a Failed, a Frontier, a WhatIf; to a hand-over
// file a HandOver or a HandOverFailed; or a pointer to one), whose
// Type it sets, as one line by one write and syncs it to the disk. After an error the file holds
// what it held before.
func (w *Writer) Append(rec any) error {
	switch r := rec.(type) {
	case *Run:
		return w.Append(*r)
	case *Failed:
		return w.Append(*r)
	case *Frontier:
		return w.Append(*r)
	case *WhatIf:
		return w.Append(*r)
	case *HandOver:
		return w.Append(*r)
	case *HandOverFailed:
		return w.Append(*r)
	case HandOver:
		r.Type = TypeHandOver
		return w.write(r)
	case HandOverFailed:
		r.Type = TypeHandOverFailed
		return w.write(r)
	case WhatIf:
		r.Type = TypeWhatIf
		return w.write(r)
	case Frontier:
		r.Type = TypeFrontier
		return w.write(r)
	case Run:
		r.Type, r.WhenFull = TypeRun, r.Policy()
		return w.write(r)
	case Failed:
		r.Type = TypeFailed
		return w.write(r)
	}
	return fmt.Errorf("a %T is no record of a result file", rec)
}

func (w *Writer) write(rec any) error {
	line, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("the record cannot be written: %w", err) // NaN, for one
	}
	if len(line) >= MaxLineBytes {
		return fmt.Errorf("the record has %d bytes; a line has at most %d", len(line), MaxLineBytes)
	}
	return w.put(append(line, '\n'))
}

func (w *Writer) put(line []byte) error {
	if w.unterminated {
		line = append([]byte("\n"), line...)
	}
	err := w.cut()
	if err == nil {
		_, err = w.f.WriteAt(line, w.size)
	}
	if err == nil && !w.unsynced {
		err = w.f.Sync()
	}
	if err != nil {
		// Half a line must not stand before the next record; if this fails too, the reader
		// cuts the half off.
		return errors.Join(fmt.Errorf("the record was not written: %w", err), w.f.Truncate(w.size))
	}
	w.size += int64(len(line))
	w.have, w.unterminated = w.size, false
	return nil
}

// cut removes a line that was cut off, so that the next one stands in its place.
func (w *Writer) cut() error {
	if w.have == w.size {
		return nil
	}
	if err := w.f.Truncate(w.size); err != nil {
		return fmt.Errorf("the unfinished last line cannot be cut off: %w", err)
	}
	w.have = w.size
	return nil
}

// Close ends the writing. Every record is on the disk already.
func (w *Writer) Close() error { return w.f.Close() }

// OpenResume reads a file and opens it to go on. It changes no byte: a last line that was cut off
// in the middle of a write, of which File.Truncated says so, is removed when there is something to
// put in its place. Errors are those of [Read].
func OpenResume(path string) (*File, *Writer, error) {
	return openToAppend(path, func(r *reader) (*File, error) {
		file, err := r.read()
		if err == nil {
			err = file.Current("resumed")
		}
		return file, err
	})
}

// openToAppend opens a file of whatever kind to go on, after what read makes of it.
func openToAppend[F any](path string, read func(*reader) (*F, error)) (*F, *Writer, error) {
	f, err := Open(path, os.O_RDWR)
	if err != nil {
		return nil, nil, openError(path, err)
	}
	file, w, err := resume(f, path, read)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return file, w, nil
}

func resume[F any](f *os.File, path string, read func(*reader) (*F, error)) (*F, *Writer, error) {
	if err := lock(f, path); err != nil {
		return nil, nil, err
	}
	if err := mustBeBearable(f, path); err != nil {
		return nil, nil, err
	}
	r := newReader(f, path)
	if isGzip(r.in) {
		return nil, nil, r.wholeFile("is compressed and cannot be resumed: gunzip it first")
	}
	file, err := read(r)
	if err != nil {
		return nil, nil, err
	}
	return file, &Writer{f: f, path: path, size: r.good, have: r.total, unterminated: r.unterminated},
		nil
}

func lock(f *os.File, path string) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return &InputError{File: path, Msg: "another mtbench is writing to it"}
	}
	return nil // a file system without locks is no reason not to measure
}

// syncDir makes the new file's name survive a crash. Not every file system can; the records are
// synced by themselves in any case.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	_ = d.Sync()
	return d.Close()
}

func mustBeBearable(f *os.File, path string) error {
	st, err := f.Stat()
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", path, err)
	}
	if st.Size() > MaxFileBytes {
		return tooLarge(path)
	}
	return nil
}

func tooLarge(path string) error {
	return &InputError{File: path, Msg: fmt.Sprintf("larger than %d MiB, the most that is read: "+
		"give the file of one series", MaxFileBytes>>20)}
}

func openError(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &InputError{File: path, Msg: "there is no such file; mtbench run --output makes one"}
	}
	if irregular := (*IrregularError)(nil); errors.As(err, &irregular) {
		return &InputError{File: path, Msg: "is not a regular file but " + irregular.Is +
			": give a result file of mtbench run"}
	}
	if errors.Is(err, fs.ErrPermission) {
		return &InputError{File: path, Msg: "may not be opened: permission denied"}
	}
	return fmt.Errorf("the result file cannot be opened: %w", err)
}

var _ io.Closer = (*Writer)(nil)
