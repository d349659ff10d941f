package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mtbench/internal/series"
	"mtbench/results"
	"mtbench/workloads"
)

// The bounds of --repeats: the interval of a median needs six for 95 %.
const (
	defaultRepeats = 6
	maxRepeats     = 1000
)

type frontierOptions struct {
	run     runOptions
	repeats int
}

func newFrontierCommand() *cobra.Command {
	o := &frontierOptions{run: runOptions{settings: frontierDefaults()}}
	cmd := &cobra.Command{
		Use:   "frontier",
		Short: "Find the highest dirty rate at which each model still completes",
		Long: `For each model and case, searches the highest dirty rate at which the migration still completes
within --limit, by bisection, several times. The stream is discarded, so that the figure can be
set against the ceiling of the baseline "ideal", whose workers share the pages out without any
coordination. Lists make a matrix: of --models, --threads and --wait, and of any other flag that
says so. Interrupting keeps the searches that are finished, and --resume FILE goes on.`,
		Example: `  mtbench frontier
  mtbench frontier --threads 4,8,16 --wait on --repeats 10`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runFrontier(cmd, o) },
	}
	f := cmd.Flags()
	s := &o.run.settings
	f.Var(modelsValue{&s.Matrix.Models}, "models",
		"models, or all for every one that is ranked; ideal is the ceiling")
	f.IntSliceVar(&s.Matrix.Threads, "threads", s.Matrix.Threads, "compression threads")
	f.Var(waitsValue{&s.Matrix.Waits, &s.Matrix.Self}, "wait", "compress-wait-thread")
	f.IntVar(&o.repeats, "repeats", defaultRepeats, "searches a model and case")
	f.DurationVar((*time.Duration)(&s.Limit), "limit", time.Duration(s.Limit),
		"bound of a run: it does not complete after it")
	f.Uint64Var(&s.Seed, "seed", 0, "seed of every random choice (default: random, and recorded)")
	addGuestFlags(f, s, allLists(&s.Matrix.Scan))
	f.StringVarP(&o.run.output, "output", "o", "", "result file; an existing one is refused")
	f.StringVar(&o.run.resume, "resume", "", "go on with this interrupted file")
	f.SortFlags = false
	completeModels(cmd)
	return cmd
}

func frontierDefaults() series.Settings {
	s := series.Defaults()
	s.Matrix.Models = []string{"locked", "lockless", "ideal"}
	s.Matrix.Threads = []int{4}
	s.Matrix.AA = 0
	s.Destination = workloads.Discard
	return s
}

func runFrontier(cmd *cobra.Command, o *frontierOptions) error {
	if o.repeats < 1 || o.repeats > maxRepeats {
		return badInput(fmt.Errorf("--repeats: %d is not between 1 and %d", o.repeats, maxRepeats))
	}
	if o.run.output == "" {
		o.run.output = "mtbench-frontier-" + time.Now().Format("20060102-150405") + ".jsonl"
	}
	if err := o.complete(cmd.Flags()); err != nil {
		return badInput(err)
	}
	var s *series.Series
	err := opening(cmd, func() (err error) {
		s, err = o.run.open(cmd.Context(), os.Args)
		return err
	})
	if err != nil {
		return badInput(err)
	}
	err = s.Frontier(cmd.Context(), o.repeats, newProgress(os.Stderr))
	if closed := s.Close(); err == nil {
		err = closed
	}
	return o.finish(cmd, s, err)
}

func (o *frontierOptions) complete(f *pflag.FlagSet) error {
	if o.run.resume != "" {
		return onlyWith(f, "resume", "repeats")
	}
	// The matrix's own runs are not made: the file holds searches.
	o.run.settings.Matrix.Pairs = 1
	return o.run.complete(f)
}

func (o *frontierOptions) finish(cmd *cobra.Command, s *series.Series, failed error) error {
	if errors.Is(failed, context.Canceled) {
		return withStatus(statusInterrupted, "interrupted; go on with: mtbench frontier --resume %s",
			s.Path())
	}
	var input *results.InputError
	if errors.As(failed, &input) {
		return withStatus(statusUsage, "%w (finished searches are in %s)", failed, s.Path())
	}
	if failed != nil {
		return withStatus(statusChild, "%w (finished searches are in %s)", failed, s.Path())
	}
	return printFile(cmd, s.Path(), "frontier")
}
