package report

import "mtbench/report/internal/format"

// mostPlain is the most characters of a string of a file that a line shows.
const mostPlain = 8192

// Plain returns s, a string of a file or a file's name, on one line and without what moves a
// cursor, colours, hides or reorders text.
func Plain(s string) string { return format.CleanText(s, mostPlain) }

// Wrapped breaks s between words so that lines have at most width columns.
func Wrapped(s string, width int) string { return format.WrapWords(s, width) }

// MarkdownCell returns s as text of a cell of a Markdown table that means nothing but itself.
func MarkdownCell(s string) string { return format.MarkdownLine(s) }
