package content

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zlib"
)

// generate makes pages first to first+n.
func generate(t testing.TB, spec string, seed uint64, n int) [][]byte {
	t.Helper()
	g, err := New(spec, seed)
	if err != nil {
		t.Fatal(err)
	}
	pages := make([][]byte, n)
	for i := range pages {
		pages[i] = bytes.Repeat([]byte{0xa5}, PageSize) // what was there must not shine through
		g.Fill(i, pages[i])
	}
	return pages
}

// generated are the specs that need no file.
func generated() []string {
	return slices.DeleteFunc(Names(), func(spec string) bool { return strings.Contains(spec, ":") })
}

func TestPagesDependOnSeedAndNumberOnly(t *testing.T) {
	for _, spec := range generated() {
		want := generate(t, spec, 7, 200)
		g, err := New(spec, 7)
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, PageSize)
		for i := len(want) - 1; i >= 0; i-- { // another order
			g.Fill(i, buf)
			if !bytes.Equal(buf, want[i]) {
				t.Fatalf("%s: page %d differs when made again", spec, i)
			}
		}
		if spec == "zero" {
			continue
		}
		if other := generate(t, spec, 8, 200); equalPages(want, other) > 60 {
			t.Errorf("%s: seeds 7 and 8 give the same page %d times of 200", spec,
				equalPages(want, other))
		}
	}
}

func equalPages(a, b [][]byte) (n int) {
	for i := range a {
		if bytes.Equal(a[i], b[i]) {
			n++
		}
	}
	return n
}

func TestPagesDiffer(t *testing.T) {
	for _, spec := range []string{"text", "heap", "binary", "random"} {
		seen := map[string]int{}
		for i, p := range generate(t, spec, 1, 4000) {
			if j, ok := seen[string(p)]; ok {
				t.Fatalf("%s: pages %d and %d are the same", spec, j, i)
			}
			seen[string(p)] = i
		}
	}
}

// TestRatio holds what the descriptions say about compression.
func TestRatio(t *testing.T) {
	for spec, want := range map[string][2]float64{
		"zero": {100, 400}, "text": {2, 2.5}, "heap": {3, 4}, "binary": {1.4, 1.7},
		"random": {0.9, 1},
	} {
		var z bytes.Buffer
		pages := generate(t, spec, 3, 300)
		for _, p := range pages {
			w, _ := zlib.NewWriterLevel(&z, 1)
			w.Write(p)
			w.Close()
		}
		got := float64(len(pages)*PageSize) / float64(z.Len())
		t.Logf("%s: %.2f", spec, got)
		if got < want[0] || got > want[1] {
			t.Errorf("%s compresses %.2f times; its description promises %v", spec, got, want)
		}
	}
}

func TestZeroPages(t *testing.T) {
	const n = 20000
	for spec, want := range map[string]float64{
		"zero": 1, "text": 0, "heap": 0, "binary": 0, "random": 0, "mixed": 0.20,
	} {
		zeros := 0
		for _, p := range generate(t, spec, 5, n) {
			if bytes.Count(p, []byte{0}) == PageSize {
				zeros++
			}
		}
		got := float64(zeros) / n
		if math.Abs(got-want) > 0.02 || want == 0 && zeros > 0 {
			t.Errorf("%s: a share of %.3f is zero pages; it should be %.2f", spec, got, want)
		}
	}
}

func TestSharesAreWhole(t *testing.T) {
	sum := 0
	for _, s := range shares() {
		sum += s.percent
	}
	if sum != 100 {
		t.Errorf("mixed's shares are %d %%; they should be 100", sum)
	}
}

func TestFileRepeats(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pages")
	data := bytes.Repeat([]byte("0123456789abcde\n"), 2*PageSize/16)
	data[PageSize] = 'X'
	data = append(data, "tail"...)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	pages := generate(t, "file:"+path, 0, 7)
	tail := append([]byte("tail"), make([]byte, PageSize-4)...)
	for i, p := range pages {
		want := [][]byte{data[:PageSize], data[PageSize : 2*PageSize], tail}[i%3]
		if !bytes.Equal(p, want) {
			t.Errorf("page %d is not page %d of the file", i, i%3)
		}
	}
}

func TestBadSpecs(t *testing.T) {
	dir := t.TempDir()
	empty, pipe := filepath.Join(dir, "empty"), filepath.Join(dir, "pipe")
	big, closed := filepath.Join(dir, "big"), filepath.Join(dir, "closed")
	for _, f := range []string{empty, big, closed} {
		if err := os.WriteFile(f, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	must(t, os.Truncate(big, 100<<30))
	must(t, os.Truncate(closed, 1))
	must(t, os.Chmod(closed, 0))
	must(t, syscall.Mkfifo(pipe, 0o600))
	for spec, want := range map[string]string{
		"":                             "there are zero, text, heap, binary, random, mixed, file:PATH",
		"Text":                         `"Text" is unknown`,
		"file:":                        "no such file",
		"file:" + dir + "/x":           "no such file",
		"file:" + dir:                  "a directory",
		"file:" + empty:                "empty",
		"file:" + pipe:                 "a pipe",
		"file:/dev/zero":               "a device",
		"file:" + big + "?pages=0":     "pages=0; a sample has 1 to 16384 pages",
		"file:" + big + "?pages=16385": "a sample has 1 to 16384 pages",
		"file:" + big + "?pages=x":     `"pages=x"; pages is a whole number`,
		"file:" + big + "?bytes=0":     "bytes=0; a sample needs at least one byte",
		"file:" + big + "?offset=-1":   "offset is a whole number",
		"file:" + big + "?offset=99999999999999999999": "offset is a whole number",
		"file:" + big + "?every=2":                     `the option "every=2" is unknown; the syntax is PATH?pages=N`,
		"file:" + big + "?offset=107374182400":         "its file has 107374182400 bytes",
		"file:" + closed:                               "permission denied",
	} {
		if spec == "file:"+closed && os.Geteuid() == 0 {
			continue // root may read anything
		}
		_, err := New(spec, 0)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New(%q): %v; want a mention of %q", spec, err, want)
		}
		if checked := Check(spec); checked == nil || checked.Error() != err.Error() {
			t.Errorf("Check(%q): %v; New says %v", spec, checked, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestDescribe(t *testing.T) {
	for _, spec := range append(generated(), "file:/x") {
		if Describe(spec) == "" {
			t.Errorf("%s has no description", spec)
		}
	}
	if got := Describe("nonsense"); got != "" {
		t.Errorf("nonsense is described as %q", got)
	}
}

func TestFillAllocatesNothing(t *testing.T) {
	for _, spec := range generated() {
		g, _ := New(spec, 1)
		buf := make([]byte, PageSize)
		page := 0
		if n := testing.AllocsPerRun(200, func() { g.Fill(page, buf); page++ }); n != 0 {
			t.Errorf("%s allocates %v times a page", spec, n)
		}
	}
}

func BenchmarkFill(b *testing.B) {
	for _, spec := range generated() {
		b.Run(spec, func(b *testing.B) {
			g, _ := New(spec, 1)
			buf := make([]byte, PageSize)
			b.SetBytes(PageSize)
			for i := 0; b.Loop(); i++ {
				g.Fill(i, buf)
			}
		})
	}
}
