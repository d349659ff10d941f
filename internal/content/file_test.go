package content

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mtbench/internal/fuzztest"
)

// numbered is the page that a test's file has at page number n.
func numbered(n int64) []byte {
	page := bytes.Repeat([]byte{1}, PageSize)
	binary.LittleEndian.PutUint64(page, uint64(n))
	return page
}

// sampled are the pages that spec samples.
func sampled(t *testing.T, spec string) []byte {
	t.Helper()
	g, err := New(spec, 0)
	if err != nil {
		t.Fatal(err)
	}
	return g.(file).bytes
}

func temp(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestLargeFileIsSampledEvenly: of 100 GiB the pages are those of the rule, wherever they are.
func TestLargeFileIsSampledEvenly(t *testing.T) {
	path := temp(t, nil)
	const total = 100<<30/PageSize + 1 // and one that is not full
	must(t, os.Truncate(path, 100<<30+17))
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	defer f.Close()
	for i := range int64(7) {
		page := i * total / 7
		_, err := f.WriteAt(numbered(page), page*PageSize)
		must(t, err)
	}
	got := sampled(t, "file:"+path+"?pages=7")
	if len(got) != 7*PageSize {
		t.Fatalf("%d bytes", len(got))
	}
	for i := range int64(7) {
		if !bytes.Equal(got[i*PageSize:][:PageSize], numbered(i*total/7)) {
			t.Errorf("page %d of the sample is not page %d of the file", i, i*total/7)
		}
	}
	if n := len(sampled(t, "file:"+path)); n != 64<<20 {
		t.Errorf("%d bytes by default, want 64 MiB", n)
	}
}

// evenOf10 is five of ten numbered pages.
func evenOf10() (pages []byte) {
	for n := int64(0); n < 10; n += 2 {
		pages = append(pages, numbered(n)...)
	}
	return pages
}

func TestPartOfAFile(t *testing.T) {
	var data []byte
	for n := range int64(10) {
		data = append(data, numbered(n)...)
	}
	path := temp(t, data)
	for options, want := range map[string][]byte{
		"":                                   data,
		"?":                                  data,
		"?pages=5":                           evenOf10(),
		"?offset=36864":                      numbered(9),
		"?offset=36863&pages=1":              data[36863:][:PageSize],
		"?offset=8192&bytes=8192":            data[8192:16384],
		"?bytes=1":                           append([]byte{0}, make([]byte, PageSize-1)...),
		"?offset=4096&bytes=9999999&pages=1": numbered(1),
	} {
		if got := sampled(t, "file:"+path+options); !bytes.Equal(got, want) {
			t.Errorf("%q: other pages than asked for", options)
		}
	}
	odd := filepath.Join(filepath.Dir(path), "what?pages=1")
	must(t, os.WriteFile(odd, data, 0o600))
	if got := sampled(t, "file:"+odd+"?"); !bytes.Equal(got, data) {
		t.Error("a path with a ? cannot be named")
	}
}

func TestSourceOf(t *testing.T) {
	data := append(numbered(1), numbered(2)...)
	g, err := New("file:"+temp(t, data)+"?pages=1&offset=8", 0)
	must(t, err)
	sum := sha256.Sum256(data[8:][:PageSize])
	want := "1 of 2 pages, evenly spaced, of 8184 bytes from byte 8 of its file on"
	if s := SourceOf(g); s.SHA256 != hex.EncodeToString(sum[:]) || s.Rule != want {
		t.Errorf("got %+v, want %q", s, want)
	}
	if g, _ := New("zero", 0); SourceOf(g) != nil {
		t.Error("a generator has a source")
	}
}

// shrinking is a file that somebody cuts off: it has less than its size said.
func TestFileThatShrinks(t *testing.T) {
	o := options{pages: 4}
	s, err := o.choose(bytes.NewReader(make([]byte, 100)), 4*PageSize)
	must(t, err)
	_, err = s.read(bytes.NewReader(make([]byte, PageSize+5)))
	if err == nil || !strings.Contains(err.Error(), "ended at byte 4101 while it was read") {
		t.Errorf("got %v", err)
	}
}

// core is an ELF core file with these segments' bytes, each a PT_LOAD behind a note.
func core(segments ...[]byte) []byte {
	var headers, body bytes.Buffer
	put := func(w *bytes.Buffer, v any) { _ = binary.Write(w, binary.LittleEndian, v) }
	n := len(segments) + 1
	begin := uint64(64 + 56*n)
	put(&body, []byte("note"))
	put(&headers, elf.Prog64{Type: uint32(elf.PT_NOTE), Off: begin, Filesz: 4})
	for _, s := range segments {
		at := begin + uint64(body.Len())
		put(&headers, elf.Prog64{Type: uint32(elf.PT_LOAD), Off: at, Filesz: uint64(len(s)),
			Memsz: uint64(len(s))})
		body.Write(s)
	}
	h := elf.Header64{Type: uint16(elf.ET_CORE), Phoff: 64, Phentsize: 56, Phnum: uint16(n)}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB)
	var out bytes.Buffer
	put(&out, h)
	return append(append(out.Bytes(), headers.Bytes()...), body.Bytes()...)
}

// TestMemoryDump: the pages are those of the memory, not of the headers and notes between.
func TestMemoryDump(t *testing.T) {
	first, second := append(numbered(1), numbered(2)...), append(numbered(3), "tail"...)
	dump := temp(t, core(first, nil, second))
	tail := append([]byte("tail"), make([]byte, PageSize-4)...)
	for options, want := range map[string][]byte{
		"":                         bytes.Join([][]byte{first, numbered(3), tail}, nil),
		"?pages=2":                 append(numbered(1), numbered(3)...),
		"?offset=4096&bytes=8192":  append(numbered(2), numbered(3)...),
		"?offset=12288":            tail,
		"?offset=4096&bytes=4096":  numbered(2),
		"?offset=8192&pages=16384": append(numbered(3), tail...),
	} {
		if got := sampled(t, "file:"+dump+options); !bytes.Equal(got, want) {
			t.Errorf("%q: other pages than asked for", options)
		}
	}
	program := core(first)
	program[16] = byte(elf.ET_EXEC)
	if got := sampled(t, "file:"+temp(t, program)); !bytes.HasPrefix(got, program) {
		t.Error("a program's bytes are not its content")
	}
}

// TestManySegments: their number stands in the first section header.
func TestManySegments(t *testing.T) {
	dump := core(numbered(1), numbered(2))
	binary.LittleEndian.PutUint16(dump[56:], 0xffff)
	binary.LittleEndian.PutUint64(dump[40:], uint64(len(dump))) // e_shoff
	section := make([]byte, 64)
	binary.LittleEndian.PutUint32(section[44:], 3) // sh_info
	got := sampled(t, "file:"+temp(t, append(dump, section...)))
	if !bytes.Equal(got, append(numbered(1), numbered(2)...)) {
		t.Error("not the pages of both segments")
	}
}

func TestBadDumps(t *testing.T) {
	for want, change := range map[string]func(b []byte) []byte{
		"it is cut off or damaged":     func(b []byte) []byte { return b[:len(b)-1] },
		"program header 1 of 2 is not": func(b []byte) []byte { return b[:130] },
		"headers of 57 bytes":          func(b []byte) []byte { b[54] = 57; return b },
		"without a segment of memory":  func(b []byte) []byte { b[56] = 0; return b },
		"first section header, which": func(b []byte) []byte {
			b[56], b[57], b[40], b[47] = 255, 255, 255, 255
			return b
		},
		"of class ELFCLASS32": func(b []byte) []byte { b[4] = 1; return b },
		"and data ELFDATA2MSB": func(b []byte) []byte {
			b[5] = 2
			b[16], b[17] = 0, 4
			return b
		},
		"segment 1 has 4096 bytes at by": func(b []byte) []byte { b[64+56+15] = 0xff; return b },
	} {
		spec := "file:" + temp(t, change(core(numbered(1))))
		_, err := New(spec, 0)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if checked := Check(spec); fmt.Sprint(checked) != fmt.Sprint(err) {
			t.Errorf("Check says %v, New %v", checked, err)
		}
	}
}

// FuzzFile: whatever a file holds, it is a sentence or pages of it.
func FuzzFile(f *testing.F) {
	f.Add(core(numbered(1), []byte("x")), int64(0), int64(0), 3)
	f.Add(core(numbered(1))[:100], int64(1), int64(5000), 1)
	f.Add([]byte("\x7fELF"), int64(0), int64(0), 16384)
	f.Fuzz(func(t *testing.T, data []byte, offset, length int64, pages int) {
		if len(data) == 0 || offset < 0 || length < 0 || pages < 1 || pages > maxSample {
			return // parseOptions refuses it
		}
		most := uint64(8<<20 + 8*min(pages*PageSize, len(data)+PageSize))
		o := options{pages: pages, offset: offset, bytes: length}
		fuzztest.Within(t, most, func() { checkChoice(t, o, data) })
	})
}

// checkChoice holds what is chosen of a file to the file, and to what was asked for.
func checkChoice(t *testing.T, o options, data []byte) {
	s, err := o.choose(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return
	}
	for _, p := range s.parts {
		if p.offset < 0 || p.length < 1 || p.offset > int64(len(data))-p.length {
			t.Fatalf("%+v is not in a file of %d bytes", p, len(data))
		}
	}
	got, err := s.read(bytes.NewReader(data))
	if err != nil || int64(len(got)) != min(s.total(), int64(o.pages))*PageSize || len(got) == 0 {
		t.Fatalf("%d bytes of %v, %v", len(got), s, err)
	}
}
