package content

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"mtbench/internal/qemustream"
	"mtbench/results"
)

// streamPrefix begins the spec of a migration stream of QEMU's form.
const streamPrefix = "stream:"

// Limits of a stream whose pages are held in memory.
const (
	maxStreamPages = 1 << 20
	maxStreamData  = 1 << 30 // bytes of pages that are not zero
)

// recorded is the pages of a stream in the order in which it has them: the record of a page that
// the stream has twice is a page of its own, with what it held then.
type recorded struct {
	data   []byte  // the pages that are not zero, one after another
	at     []int32 // the place of each page in data, in pages; -1: it is zero
	source results.ContentSource
}

func newRecorded(path string) (*recorded, error) {
	r, err := readRecorded(path)
	if err != nil {
		return nil, fmt.Errorf("page content %s%s: %w", streamPrefix, path, err)
	}
	return r, nil
}

func readRecorded(path string) (*recorded, error) {
	f, _, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum := sha256.New()
	in := qemustream.NewReader(io.TeeReader(f, sum), 0)
	r := &recorded{}
	counts, err := qemustream.Check(in, r.add)
	if err != nil {
		return nil, err
	}
	if len(r.at) == 0 {
		return nil, errors.New("the stream has no page")
	}
	if _, err := io.Copy(io.Discard, in.Rest()); err != nil {
		return nil, results.Reason(err)
	}
	r.source = results.ContentSource{SHA256: hex.EncodeToString(sum.Sum(nil)),
		Rule: fmt.Sprintf("all %d pages of a QEMU stream in its order (%d compressed, %d raw, %d zero)",
			counts.Pages(), counts.Compressed, counts.Raw, counts.Zero)}
	return r, nil
}

// add takes a page in.
func (r *recorded) add(_ qemustream.Page, page []byte) error {
	switch {
	case len(r.at) == maxStreamPages:
		return fmt.Errorf("the stream has more than %d pages, the most that is replayed", maxStreamPages)
	case isZero(page):
		r.at = append(r.at, -1)
		return nil
	case len(r.data) == maxStreamData:
		return fmt.Errorf("the stream has more than %d MiB of pages that are not zero, the most that is "+
			"replayed", maxStreamData>>20)
	}
	r.at = append(r.at, int32(len(r.data)/PageSize))
	r.data = append(r.data, page...)
	return nil
}

func isZero(page []byte) bool {
	for _, b := range page {
		if b != 0 {
			return false
		}
	}
	return true
}

func (r *recorded) Fill(page int, buf []byte) {
	at := r.at[page%len(r.at)]
	if at < 0 {
		clear(buf)
		return
	}
	copy(buf, r.data[int(at)*PageSize:][:PageSize])
}

// checkRecorded returns what newRecorded would say of a file that cannot be opened, or that is no
// stream of QEMU's, without reading its pages.
func checkRecorded(path string) error {
	f, _, err := openRegular(path)
	if err == nil {
		err = errors.Join(qemustream.NewReader(f, 0).Open(), f.Close())
	}
	if err != nil {
		return fmt.Errorf("page content %s%s: %w", streamPrefix, path, err)
	}
	return nil
}

// Stream is the spec of the stream in a file.
func Stream(path string) string { return streamPrefix + path }

// StreamPages is how many pages the stream in a file has, in its order of sending, each checked.
func StreamPages(path string) (int64, error) {
	f, err := results.Open(path, os.O_RDONLY)
	if err != nil {
		return 0, results.Reason(err)
	}
	defer f.Close()
	counts, err := qemustream.Check(qemustream.NewReader(f, 0), nil)
	return counts.Pages(), err
}
