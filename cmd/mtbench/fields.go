package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"mtbench/internal/metric"
	"mtbench/report"
	"mtbench/results"
)

func newFieldsCommand() *cobra.Command {
	schema, matrix, run := false, false, ""
	var where []string
	cmd := &cobra.Command{
		Use:   "fields [FILE...]",
		Short: "Explain every figure, or with --run the figures of one run",
		Long: `Writes a page of every figure as Markdown: its unit, what it is, how it is measured and how not
to read it, and every field of a result file. With result files the page also explains the plots
of their report.

With --run it explains one run of FILE instead: each of its figures with value, unit and meaning.
--where takes the runs of a cell together: median, lowest and highest.`,
		Example: `  mtbench fields > figures.md
  mtbench fields results.jsonl --run 12
  mtbench fields results.jsonl --where model=lockless --where threads=4 --where wait=on`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch runs := run != "" || len(where) > 0; {
			case runs && (schema || matrix):
				return badInput(errors.New("--run and --where explain runs; leave --json-schema and " +
					"--matrix-schema out"))
			case runs:
				return explainRuns(cmd, args, run, where)
			}
			if schema || matrix {
				return writeSchema(cmd, args, matrix)
			}
			files, err := readDistinct(args)
			if err != nil {
				return badInput(err)
			}
			return explain(cmd.OutOrStdout(), files)
		},
	}
	cmd.Flags().StringVar(&run, "run", "", "explain the figures of one run, by its index")
	cmd.Flags().StringArrayVar(&where, "where", nil,
		"explain the runs with KEY=VALUE[,VALUE...] on an axis; given again, both must hold")
	cmd.Flags().BoolVar(&schema, "json-schema", false,
		"print the JSON Schema of a record instead: each line of a result file is one")
	cmd.Flags().BoolVar(&matrix, "matrix-schema", false,
		"print the JSON Schema of a matrix file (mtbench run --matrix) instead")
	return cmd
}

// writeSchema writes the schema of a record, or of a matrix file.
func writeSchema(cmd *cobra.Command, args []string, matrix bool) error {
	if err := noArgs(cmd, args); err != nil {
		return err
	}
	text, err := results.JSONSchema()
	if matrix {
		text, err = matrixSchema()
	}
	if err != nil {
		return err
	}
	_, err = cmd.OutOrStdout().Write(text)
	return err
}

const explainIntro = `# Figures and plots

What each figure is, its unit, how it is measured, and how not to read it. This page is made by
` + "`mtbench fields`" + ` from the same lists that the code works with.
`

const fieldsIntro = `
# Fields of a result file

A result file is JSON Lines: a header record, then one record a run (type ` + "`run`" + `), failed run
(` + "`failed`" + `) or search for the frontier (` + "`frontier`" + `). Records are never averages.
`

func explain(w io.Writer, files []*results.File) error {
	var b strings.Builder
	b.WriteString(explainIntro)
	explainMetrics(&b)
	explainPlots(&b, files)
	b.WriteString(fieldsIntro)
	explainFields(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func explainMetrics(b *strings.Builder) {
	b.WriteString("\n# Figures that are compared\n\nEach is compared in pairs of runs, as a log " +
		"ratio.\n" +
		"\n| figure | unit | better | what | not to be read | deterministic counter |\n" +
		"|---|---|---|---|---|---|\n")
	for _, m := range metric.All() {
		counter := ""
		if m.Counter {
			counter = "yes: can gate where time is too noisy"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s |\n", m.Name, m.Unit, m.Better, m.Doc,
			m.Misread, counter)
	}
}

func explainPlots(b *strings.Builder, files []*results.File) {
	if len(files) == 0 {
		return
	}
	b.WriteString("\n# Plots\n")
	for _, p := range report.New(files, contenders()).Plots() {
		fmt.Fprintf(b, "\n## %s\n\n%s\n", p.ID, p.Question)
		if p.Caption != "" {
			fmt.Fprintf(b, "\n%s\n", report.MarkdownCell(p.Caption))
		}
		if p.Missing != "" {
			fmt.Fprintf(b, "\nIt needs data that the file of this page does not hold: %s.\n",
				report.MarkdownCell(p.Missing))
		}
	}
}

func explainFields(b *strings.Builder) {
	record := ""
	for _, f := range results.Fields() {
		if f.Record != record {
			record = f.Record
			fmt.Fprintf(b, "\n## %s\n\n| field | type | unit | what | not to be read |\n"+
				"|---|---|---|---|---|\n", record)
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", f.Path, typeOf(f), f.Unit, f.Doc, f.Misread)
	}
}

func typeOf(f results.Field) string {
	switch {
	case f.Nullable:
		return f.Type + ", may be null"
	case f.Optional:
		return f.Type + ", may be absent"
	}
	return f.Type
}
