package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"mtbench/internal/series"
	"mtbench/internal/verdict"
	"mtbench/results"
	"mtbench/workloads"
)

// newSoakCommand holds the commands that ask the machine itself whether verdicts keep their
// promises. They take minutes to an hour and keep no result file.
func newSoakCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "soak",
		Short: "Test on this machine whether verdicts keep their promises",
	}
	cmd.AddCommand(newSoakAACommand(), newSoakTruthCommand())
	group(cmd)
	return cmd
}

// soakSettings are short source-only runs of a static guest.
func soakSettings(model string) series.Settings {
	s := series.Defaults()
	s.Matrix = results.Matrix{Models: []string{model}, Threads: []int{4}, Waits: []bool{true}, Pairs: 1}
	s.Memory, s.DirtyRate, s.LinkBandwidth = 8<<20, series.Rate{}, series.Rate{}
	s.Destination = series.Discard
	s.Limit = time.Minute // a static guest always completes; this bounds a hang
	return s
}

func newSoakAACommand() *cobra.Command {
	plan := verdict.AAPlan{Comparisons: 100, Pairs: 10, Family: 10}
	model, seed := "lockless", uint64(1)
	cmd := &cobra.Command{
		Use:   "aa",
		Short: "Compare a model with itself 100 times and count the differences",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runSoakAA(cmd, plan, model, seed)
		},
	}
	f := cmd.Flags()
	f.IntVar(&plan.Comparisons, "comparisons", plan.Comparisons, "comparisons")
	f.IntVar(&plan.Pairs, "pairs", plan.Pairs, "pairs of each")
	f.StringVar(&model, "model", model, "the model")
	f.Uint64Var(&seed, "seed", seed, "root of every random choice")
	return cmd
}

func runSoakAA(cmd *cobra.Command, plan verdict.AAPlan, model string, seed uint64) error {
	if plan.Comparisons < 1 || plan.Pairs < 1 || plan.Comparisons > 10000 || plan.Pairs > 1000 {
		return badInput(errors.New("--comparisons takes 1 to 10000 and --pairs 1 to 1000"))
	}
	s, err := soakSeries(soakSettings(model))
	if err != nil {
		return badInput(err)
	}
	p := newProgress(os.Stderr)
	p.Begin(plan.Comparisons*plan.Pairs*2, 0)
	counts, err := verdict.SoakAA(cmd.Context(), plan,
		func(ctx context.Context, comparison, pair int, _ string) (float64, error) {
			slot := series.Slot{Cell: series.Cell{Threads: 4, Wait: true}, Model: model, AA: true,
				Pair: pair, Seed: seed + uint64(comparison*plan.Pairs+pair)}
			return soakRun(ctx, s, slot, func(*workloads.Scenario) {}, p)
		})
	p.End()
	if err != nil {
		return soakFailed(err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d comparisons of %s with itself, %d pairs each\n"+
		"differ unadjusted (p < %g): %d\nget a verdict after floor and Holm: %d\n",
		counts.Comparisons, model, plan.Pairs, verdict.Alpha, counts.Unadjusted, counts.Verdicts)
	return err
}

func newSoakTruthCommand() *cobra.Command {
	plan := verdict.TruthPlan{Trials: 40, Truth: 1.03, Until: 0.01, MaxPairs: 60}
	model, service, seed := "inline", 50*time.Microsecond, uint64(1)
	cmd := &cobra.Command{
		Use:   "truth",
		Short: "Plant a difference of a known size and count how often it is found",
		Long: `Runs a model with calibrated work of --service a page against the same with work that is
--truth times as long, until the interval of a trial is --until wide. On inline, with a static
guest and a discarded stream, a page's time is the run's time, so the truth is known.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runSoakTruth(cmd, plan, model, service, seed)
		},
	}
	f := cmd.Flags()
	f.IntVar(&plan.Trials, "trials", plan.Trials, "trials")
	f.Float64Var(&plan.Truth, "truth", plan.Truth, "how many times as long the work of the other is")
	f.Var(percentValue{&plan.Until}, "until", "width of the interval at which a trial ends")
	f.IntVar(&plan.MaxPairs, "max-pairs", plan.MaxPairs, "most pairs of a trial")
	f.StringVar(&model, "model", model, "the model")
	f.DurationVar(&service, "service", service, "work of a page")
	f.Uint64Var(&seed, "seed", seed, "root of every random choice")
	return cmd
}

func runSoakTruth(cmd *cobra.Command, plan verdict.TruthPlan, model string, service time.Duration,
	seed uint64) error {
	if plan.Trials < 1 || plan.Trials > 10000 || plan.MaxPairs < 2 || plan.MaxPairs > 10000 ||
		!(plan.Truth > 0.1 && plan.Truth < 10) || service <= 0 || service > time.Second {
		return badInput(errors.New("--trials takes 1 to 10000, --max-pairs 2 to 10000, --truth above " +
			"0.1 and below 10, --service up to 1s"))
	}
	settings := soakSettings(model)
	settings.Content, settings.Codec = "random", "spin:"+service.String()
	s, err := soakSeries(settings)
	if err != nil {
		return badInput(err)
	}
	longer := "spin:" + time.Duration(float64(service)*plan.Truth).String()
	p := newProgress(os.Stderr)
	p.Begin(plan.Trials*plan.MaxPairs*2, 0)
	counts, err := verdict.SoakTruth(cmd.Context(), plan,
		func(ctx context.Context, trial, pair int, other bool) (float64, error) {
			slot := series.Slot{Cell: series.Cell{Threads: 1, Wait: true}, Model: model, Pair: pair,
				Seed: seed + uint64(trial*plan.MaxPairs+pair)}
			return soakRun(ctx, s, slot, func(sc *workloads.Scenario) {
				if other {
					sc.Codec = longer
				}
			}, p)
		})
	p.End()
	if err != nil {
		return soakFailed(err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d trials of %s with %+.1f %% planted, %d pairs in all\n"+
		"found with the right sign (p < %g): %d\nfound with the wrong sign: %d\n"+
		"the 95 %% interval holds the truth: %d\n", counts.Trials, model, (plan.Truth-1)*100,
		counts.Pairs, verdict.Alpha, counts.Found, counts.Wrong, counts.Held)
	return err
}

func soakSeries(settings series.Settings) (*series.Series, error) {
	if err := settings.Validate(); err != nil {
		return nil, err
	}
	return series.New(settings, series.Build{Version: release, Revision: revision(), Argv: os.Args})
}

// soakRun makes one run and returns its total time in ms.
func soakRun(ctx context.Context, s *series.Series, slot series.Slot,
	change func(*workloads.Scenario), p series.Progress) (float64, error) {
	began := time.Now()
	run, err := s.One(ctx, slot, change)
	if err != nil {
		return 0, err
	}
	if !run.Completed {
		return 0, fmt.Errorf("a run of a static guest did not complete within %.0f ms", run.BoundMS)
	}
	p.Ran(slot, run, time.Since(began))
	return run.TotalTimeMS, nil
}

func soakFailed(err error) error {
	if errors.Is(err, context.Canceled) {
		return withStatus(statusInterrupted, "interrupted: a soak keeps nothing")
	}
	return withStatus(statusChild, "%w", err)
}
