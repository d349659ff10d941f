package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"mtbench/results"
)

// rawOfFile writes a made-up file as it would stand on disk, and gives it that digest.
func rawOfFile(t testing.TB, f *results.File) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	if err := enc.Encode(f.Header); err != nil {
		t.Fatal(err)
	}
	for i := range f.Runs {
		if err := enc.Encode(f.Runs[i]); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.Sum256(b.Bytes())
	f.SHA256 = hex.EncodeToString(sum[:])
	return b.Bytes()
}

// pageOfFiles renders a page with its records.
func pageOfFiles(t testing.TB, files ...*results.File) []byte {
	t.Helper()
	var opts PageOptions
	for _, f := range files {
		opts.Raw = append(opts.Raw, rawOfFile(t, f))
	}
	var b bytes.Buffer
	if err := HTML(&b, files, opts); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPageShow writes the page of the files in MTBENCH_FILES, or of a made-up one, to MTBENCH_PAGE.
func TestPageShow(t *testing.T) {
	path := os.Getenv("MTBENCH_PAGE")
	if path == "" {
		t.Skip("MTBENCH_PAGE names no file to write a page to")
	}
	html := pageOfFiles(t, defaultSynth().file())
	if err := os.WriteFile(path, html, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", len(html))
}
