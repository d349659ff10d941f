package qemustream

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
)

// Decoder makes pages of records. It belongs to one thread. It is the standard library's zlib, none
// of the codecs that are measured.
type Decoder struct {
	in  bytes.Reader
	z   io.ReadCloser
	one [1]byte
}

// Decode writes the page of p, PageSize bytes, into dst. A compressed page must be exactly one zlib
// stream, with nothing behind it, of exactly a page.
func (d *Decoder) Decode(p Page, dst []byte) error {
	if len(dst) != PageSize {
		return fmt.Errorf("qemustream: a page decoded into %d bytes", len(dst))
	}
	switch p.Kind {
	case Zero:
		clear(dst)
		return nil
	case Raw:
		copy(dst, p.Payload)
		return nil
	}
	if err := d.inflate(p.Payload, dst); err != nil {
		return fmt.Errorf("compressed page %d of block %d: %w", p.Index, p.Block, err)
	}
	return nil
}

func (d *Decoder) inflate(payload, dst []byte) error {
	d.in.Reset(payload)
	if err := d.reset(); err != nil {
		return err
	}
	n, err := io.ReadFull(d.z, dst)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && d.in.Len() == 0 {
		return fmt.Errorf("it ends after %d of %d bytes", n, PageSize)
	}
	if err != nil {
		return err
	}
	n, err = d.z.Read(d.one[:])
	switch {
	case n > 0:
		return fmt.Errorf("it is longer than %d bytes", PageSize)
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("its end is wrong: %w", err)
	case d.in.Len() > 0:
		return fmt.Errorf("%d bytes follow its zlib stream", d.in.Len())
	}
	return nil
}

// reset begins a zlib stream.
func (d *Decoder) reset() (err error) {
	if d.z == nil {
		d.z, err = zlib.NewReader(&d.in)
		return err
	}
	return d.z.(zlib.Resetter).Reset(&d.in, nil)
}

// Check reads a whole stream through r, which is not open yet, decodes every page, and hands it to
// each, if that is not nil. It returns what was read.
func Check(r *Reader, each func(p Page, bytes []byte) error) (Counts, error) {
	if err := r.Open(); err != nil {
		return r.Counts(), err
	}
	var d Decoder
	page := make([]byte, PageSize)
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Counts(), nil
		}
		if err == nil {
			err = d.Decode(p, page)
		}
		if err == nil && each != nil {
			err = each(p, page)
		}
		if err != nil {
			return r.Counts(), err
		}
	}
}
