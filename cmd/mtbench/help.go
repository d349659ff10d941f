package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mtbench/report"
)

// mostHelp is the widest that help is: longer lines are hard to read.
const mostHelp = 100

// fitHelp makes the help of every command as wide as the terminal, or as COLUMNS says; where
// neither is known, lines stay as they are written.
func fitHelp(root *cobra.Command) {
	write := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		width := min(mostHelp, optionsFor(cmd.OutOrStdout()).Width)
		if width == 0 && cmd.Name() == wordsTopic { // the page of docs, to the byte
			cmd.Print(wordList())
			return
		}
		if width > 0 {
			cmd.Long = fitted(longHelp(cmd), width)
			cmd.SetUsageTemplate(strings.ReplaceAll(cmd.UsageTemplate(), "FlagUsages ",
				fmt.Sprintf("FlagUsagesWrapped %d ", width)))
		}
		write(cmd, args)
	})
}

// longHelp is the help of a command; the list of words is a table in documents and no table here.
func longHelp(cmd *cobra.Command) string {
	if cmd.Name() == wordsTopic {
		return wordLines()
	}
	return cmd.Long
}

// fitted breaks the paragraphs of a text anew. Lines that are set in stand as they are.
func fitted(text string, width int) string {
	var out []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if !strings.HasPrefix(paragraph, " ") && !strings.Contains(paragraph, "\n ") {
			paragraph = report.Wrapped(paragraph, width)
		}
		out = append(out, paragraph)
	}
	return strings.Join(out, "\n\n")
}

// wordLines is the list of words for a terminal: a paragraph a term.
func wordLines() string {
	var b strings.Builder
	b.WriteString("The terms of help, reports and documents.")
	for _, w := range report.Words() {
		fmt.Fprintf(&b, "\n\n%s: %s.", w.Term, w.Means)
		if w.Example != "" {
			fmt.Fprintf(&b, " Example: %s", w.Example)
		}
	}
	return b.String()
}
