package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mtbench/report"
)

// wordsTopic is the name of the list of words.
const wordsTopic = "words"

// newWordsTopic is help without a command: `mtbench help words`. docs/words.md is its text.
func newWordsTopic() *cobra.Command {
	return &cobra.Command{Use: wordsTopic, Short: "The words that reports use, each with an example",
		Long: wordList()}
}

// wordList is the list of words as Markdown.
func wordList() string {
	var b strings.Builder
	b.WriteString("# Words\n\nThe terms of help, reports and documents. `mtbench help words` prints " +
		"this page.\n\n| term | meaning | example |\n|---|---|---|\n")
	for _, w := range report.Words() {
		cell := report.MarkdownCell
		fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(w.Term), cell(w.Means), cell(w.Example))
	}
	return b.String()
}
