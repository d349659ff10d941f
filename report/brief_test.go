package report

import (
	"bytes"
	"strings"
	"testing"

	"mtbench/results"
)

// TestMarkdownBrief: what is pasted has one heading, one table, one picture and the citation.
func TestMarkdownBrief(t *testing.T) {
	f := readSeries(t)
	var out bytes.Buffer
	links := []PlotLink{{Title: "one", Path: "one.svg"}, {Title: "two", Path: "two.svg"}}
	r := New([]*results.File{f}, nil)
	if err := r.markdown(&out, Options{Brief: true, Plots: links}); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for what, want := range map[string]int{"# mtbench": 1, "\n| :---": 1, "![one](one.svg)": 1,
		"two.svg": 0, "<details>": 0, f.SHA256: 1} {
		if n := strings.Count(text, what); n != want {
			t.Errorf("%q stands %d times, not %d:\n%s", what, n, want, text)
		}
	}
}
