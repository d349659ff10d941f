package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"mtbench/results"
)

// release is the version's only home.
const release = "0.2.0"

// version is the release and the revision it was built from, as the build recorded it.
func version() string {
	if rev := revision(); rev != "" {
		return release + " (" + rev + ")"
	}
	return release
}

// thisBuild is what this program is, but for its digest.
func thisBuild() results.ID {
	return results.ID{Version: release, Revision: revision(), Go: runtime.Version()}
}

// revision is the source's revision, with a + if the tree was changed; empty for `go run`.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	var rev, dirty string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			rev = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+"
		}
	}
	if len(rev) > 12 {
		rev = rev[:12]
	}
	return rev + dirty
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which build this is, and which result files it reads",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "mtbench   %s\nrevision  %s\nbuilt     %s, %s/%s\n"+
				"files     schema %d, reads %d to %d\n", release, cmp.Or(revision(),
				"unknown (go run records none; go build in a checkout does)"), runtime.Version(),
				runtime.GOOS, runtime.GOARCH, results.Schema, results.OldestSchema, results.Schema)
			return err
		},
	}
}
