package report

import (
	"regexp"
	"strings"
)

// Strings of result files and file names are made harmless here, for each format by its own rule.

// mostShown is the most characters of a string that any format shows.
const mostShown = 600

// cleanLine is s without what moves a cursor, colours, hides or reorders text, on one line.
func cleanLine(s string) string { return cleanText(s, mostShown) }

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

// markdownText is s as text of a paragraph.
func markdownText(s string) string {
	s = strings.TrimSpace(cleanLine(s))
	if m := blockStart.FindStringSubmatchIndex(s); m != nil {
		at := m[3] - 1 // the last character of what begins the block
		return markdownLine(s[:at]) + `\` + s[at:at+1] + markdownLine(s[at+1:])
	}
	return markdownLine(s)
}

// markdownLine is s as text of a cell, or of a line that begins with something else.
func markdownLine(s string) string {
	s = markdownSpecial.Replace(cleanLine(s))
	s = mention.ReplaceAllString(s, "$1<!-- -->$2")
	return www.ReplaceAllString(s, "$1&#46;")
}

// csvText keeps a spreadsheet from taking a string for a formula.
func csvText(s string) string {
	s = cleanLine(s)
	if strings.HasPrefix(s, "'") || strings.ContainsAny(s[:min(1, len(s))], "=+-@|%") {
		return "'" + s
	}
	return s
}

var notOfAName = regexp.MustCompile(`[^A-Za-z0-9_.]+`)

// benchName is s as a value within the name of a benchmark: no blank, no slash, no dash.
func benchName(s string) string { return notOfAName.ReplaceAllString(cleanText(s, 64), "_") }
