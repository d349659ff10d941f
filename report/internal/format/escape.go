package format

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// SixDigits keeps what a measurement can hold, so that a difference of two reports shows no noise
// of the last binary digit.
func SixDigits(v float64) float64 {
	if v == 0 || !Finite(v) {
		return v
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil {
		return v
	}
	return rounded
}

// Strings of result files and file names are made harmless here, for each format by its own rule.

// mostShown is the most characters of a string that any format shows.
const mostShown = 600

// CleanLine is s without what moves a cursor, colours, hides or reorders text, on one line.
func CleanLine(s string) string { return CleanText(s, mostShown) }

// markdownSpecial are the characters that mean something in GitHub's Markdown, wherever they stand.
// A bare address is made a link unless its colon or dot is an entity.
var markdownSpecial = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `{`, `\{`, `}`, `\}`, `[`, `\[`, `]`, `\]`,
	`<`, `&lt;`, `>`, `&gt;`, `&`, `&amp;`, `|`, `\|`, `~`, `\~`, `$`, `\$`, `!`, `\!`,
	`://`, `&#58;//`,
)

var (
	// blockStart is what begins a list, a rule or a heading at the start of a line.
	blockStart = regexp.MustCompile(`^([-+=]+|#+|\d+[.)])(\s|$)`)

	// A mention and a reference are made after rendering: only a comment within parts them.
	mention = regexp.MustCompile(`([@#])([A-Za-z0-9])`)

	www = regexp.MustCompile(`(?i)(www)\.`)
)

// MarkdownText is s as text of a paragraph.
func MarkdownText(s string) string {
	s = strings.TrimSpace(CleanLine(s))
	if m := blockStart.FindStringSubmatchIndex(s); m != nil {
		at := m[3] - 1 // the last character of what begins the block
		return MarkdownLine(s[:at]) + `\` + s[at:at+1] + MarkdownLine(s[at+1:])
	}
	return MarkdownLine(s)
}

// MarkdownLine is s as text of a cell, or of a line that begins with something else.
func MarkdownLine(s string) string {
	s = markdownSpecial.Replace(CleanLine(s))
	s = mention.ReplaceAllString(s, "$1<!-- -->$2")
	return www.ReplaceAllString(s, "$1&#46;")
}

// CsvText keeps a spreadsheet from taking a string for a formula.
func CsvText(s string) string {
	s = CleanLine(s)
	if strings.HasPrefix(s, "'") || strings.ContainsAny(s[:min(1, len(s))], "=+-@|%") {
		return "'" + s
	}
	return s
}

var notOfAName = regexp.MustCompile(`[^A-Za-z0-9_.]+`)

// BenchName is s as a value within the name of a benchmark: no blank, no slash, no dash.
func BenchName(s string) string { return notOfAName.ReplaceAllString(CleanText(s, 64), "_") }

// CleanText makes a string from a result file fit to be drawn or shown: one line, no control or
// format characters (a bidirectional override would reorder a sentence), at most n characters.
func CleanText(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r == unicode.ReplacementChar, unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	runes := []rune(s)
	if len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}
