package content

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mtbench/internal/qemustream"
)

const realStream = "../qemustream/testdata/qemu-7.2.stream"

// TestRecorded: page i is that of record i of the stream, and the whole file is its identity.
func TestRecorded(t *testing.T) {
	g, err := New(Stream(realStream), 1)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(realStream)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n, got := 0, make([]byte, PageSize)
	_, err = qemustream.Check(qemustream.NewReader(f, 0), func(_ qemustream.Page, want []byte) error {
		for _, page := range []int{n, n + 128} { // repeated
			if g.Fill(page, got); !bytes.Equal(got, want) {
				t.Errorf("page %d differs", page)
			}
		}
		n++
		return nil
	})
	if err != nil || n != 128 {
		t.Fatalf("%d records: %v", n, err)
	}
	from := SourceOf(g)
	if from == nil || len(from.SHA256) != 64 || from.Rule !=
		"all 128 pages of a QEMU stream in its order (85 compressed, 1 raw, 42 zero)" {
		t.Errorf("%+v", from)
	}
	if pages, err := StreamPages(realStream); err != nil || pages != 128 {
		t.Errorf("%d pages: %v", pages, err)
	}
	if Describe(Stream(realStream)) == "" || Check(Stream(realStream)) != nil {
		t.Error("a good stream is refused, or not described")
	}
}

// TestRecordedTwice: a page that a stream has twice is two pages, each with what it held then.
func TestRecordedTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "twice")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := qemustream.NewWriter(f, "none", []qemustream.Block{{Name: "ram", Size: 4 * PageSize}})
	page := bytes.Repeat([]byte("v"), PageSize)
	for _, p := range []qemustream.Page{{Kind: qemustream.Raw, Index: 3, Payload: page}, {Index: 1},
		{Index: 3}} {
		if err := w.Page(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	g, err := New(Stream(path), 1)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, PageSize)
	for i, want := range [][]byte{page, make([]byte, PageSize), make([]byte, PageSize)} {
		if g.Fill(i, got); !bytes.Equal(got, want) {
			t.Errorf("page %d is %q…", i, got[:8])
		}
	}
}

// TestRecordedRefused names the file and what is wrong with it.
func TestRecordedRefused(t *testing.T) {
	whole, err := os.ReadFile(realStream)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s")
	for name, c := range map[string]struct {
		bytes []byte
		says  string
	}{
		"empty": {nil, "the file is empty"},
		"text":  {[]byte("some text that is no stream"), "not a migration stream of QEMU"},
		"cut":   {whole[:40000], "the stream ends where"},
	} {
		if err := os.WriteFile(path, c.bytes, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := New(Stream(path), 1)
		if err == nil || !strings.Contains(err.Error(), "page content stream:"+path+": ") ||
			!strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if checked := Check(Stream(path)); name != "cut" && checked == nil {
			t.Errorf("%s: it passes the check", name)
		}
	}
}
