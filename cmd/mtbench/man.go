package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// newManCommand writes the man pages; a release has them, and nobody else needs them.
func newManCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write a man page of every command into a directory",
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return badInput(fmt.Errorf("mtbench man needs one directory; %d given", len(args)))
			}
			return writeMan(cmd.Root(), args[0])
		},
	}
}

// writeMan writes the pages into dir. They carry no date, so that they are the same each time.
func writeMan(root *cobra.Command, dir string) error {
	if err := makeDir(dir); err != nil {
		return badInput(err)
	}
	root.DisableAutoGenTag = true
	undated := time.Unix(0, 0)
	return doc.GenManTree(root, &doc.GenManHeader{Title: "MTBENCH", Section: "1",
		Source: "mtbench " + release, Manual: "mtbench", Date: &undated}, dir)
}
