package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"mtbench/internal/fuzztest"
	"mtbench/internal/thread"
)

// sent is a record that was put into a stream, and its payload.
type sent struct {
	Record
	payload []byte
}

// random writes n pages of random kinds and returns the stream and what a reader should see.
func random(t testing.TB, seed uint64, n, pages int) ([]byte, []sent) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	f, sink := &fake{}, &store{}
	s := NewStream(sink)
	s.Start(f, int64(pages)*PageSize)
	list := []sent{{Record: Record{Kind: MemSize}}, {Record: Record{Kind: EOS}}}
	for i := range n {
		list = append(list, putRandom(t, f, s, r, r.IntN(pages), i == 0))
	}
	s.EOS(f)
	s.End(f)
	return sink.Bytes(), append(list, sent{Record: Record{Kind: EOS}}, sent{Record: Record{Kind: End}})
}

// putRandom puts one record; the first of a block cannot be a worker's.
func putRandom(t testing.TB, f *fake, s *Stream, r *rand.Rand, n int, first bool) sent {
	o := NewOutput()
	switch k := r.IntN(5); {
	case k == 0:
		s.PutZero(f, n)
		return sent{Record{Zero, n, 0}, nil}
	case k == 1 || first:
		p := page(byte(r.Uint32()))
		s.PutRaw(f, n, p)
		return sent{Record{Raw, n, PageSize}, p}
	case k == 2:
		o.PutZero(n)
		s.PutOutput(f, o)
		return sent{Record{Zero, n, 0}, nil}
	}
	payload := bytes.Repeat([]byte{byte(r.Uint32())}, 1+r.IntN(MaxCompressed))
	s.PutOutput(f, output(t, n, payload))
	return sent{Record{Compressed, n, len(payload)}, payload}
}

// TestRoundTrip reads what was written, in pieces of several sizes, so that every field comes to
// straddle two reads, and payloads straddle the buffer.
func TestRoundTrip(t *testing.T) {
	const pages = 300
	for _, most := range []int{1, 7, 4096, 1 << 20} {
		data, want := random(t, uint64(most), 400, pages)
		f := &fake{state: thread.Scanning}
		r := open(data, most, pages*PageSize)
		if err := r.Open(f); err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			got, err := r.Next(f)
			if err != nil || got != w.Record {
				t.Fatalf("record %d is %+v, %v; want %+v", i, got, err, w.Record)
			}
			p := make([]byte, got.Len)
			if err := r.Payload(f, p); err != nil || !bytes.Equal(p, w.payload) {
				t.Fatalf("record %d: the payload differs, %v", i, err)
			}
		}
		if r.Offset() != int64(len(data)) || f.state != thread.Scanning {
			t.Errorf("offset %d of %d, state %v", r.Offset(), len(data), f.state)
		}
	}
}

// raw builds streams that no Stream would write.
type raw []byte

func (b raw) word(w uint64) raw  { return binary.BigEndian.AppendUint64(b, w) }
func (b raw) len(n uint32) raw   { return binary.BigEndian.AppendUint32(b, n) }
func (b raw) text(s string) raw  { return append(b, s...) }
func (b raw) bytes(p []byte) raw { return append(b, p...) }

const testPages = 4

// begun is a stream up to its first page, or past it.
func begun(named bool) raw {
	sink := &store{}
	s := NewStream(sink)
	s.Start(&fake{}, testPages*PageSize)
	if named {
		s.PutZero(&fake{}, 0)
		s.Flush(&fake{})
	}
	return sink.Bytes()
}

// readAll reads a stream to its end or first error.
func readAll(data []byte) error {
	f, r := &fake{}, open(data, 1000, testPages*PageSize)
	if err := r.Open(f); err != nil {
		return err
	}
	buf := make([]byte, MaxCompressed)
	for {
		rec, err := r.Next(f)
		if err != nil || rec.Kind == End {
			return err
		}
		if rec.Page < 0 || rec.Page >= testPages || rec.Len < 0 || rec.Len > MaxCompressed {
			return fmt.Errorf("BAD RECORD %+v", rec)
		}
		if err := r.Payload(f, buf[:rec.Len]); err != nil {
			return err
		}
	}
}

// TestRefusals: each bad field is refused, with the byte at which it begins.
func TestRefusals(t *testing.T) {
	const first, later = start, start + 16 // where the record after begun begins
	preamble := raw(Preamble())
	list := preambleSize // where the list of blocks begins
	for name, c := range map[string]struct {
		data raw
		at   int
		want string
	}{
		"magic":        {raw("QEVM").bytes(page(0)), 0, "not a migration stream of mtbench"},
		"format":       {raw(Magic).len(2).len(4).len(4096), 8, "format version is 2"},
		"section":      {raw(Magic).len(1).len(3).len(4096), 12, "RAM section version is 3"},
		"page size":    {raw(Magic).len(1).len(4).len(16384), 16, "page size is 16384"},
		"page first":   {preamble.word(flagZero).text("\x06pc.ram\x00"), list, "before the list"},
		"memory":       {preamble.word(5*PageSize | flagMemSize), list, "has 20480 bytes of memory"},
		"memory flags": {preamble.word(4*PageSize | flagMemSize | flagContinue), list, "of memory"},
		"two blocks": {preamble.word(4*PageSize | flagMemSize).text("\x06pc.ram").word(2 * PageSize),
			list + 15, `block "pc.ram" has 8192 bytes`},
		"block's name": {preamble.word(4*PageSize | flagMemSize).text("\x06pc.rom"), list + 8,
			`block "pc.rom" is unknown`},
		"second list":  {begun(false).word(4*PageSize | flagMemSize), first, "a second list"},
		"no name":      {begun(false).word(flagZero | flagContinue).text("\x00"), first, "has named"},
		"long name":    {begun(false).word(flagZero).text("\xff"), first + 8, "has 255 bytes"},
		"empty name":   {begun(false).word(flagZero).text("\x00"), first + 8, "has 0 bytes"},
		"no flag":      {begun(true).word(PageSize), later, "no known kind"},
		"two kinds":    {begun(true).word(flagZero | flagPage | flagContinue), later, "no known kind"},
		"xbzrle":       {begun(true).word(flagXBZRLE | flagContinue), later, "XBZRLE"},
		"full":         {begun(true).word(flagFull), later, "FULL"},
		"hook":         {begun(true).word(flagHook), later, "HOOK"},
		"outside":      {begun(true).word(4*PageSize | flagPage | flagContinue), later, "outside"},
		"far outside":  {begun(true).word(1<<63 | flagPage | flagContinue), later, "outside"},
		"end of what":  {begun(true).word(PageSize | flagEOS), later, "the end of a section is 0x1010"},
		"eos continue": {begun(true).word(flagContinue | flagEOS), later, "the end of a section"},
		"zero byte":    {begun(true).word(flagZero | flagContinue).text("\x01"), later + 8, "0x01"},
		"length 0":     {begun(true).word(flagCompress | flagContinue).len(0), later + 8, "of 0 bytes"},
		"length 4111": {begun(true).word(flagCompress | flagContinue).len(4111), later + 8,
			"4111 bytes; it should have 1 to 4110"},
		"length -1": {begun(true).word(flagCompress | flagContinue).len(1<<32 - 1), later + 8,
			"of -1 bytes"},
		"no end":      {begun(true), later, "ends where a record"},
		"cut word":    {begun(true).text("\x00\x00"), later + 2, "begun at byte"},
		"cut payload": {begun(true).word(flagPage | flagContinue).text("abc"), later + 11, "payload"},
		"cut length":  {begun(true).word(flagCompress | flagContinue).text("\x00"), later + 9, "length"},
		"empty":       {nil, 0, "ends where the preamble"},
	} {
		err := readAll(c.data)
		if err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(err.Error(), fmt.Sprintf("at byte %d: ", c.at)) {
			t.Errorf("%s: %v\nwant byte %d and %q", name, err, c.at, c.want)
		}
	}
	if err := readAll(begun(true).word(flagEOS).word(endWord)); err != nil {
		t.Errorf("a good stream was refused: %v", err)
	}
}

// TestEveryCut: a stream that ends anywhere before its end is refused, at the byte where it ends.
func TestEveryCut(t *testing.T) {
	data, _ := random(t, 9, 6, testPages)
	if err := readAll(data); err != nil {
		t.Fatal(err)
	}
	for cut := range data {
		err := readAll(data[:cut])
		if want := fmt.Sprintf("at byte %d: ", cut); err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("cut at %d of %d: %v; want %q", cut, len(data), err, want)
		}
	}
}

// broken is a source that fails, or lies.
type broken struct {
	n   int
	err error
}

func (b broken) Read(thread.Thread, []byte) (int, error) { return b.n, b.err }

func TestSourceFails(t *testing.T) {
	failure := errors.New("cable cut")
	if err := NewReader(broken{0, failure}, PageSize).Open(&fake{}); !errors.Is(err, failure) {
		t.Errorf("%v; want the source's error", err)
	}
	for _, src := range []broken{{0, nil}, {-1, nil}, {BufferSize + 1, nil}} {
		if err := NewReader(src, PageSize).Open(&fake{}); err == nil {
			t.Errorf("a source that returns %d bytes was believed", src.n)
		}
	}
}

func TestPayloadIsOwed(t *testing.T) {
	f, r := &fake{}, open(begun(true).word(flagPage|flagContinue).bytes(page(1)), 1<<20,
		testPages*PageSize)
	if err := r.Open(f); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if _, err := r.Next(f); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Next(f); err == nil {
		t.Error("Next went on without the payload")
	}
	if err := r.Payload(f, make([]byte, PageSize-1)); err == nil {
		t.Error("a payload was read into a buffer of another length")
	}
	if err := r.Payload(f, make([]byte, PageSize)); err != nil {
		t.Error(err)
	}
}

// loop is a source without end: the records of one stream again and again.
type loop struct {
	data []byte
	at   int
}

func (l *loop) Read(_ thread.Thread, p []byte) (int, error) {
	n := copy(p, l.data[l.at:])
	if l.at += n; l.at == len(l.data) {
		l.at = 0
	}
	return n, nil
}

// TestReadingAllocatesNothing covers all kinds of page.
func TestReadingAllocatesNothing(t *testing.T) {
	all, _ := random(t, 4, 300, testPages)
	f := &fake{}
	r := NewReader(&loop{data: all[start : len(all)-8]}, testPages*PageSize)
	r.listed, r.named = true, true
	buf := make([]byte, MaxCompressed)
	if n := testing.AllocsPerRun(2000, func() {
		rec, err := r.Next(f)
		if err == nil {
			err = r.Payload(f, buf[:rec.Len])
		}
		if err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a record", n)
	}
}

// readerBytes is more than a reader with its buffers allocates, whatever comes.
const readerBytes = 1 << 20

// FuzzReader: whatever comes, the reader does not panic and gives no record out of bounds; a
// stream that it takes whole it takes again.
func FuzzReader(f *testing.F) {
	for seed := range uint64(4) {
		data, _ := random(f, seed, 5, testPages)
		f.Add(data)
		f.Add(data[:len(data)*2/3])
		data[preambleSize+40+int(seed)] ^= 0x20
		f.Add(data)
	}
	f.Add([]byte(begun(true).word(flagCompress | flagContinue).len(1<<32 - 1)))
	f.Add([]byte(begun(true).word(flagHook)))
	f.Add([]byte(begun(false).word(flagPage).text("\xff")))
	f.Fuzz(func(t *testing.T, data []byte) {
		var err error
		fuzztest.Within(t, readerBytes, func() { err = readAll(data) })
		if err != nil && strings.Contains(err.Error(), "BAD RECORD") {
			t.Fatal(err)
		}
		if again := readAll(data); fmt.Sprint(again) != fmt.Sprint(err) {
			t.Fatalf("first %v, then %v", err, again)
		}
	})
}

// FuzzRecords gives the bytes after a good beginning, where a fuzzer gets further.
func FuzzRecords(f *testing.F) {
	data, _ := random(f, 1, 3, testPages)
	f.Add(data[start:])
	f.Add([]byte(raw{}.word(flagZero | flagContinue).text("\x00").word(endWord)))
	f.Add([]byte(raw{}.word(flagCompress | flagContinue).len(2).text("ab").word(flagEOS)))
	f.Fuzz(func(t *testing.T, tail []byte) {
		data := begun(true).bytes(tail)
		fuzztest.Within(t, readerBytes, func() {
			if err := readAll(data); err != nil && strings.Contains(err.Error(), "BAD RECORD") {
				t.Fatal(err)
			}
		})
	})
}

func BenchmarkReader(b *testing.B) {
	all, _ := random(b, 4, 300, testPages)
	f := &fake{}
	r := NewReader(&loop{data: all[start : len(all)-8]}, testPages*PageSize)
	r.listed, r.named = true, true
	buf := make([]byte, MaxCompressed)
	for b.Loop() {
		rec, err := r.Next(f)
		if err == nil {
			err = r.Payload(f, buf[:rec.Len])
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
