package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"mtbench/internal/series"
	"mtbench/internal/soak"
	"mtbench/internal/verdict"
)

func newSoakSeriesCommand() *cobra.Command {
	d := series.Defaults()
	d.Matrix.Extra = nil
	plan := soak.SeriesPlan{Series: 1000, Seed: 1, Matrix: d.Matrix, Budget: d.Budget, Ratio: 1}
	cmd := &cobra.Command{
		Use:   "series",
		Short: "Simulate whole series and count false verdicts after every pair",
		Long: `Simulates series of the default matrix through the engine that spends pairs by the evidence, on
noise of four shapes in turn: normal, Student's t with 2 degrees of freedom, AR(.8) with a drift,
and bursts; wait off scatters four times as much as wait on. Looks at all verdicts after every pair
and counts the series that ever had a wrong direction: with --ratio 1, where nothing differs, any
direction. It runs no migration and takes about a minute.`,
		Example: `  mtbench soak series
  mtbench soak series --series 100 --ratio 1.25`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSoakSeries(cmd, plan) },
	}
	f := cmd.Flags()
	f.IntVar(&plan.Series, "series", plan.Series, "series")
	f.IntVar(&plan.First, "first", 0, "number of the first series")
	f.Uint64Var(&plan.Seed, "seed", plan.Seed, "seed of every random choice")
	f.Float64Var(&plan.Ratio, "ratio", plan.Ratio,
		"planted: the second model's times over the first's")
	return cmd
}

func runSoakSeries(cmd *cobra.Command, plan soak.SeriesPlan) error {
	if plan.Series < 1 || plan.Series > 100_000 || plan.First < 0 || plan.First > 1_000_000 ||
		!(plan.Ratio > 0.1 && plan.Ratio < 10) {
		return badInput(errors.New("--series takes 1 to 100000, --first 0 to 1000000, --ratio above " +
			"0.1 and below 10"))
	}
	counts, err := soak.Series(cmd.Context(), plan)
	if err != nil {
		return soakFailed(err)
	}
	return printSeries(cmd.OutOrStdout(), plan, counts)
}

func printSeries(w io.Writer, plan soak.SeriesPlan, by map[soak.Shape]soak.SeriesCounts) error {
	_, err := fmt.Fprintf(w, "%d simulated series, ratio %g, looked at after every pair, level %g\n"+
		"%-14s %7s %5s %6s %6s %6s %6s\n", plan.Series, plan.Ratio, verdict.Alpha, "noise", "series",
		"false", "runs", "cases", "right", "equal")
	var all soak.SeriesCounts
	line := func(name string, c soak.SeriesCounts) {
		if err == nil && c.Series > 0 {
			_, err = fmt.Fprintf(w, "%-14s %7d %5d %6d %6d %6d %6d\n", name, c.Series, c.False, c.Runs,
				c.Cases, c.Right, c.Equal)
		}
	}
	for _, shape := range soak.Shapes() {
		c := by[shape]
		line(string(shape), c)
		all.Add(c)
	}
	line("all", all)
	return err
}
