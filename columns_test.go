package mtbench_test

import (
	"go/scanner"
	"go/token"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxColumns is how long a line of Go may be; a tab counts as one.
const maxColumns = 100

// TestColumns holds lines to maxColumns, but for those that cannot be cut or are read as a table:
// struct tags, raw strings, addresses of the Web and rows of composite literals.
func TestColumns(t *testing.T) {
	eachGoFile(t, func(file string) {
		for _, line := range longLines(t, file) {
			t.Errorf("%s:%d: longer than %d columns", file, line, maxColumns)
		}
	})
}

func longLines(t *testing.T, file string) (long []int) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	raw := rawLines(text)
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		tooLong := utf8.RuneCountInString(strings.TrimRight(line, "\n")) > maxColumns
		if tooLong && !raw[n] && !strings.Contains(line, "://") && !isRow(line) {
			long = append(long, n)
		}
	}
	return long
}

// isRow reports whether line is a row of a composite literal: {…}, or "key": {…},.
func isRow(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "{") || strings.HasSuffix(line, "},") &&
		strings.Contains(line, ": {")
}

// rawLines are the lines that a raw string touches; struct tags are raw strings.
func rawLines(text []byte) map[int]bool {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, nil, 0)
	lines := map[int]bool{}
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return lines
		}
		if tok == token.STRING && strings.HasPrefix(lit, "`") {
			first := file.Line(pos)
			for i := range strings.Count(lit, "\n") + 1 {
				lines[first+i] = true
			}
		}
	}
}
