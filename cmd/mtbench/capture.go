package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/spf13/cobra"

	"mtbench/internal/qemustream"
	"mtbench/internal/series"
	"mtbench/results"
	"mtbench/workloads"
)

// captureOptions are the flags of `mtbench capture`.
type captureOptions struct {
	settings series.Settings
	model    string
	threads  int
	wait     string
	output   string
}

func newCaptureCommand() *cobra.Command {
	o := &captureOptions{settings: series.Defaults(), model: "locked", threads: 4, wait: "on"}
	o.settings.Memory = 16 << 20
	cmd := &cobra.Command{
		Use:   "capture -o FILE",
		Short: "Write the stream of one run in QEMU's format",
		Long: `Makes one run and writes its stream as QEMU writes the memory of a guest (RAM section, version
4), so that other builds and other models can be given the identical stream: mtbench run --replay
FILE. The run is verified as every run is, and the file is read back and checked, page by page. The
destination keeps the stream and loads it afterwards. The codec is zlib, as QEMU's.`,
		Example: `  mtbench capture -o guest.stream
  mtbench capture -o wait-off.stream --model lockless --threads 2 --wait off --content text`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return captureStream(cmd, o) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "", "file of the stream; an existing one is refused")
	f.StringVar(&o.model, "model", o.model, "model that makes the stream")
	f.IntVar(&o.threads, "threads", o.threads, results.AxisDoc("threads"))
	f.StringVar(&o.wait, "wait", o.wait, results.AxisDoc("wait"))
	f.Uint64Var(&o.settings.Seed, "seed", 0, "seed of every random choice (default: random)")
	addWorkloadFlags(f, &o.settings, scanLists{})
	f.SortFlags = false
	return cmd
}

func captureStream(cmd *cobra.Command, o *captureOptions) error {
	var s *series.Series
	err := opening(cmd, func() (err error) {
		s, err = o.open(cmd)
		return err
	})
	if err != nil {
		return badInput(err)
	}
	record, err := s.Capture(cmd.Context(), o.output)
	err = errors.Join(err, s.Close())
	if err != nil {
		return interruptedOr(cmd, err, "interrupted; there is no stream")
	}
	run, ok := record.(*results.Run)
	if !ok {
		failed := record.(*results.Failed)
		return withStatus(statusChild, "the run failed (%s): %s; there is no stream", failed.Class,
			failed.Reason)
	}
	return readBack(cmd, o.output, run)
}

// open settles the workload.
func (o *captureOptions) open(cmd *cobra.Command) (*series.Series, error) {
	if err := refuseToMeasure(); err != nil {
		return nil, err
	}
	s, f := &o.settings, cmd.Flags()
	switch {
	case o.output == "":
		return nil, errors.New("--output names no file; write for example -o guest.stream")
	case s.Destination != workloads.Process:
		return nil, errors.New("--destination: a stream that is discarded cannot be kept")
	case s.Codec != workloads.RecordedCodec:
		return nil, fmt.Errorf("--codec: %s; QEMU's format has %s alone", s.Codec,
			workloads.RecordedCodec)
	}
	s.Matrix = results.Matrix{Models: []string{o.model}, Threads: []int{o.threads}, Pairs: 1,
		Equal: s.Matrix.Equal}
	if err := (waitsValue{&s.Matrix.Waits, &s.Matrix.Self}).Set(o.wait); err != nil {
		return nil, fmt.Errorf("--wait: %w", err)
	}
	s.DowntimeOpen = !f.Changed("downtime-limit")
	if !f.Changed("seed") {
		s.Seed = rand.Uint64()
	}
	if err := errors.Join(s.Validate(), writable(o.output)); err != nil {
		return nil, err
	}
	return series.New(cmd.Context(), *s, series.Build{Version: release, Revision: revision(),
		Argv: os.Args})
}

// readBack checks the file against the record of the run, and says what it holds.
func readBack(cmd *cobra.Command, path string, run *results.Run) error {
	f, err := results.Open(path, os.O_RDONLY)
	if err != nil {
		return err
	}
	defer f.Close()
	r := qemustream.NewReader(f, 0)
	c, err := qemustream.Check(r, nil)
	if err != nil {
		return withStatus(statusMemory, "%s was written and cannot be read: %w", path, err)
	}
	if c.Compressed != run.PagesCompressed || c.Raw != run.PagesRaw || c.Zero != run.PagesZero ||
		c.Payload+4*c.Compressed != run.CompressedBytes {
		return withStatus(statusMemory, "%s holds other records than were sent: %+v", path, c)
	}
	if err := printStream(cmd.OutOrStdout(), r, 1); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "\nstream   %s\nreplay   mtbench run --replay %s\n",
		clean(path), clean(path))
	return err
}
