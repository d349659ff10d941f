package content

import (
	"fmt"
	"os"
	"strings"

	"mtbench/internal/qemustream"
	"mtbench/results"
)

// Recording is a migration stream as it was sent: the record of each page, in its order.
type Recording struct {
	kinds []qemustream.Kind
	bytes []byte // the payloads of compressed pages, one after another
	ends  []int  // where in bytes the payload of a page ends
}

// ReadRecording reads the records of the stream in a file, each checked. The error is the file's.
func ReadRecording(path string) (*Recording, error) {
	f, err := results.Open(path, os.O_RDONLY)
	if err != nil {
		return nil, results.Reason(err)
	}
	defer f.Close()
	r := &Recording{}
	_, err = qemustream.Check(qemustream.NewReader(f, 0), r.add)
	return r, err
}

// add takes a record in.
func (r *Recording) add(page qemustream.Page, _ []byte) error {
	if len(r.kinds) == maxStreamPages {
		return fmt.Errorf("the stream has more than %d pages, the most that is replayed", maxStreamPages)
	}
	if page.Kind == qemustream.Compressed {
		r.bytes = append(r.bytes, page.Payload...)
	}
	r.kinds, r.ends = append(r.kinds, page.Kind), append(r.ends, len(r.bytes))
	if len(r.bytes) > maxStreamData {
		return fmt.Errorf("the stream has more than %d MiB of payload, the most that is replayed",
			maxStreamData>>20)
	}
	return nil
}

// Pages is how many records there are.
func (r *Recording) Pages() int { return len(r.kinds) }

// Page is the record of a page, which must be one of Pages: its kind, and the payload of a
// compressed one, which is r's.
func (r *Recording) Page(page int) (kind qemustream.Kind, payload []byte) {
	from := 0
	if page > 0 {
		from = r.ends[page-1]
	}
	return r.kinds[page], r.bytes[from:r.ends[page]]
}

// StreamPath is the file of a spec that [Stream] made; false for any other spec.
func StreamPath(spec string) (string, bool) { return strings.CutPrefix(spec, streamPrefix) }
