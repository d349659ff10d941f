package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"mtbench/internal/host"
	"mtbench/internal/series"
	"mtbench/internal/thread"
	"mtbench/internal/topology"
)

// defaultCrowd is the threads of the default run that has the most.
func defaultCrowd() host.Crowd {
	s := series.Defaults()
	return host.Crowd{Compression: slices.Max(s.Matrix.Threads), VCPUs: s.VCPUs,
		Decompression: s.DecompressThreads}
}

// printPlacements says where each placement puts the threads of the default run that has the most.
func printPlacements(w io.Writer, h *host.Machine) error {
	crowd := defaultCrowd()
	d := topology.Demand{Workers: crowd.Compression, VCPUs: crowd.VCPUs, Destination: true,
		Decompress: crowd.Decompression}
	for _, p := range topology.Names() {
		m, err := series.MapOf(h, p, d)
		text := m.String()
		if err != nil {
			text = "not available: " + err.Error()
		}
		if _, err := fmt.Fprintf(w, "--pin %-6s  %s\n", p, text); err != nil {
			return err
		}
	}
	return nil
}

// countersLine says whether a run can count instructions, cycles and cache misses, or why not.
func countersLine(lack string) string {
	if lack == "" {
		return "hardware counters  available (mtbench run --counters)"
	}
	return "hardware counters  none: " + lack
}

func newDoctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what on this host disturbs measurements, and what helps",
		Long: `Looks the host over and watches it for a second: CPUs, virtual machine, other load, steal,
quota, frequency governor, turbo, hyper-threads, swap, huge pages, clock source, and files that
the noise ledger needs. Each finding names what it disturbs and the command that helps. It
changes nothing. Before them it says which CPUs each --pin would give the threads of a default run,
and whether mtbench run --counters finds hardware counters, or why not.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			if err := printPlacements(out, host.Local()); err != nil {
				return err
			}
			if _, err := fmt.Fprintln(out, countersLine(thread.LackOfCounters())); err != nil {
				return err
			}
			findings := host.Local().Doctor(defaultCrowd())
			if len(findings) == 0 {
				_, err := fmt.Fprintln(out, "Nothing was found on this host that disturbs measurements.")
				return err
			}
			for i, f := range findings {
				if _, err := fmt.Fprintf(out, "%d. %s\n   disturbs  %s\n   helps     %s\n", i+1, f.Seen,
					f.Disturbs, f.Helps); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
