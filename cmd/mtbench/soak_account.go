package main

import (
	"fmt"
	"io"
	"mtbench/results"

	"github.com/spf13/cobra"

	"mtbench/internal/series"
	"mtbench/internal/soak"
	"mtbench/internal/verdict"
	"mtbench/workloads"
)

type accountOptions struct {
	soakOptions
	models  []string
	stop    soak.Stop
	promise float64
}

func newSoakAccountCommand() *cobra.Command {
	o := accountOptions{soakOptions{seed: 1, reruns: soakReruns}, []string{"locked", "lockless"},
		soak.Stop{Until: 0.01, MaxPairs: 400}, 0.01}
	cmd := &cobra.Command{
		Use:   "account",
		Short: "Compare runs with accounting on with runs without it, against what is promised",
		Long: `Runs each model with --account on against --account off, in pairs, until the interval of the total
time is --until wide, and sets what accounting costs beside the promise that it costs at most
--promise. "consistent" means that the whole interval keeps it, "contradicted" that the whole
interval breaks it.

Exit status 10: an interval contradicts the promise.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSoakAccount(cmd, o) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.models, "models", o.models, "models")
	addStopFlags(f, &o.stop, "a comparison")
	f.Var(percentValue{&o.promise}, "promise", "what accounting may cost")
	o.add(f)
	return cmd
}

func runSoakAccount(cmd *cobra.Command, o accountOptions) error {
	if err := checkStop(o.stop); err != nil {
		return badInput(err)
	}
	settings := soakSettings("")
	settings.Matrix.Models = o.models
	bench, err := newSoakBench(cmd.Context(), settings, o.soakOptions, "total_time", "cpu_per_page")
	if err != nil {
		return badInput(err)
	}
	bench.progress.Begin(len(o.models)*o.stop.MaxPairs*2, 0)
	defer bench.progress.End()
	broken := 0
	for i, model := range o.models {
		costs, counts, err := soak.CostOf(cmd.Context(), o.stop, o.promise, i, bench.pairing(
			func(comparison, pair int) series.Slot {
				return series.Slot{Cell: results.Cell{Model: model, Threads: 4, Wait: true}, Pair: pair,
					Seed: o.seed + uint64(pair)}
			}, func(sc *workloads.Scenario, other bool) { sc.Account = other }))
		if err != nil {
			return soakFailed(err)
		}
		if err := printCosts(cmd.OutOrStdout(), bench, model, o.promise, costs, counts); err != nil {
			return err
		}
		for _, c := range costs {
			if c.Promise == soak.PromiseBroken {
				broken++
			}
		}
	}
	if broken > 0 {
		return withStatus(statusRegression, "accounting costs more than %.3g %% by %d of %d intervals",
			o.promise*100, broken, len(o.models)*len(bench.metrics))
	}
	return nil
}

func printCosts(w io.Writer, b *soakBench, model string, promise float64, costs []soak.Cost,
	counts soak.PairCounts) error {
	_, err := fmt.Fprintf(w, "%s with accounting on against off, %s%s\n", model, pairs(counts.Pairs),
		pairsAgain(counts))
	for i, c := range costs {
		if err == nil {
			_, err = fmt.Fprintf(w, "  %-13s %8s %-20s at most %.3g %% promised: %s\n", b.metrics[i].Name,
				verdict.FormatChange(c.Change.Estimate), verdict.FormatInterval(c.Change), promise*100,
				c.Promise)
		}
	}
	return err
}
