package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"image/color"
	"io"
	"os"
	"strings"
	"testing"

	"mtbench/report/internal/plot"
	"mtbench/report/internal/reporttest"
	"mtbench/report/internal/view"
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
	var opts Options
	for _, f := range files {
		opts.Raw = append(opts.Raw, rawOfFile(t, f))
	}
	var b bytes.Buffer
	if err := Write(&b, view.SourcesOf(files, nil), opts); err != nil {
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
	page := pageOfFiles(t, reporttest.DefaultSynth().File())
	if err := os.WriteFile(path, page, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", len(page))
}

// TestPageBytes makes the page twice of the same file.
func TestPageBytes(t *testing.T) {
	t.Parallel()
	first := pageOfFiles(t, reporttest.SmallSynth().File())
	if !bytes.Equal(first, pageOfFiles(t, reporttest.SmallSynth().File())) {
		t.Error("the page differs from one making to the next")
	}
	if n := len(first); n > 3<<20 {
		t.Errorf("the page has %d bytes", n)
	}
}

// TestPageHostile reads the page as a browser does and finds no element or attribute of the file's.
func TestPageHostile(t *testing.T) {
	page := string(pageOfFiles(t, reporttest.HarmfulFile()))
	for _, bad := range []string{"<script>alert", "<img", "onerror=alert(2)>", "\x1b", "\x00",
		"\u202e", "ZgotmplZ", `href="javascript`} {
		if strings.Contains(page, bad) {
			i := strings.Index(page, bad)
			t.Errorf("the page holds %q: %.80q", bad, page[max(0, i-40):])
		}
	}
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("the page has %d scripts", n)
	}
}

// TestPageRecords unpacks the records of the page and finds the file, byte for byte.
func TestPageRecords(t *testing.T) {
	f := reporttest.SmallSynth().File()
	raw := rawOfFile(t, f)
	page := string(pageOfFiles(t, f))
	_, rest, ok := strings.Cut(page, "data:application/gzip;base64,")
	if !ok {
		t.Fatal("the page has no records")
	}
	text, _, _ := strings.Cut(rest, `"`)
	packed, err := base64.StdEncoding.DecodeString(html.UnescapeString(text))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(got, raw) {
		t.Errorf("the records are not the file: %d bytes for %d, %v", len(got), len(raw), err)
	}
}

// TestPageOtherRecords leaves out bytes that the report was not made of, and says so.
func TestPageOtherRecords(t *testing.T) {
	f := reporttest.SmallSynth().File()
	raw := rawOfFile(t, f)
	var b bytes.Buffer
	if err := Write(&b, view.SourcesOf([]*results.File{f}, nil),
		Options{Raw: [][]byte{raw[1:]}}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "data:application") || !strings.Contains(b.String(),
		"has changed") {
		t.Error("records of another file are embedded, or nothing is said of it")
	}
}

// TestPageEmpty is a page of a file without runs.
func TestPageEmpty(t *testing.T) {
	f := reporttest.SmallSynth().File()
	f.Runs = nil
	page := string(pageOfFiles(t, f))
	if !strings.Contains(page, "mtbench run") || strings.Contains(page, "NaN") {
		t.Error("without runs the page names no command, or shows NaN")
	}
}

// TestPageInks finds the colour of the set behind each colour that a picture may show.
func TestPageInks(t *testing.T) {
	file := reporttest.WithFrontier(reporttest.SmallSynth().File())
	for _, p := range plot.All(view.SourcesOf([]*results.File{file}, nil)) {
		if p.Build == nil {
			continue
		}
		svg, _ := p.Svg(plot.Wide)
		for _, hex := range svgColor.FindAllString(string(svg), -1) {
			var r, g, b uint8
			if _, err := fmt.Sscanf(hex, "#%02X%02X%02X", &r, &g, &b); err != nil {
				t.Fatal(err)
			}
			near := nearestInk(hex).Rgb
			if d := colorDistance(color.RGBA{R: r, G: g, B: b}, near); d > 60 {
				t.Errorf("%s: %s is no colour of the set (distance %d)", p.ID, hex, d)
			}
		}
	}
}

func factOf(sum view.Summary, head string) string {
	for _, f := range sum.Facts {
		if f.Head == head {
			return f.Text
		}
	}
	return ""
}
