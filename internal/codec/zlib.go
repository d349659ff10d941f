package codec

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/zlib"

	"mtbench/internal/thread"
)

// zlibCodec is QEMU's codec of 2018: one zlib stream a page, deflateReset and Z_FINISH each time.
// The library is klauspost/compress, which needs at most 4109 bytes for a page where zlib needs
// 4107 (the standard library needs 4112, which QEMU's destination refuses).
type zlibCodec struct{}

func (zlibCodec) Name() string { return "zlib" }

// Bound is zlib's compressBound, by which QEMU sizes its buffers: 4110 for a page of 4096.
func (zlibCodec) Bound(n int) int { return n + n>>12 + n>>14 + n>>25 + 13 }

func (zlibCodec) Levels() (lo, hi, def int) { return 0, 9, 1 }

func (c zlibCodec) NewEncoder(level int) (Encoder, error) {
	if err := checkLevel(c, level); err != nil {
		return nil, err
	}
	e := &zlibEncoder{}
	w, err := zlib.NewWriterLevel(&e.out, level)
	e.w = w
	return e, err
}

func (zlibCodec) NewDecoder() (Decoder, error) { return &zlibDecoder{}, nil }

type zlibEncoder struct {
	w   *zlib.Writer
	out fixedWriter
}

func (e *zlibEncoder) Encode(_ thread.Thread, dst, src []byte) (int, error) {
	e.out = fixedWriter{buf: dst}
	e.w.Reset(&e.out)
	if _, err := e.w.Write(src); err != nil {
		return 0, err
	}
	if err := e.w.Close(); err != nil {
		return 0, err
	}
	n := e.out.n
	e.out.buf = nil
	return n, nil
}

// fixedWriter writes into a buffer of fixed length.
type fixedWriter struct {
	buf []byte
	n   int
}

func (w *fixedWriter) Write(p []byte) (int, error) {
	n := copy(w.buf[w.n:], p)
	w.n += n
	if n < len(p) {
		return n, ErrNoRoom
	}
	return n, nil
}

type zlibDecoder struct {
	src bytes.Reader
	r   io.ReadCloser // nil until the first page
	one [1]byte       // where a byte too many would go
}

func (d *zlibDecoder) Decode(_ thread.Thread, dst, src []byte) error {
	d.src.Reset(src)
	defer d.src.Reset(nil)
	if err := d.reset(); err != nil {
		return fmt.Errorf("zlib page is damaged: %w", err)
	}
	n, err := io.ReadFull(d.r, dst)
	if err == io.EOF || err == io.ErrUnexpectedEOF && d.src.Len() == 0 {
		return fmt.Errorf("zlib page ends after %d bytes; it should have %d", n, len(dst))
	}
	if err != nil {
		return fmt.Errorf("zlib page is damaged: %w", err)
	}
	return d.end(len(dst))
}

// reset begins a new stream from d.src.
func (d *zlibDecoder) reset() (err error) {
	if d.r == nil {
		d.r, err = zlib.NewReader(&d.src)
		return err
	}
	return d.r.(zlib.Resetter).Reset(&d.src, nil)
}

// end checks that the stream ends here, checksum included, and nothing follows it.
func (d *zlibDecoder) end(want int) error {
	n, err := d.r.Read(d.one[:])
	if n != 0 {
		return fmt.Errorf("zlib page is longer than the %d bytes that it should have", want)
	}
	if err != io.EOF {
		return fmt.Errorf("zlib page is damaged: %w", err)
	}
	if d.src.Len() != 0 {
		return fmt.Errorf("zlib page is followed by %d bytes that do not belong to it", d.src.Len())
	}
	return nil
}

// StateBytes is more than the 256 KiB or so of C's zlib, because the library's tables are larger.
func (zlibCodec) StateBytes(level int) int64 {
	kib := [...]int64{352, 808, 1192, 1192, 936, 1064, 1064, 1000, 1000, 1396}
	return kib[level] << 10
}

func (zlibCodec) DecoderBytes() int64 { return 40 << 10 }
