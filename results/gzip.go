package results

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// gzipMagic begins every gzip file. No result file in plain text can begin with it.
const gzipMagic = "\x1f\x8b"

// isGzip reports whether in begins as a gzip file does. It consumes nothing.
func isGzip(in *bufio.Reader) bool {
	begin, _ := in.Peek(len(gzipMagic))
	return string(begin) == gzipMagic
}

// plain turns r to what a compressed file holds; the limits of lines and of the whole then stand on
// that, however small the file is.
func (r *reader) plain() error {
	if !isGzip(r.in) {
		return nil
	}
	z, err := gzip.NewReader(r.in)
	if err != nil {
		return r.unreadable(err)
	}
	r.in = bufio.NewReaderSize(z, readBuffer)
	return nil
}

// byteOrderMark begins what some editors and shells save as UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// skipMark passes over a byte order mark, which is a part of the file and of no record.
func (r *reader) skipMark() {
	if begin, _ := r.in.Peek(len(byteOrderMark)); string(begin) != byteOrderMark {
		return
	}
	n, _ := r.in.Discard(len(byteOrderMark))
	r.sum.Write([]byte(byteOrderMark))
	r.total += int64(n)
}

// unreadable is the sentence for an error of reading: the file's where its compressed bytes are
// wrong, else the machine's.
func (r *reader) unreadable(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return r.wholeFile("its gzip data is cut off: copy the file again, or use the file that it " +
			"was made from")
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return r.wholeFile("its gzip data is damaged (" + err.Error() + "): copy the file again, or " +
			"use the file that it was made from")
	}
	return fmt.Errorf("%s cannot be read: %w", r.file.Path, err)
}
