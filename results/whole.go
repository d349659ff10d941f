package results

import (
	"errors"
	"fmt"
)

// WriteWhole makes a file of records that are all at hand: it appears whole, or not at all. A file
// that exists is refused with an *InputError.
func WriteWhole(path string, of *File) error {
	f, err := NewUnseen(path)
	if err != nil {
		return fmt.Errorf("the result file cannot be made: %w", err)
	}
	w := &Writer{f: f.File, path: path, unsynced: true}
	if err := w.all(f, of); err != nil {
		return errors.Join(err, f.Drop())
	}
	return w.Close()
}

func (w *Writer) all(f *Unseen, of *File) error {
	h := of.Header
	h.Type, h.Schema = TypeHeader, Schema
	if err := w.write(h); err != nil {
		return err
	}
	for i := range of.Runs {
		if err := w.Append(&of.Runs[i]); err != nil {
			return err
		}
	}
	for i := range of.Failed {
		if err := w.Append(&of.Failed[i]); err != nil {
			return err
		}
	}
	if err := w.room(); err != nil {
		return err
	}
	if err := w.f.Sync(); err != nil {
		return fmt.Errorf("the result file was not written: %w", err)
	}
	return w.show(f)
}
