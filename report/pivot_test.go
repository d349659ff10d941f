package report

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"mtbench/results"
)

// TestPivot puts the runs together by each axis in each format that has sections.
func TestPivot(t *testing.T) {
	f := readSeries(t)
	for _, key := range results.Keys() {
		for name, write := range map[string]func(*Report, io.Writer, Options) error{
			"terminal": (*Report).Terminal, "markdown": (*Report).markdown, "asciidoc": (*Report).asciidoc,
		} {
			text := render(t, written(write, Options{By: []string{key, "model"}}), f)
			if !strings.Contains(text, "Runs by "+strings.ReplaceAll(key, "_", " ")) ||
				!strings.Contains(text, "lockless") {
				t.Errorf("%s by %s:\n%.500s", name, key, text)
			}
		}
	}
}

// TestPivotCounts counts each run that the tables count once.
func TestPivotCounts(t *testing.T) {
	f := readSeries(t)
	rows := regexp.MustCompile(`(?m)^\| (\d+) \| (\d+) \|`).FindAllStringSubmatch(render(t,
		written((*Report).markdown, Options{By: []string{"threads"}}), f), -1)
	want := 0
	seen := map[int]bool{}
	for i := range f.Runs {
		seen[f.Runs[i].Threads] = true
	}
	if want = len(seen); len(rows) != want {
		t.Errorf("%d rows, %d thread counts: %v", len(rows), want, rows)
	}
}

// TestHostileStringsInAsciidoc looks for anything that a file could make of a document.
func TestHostileStringsInAsciidoc(t *testing.T) {
	text := render(t, written((*Report).asciidoc, Options{}), hostileFile(t))
	if strings.ContainsAny(text, "\x1b\x07\x00") {
		t.Error("control characters")
	}
	code := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "----") {
			code = !code
			continue
		}
		for _, bad := range []string{"<script", "javascript:", "://", "link:", "@someone",
			"image:", ";; ", ":: "} {
			if !code && strings.Contains(line, bad) {
				t.Errorf("%q in %.200q", bad, line)
			}
		}
	}
	if code {
		t.Error("a block of code is open at the end")
	}
	if n := strings.Count(text, "\n|===\n"); n == 0 || n%2 != 0 {
		t.Errorf("%d marks of tables", n)
	}
	if n := strings.Count(text, "\n====\n"); n%2 != 0 {
		t.Errorf("%d marks of blocks", n)
	}
}
