package report

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mtbench/report/internal/reporttest"
)

// TestGoldenHandOver holds every section of a hand-over file, on a terminal of 80 columns and in
// Markdown.
func TestGoldenHandOver(t *testing.T) {
	h := NewHandOver(reporttest.HandOverFile())
	for name, as := range map[string]struct {
		format string
		opts   Options
	}{
		"handover.txt":   {"terminal", Options{Width: 80}},
		"handover.md":    {"markdown", Options{}},
		"handover.adoc":  {"asciidoc", Options{}},
		"handover.csv":   {"csv", Options{}},
		"handover-brief": {"terminal", Options{Width: 80, Brief: true, Index: true}},
	} {
		var b bytes.Buffer
		if err := h.Write(&b, as.format, as.opts); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

// The page of a hand-over file has its table, pictures and sections, asks for nothing from
// elsewhere, and is harmless whatever the file says.
func TestHandOverPage(t *testing.T) {
	f := reporttest.HandOverFile()
	f.Header.Argv = append(f.Header.Argv, "<script>alert(1)</script>", "\u202e\x1b[31m")
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := NewHandOver(f).Write(out, "html", Options{}); err != nil {
			t.Fatal(err)
		}
	}
	text := first.String()
	if text != second.String() {
		t.Error("the page is not the same bytes each time")
	}
	for _, want := range []string{"<h2 id=\"regret\">", "Least regret", "<h2 id=\"cells\">",
		"others used",
		"default-src &#39;none&#39;", "&lt;script&gt;"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	if n := strings.Count(text, "<svg"); n != 2*len(NewHandOver(f).Plots()) {
		t.Errorf("%d pictures", n)
	}
	for _, harm := range []string{"<script>alert", "\x1b", "\u202e", "src=\"", "href=\"http"} {
		if strings.Contains(text, harm) {
			t.Errorf("%q in the page", harm)
		}
	}
}

// What ends a measurement fits a terminal of 80 columns and 40 lines with as many contenders as
// there may well be.
func TestHandOverFits(t *testing.T) {
	f := reporttest.HandOverFile()
	grid := &f.Header.Grid
	for len(grid.Models) < 20 {
		name := "workqueue-long-" + string(rune('a'+len(grid.Models)))
		for _, r := range f.Runs {
			if r.Model == grid.Models[0] {
				r.Model = name
				f.Runs = append(f.Runs, r)
			}
		}
		grid.Models = append(grid.Models, name)
	}
	var b bytes.Buffer
	if err := NewHandOver(f).Write(&b, "terminal", Options{Width: 80, Brief: true}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n > 37 || strings.Count(b.String(), "───┼") == 0 {
		t.Errorf("%d lines:\n%s", n, b.String())
	}
	for line := range strings.Lines(b.String()) {
		if n := len([]rune(strings.TrimRight(line, " \n"))); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// Every picture of a hand-over file can be drawn; one without runs has none, and a report that says
// so.
func TestHandOverPlots(t *testing.T) {
	f := reporttest.HandOverFile()
	plots := NewHandOver(f).Plots()
	if len(plots) != 3 {
		t.Errorf("%d plots", len(plots))
	}
	for _, p := range plots {
		var b bytes.Buffer
		if err := p.Render(&b, "svg"); err != nil || p.Title == "" || !bytes.Contains(b.Bytes(),
			[]byte("lockless")) {
			t.Errorf("%s: %v, title %q", p.ID, err, p.Title)
		}
	}
	f.Runs = nil
	var b bytes.Buffer
	if err := NewHandOver(f).Write(&b, "terminal", Options{}); err != nil ||
		!strings.Contains(b.String(), "no run") || len(NewHandOver(f).Plots()) != 0 {
		t.Errorf("%v\n%s", err, b.String())
	}
	if err := NewHandOver(f).Write(&b, "benchfmt", Options{}); err == nil {
		t.Error("benchfmt is no format of a hand-over file")
	}
}
