package content

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"mtbench/results"
)

// file is the sampled pages of a real file, repeated. They are read once into memory: a page of a
// mapping is gone, and the process with it, when somebody cuts the file off.
type file struct {
	bytes  []byte
	source results.ContentSource
}

// newFile reads what text, the spec behind its prefix, asks for.
func newFile(text string) (Generator, error) {
	f, err := sampleFile(text)
	if err != nil {
		return nil, fileError(text, err)
	}
	return f, nil
}

// checkFile returns the error of newFile without reading a page.
func checkFile(text string) error {
	f, _, err := openSample(text)
	if err != nil {
		return fileError(text, err)
	}
	return f.Close()
}

func fileError(text string, err error) error {
	return fmt.Errorf("page content %s%s: %w", filePrefix, text, err)
}

func sampleFile(text string) (Generator, error) {
	f, s, err := openSample(text)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return nil, results.Reason(err)
	}
	data, err := s.read(f)
	if err != nil {
		return nil, err
	}
	after, err := f.Stat()
	if err != nil {
		return nil, results.Reason(err)
	}
	if after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return nil, fmt.Errorf("the file changed while it was read: use one that no process writes to")
	}
	sum := sha256.Sum256(data)
	return file{data, results.ContentSource{SHA256: hex.EncodeToString(sum[:]), Rule: s.String()}}, nil
}

// openSample opens the file and says which pages of it text asks for. The file is the caller's to
// close.
func openSample(text string) (*os.File, *sample, error) {
	o, err := parseOptions(text)
	if err != nil {
		return nil, nil, err
	}
	f, size, err := openRegular(o.path)
	if err != nil {
		return nil, nil, err
	}
	s, err := o.choose(f, size)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, s, nil
}

// openRegular opens a regular file that has at least one byte.
func openRegular(path string) (*os.File, int64, error) {
	f, err := results.Open(path, os.O_RDONLY)
	if err != nil {
		return nil, 0, results.Reason(err)
	}
	info, err := f.Stat()
	if err == nil && info.Size() == 0 {
		err = errors.New("the file is empty; it needs at least one byte")
	}
	if err != nil {
		f.Close()
		return nil, 0, results.Reason(err)
	}
	return f, info.Size(), nil
}

// choose makes the sample that o asks for of f.
func (o options) choose(f io.ReaderAt, size int64) (*sample, error) {
	parts, err := partsOf(f, size)
	if err != nil {
		return nil, err
	}
	whole := parts.bytes()
	if o.offset >= whole {
		return nil, fmt.Errorf("offset=%d; its %s has %d bytes", o.offset, parts.name, whole)
	}
	length := whole - o.offset
	if o.bytes > 0 {
		length = min(length, o.bytes)
	}
	return &sample{parts: parts.cut(o.offset, length), options: o, length: length,
		of: parts.name}, nil
}

func (f file) Fill(page int, buf []byte) {
	pages := len(f.bytes) / PageSize
	copy(buf, f.bytes[page%pages*PageSize:][:PageSize])
}
