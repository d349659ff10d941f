package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mtbench/report"
	"mtbench/results"
)

// citeFormats are the forms of a citation; without one both are printed.
var citeFormats = []string{"text", "bibtex"}

func newCiteCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "cite FILE...",
		Short: "Print a citation of result files, as a sentence and for BibTeX",
		Long: `Prints how to cite each result file: program and revision, host, the command that makes it again,
and the SHA-256 of the file (of its bytes unpacked, so that gzip does not change it). What the file
does not know is called unknown, and a line on standard error says how the next file will know it.
The program itself is cited by CITATION.cff.`,
		Example: `  mtbench cite results.jsonl
  mtbench cite results.jsonl --format bibtex >> references.bib`,
		Args: someFiles,
		RunE: func(cmd *cobra.Command, args []string) error { return cite(cmd, format, args) },
	}
	cmd.Flags().StringVar(&format, "format", "", strings.Join(citeFormats, " or ")+" (default: both)")
	return cmd
}

func cite(cmd *cobra.Command, format string, paths []string) error {
	if format != "" && !slices.Contains(citeFormats, format) {
		return badInput(fmt.Errorf("--format: %q is unknown; there are %s", format,
			strings.Join(citeFormats, ", ")))
	}
	files, err := readDistinct(paths)
	if err != nil {
		return badInput(err)
	}
	for i, f := range files {
		if f.Header.Kind == results.Published {
			return badInput(&results.InputError{File: f.Path, Msg: "holds published figures: cite the " +
				"publication itself, which its notes name"})
		}
		if i > 0 {
			fmt.Fprintln(cmd.OutOrStdout())
		}
		citeOne(cmd, format, report.Cite(f))
	}
	return nil
}

func citeOne(cmd *cobra.Command, format string, c report.Citation) {
	var lines []string
	if format != "bibtex" {
		lines = append(lines, c.Text)
	}
	if format == "" {
		lines = append(lines, "")
	}
	if format != "text" {
		lines = append(lines, c.BibTeX...)
	}
	fmt.Fprintln(cmd.OutOrStdout(), strings.Join(lines, "\n"))
	for _, text := range c.Missing {
		fmt.Fprintln(cmd.ErrOrStderr(), "mtbench: note: "+text)
	}
}
