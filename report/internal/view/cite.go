package view

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"mtbench/report/internal/format"
	"mtbench/results"
)

// Citation says how to cite a result file. Its strings are harmless in a terminal; a format escapes
// them as it does every other.
type Citation struct {
	Text    string   // one sentence
	BibTeX  []string // the lines of an entry; what TeX would take as a command is escaped
	Missing []string // sentences: what the citation cannot name, and how to mend that
}

// CitationOf returns the citation of f: program, revision, host, command and the digest of the
// file. What is not known is named as unknown, and Missing says how a next file knows it.
func CitationOf(f *results.File) Citation {
	h := &f.Header
	name := format.CleanText(filepath.Base(f.Path), 80)
	made := h.Created.UTC()
	title := format.CleanText(fmt.Sprintf("mtbench %s, %s series of %s, %s", orUnknown(h.Version),
		h.Kind, made.Format("2006-01-02"), HostsText(h)), 300)
	from := "revision " + orUnknown(h.Revision)
	digest := "SHA-256 " + orUnknown(f.SHA256)
	command := format.CleanText(RepeatCommand(h), 600)
	c := Citation{Missing: missing(f)}
	c.Text = format.CleanText(fmt.Sprintf("%s. Program: %s. Result file %s, %s. Command: %s.", title,
		from, name, digest, orUnknown(command)), 2000)
	c.BibTeX = append(c.BibTeX, "@misc{mtbench-"+keyOf(f.SHA256)+",")
	for _, field := range []struct{ name, value string }{
		{"title", "{{" + texText(title) + "}}"},
		{"author", "{{" + Authors + "}}"},
		{"year", fmt.Sprintf("{%d}", made.Year())},
		{"month", strings.ToLower(made.Format("Jan"))},
		{"howpublished", "{Result file " + texText(name) + "}"},
		{"note", "{" + texText(fmt.Sprintf("Program: %s. %s. Command: %s", from, digest,
			orUnknown(command))) + "}"},
	} {
		c.BibTeX = append(c.BibTeX, texField(field.name, field.value)...)
	}
	c.BibTeX = append(c.BibTeX, "}")
	return c
}

// Authors are whom a citation names. CITATION.cff and LICENSE name the same.
const Authors = "The mtbench authors"

const unknown = "unknown"

func orUnknown(s string) string {
	if strings.TrimSpace(s) == "" {
		return unknown
	}
	return format.CleanText(s, 80)
}

// missing says what a reader of the citation could not find, each with its cure.
func missing(f *results.File) []string {
	var texts []string
	switch rev := f.Header.Revision; {
	case rev == "":
		texts = append(texts, "The revision is unknown, because go run and a build outside a checkout "+
			"record none. To cite one: go build ./cmd/mtbench in a git checkout, and measure again.")
	case strings.HasSuffix(rev, "+"):
		texts = append(texts, "The + of the revision says that its source was changed and is in no "+
			"commit. To cite one: commit, build, and measure again.")
	}
	if f.SHA256 == "" {
		texts = append(texts, "The digest of the file is unknown, because these records were not read "+
			"from a file. To cite one: mtbench cite FILE.")
	}
	if f.Truncated {
		texts = append(texts, "The last line of the file was cut off, so the digest is of an "+
			"unfinished series. To cite a whole one: mtbench run --resume FILE.")
	}
	return texts
}

// keyOf is enough of a digest to name an entry.
func keyOf(digest string) string {
	if len(digest) < 12 {
		return unknown
	}
	return digest[:12]
}

// texColumns is how wide a line of an entry is, unless a word is longer.
const texColumns = 76

// texField is one field of an entry, in lines.
func texField(name, value string) []string {
	var lines []string
	line := fmt.Sprintf("  %-12s =", name)
	for _, word := range strings.Fields(value + ",") {
		if len(line)+1+len(word) > texColumns && strings.TrimSpace(line) != "" {
			lines = append(lines, line)
			line = "   "
		}
		line += " " + word
	}
	return append(lines, line)
}

// texSpecial is what TeX takes as a command, as it is written to be shown.
var texSpecial = strings.NewReplacer(`\`, `\textbackslash `, `{`, `(`, `}`, `)`, `$`, `\$`, `&`,
	`\&`, `#`, `\#`, `%`, `\%`, `_`, `\_`, `^`, `\textasciicircum `, `~`, `\textasciitilde `, `"`, `''`)

// texText is s as text of a BibTeX field: braces would end it, so they are written as brackets.
func texText(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "")
	}
	return texSpecial.Replace(s)
}
