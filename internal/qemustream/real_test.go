package qemustream_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"testing"

	"mtbench/internal/qemustream"
)

// The stream of a real QEMU, see scripts/qemu-stream.sh.
const realStream = "testdata/qemu-7.2.stream"

var memoryFile = flag.String("memory", "", "write the guest of "+realStream+" to this file")

const guestPages = 128

// guestPage is page n of the guest of the committed stream: zeros, noise, or text.
func guestPage(n int) []byte {
	page := make([]byte, 0, qemustream.PageSize)
	state := uint64(n)
	next := func() uint64 { // splitmix64
		state += 0x9e3779b97f4a7c15
		x := state
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		return x ^ x>>31
	}
	for len(page) < qemustream.PageSize {
		switch {
		case n%3 == 2:
			page = append(page, 0)
		case n%32 == 1:
			page = append(page, byte(next()))
		default:
			page = fmt.Appendf(page, "page %d holds the number %d. ", n, next()%1000)
		}
	}
	return page[:qemustream.PageSize]
}

// TestRealStream reads what a real QEMU wrote: every page of the guest is there, and right.
func TestRealStream(t *testing.T) {
	if *memoryFile != "" {
		var all []byte
		for n := range guestPages {
			all = append(all, guestPage(n)...)
		}
		if err := os.WriteFile(*memoryFile, all, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Skip("wrote", *memoryFile)
	}
	f, err := os.Open(realStream)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := qemustream.NewReader(f, 0)
	seen := map[int64]int{}
	counts, err := qemustream.Check(r, func(p qemustream.Page, page []byte) error {
		seen[p.Index]++
		if want := guestPage(int(p.Index)); !bytes.Equal(page, want) {
			t.Errorf("page %d (%v) differs", p.Index, p.Kind)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != guestPages || counts.Pages() != guestPages {
		t.Errorf("%d pages in %d records, want all %d once", len(seen), counts.Pages(), guestPages)
	}
	if counts.Compressed == 0 || counts.Raw == 0 || counts.Zero == 0 {
		t.Errorf("%+v lacks a kind of record", counts)
	}
	if got := r.Machine() + " " + r.Blocks()[0].Name; got != "none ram" {
		t.Errorf("machine and block %q", got)
	}
	info, err := f.Stat()
	if err != nil || info.Size() != counts.Bytes+1 { // the byte that ends a stream
		t.Errorf("the file has %d bytes, its memory %d (%v)", info.Size(), counts.Bytes, err)
	}
}
