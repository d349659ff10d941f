package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"mtbench/internal/calibrate"
	"mtbench/internal/codec"
	"mtbench/internal/content"
	"mtbench/internal/host"
	"mtbench/results"
)

type calibrateOptions struct {
	plan   calibrate.Plan
	output string
}

func newCalibrateCommand() *cobra.Command {
	o := &calibrateOptions{plan: calibrate.Plan{Content: "mixed", Codec: "zlib", Level: -1}}
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Measure what a prediction needs to know of this host",
		Long: `Measures the service time and size of pages, and what this host's threads pay for atomics, cache
lines, futexes, wake-ups, switches, sleeps, copies, scans and sockets, each a few dozen times, and
writes every sample to a file for "mtbench predict". Takes some twenty seconds on an idle host; on a busy
one the figures are those of a busy host.`,
		Example: `  mtbench calibrate -o this-host.json
  mtbench calibrate --content text --codec zstd -o text-zstd.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runCalibrate(cmd, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.plan.Content, "content", o.plan.Content, "page content, as of mtbench run")
	f.StringVar(&o.plan.Codec, "codec", o.plan.Codec, "compressor, as of mtbench run")
	f.IntVar(&o.plan.Level, "level", o.plan.Level, "compress-level (-1: the codec's default)")
	f.Uint64Var(&o.plan.Seed, "seed", 0, "of the content (default: random)")
	f.StringVarP(&o.output, "output", "o", "calibration.json",
		"file to write; an existing one is refused")
	f.BoolVar(&o.plan.Quick, "quick", false, "few samples, for tests")
	_ = f.MarkHidden("quick") // it exists
	f.SortFlags = false
	return cmd
}

func runCalibrate(cmd *cobra.Command, o *calibrateOptions) error {
	if err := o.complete(cmd.Flags().Changed("seed")); err != nil {
		return badInput(err)
	}
	c, err := calibrateAlone(cmd.Context(), o.plan)
	if err != nil {
		return interruptedOr(cmd, err, "interrupted; no calibration was written")
	}
	if err := c.Write(o.output); err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%d pages of %s by %s: %.0f a second with one thread\n", len(c.Pages), c.Content,
		c.Codec,
		c.SinglePages())
	for _, f := range c.Figures() {
		fmt.Fprintf(out, "%-20s %9.2f %-2s (half of the samples within %.2f and %.2f)  %s\n", f.Name,
			f.Value,
			f.Unit, f.Low, f.High, f.How)
	}
	_, err = fmt.Fprintf(out, "\ncalibration  %s\n", clean(o.output))
	return err
}

// complete settles the defaults and refuses what could only fail after the measurement.
func (o *calibrateOptions) complete(seeded bool) error {
	if err := refuseToMeasure(); err != nil {
		return err
	}
	if !seeded {
		o.plan.Seed = rand.Uint64()
	}
	if err := writable(o.output); err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	if _, err := content.New(o.plan.Content, o.plan.Seed); err != nil {
		return fmt.Errorf("--content: %w", err)
	}
	c, err := codec.Lookup(o.plan.Codec)
	if err != nil {
		return fmt.Errorf("--codec: %w", err)
	}
	o.plan.Level = codec.LevelOf(c, o.plan.Level)
	lo, hi, _ := c.Levels()
	if o.plan.Level < lo || o.plan.Level > hi {
		return fmt.Errorf("--level: codec %s has levels %d to %d", c.Name(), lo, hi)
	}
	o.plan.Host = host.Local().Describe()
	return o.plan.Check()
}

// writable says why a new file or directory could not be made at path, before there is anything to
// put in it.
func writable(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s exists already; it is not overwritten", path)
	}
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no directory %s", dir)
	}
	probe, err := results.NewUnseen(path)
	if err != nil {
		return fmt.Errorf("no file can be made in the directory %s: %w", dir, results.Reason(err))
	}
	return probe.Drop()
}
