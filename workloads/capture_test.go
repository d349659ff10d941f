package workloads

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"mtbench/internal/content"
	"mtbench/internal/qemustream"
	"mtbench/models/lockless"
)

// TestCapture: the stream that is left has the records of the run, and the guest's pages.
func TestCapture(t *testing.T) {
	sc := small()
	sc.Codec, sc.DirtyRate, sc.Stored = "zlib", 0, true
	sc.StreamTo = filepath.Join(t.TempDir(), "stream")
	run, err := RunPair(sc, lockless.Build)
	if err != nil {
		t.Fatal(err)
	}
	checkRun(t, sc, run)
	f, err := os.Open(sc.StreamTo)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	gen, err := content.New(sc.Content, sc.Seed)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]byte, PageSize)
	c, err := qemustream.Check(qemustream.NewReader(f, 0), func(p qemustream.Page, got []byte) error {
		if gen.Fill(int(p.Index), want); !bytes.Equal(got, want) {
			t.Errorf("page %d differs", p.Index)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Compressed != run.PagesCompressed || c.Raw != run.PagesRaw || c.Zero != run.PagesZero ||
		c.Payload+4*c.Compressed != run.CompressedBytes {
		t.Errorf("%+v, of a run of %d, %d and %d pages with %d bytes", c, run.PagesCompressed,
			run.PagesRaw, run.PagesZero, run.CompressedBytes)
	}
	if _, err := RunPair(sc, lockless.Build); err == nil {
		t.Error("the stream was written over")
	}
}
