package qemustream_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"mtbench/internal/fuzztest"
	"mtbench/internal/qemustream"
)

// made is a stream of two blocks with a record of each kind, by the writer.
func made(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w := qemustream.NewWriter(&out, "none", []qemustream.Block{{Name: "ram", Size: 4 * 4096},
		{Name: "more", Size: 4096}})
	for _, p := range records() {
		if err := w.Page(p); err != nil {
			t.Fatal(err)
		}
		if p.Index == 1 {
			w.EndSection()
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.Counts().Bytes != int64(out.Len()) {
		t.Errorf("the writer counts %d bytes of %d", w.Counts().Bytes, out.Len())
	}
	return out.Bytes()
}

// records are of pages with text, as zlib and as they are, and of zeros.
func records() []qemustream.Page {
	return []qemustream.Page{
		{Kind: qemustream.Raw, Payload: guestPage(3)},
		{Kind: qemustream.Zero, Index: 1},
		{Kind: qemustream.Compressed, Index: 3, Payload: deflated(guestPage(4))},
		{Kind: qemustream.Zero, Block: 1},
		{Kind: qemustream.Compressed, Index: 2, Payload: deflated(guestPage(6))},
	}
}

// TestRoundTrip reads back what the writer wrote, whatever the pieces in which it comes.
func TestRoundTrip(t *testing.T) {
	stream := made(t)
	for name, in := range map[string]io.Reader{"whole": bytes.NewReader(stream),
		"by bytes": iotest.OneByteReader(bytes.NewReader(stream))} {
		r := qemustream.NewReader(in, int64(len(stream)))
		if err := r.Open(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, want := range records() {
			got, err := r.Next()
			if err != nil || got.Kind != want.Kind || got.Block != want.Block ||
				got.Index != want.Index || !bytes.Equal(got.Payload, want.Payload) {
				t.Errorf("%s: record %d is %v (%v), want %v", name, i, got, err, want)
			}
		}
		for range 2 {
			if p, err := r.Next(); err != io.EOF {
				t.Errorf("%s: %v (%v) behind the end", name, p, err)
			}
		}
		c := r.Counts()
		if c.Zero != 2 || c.Raw != 1 || c.Compressed != 2 || c.Sections != 4 ||
			c.Bytes != int64(len(stream)-1) {
			t.Errorf("%s: %+v of %d bytes", name, c, len(stream))
		}
		if rest, _ := io.ReadAll(r.Rest()); !bytes.Equal(rest, []byte{0}) {
			t.Errorf("%s: % x follows", name, rest)
		}
	}
}

// TestTruncated cuts a stream at every byte: each is an error that says so.
func TestTruncated(t *testing.T) {
	stream := made(t)
	for n := range len(stream) - 1 {
		_, err := qemustream.Check(qemustream.NewReader(bytes.NewReader(stream[:n]), 0), nil)
		if err == nil || !strings.Contains(err.Error(), "the stream ends where") {
			t.Fatalf("cut at byte %d: %v", n, err)
		}
	}
}

// TestRefused changes one field of a good stream each time.
func TestRefused(t *testing.T) {
	good := made(t)
	find := func(what string) int { return bytes.Index(good, []byte(what)) }
	ram := find("\x03ram\x00") // the section's name
	total := ram + 4 + 8
	first := total + 8 + 4 + 8 + 5 + 8 + 8 + 5 + 5 // the first page's record
	compressed := bytes.Index(good, append(word(3*4096|0x120), 0, 0)) + 8
	for name, c := range map[string]struct {
		at   int
		put  string
		says string
	}{
		"magic":           {0, "MTBS", "not a migration stream of QEMU"},
		"version":         {7, "\x02", "the stream has version 2; 3 can be read"},
		"long machine":    {9, "\xff\xff\xff\xff", "4294967295 bytes; it should have 1 to 256"},
		"empty machine":   {9, "\x00\x00\x00\x00", "0 bytes; it should have 1 to 256"},
		"odd machine":     {13, "\x1b", "the byte 0x1b"},
		"device first":    {17, "\x04", "a device's section (0x04)"},
		"other section":   {ram + 1, "dir", `section "dir" comes before the memory`},
		"instance":        {ram + 7, "\x01", "the instance of the RAM section is 1"},
		"RAM version":     {ram + 11, "\x03", "the version of the RAM section is 3; 4 can be read"},
		"no list":         {total + 7, "\x08", "the flags 0x008"},
		"no memory":       {total + 5, "\x00\x00", "the guest has 0 bytes"},
		"huge memory":     {total, "\x01", "the guest has 72057594037948416 bytes"},
		"total too small": {total + 6, "\x20", "but only 8192 of the guest's 8192 are left"},
		"block too large": {total + 8 + 4 + 5, "\x01", "only 20480 of the guest's 20480 are left"},
		"odd block":       {total + 8 + 4 + 7, "\x01", "has 16385 bytes; it is a multiple"},
		"nameless block":  {total + 8, "\x00", "a block's name is empty"},
		"no EOS":          {first - 11, "\x12", "the list of blocks ends with 0x12"},
		"no footer":       {first - 10, "\x7d", "a section ends with 0x7d"},
		"other footer":    {first - 6, "\x12", "the footer of section 2 names section 18"},
		"other part":      {first - 1, "\x07", "a part of section 7"},
		"end too early":   {first - 5, "\x00", "the end of the stream (0x00) comes before the end"},
		"unknown type":    {first - 5, "\x55", "of the unknown type 0x55"},
		"continues":       {first + 7, "\x28", "before any page has named one"},
		"unknown block":   {first + 9, "rom", `block "rom" is not in the list`},
		"outside":         {first + 6, "\x50", "page at 0x5000 lies outside the 0x4000 bytes"},
		"XBZRLE":          {first + 7, "\x40", "XBZRLE"},
		"multifd":         {first + 6, "\x02\x00", "of multifd"},
		"hook":            {first + 7, "\x80", "HOOK"},
		"second list":     {first + 7, "\x04", "a second list of blocks"},
		"two kinds":       {first + 7, "\x0a", "no known kind of record"},
		"length 0":        {compressed, "\x00\x00\x00\x00", "a compressed page of 0 bytes"},
		"length 4111":     {compressed, "\x00\x00\x10\x0f", "a compressed page of 4111 bytes"},
		"not zlib":        {compressed + 4, "\xff", "invalid header"},
		"bad bits":        {compressed + 7, "\xff\xff\xff", "compressed page 3 of block 0"},
	} {
		bad := slices.Clone(good)
		copy(bad[c.at:], c.put)
		_, err := qemustream.Check(qemustream.NewReader(bytes.NewReader(bad), 0), nil)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

// TestRefusedPages are compressed pages that are not exactly one zlib stream of a page.
func TestRefusedPages(t *testing.T) {
	page := guestPage(4)
	whole := deflated(page)
	wrong := slices.Clone(whole)
	wrong[len(wrong)-1]++
	for name, c := range map[string]struct {
		payload []byte
		says    string
	}{
		"short":    {deflated(page[:4095]), "ends after 4095 of 4096 bytes"},
		"empty":    {deflated(nil), "ends after 0 of 4096 bytes"},
		"long":     {deflated(append(page, 'x')), "longer than 4096 bytes"},
		"more":     {append(slices.Clone(whole), 0), "1 bytes follow its zlib stream"},
		"cut":      {whole[:len(whole)-5], "its end is wrong"},
		"checksum": {wrong, "checksum"},
		"two":      {append(slices.Clone(whole), whole...), "follow its zlib stream"},
	} {
		var d qemustream.Decoder
		dst := make([]byte, 4096)
		p := qemustream.Page{Kind: qemustream.Compressed, Payload: c.payload}
		if err := d.Decode(p, dst); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
		p.Payload = whole
		if err := d.Decode(p, dst); err != nil || !bytes.Equal(dst, page) {
			t.Errorf("%s: the decoder is of no use afterwards: %v", name, err)
		}
	}
}

// TestLimit stops a stream that does not end.
func TestLimit(t *testing.T) {
	r := qemustream.NewReader(bytes.NewReader(made(t)), 4000)
	if _, err := qemustream.Check(r, nil); err == nil ||
		!strings.Contains(err.Error(), "longer than the 4000 bytes") {
		t.Error(err)
	}
}

// TestManyBlocks stops at a list that is too long.
func TestManyBlocks(t *testing.T) {
	var blocks []qemustream.Block
	for i := range qemustream.MaxBlocks + 1 {
		blocks = append(blocks, qemustream.Block{Name: fmt.Sprint("ram", i), Size: 4096})
	}
	for n, want := range map[int]string{
		qemustream.MaxBlocks: "", len(blocks): "more than 256 blocks"} {
		var out bytes.Buffer
		if err := qemustream.NewWriter(&out, "none", blocks[:n]).Close(); err != nil {
			t.Fatal(err)
		}
		_, err := qemustream.Check(qemustream.NewReader(&out, 0), nil)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d blocks: %v, want %q", n, err, want)
		}
	}
}

// TestWriterRefuses holds the writer to what the reader takes.
func TestWriterRefuses(t *testing.T) {
	for _, p := range []qemustream.Page{
		{Index: 4}, {Index: -1}, {Block: 1}, {Block: -1},
		{Kind: qemustream.Zero, Payload: []byte{0}},
		{Kind: qemustream.Raw, Payload: make([]byte, 4095)},
		{Kind: qemustream.Compressed}, {Kind: qemustream.Compressed, Payload: make([]byte, 4111)},
	} {
		w := qemustream.NewWriter(io.Discard, "none", []qemustream.Block{{Name: "ram", Size: 4 * 4096}})
		if w.Page(p) == nil || w.Close() == nil {
			t.Errorf("%v was written", p)
		}
	}
}

// readerBytes is more than a check with its buffers and list of blocks allocates, whatever comes.
const readerBytes = 1 << 20

// FuzzReader reads anything: no crash, no more memory than the limits allow, and what is read can
// be written and read again.
func FuzzReader(f *testing.F) {
	f.Add(made(f))
	real, err := os.ReadFile(realStream)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(real[:2000])
	f.Fuzz(func(t *testing.T, stream []byte) {
		fuzztest.Within(t, readerBytes, func() {
			_, _ = qemustream.Check(qemustream.NewReader(bytes.NewReader(stream), 1<<20), nil)
		})
		again, counts := rewrite(t, stream)
		if again == nil {
			return
		}
		got, err := qemustream.Check(qemustream.NewReader(bytes.NewReader(again), 0), nil)
		if err != nil || got.Pages() != counts.Pages() || got.Payload != counts.Payload {
			t.Fatalf("read again: %+v, was %+v (%v)", got, counts, err)
		}
	})
}

// rewrite reads a stream and writes what it read; nil where the stream is refused or has no page.
func rewrite(t *testing.T, stream []byte) ([]byte, qemustream.Counts) {
	r := qemustream.NewReader(bytes.NewReader(stream), 1<<20)
	var again bytes.Buffer
	var w *qemustream.Writer
	counts, err := qemustream.Check(r, func(p qemustream.Page, _ []byte) error {
		if w == nil {
			w = qemustream.NewWriter(&again, "none", r.Blocks())
		}
		return w.Page(p)
	})
	if counts.Bytes > int64(len(stream)) || counts.Pages() > int64(len(stream))/9 {
		t.Fatalf("%+v of %d bytes", counts, len(stream))
	}
	if err != nil || w == nil {
		return nil, counts
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return again.Bytes(), counts
}

func word(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
