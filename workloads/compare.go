package workloads

import (
	"bytes"
	"crypto/sha256"
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

// hashes sends the SHA-256 of each page of mem.
func (c control) hashes(mem *Memory) error {
	var text []byte
	for at := 0; at < len(mem.bytes); at += compareChunk {
		text = appendHashes(text[:0], mem.bytes[at:min(at+compareChunk, len(mem.bytes))])
		if err := c.write(text); err != nil {
			return err
		}
	}
	return nil
}

func appendHashes(text, chunk []byte) []byte {
	for at := 0; at < len(chunk); at += PageSize {
		sum := sha256.Sum256(chunk[at : at+PageSize])
		text = append(text, sum[:]...)
	}
	return text
}

// compareHashes does what compare does with the hash of each page in place of its bytes: between
// two hosts, a 128th of the memory.
func (c control) compareHashes(mem *Memory) (string, error) {
	table := crc64.MakeTable(crc64.ECMA)
	differ := &MemoryDiffers{Pages: mem.Pages()}
	digest := uint64(0)
	var ours, theirs []byte
	for at := 0; at < len(mem.bytes); at += compareChunk {
		chunk := mem.bytes[at:min(at+compareChunk, len(mem.bytes))]
		ours = appendHashes(ours[:0], chunk)
		theirs = append(theirs[:0], ours...)
		if err := c.read(theirs); err != nil {
			return "", fmt.Errorf("reading the hashes of the destination's memory: %w", err)
		}
		for page := 0; page < len(ours); page += sha256.Size {
			differ.count(at/PageSize+page/sha256.Size,
				bytes.Equal(ours[page:page+sha256.Size], theirs[page:page+sha256.Size]))
		}
		digest = crc64.Update(digest, table, chunk)
	}
	if differ.Count > 0 {
		return "", differ
	}
	return fmt.Sprintf("crc64-ecma:%016x", digest), nil
}

// count counts a page unless it is equal.
func (e *MemoryDiffers) count(page int, equal bool) {
	if equal {
		return
	}
	if e.Count == 0 {
		e.First = page
	}
	e.Count++
}

// note counts the pages from first on that differ.
func (e *MemoryDiffers) note(first int, ours, theirs []byte) {
	if bytes.Equal(ours, theirs) {
		return
	}
	for at := 0; at < len(ours); at += PageSize {
		e.count(first+at/PageSize, bytes.Equal(ours[at:at+PageSize], theirs[at:at+PageSize]))
	}
}
