package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"mtbench/report"
	"mtbench/results"
)

// printResults writes the table of a result file to standard output, draws the times beside
// the file, and names both.
func printResults(cmd *cobra.Command, path string) error {
	if ctx := cmd.Context(); ctx != nil && ctx.Err() == nil {
		defer endAtSignal(cmd, "interrupted while the table was made; the results are in "+path)()
	}
	f, err := printReport(cmd, path)
	if err != nil {
		return err
	}
	plot, err := drawTime(f, strings.TrimSuffix(path, ".jsonl")+".svg")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(),
		"results  %s\nplot     %s\nmore     mtbench report %s --details\n",
		clean(path), clean(plot), clean(path))
	return err
}

// printFile writes what a command answers to standard output, the answer of a result file or the
// sections named, and names the file.
func printFile(cmd *cobra.Command, path string, sections ...string) error {
	if _, err := printReport(cmd, path, sections...); err != nil {
		return err
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(),
		"results  %[1]s\nmore     mtbench report %[1]s --details\n",
		clean(path))
	return err
}

// printReport writes the answer of a result file, or the sections named, to standard output, as
// wide as that is.
func printReport(cmd *cobra.Command, path string, sections ...string) (*results.File, error) {
	f, err := results.Read(path)
	if err != nil {
		return nil, err
	}
	out := cmd.OutOrStdout()
	opts := optionsFor(out)
	opts.Brief, opts.Only = len(sections) == 0, sections
	return f, report.New([]*results.File{f}, contenders()).Terminal(out, opts)
}

// terminalOptions are the width and the colour that f can show.
func terminalOptions(f *os.File) report.Options {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return report.Options{Width: askedWidth(os.Getenv("COLUMNS"))}
	}
	return report.Options{Width: width, Color: os.Getenv("NO_COLOR") == ""}
}

// The columns that COLUMNS may ask for where standard output is no terminal.
const leastColumns, mostColumns = 40, 1000

// askedWidth is the width that COLUMNS asks for; 0 where it does not or asks for nonsense.
func askedWidth(columns string) int {
	n, err := strconv.Atoi(columns)
	if err != nil || n < leastColumns || n > mostColumns {
		return 0
	}
	return n
}

func drawTime(f *results.File, path string) (string, error) {
	return path, toFile(path, func(w io.Writer) error {
		return report.New([]*results.File{f}, contenders()).TimePlot().Render(w, "svg")
	})
}
