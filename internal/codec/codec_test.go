package codec

import (
	"bytes"
	"fmt"
	"hash/adler32"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"mtbench/internal/fuzztest"
)

const pageSize = 4096

// specs are all codecs; spin's work is nothing to the fake thread.
func specs() []string { return []string{"zlib", "zstd", "s2", "none", "spin:5us"} }

// lookup is Lookup of a spec that is known.
func lookup(t testing.TB, spec string) Codec {
	t.Helper()
	c, err := Lookup(spec)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name() != spec {
		t.Fatalf("the codec of %q is named %q", spec, c.Name())
	}
	return c
}

func encoder(t testing.TB, c Codec, level int) Encoder {
	t.Helper()
	e, err := c.NewEncoder(level)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func decoder(t testing.TB, c Codec) Decoder {
	t.Helper()
	d, err := c.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// eachLevel calls f for each level of each codec.
func eachLevel(t *testing.T, f func(t *testing.T, c Codec, level int)) {
	for _, spec := range specs() {
		c := lookup(t, spec)
		lo, hi, def := c.Levels()
		if def < lo || def > hi {
			t.Errorf("%s: default level %d is not one of %d to %d", spec, def, lo, hi)
		}
		for level := lo; level <= hi; level++ {
			if raceBuild && level != lo && level != def {
				continue
			}
			t.Run(fmt.Sprintf("%s-%d", spec, level), func(t *testing.T) { f(t, c, level) })
		}
	}
}

// samples are pages of all kinds, from all zeros to what cannot be compressed, those between that
// repeat at every distance, and those that are compressible in part.
func samples() [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, pageSize)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	pages := [][]byte{make([]byte, pageSize), noise, bytes.Repeat([]byte("page "), 820)[:pageSize]}
	for bits := 1; bits <= 8; bits++ {
		p := make([]byte, pageSize)
		for i := range p {
			p[i] = byte(r.UintN(1 << bits))
		}
		pages = append(pages, p)
	}
	for n := 0; n < pageSize; n += 700 {
		p := bytes.Clone(noise)
		clear(p[n:min(pageSize, 2*n+1)])
		pages = append(pages, p, bytes.Repeat(noise[:n+1], pageSize)[:pageSize])
	}
	return pages
}

// TestRoundTrip brings every page through every level, twice through the same states, within the
// bound that QEMU's destination sets, and touches nothing behind the bound.
func TestRoundTrip(t *testing.T) {
	eachLevel(t, func(t *testing.T, c Codec, level int) {
		e, d := encoder(t, c, level), decoder(t, c)
		bound := c.Bound(pageSize)
		if bound > 4110 {
			t.Errorf("bound of a page is %d; QEMU's destination takes 4110", bound)
		}
		longest := 0
		for _, page := range append(samples(), samples()...) {
			longest = max(longest, roundTrip(t, e, d, bound, page))
		}
		t.Logf("longest: %d of %d", longest, bound)
	})
}

func roundTrip(t *testing.T, e Encoder, d Decoder, bound int, page []byte) int {
	t.Helper()
	buf := bytes.Repeat([]byte{0x5a}, bound+100)
	n, err := e.Encode(&fake{}, buf[:bound], page)
	if err != nil {
		t.Fatal(err)
	}
	if n < 1 || n > bound || !bytes.Equal(buf[bound:], bytes.Repeat([]byte{0x5a}, 100)) {
		t.Fatalf("%d bytes written, within a bound of %d", n, bound)
	}
	got := bytes.Repeat([]byte{0xc3}, pageSize)
	if err := d.Decode(&fake{}, got, buf[:n]); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, page) {
		t.Fatal("the page came back different")
	}
	return n
}

// TestWrongLength: what decompresses to a byte more or less than a page is refused, and the decoder
// goes on working.
func TestWrongLength(t *testing.T) {
	eachLevel(t, func(t *testing.T, c Codec, level int) {
		e, d := encoder(t, c, level), decoder(t, c)
		for _, page := range samples() {
			for _, n := range []int{pageSize - 1, pageSize + 1, 2 * pageSize, 1} {
				src := bytes.Repeat(page, 2)[:n]
				buf := make([]byte, c.Bound(n))
				k, err := e.Encode(&fake{}, buf, src)
				if err != nil {
					t.Fatal(err)
				}
				if err := d.Decode(&fake{}, make([]byte, pageSize), buf[:k]); err == nil {
					t.Fatalf("a page of %d bytes was accepted as one of %d", n, pageSize)
				}
			}
			roundTrip(t, e, d, c.Bound(pageSize), page)
		}
	})
}

// TestDamage cuts off and extends compressed pages everywhere, and flips bits. A codec with a
// checksum must notice each (zlib's Adler-32 is weak: a page of the same sum may pass); the others
// must not panic. All must work afterwards.
func TestDamage(t *testing.T) {
	eachLevel(t, func(t *testing.T, c Codec, level int) {
		e, d := encoder(t, c, level), decoder(t, c)
		checks := c.Name() == "zlib" || c.Name() == "zstd"
		r := rand.New(rand.NewPCG(5, 6))
		for i, page := range samples() {
			buf := make([]byte, c.Bound(pageSize)+1)
			n, err := e.Encode(&fake{}, buf[:len(buf)-1], page)
			if err != nil {
				t.Fatal(err)
			}
			for _, cut := range []int{0, 1, 2, n / 2, n - 1, n + 1} {
				if cut < n || cut == n+1 {
					refuse(t, d, buf[:cut], fmt.Sprintf("sample %d, %d of %d bytes", i, cut, n))
				}
			}
			for range 40 {
				bad := bytes.Clone(buf[:n])
				bit := r.IntN(8 * n)
				bad[bit/8] ^= 1 << (bit % 8)
				got := make([]byte, pageSize)
				err := d.Decode(&fake{}, got, bad)
				if checks && err == nil && adler32.Checksum(got) != adler32.Checksum(page) {
					t.Fatalf("sample %d, bit %d flipped: another page came out", i, bit)
				}
			}
			roundTrip(t, e, d, c.Bound(pageSize), page)
		}
	})
}

func refuse(t *testing.T, d Decoder, src []byte, what string) {
	t.Helper()
	if err := d.Decode(&fake{}, make([]byte, pageSize), src); err == nil {
		t.Fatalf("%s: accepted", what)
	}
}

func TestNoRoom(t *testing.T) {
	eachLevel(t, func(t *testing.T, c Codec, level int) {
		e, d := encoder(t, c, level), decoder(t, c)
		noise := samples()[1]
		for _, room := range []int{0, 1, 4000, pageSize - 1} {
			if n, err := e.Encode(&fake{}, make([]byte, room), noise); err == nil {
				t.Errorf("%d bytes of room were enough for %d", room, n)
			}
		}
		roundTrip(t, e, d, c.Bound(pageSize), noise)
	})
}

func TestLevels(t *testing.T) {
	for _, spec := range specs() {
		c := lookup(t, spec)
		lo, hi, _ := c.Levels()
		for _, level := range []int{lo - 1, hi + 1, -100, 100} {
			_, err := c.NewEncoder(level)
			if want := fmt.Sprintf("its levels are %d to %d", lo, hi); err == nil ||
				!strings.Contains(err.Error(), want) {
				t.Errorf("%s level %d: %v; want %q", spec, level, err, want)
			}
		}
	}
}

func TestBadSpecs(t *testing.T) {
	for spec, want := range map[string]string{
		"": "there are zlib, zstd, s2, none, spin:DURATION", "gzip": `"gzip" is unknown`,
		"ZLIB": "is unknown", "spin": "is unknown", "spin:": "above 0", "spin:5": "as in spin:5us",
		"spin:-1us": "above 0", "spin:0s": "above 0", "spin:2s": "at most 1s", "spin:x": "duration",
	} {
		_, err := Lookup(spec)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Lookup(%q): %v; want %q", spec, err, want)
		}
	}
}

func TestSpinWorksWhenItCompressesOnly(t *testing.T) {
	c, f := lookup(t, "spin:250us"), &fake{}
	e, d := encoder(t, c, 0), decoder(t, c)
	page, buf := samples()[3], make([]byte, pageSize)
	if _, err := e.Encode(f, buf, page); err != nil || f.computed != 250*time.Microsecond {
		t.Errorf("computed %v, %v; want 250µs", f.computed, err)
	}
	if err := d.Decode(f, make([]byte, pageSize), buf); err != nil ||
		f.computed != 250*time.Microsecond {
		t.Errorf("after decoding, computed %v, %v; want still 250µs", f.computed, err)
	}
}

func TestNoAllocation(t *testing.T) {
	if raceBuild {
		t.Skip("pools drop things at random under the race detector")
	}
	eachLevel(t, func(t *testing.T, c Codec, level int) {
		e, d, f := encoder(t, c, level), decoder(t, c), &fake{}
		pages := samples()
		buf, out := make([]byte, c.Bound(pageSize)), make([]byte, pageSize)
		work := func() {
			for _, p := range pages {
				n, err := e.Encode(f, buf, p)
				if err == nil {
					err = d.Decode(f, out, buf[:n])
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := testing.AllocsPerRun(5, work); n != 0 {
			t.Errorf("%v allocations for %d pages", n, len(pages))
		}
	})
}

// TestStateBytes holds what the check of memory is told against what the states really take.
func TestStateBytes(t *testing.T) {
	eachLevel(t, func(t *testing.T, c Codec, level int) {
		const n = 4
		var keep [2 * (n + 1)]any // nothing goes while something is measured
		kept := 0
		buf, out, f := make([]byte, c.Bound(pageSize)), make([]byte, pageSize), &fake{}
		pages := samples()[:12]
		packed := make([][]byte, len(pages))
		for i := range packed {
			packed[i] = make([]byte, 0, len(buf))
		}
		about(t, "encoder", heapOf(n, func() {
			e := encoder(t, c, level)
			for i, p := range pages {
				k, _ := e.Encode(f, buf, p)
				packed[i] = append(packed[i][:0], buf[:k]...)
			}
			keep[kept] = e
			kept++
		}), c.StateBytes(level))
		about(t, "decoder", heapOf(n, func() {
			d := decoder(t, c)
			for _, p := range packed {
				if err := d.Decode(f, out, p); err != nil {
					t.Fatal(err)
				}
			}
			keep[kept] = d
			kept++
		}), c.DecoderBytes())
		runtime.KeepAlive(keep)
		runtime.KeepAlive(pages)
		runtime.KeepAlive(packed)
	})
}

// heapOf is how many bytes of heap each of n calls of f leaves in use.
func heapOf(n int, f func()) int64 {
	f() // what the library keeps for all
	before := heap()
	for range n {
		f()
	}
	return (heap() - before) / int64(n)
}

// heap is how many bytes are in use, less what the library's pools hold: two collections empty
// them.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// about compares a measured with a declared size; what is below 8 KiB does not matter.
func about(t *testing.T, what string, got, declared int64) {
	t.Helper()
	t.Logf("%s: %d bytes, declared %d", what, got, declared)
	const floor = 8 << 10
	if max(got, floor) > max(declared, floor)*3/2 || max(declared, floor) > max(got, floor)*3/2 {
		t.Errorf("%s keeps %d bytes; %d are declared", what, got, declared)
	}
}

// TestBombs: what claims or gives far more than a page is refused at little cost.
func TestBombs(t *testing.T) {
	huge := make([]byte, 64<<20)
	for _, spec := range []string{"zlib", "zstd", "s2"} {
		c := lookup(t, spec)
		buf := make([]byte, c.Bound(len(huge)))
		n, err := encoder(t, c, 1).Encode(&fake{}, buf, huge)
		if err != nil {
			t.Fatal(err)
		}
		d := decoder(t, c)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		refuse(t, d, buf[:n], "64 MiB in a page of "+spec)
		refuse(t, d, buf[:min(n, 4110)], "the beginning of 64 MiB in a page of "+spec)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 256<<10 {
			t.Errorf("%s: %d bytes were allocated to refuse a bomb", spec, got)
		}
	}
}

// FuzzDecode feeds anything to all decoders: no panic, no other length.
func FuzzDecode(f *testing.F) {
	for i, spec := range specs() {
		c := lookup(f, spec)
		_, _, def := c.Levels()
		e := encoder(f, c, def)
		for _, p := range samples()[:6] {
			buf := make([]byte, c.Bound(pageSize))
			n, err := e.Encode(&fake{}, buf, p)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(byte(i), buf[:n])
		}
	}
	var decoders []Decoder
	for _, spec := range specs() {
		decoders = append(decoders, decoder(f, lookup(f, spec)))
	}
	f.Fuzz(func(t *testing.T, which byte, src []byte) {
		d := decoders[int(which)%len(decoders)]
		buf := bytes.Repeat([]byte{0xee}, pageSize+64)
		fuzztest.Within(t, 1<<20, func() { _ = d.Decode(&fake{}, buf[:pageSize], src) })
		if !bytes.Equal(buf[pageSize:], bytes.Repeat([]byte{0xee}, 64)) {
			t.Fatal("the decoder wrote behind the page")
		}
	})
}

func BenchmarkEncode(b *testing.B) { eachSample(b, false) }
func BenchmarkDecode(b *testing.B) { eachSample(b, true) }

// eachSample runs over the pages of the file that MTBENCH_PAGES names, or over one sample.
func eachSample(b *testing.B, decode bool) {
	pages := samples()[4:6]
	if path := os.Getenv("MTBENCH_PAGES"); path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		pages = nil
		for ; len(data) >= pageSize; data = data[pageSize:] {
			pages = append(pages, data[:pageSize])
		}
	}
	for _, spec := range specs()[:4] {
		b.Run(spec, func(b *testing.B) { benchmark(b, lookup(b, spec), pages, decode) })
	}
}

func benchmark(b *testing.B, c Codec, pages [][]byte, decode bool) {
	_, _, def := c.Levels()
	e, d, f := encoder(b, c, def), decoder(b, c), &fake{}
	out, page := make([]byte, c.Bound(pageSize)), make([]byte, pageSize)
	packed := make([][]byte, len(pages))
	total := 0
	for i, p := range pages {
		n, err := e.Encode(f, out, p)
		if err != nil {
			b.Fatal(err)
		}
		packed[i] = bytes.Clone(out[:n])
		total += n
	}
	b.ReportAllocs()
	b.SetBytes(pageSize)
	for i := 0; b.Loop(); i++ {
		if decode {
			_ = d.Decode(f, page, packed[i%len(packed)])
		} else {
			_, _ = e.Encode(f, out, pages[i%len(pages)])
		}
	}
	b.ReportMetric(float64(len(pages)*pageSize)/float64(total), "ratio")
}
