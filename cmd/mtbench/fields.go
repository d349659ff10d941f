package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"mtbench/results"
)

func newFieldsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "fields",
		Short: "Explain every field of a result file, as Markdown",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return writeFields(cmd.OutOrStdout())
		},
	}
}

const fieldsIntro = `# Fields of a result file

A result file is JSON Lines: a header record, then one record a run (type ` + "`run`" + `), failed run
(` + "`failed`" + `) or search for the frontier (` + "`frontier`" + `). Records are never averages. This page is made from
the tags of ` + "`results/record.go`" + ` by ` + "`mtbench fields`" + `.
`

func writeFields(w io.Writer) error {
	var b strings.Builder
	b.WriteString(fieldsIntro)
	record := ""
	for _, f := range results.Fields() {
		if f.Record != record {
			record = f.Record
			fmt.Fprintf(&b, "\n## %s\n\n| field | type | unit | what | not to be read |\n|---|---|---|---|---|\n", record)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f.Path, typeOf(f), f.Unit, f.Doc,
			f.Misread)
	}
	_, err := io.WriteString(w, b.String())
	return err
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
