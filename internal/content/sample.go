package content

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxSample is the most pages that a file's sample has, and how many it has by default: 64 MiB.
const maxSample = 64 << 20 / PageSize

// options are what a spec says of a file: file:PATH?pages=N&offset=BYTES&bytes=BYTES.
type options struct {
	path   string
	pages  int   // 1 to maxSample
	offset int64 // of the part that is sampled
	bytes  int64 // of that part; 0 = to the end
}

// optionsText is the syntax, for messages and help.
const optionsText = "PATH?pages=N&offset=BYTES&bytes=BYTES"

// parseOptions reads a spec behind its prefix. The last ? begins the options, so that a path which
// has one of its own ends in another.
func parseOptions(text string) (options, error) {
	o := options{path: text, pages: maxSample}
	i := strings.LastIndexByte(text, '?')
	if i < 0 {
		return o, nil
	}
	o.path = text[:i]
	if text[i+1:] == "" {
		return o, nil
	}
	for option := range strings.SplitSeq(text[i+1:], "&") {
		if err := o.set(option); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (o *options) set(option string) error {
	name, value, _ := strings.Cut(option, "=")
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case name != "pages" && name != "offset" && name != "bytes":
		return fmt.Errorf("the option %q is unknown; the syntax is %s (a path with a ? of its own "+
			"ends in another ?)", option, optionsText)
	case err != nil || n < 0:
		return fmt.Errorf("%q; %s is a whole number", option, name)
	case name == "pages" && (n < 1 || n > maxSample):
		return fmt.Errorf("pages=%d; a sample has 1 to %d pages", n, maxSample)
	case name == "bytes" && n == 0:
		return errors.New("bytes=0; a sample needs at least one byte")
	}
	switch name {
	case "pages":
		o.pages = int(n)
	case "offset":
		o.offset = n
	case "bytes":
		o.bytes = n
	}
	return nil
}

// part is consecutive bytes of a file.
type part struct{ offset, length int64 }

// pages counts a last page that is not full; it is filled up with zeros.
func (p part) pages() int64 { return (p.length-1)/PageSize + 1 }

// parts are the bytes of a file that are memory, in order; none is empty.
type parts struct {
	name string // what they are, for messages
	list []part
}

func (p parts) bytes() (sum int64) {
	for _, part := range p.list {
		sum += part.length
	}
	return sum
}

// cut returns what is left of the parts when only length bytes from offset on are looked at.
func (p parts) cut(offset, length int64) (left []part) {
	for _, part := range p.list {
		if skip := min(offset, part.length); skip > 0 {
			part.offset, part.length = part.offset+skip, part.length-skip
			offset -= skip
		}
		part.length = min(part.length, length)
		length -= part.length
		if part.length > 0 {
			left = append(left, part)
		}
	}
	return left
}

// sample is the pages of a file that a spec asks for.
type sample struct {
	options
	parts  []part
	length int64  // of all parts
	of     string // what the parts are
}

// total is how many pages the parts have.
func (s *sample) total() (pages int64) {
	for _, p := range s.parts {
		pages += p.pages()
	}
	return pages
}

// String states the rule by which the pages were chosen.
func (s *sample) String() string {
	total := s.total()
	rule := fmt.Sprintf("all pages (%d)", total)
	if total > int64(s.pages) {
		rule = fmt.Sprintf("%d of %d pages, evenly spaced", s.pages, total)
	}
	return fmt.Sprintf("%s, of %d bytes from byte %d of its %s on", rule, s.length, s.offset, s.of)
}

// read returns the sampled pages: all, or as many as were asked for, number i of them being page
// i × total ÷ asked, rounded down.
func (s *sample) read(f io.ReaderAt) ([]byte, error) {
	total := s.total()
	n := min(total, int64(s.pages))
	data := make([]byte, n*PageSize)
	first, part := int64(0), 0 // of the parts, the present one and the number of its first page
	for i := range n {
		page := total/n*i + total%n*i/n // i × total ÷ n without overflow
		for page >= first+s.parts[part].pages() {
			first += s.parts[part].pages()
			part++
		}
		if err := s.parts[part].read(f, page-first, data[i*PageSize:][:PageSize]); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// read reads page number n of the part; what is behind its end stays as it is in buf.
func (p part) read(f io.ReaderAt, n int64, buf []byte) error {
	at := p.offset + n*PageSize
	buf = buf[:min(PageSize, p.length-n*PageSize)]
	got, err := f.ReadAt(buf, at)
	switch {
	case got == len(buf):
		return nil
	case errors.Is(err, io.EOF):
		return fmt.Errorf("the file ended at byte %d while it was read: use one that no process "+
			"writes to",
			at+int64(got))
	}
	return fmt.Errorf("reading it at byte %d: %w", at, err)
}
