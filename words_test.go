package mtbench_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The lengths that readers whose first language is not English manage, in words a sentence: of the
// median, and of the longest.
const (
	medianWords = 18
	mostWords   = 40
)

// forbidden are phrases that readers stumble over; each has a plain one in docs/words.md.
func forbidden() []string {
	return []string{"what would settle it", "crowd", "told apart", "cannot tell in",
		"to be verified for a stated reason"}
}

// written are the pages and reports that are held to these rules.
func written(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"docs/*.md", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md",
		"report/testdata/markdown.golden", "report/testdata/terminal-160.golden"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files (%v)", pattern, len(found), err)
		}
		files = append(files, found...)
	}
	return files
}

func TestSentencesAreShort(t *testing.T) {
	for _, file := range written(t) {
		var lengths []int
		for _, sentence := range sentences(t, file) {
			n := len(strings.Fields(sentence))
			lengths = append(lengths, n)
			if n > mostWords {
				t.Errorf("%s: %d words: %s", file, n, sentence)
			}
		}
		slices.Sort(lengths)
		if n := len(lengths); n > 0 && lengths[n/2] > medianWords {
			t.Errorf("%s: the median sentence has %d words", file, lengths[n/2])
		}
	}
}

func TestForbiddenPhrases(t *testing.T) {
	for _, file := range written(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		plain := strings.ToLower(strings.Join(strings.Fields(string(text)), " "))
		for _, phrase := range forbidden() {
			if strings.Contains(plain, phrase) {
				t.Errorf("%s says %q", file, phrase)
			}
		}
	}
}

var (
	blockEnds   = regexp.MustCompile(`\n\s*\n|\n\s*[-*] |\n#+ |\n\d+\. `)
	sentenceEnd = regexp.MustCompile(`[.!?]["”)]?\s`)
	link        = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	aTag        = regexp.MustCompile(`<[^>]*>`)
)

// sentences are those of the prose of a file: no code, no table, no title.
func sentences(t *testing.T, file string) []string {
	t.Helper()
	text := strings.Join(prose(t, file), "\n")
	var out []string
	for _, block := range blockEnds.Split(text, -1) {
		var lines []string
		for line := range strings.Lines(block) {
			s := strings.TrimSpace(line)
			if !strings.ContainsAny(s, "│┼") && !strings.Contains(s, "= {") &&
				!strings.ContainsAny(s[:min(1, len(s))], "|#!@{}") {
				lines = append(lines, s)
			}
		}
		plain := aTag.ReplaceAllString(link.ReplaceAllString(strings.Join(lines, " "), "$1"), "")
		for _, sentence := range sentenceEnd.Split(plain+" ", -1) {
			if len(strings.Fields(sentence)) > 1 {
				out = append(out, sentence)
			}
		}
	}
	return out
}
