package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"mtbench/internal/host"
	"mtbench/internal/series"
)

// defaultCrowd is the threads of the default run that has the most.
func defaultCrowd() host.Crowd {
	s := series.Defaults()
	return host.Crowd{Compression: slices.Max(s.Matrix.Threads), VCPUs: s.VCPUs,
		Decompression: s.DecompressThreads}
}

func newDoctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what on this host will blur figures, and what cures it",
		Long: `Looks the host over and watches it for a second: CPUs, virtual machine, other load, steal,
quota, frequency governor, turbo, hyper-threads, swap, huge pages, clock source, and files that
the noise ledger needs. Each finding names what it blurs and the command that cures it. It
changes nothing.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			findings := host.Local().Doctor(defaultCrowd())
			if len(findings) == 0 {
				_, err := fmt.Fprintln(out, "Nothing was found that would blur figures on this host.")
				return err
			}
			for i, f := range findings {
				if _, err := fmt.Fprintf(out, "%d. %s\n   blurs  %s\n   cure   %s\n", i+1, f.Seen, f.Blurs,
					f.Cure); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
