package format

import (
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// WrapWords breaks s between words so that lines have at most width columns; a longer word is
// broken where it must be.
func WrapWords(s string, width int) string {
	var out strings.Builder
	column := 0
	for i, word := range strings.Fields(s) {
		n := twwidth.Width(word)
		switch {
		case i == 0:
		case column+1+n <= width:
			out.WriteByte(' ')
			column++
		default:
			out.WriteByte('\n')
			column = 0
		}
		for n > width {
			head, tail := cutWidth(word, width)
			out.WriteString(head + "\n")
			word, n = tail, twwidth.Width(tail)
		}
		out.WriteString(word)
		column += n
	}
	return out.String()
}

// cutWidth cuts s behind as many characters as fit width columns, at least one.
func cutWidth(s string, width int) (head, tail string) {
	column := 0
	for i, r := range s {
		column += twwidth.Width(string(r))
		if column > width && i > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}
