package format

import "strings"

// asciidocSpecial are the characters, and the pairs, by which AsciiDoc marks text up; each is
// written as a character reference.
var asciidocSpecial = strings.NewReplacer("*", "&#42;", "_", "&#95;", "`", "&#96;", "#", "&#35;",
	"^", "&#94;", "~", "&#126;", "+", "&#43;", "|", "&#124;", "[", "&#91;", "]", "&#93;",
	"{", "&#123;", "}", "&#125;", "<", "&#60;", ">", "&#62;", "&", "&#38;", `\`, "&#92;",
	"@", "&#64;",
	";", "&#59;", "::", "&#58;&#58;", "://", "&#58;//", "--", "&#45;&#45;", "->", "&#45;&#62;",
	"((", "&#40;&#40;", "(C)", "&#40;C)", "(R)", "&#40;R)", "(TM)", "&#40;TM)", "...", "&#46;..",
	"javascript:", "javascript&#58;", "mailto:", "mailto&#58;", "link:", "link&#58;",
	"image:", "image&#58;", "pass:", "pass&#58;")

// AsciidocLine is s as text of a cell, or of a line that begins with something else.
func AsciidocLine(s string) string { return asciidocSpecial.Replace(CleanLine(s)) }

// AsciidocText is s as text of a paragraph: nothing at its begin makes another block of it.
func AsciidocText(s string) string { return "{empty}" + AsciidocLine(strings.TrimSpace(s)) }
