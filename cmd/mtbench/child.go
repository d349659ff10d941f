package main

import (
	"os"

	"github.com/spf13/cobra"

	"mtbench/internal/series"
)

// newChildCommand is what a series starts its runs with.
func newChildCommand() *cobra.Command {
	return &cobra.Command{
		Use:    series.ChildCommand,
		Hidden: true,
		Args:   noArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := series.Child(os.Stdin); err != nil {
				return withStatus(statusInternal, "%w", err)
			}
			return nil
		},
	}
}
