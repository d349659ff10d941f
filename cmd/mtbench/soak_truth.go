package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"mtbench/results"
	"time"

	"github.com/spf13/cobra"

	"mtbench/internal/series"
	"mtbench/internal/soak"
	"mtbench/internal/stats"
	"mtbench/internal/verdict"
	"mtbench/workloads"
)

// truthKnown is the model whose time is that of its work: of others only the sign is known.
const truthKnown = "inline"

type truthOptions struct {
	soakOptions
	model   string
	service time.Duration
}

func newSoakTruthCommand() *cobra.Command {
	plan := soak.TruthPlan{Trials: 40, Truth: 1.03, Stop: soak.Stop{Until: 0.01, MaxPairs: 400}}
	o := truthOptions{soakOptions{seed: 1, reruns: soakReruns}, truthKnown, 50 * time.Microsecond}
	cmd := &cobra.Command{
		Use:   "truth",
		Short: "Plant a difference of a known size and count how often it is found",
		Long: `Runs a model with calibrated work of --service a page against the same with work that is
--truth times as long, until the interval of a trial is --until wide. On inline, with a static
guest and a discarded stream, a page's time is the run's time, so the truth is known. On other
models only its sign is: waking and waiting take no longer because the work does.

Trials differ by their number, so a soak may be made in pieces (--first 20 --trials 20) whose
counts are added up.`,
		Example: `  mtbench soak truth
  mtbench soak truth --truth 1.1 --model locked --max-pairs 40`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSoakTruth(cmd, plan, o) },
	}
	f := cmd.Flags()
	f.IntVar(&plan.Trials, "trials", plan.Trials, "trials")
	f.IntVar(&plan.First, "first", 0, "number of the first trial")
	f.Float64Var(&plan.Truth, "truth", plan.Truth, "how many times as long the work of the other is")
	addStopFlags(f, &plan.Stop, "a trial")
	f.StringVar(&o.model, "model", o.model, "the model")
	f.DurationVar(&o.service, "service", o.service, "work of a page")
	o.add(f)
	return cmd
}

func (o *truthOptions) check(plan soak.TruthPlan) error {
	if plan.Trials < 1 || plan.Trials > 10000 || plan.First < 0 || plan.First > 1000000 ||
		!(plan.Truth > 0.1 && plan.Truth < 10) || o.service <= 0 || o.service > time.Second {
		return errors.New("--trials takes 1 to 10000, --first 0 to 1000000, --truth above 0.1 and " +
			"below 10, --service up to 1s")
	}
	return checkStop(plan.Stop)
}

// longer is work of truth times as much, to the nanosecond.
func longer(work time.Duration, truth float64) time.Duration {
	return time.Duration(math.Round(float64(work) * truth))
}

func runSoakTruth(cmd *cobra.Command, plan soak.TruthPlan, o truthOptions) error {
	if err := o.check(plan); err != nil {
		return badInput(err)
	}
	settings := soakSettings(o.model)
	settings.Content, settings.Codec = "random", "spin:"+o.service.String()
	// Short runs and many of them: what disturbs lasts longer than a run and cancels in a pair.
	settings.Memory, settings.VCPUs = 4<<20, 1
	bench, err := newSoakBench(cmd.Context(), settings, o.soakOptions)
	if err != nil {
		return badInput(err)
	}
	more := "spin:" + longer(o.service, plan.Truth).String()
	cell := results.Cell{Threads: truthThreads(o.model), Wait: true}
	bench.progress.Begin(plan.Trials*plan.MaxPairs*2, 0)
	plan.Told = func(trial, n int, found stats.Interval) {
		interval := verdict.FormatInterval(found)
		if math.IsInf(found.Lo, 0) {
			interval = "(too few for an interval)"
		}
		bench.progress.Note(fmt.Sprintf("trial %d: %s %s by %s", trial,
			verdict.FormatChange(found.Estimate),
			interval, pairs(n)))
	}
	counts, err := soak.Truth(cmd.Context(), plan, bench.pairing(
		func(trial, pair int) series.Slot {
			return series.Slot{Cell: cell.Of(o.model), Pair: pair,
				Seed: o.seed + uint64(trial*series.MaxPairs+pair)}
		}, func(sc *workloads.Scenario, other bool) {
			if other {
				sc.Codec = more
			}
		}))
	bench.progress.End()
	if counts.Trials > 0 {
		if err := printTruth(cmd.OutOrStdout(), plan, o.model, counts); err != nil {
			return err
		}
	}
	if errors.Is(err, context.Canceled) && counts.Trials > 0 {
		return withStatus(statusInterrupted,
			"interrupted; the trials that are left: --first %d --trials %d",
			plan.First+counts.Trials, plan.Trials-counts.Trials)
	}
	return soakFailed(err)
}

// truthThreads: a model that compresses in the main thread needs no more than one; the contenders
// are run as everywhere else in the soaks.
func truthThreads(model string) int {
	if model == truthKnown {
		return 1
	}
	return 4
}

func printTruth(w io.Writer, plan soak.TruthPlan, model string, c soak.TruthCounts) error {
	_, err := fmt.Fprintf(w, "%d trials of %s with %+.1f %% planted, %s in all%s\n"+
		"ended with an interval %.3g %% wide: %d\n"+
		"found with the right sign (p < %g): %d\nfound with the wrong sign: %d\n", c.Trials, model,
		(plan.Truth-1)*100, pairs(c.Pairs), pairsAgain(c.PairCounts), plan.Until*100, c.Narrow,
		verdict.Alpha, c.Found, c.Wrong)
	if err == nil && model == truthKnown {
		_, err = fmt.Fprintf(w, "the 95 %% interval holds the truth: %d\n", c.Held)
	}
	return err
}
