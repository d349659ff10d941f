package workloads

import (
	"bytes"
	"fmt"
	"hash/crc64"
)

// MemoryDiffers is the error of a run whose destination holds other memory than its source.
type MemoryDiffers struct {
	First int // the first page that differs
	Count int // how many do
	Pages int // of how many
}

func (e *MemoryDiffers) Error() string {
	return fmt.Sprintf("the memories differ: %d of %d pages, the first is page %d",
		e.Count, e.Pages, e.First)
}

// compareChunk is how much memory is compared at once, in bytes.
const compareChunk = 256 * PageSize

// compare reads the destination's whole memory from the control socket and compares it with the
// source's, byte for byte. It returns a digest of the source's.
func (c control) compare(mem *Memory) (string, error) {
	table := crc64.MakeTable(crc64.ECMA)
	buf := make([]byte, compareChunk)
	differ := &MemoryDiffers{Pages: mem.Pages()}
	digest := uint64(0)
	for at := 0; at < len(mem.bytes); at += compareChunk {
		ours := mem.bytes[at:min(at+compareChunk, len(mem.bytes))]
		theirs := buf[:len(ours)]
		if err := c.read(theirs); err != nil {
			return "", fmt.Errorf("reading the destination's memory: %w", err)
		}
		differ.note(at/PageSize, ours, theirs)
		digest = crc64.Update(digest, table, ours)
	}
	if differ.Count > 0 {
		return "", differ
	}
	return fmt.Sprintf("crc64-ecma:%016x", digest), nil
}

// note counts the pages from first on that differ.
func (e *MemoryDiffers) note(first int, ours, theirs []byte) {
	if bytes.Equal(ours, theirs) {
		return
	}
	for at := 0; at < len(ours); at += PageSize {
		if bytes.Equal(ours[at:at+PageSize], theirs[at:at+PageSize]) {
			continue
		}
		if e.Count == 0 {
			e.First = first + at/PageSize
		}
		e.Count++
	}
}
