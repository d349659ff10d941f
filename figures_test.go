package mtbench_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// declared are the figures that a page may state: constants of the program and of the published
// table, never a measurement. Each names its home.
var declared = map[string]string{
	"95 %": "internal/verdict: Confidence",
	"5 %":  "internal/verdict: assumedFloor, equalMargin, DefaultThreshold",
}

// measured is a number with a unit of measurement, or a factor.
var measured = regexp.MustCompile(
	`\d[\d.,]*\s?(?:%|×|ns|µs|us|ms|s|min|minutes|seconds|pages/s|MB/s|MiB/s|GB/s|Gbit/s)(?:[^\pL\d]|$)`)

// TestNoTypedFigure: a measured figure in prose is generated from committed results or absent. What
// stands between the markers of scripts/render.sh is generated; what stands in code is no prose.
func TestNoTypedFigure(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "README.md", "CONTRIBUTING.md", "ARCHITECTURE.md") {
		switch page { // all of it is generated
		case "docs/figures.md", "docs/words.md", "docs/artifact.md":
			continue
		}
		for n, line := range prose(t, page) {
			for _, found := range measured.FindAllString(line, -1) {
				if found = strings.TrimRight(found, " .,;:)]|\n"); declared[found] == "" {
					t.Errorf("%s:%d: the figure %q is typed: generate it, or name its home in declared",
						page, n+1, found)
				}
			}
		}
	}
}

var inlineCode = regexp.MustCompile("`[^`]*`")

// prose is a page by line, with code and generated parts left empty.
func prose(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	fenced, generated := false, false
	for i, line := range lines {
		fence := strings.HasPrefix(strings.TrimSpace(line), "```")
		begins := strings.HasPrefix(line, "<!-- ") && strings.Contains(line, ": begin")
		ends := strings.HasPrefix(line, "<!-- ") && strings.Contains(line, ": end")
		generated = generated && !ends || begins
		if fence {
			fenced = !fenced
		}
		if fence || fenced || generated {
			lines[i] = ""
			continue
		}
		lines[i] = inlineCode.ReplaceAllString(line, "")
	}
	return lines
}
