package content

import (
	"fmt"
	"io"
	"os"

	"mtbench/results"
)

// maxFile bounds the memory that a content file takes, in bytes.
const maxFile = 64 << 20

// file is the pages of a real file, repeated; the last is filled up with zeros.
type file struct{ bytes []byte }

func newFile(path string) (Generator, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("page content %s%s: %w", filePrefix, path, err)
	}
	return file{data}, nil
}

// readFile reads a regular file of 1 byte to maxFile, filled up to whole pages.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path) // before opening: opening a pipe would wait for a writer
	if err != nil {
		return nil, results.Reason(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("it is %s; a regular file is needed", what(info.Mode()))
	}
	if info.Size() == 0 {
		return nil, fmt.Errorf("the file is empty; it needs at least one byte")
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("the file has %d bytes; at most %d (64 MiB) can be used: "+
			"give a part of it", info.Size(), maxFile)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, results.Reason(err)
	}
	defer f.Close()
	data := make([]byte, (info.Size()+PageSize-1)/PageSize*PageSize)
	if _, err := io.ReadFull(f, data[:info.Size()]); err != nil {
		return nil, fmt.Errorf("reading it: %w", err)
	}
	return data, nil
}

// what names a file that is not regular.
func what(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&os.ModeNamedPipe != 0:
		return "a pipe"
	case m&os.ModeDevice != 0:
		return "a device"
	}
	return "no regular file"
}

func (f file) Fill(page int, buf []byte) {
	pages := len(f.bytes) / PageSize
	copy(buf, f.bytes[page%pages*PageSize:][:PageSize])
}
