package mtbench_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The lengths that readers whose first language is not English manage, in words a sentence: of the
// median, and of the longest.
const (
	medianWords = 18
	mostWords   = 40
)

// forbidden are phrases that readers stumble over, images and words of the trade among them, each
// with the plain one that stands in its place. Terms have their meaning in docs/words.md.
func forbidden() map[string]string {
	return map[string]string{
		"what would settle it":               "to decide",
		"crowd of":                           "more threads than CPUs",
		"told apart":                         "distinguished",
		"tells apart":                        "distinguishes",
		"cannot tell in":                     "undecided in",
		"to be verified for a stated reason": "not verified (the record says why)",
		"verifiable for a stated reason":     "not verified (the record says why)",
		"host moved":                         "the host changed",
		"cpu starved":                        "too few CPUs",
		"another regime":                     "not comparable",
		"default: drawn":                     "default: random",
		"root of every random choice":        "seed of every random choice",
		"will blur":                          "disturbs",
		"it blurs":                           "it disturbs",
		"what cures it":                      "what helps",
		"to its exact figures":               "against its exact figures",
		"lean on":                            "rely on, or nothing",
		"in the form of qemu's":              "in QEMU's format",
		"swept over":                         "varied over",
		"prices the harness":                 "shows what the harness costs",
		"evidence for nothing":               "no evidence",
		"guest that stands still":            "guest that writes nothing",
		"always closes":                      "always adds up",
		"account closes":                     "the parts add up",
		"keep their promises":                "how often verdicts are wrong",
		"not told by this host":              "what this host cannot show",
		"the letter blames":                  "the letter gives as the reason",
		"pays for waiting":                   "spends CPU on waiting",
		"by way of a pager":                  "through a pager",
		"not to be had":                      "not found",
		"cannot be had":                      "not available",
		"how to walk":                        "how to choose schedules",
		"walk the schedules":                 "run through many schedules",
		"next to nothing":                    "negligible",
		"nobody will know":                   "the file cannot say",
		"nobody sleeps or spins":             "no thread sleeps",
		"stamps none":                        "records none",
		"described, not owned":               "that you describe",
		"from their birth":                   "from their start",
		"is a slip":                          "is a misprint",
		"hogs":                               "never gives back",
		"spoils one run":                     "affects only that run",
		"time that closes":                   "time that adds up",
		"gone on with":                       "resumed",
		"not written over":                   "not overwritten",
		"lifeline":                           "keeps it open; when one ends, so does the other",
		"speaks here for":                    "is used here for",
		"virtual machine speaks for":         "a larger host with the costs of a virtual machine",
		"model wins":                         "is faster",
		"wins in %d":                         "is faster in",
		"unproven":                           "unproved",
		"whoever answers":                    "what answers",
		"take search and copying off":        "does search and copying",
	}
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
	texts := literals(t)
	for _, file := range append(written(t), "SECURITY.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
	}
	spaces := strings.NewReplacer("\u00a0", " ")
	for place, text := range texts {
		plain := strings.ToLower(strings.Join(strings.Fields(spaces.Replace(text)), " "))
		for phrase, cure := range forbidden() {
			if strings.Contains(plain, phrase) {
				t.Errorf("%s says %q; plain is %q", place, phrase, cure)
			}
		}
	}
}

// literals are the texts of the program by place: help, errors and sentences, each put together
// where the source breaks it over lines.
func literals(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, root := range []string{"cmd", "internal", "models", "report", "results", "workloads"} {
		err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				err = literalsOf(path, texts)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(texts) < 3000 {
		t.Fatalf("only %d texts were found in the source", len(texts))
	}
	return texts
}

func literalsOf(path string, texts map[string]string) error {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		e, isExpr := n.(ast.Expr)
		if !isExpr {
			return true
		}
		text, isText := textOf(e)
		if isText {
			texts[files.Position(e.Pos()).String()] = text
		}
		return !isText
	})
	return nil
}

// textOf is the text of a literal, or of literals and other things that are added.
func textOf(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, e.Kind == token.STRING && err == nil
	case *ast.BinaryExpr:
		a, okA := textOf(e.X)
		b, okB := textOf(e.Y)
		return a + b, e.Op == token.ADD && (okA || okB)
	}
	return "", false
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
