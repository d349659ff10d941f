package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mtbench/internal/host"
	"mtbench/internal/metric"
	"mtbench/internal/series"
	"mtbench/internal/soak"
	"mtbench/internal/verdict"
	"mtbench/results"
	"mtbench/workloads"
)

// newSoakCommand holds the commands that ask the machine itself whether verdicts keep their
// promises. They take minutes to an hour and keep no result file.
func newSoakCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "soak",
		Short: "Test on this machine how often verdicts are wrong",
	}
	cmd.AddCommand(newSoakAACommand(), newSoakTruthCommand(), newSoakAccountCommand(),
		newSoakSeriesCommand())
	group(cmd)
	return cmd
}

// soakReruns is more than a series has: a soak looks for less, and waits for a host that is quiet.
const soakReruns = 5

// soakSettings are short source-only runs of a static guest.
func soakSettings(model string) series.Settings {
	s := series.Defaults()
	s.Matrix = results.Matrix{Models: []string{model}, Threads: []int{4}, Waits: []bool{true},
		Pairs: 1}
	s.Memory, s.DirtyOfPool, s.LinkOfPool, s.DowntimeOpen = 8<<20, 0, 0, false
	s.Destination = workloads.Discard
	s.DowntimeLimit = results.DurationOf(1)
	s.Limit = results.Duration(time.Minute) // a static guest always completes; this bounds a hang
	return s
}

func newSoakAACommand() *cobra.Command {
	plan := soak.AAPlan{Comparisons: 100, Pairs: 10, Family: 10}
	model, o := "lockless", soakOptions{seed: 1, reruns: soakReruns}
	cmd := &cobra.Command{
		Use:   "aa",
		Short: "Compare a model with itself 100 times and count the differences",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runSoakAA(cmd, plan, model, o) },
	}
	f := cmd.Flags()
	f.IntVar(&plan.Comparisons, "comparisons", plan.Comparisons, "comparisons")
	f.IntVar(&plan.Pairs, "pairs", plan.Pairs, "pairs of each")
	f.StringVar(&model, "model", model, "the model")
	o.add(f)
	return cmd
}

// soakOptions are the flags that every soak has.
type soakOptions struct {
	seed   uint64
	reruns int
}

func (o *soakOptions) add(f *pflag.FlagSet) {
	f.IntVar(&o.reruns, "reruns", o.reruns, "how often a pair that the host disturbed is run again")
	f.Uint64Var(&o.seed, "seed", o.seed, "seed of every random choice")
}

func (o *soakOptions) check() error {
	if o.reruns < 0 || o.reruns > 100 {
		return fmt.Errorf("--reruns: %d is not between 0 and 100", o.reruns)
	}
	return nil
}

func runSoakAA(cmd *cobra.Command, plan soak.AAPlan, model string, o soakOptions) error {
	if plan.Comparisons < 1 || plan.Pairs < 1 || plan.Comparisons > 10000 || plan.Pairs > 1000 {
		return badInput(errors.New("--comparisons takes 1 to 10000 and --pairs 1 to 1000"))
	}
	bench, err := newSoakBench(cmd.Context(), soakSettings(model), o)
	if err != nil {
		return badInput(err)
	}
	cell := results.Cell{Threads: 4, Wait: true}
	bench.progress.Begin(plan.Comparisons*plan.Pairs*2, 0)
	counts, err := soak.AA(cmd.Context(), plan, bench.pairing(
		func(comparison, pair int) series.Slot {
			return series.Slot{Cell: cell.Of(model), AA: true, Pair: pair,
				Seed: o.seed + uint64(comparison*plan.Pairs+pair)}
		}, func(*workloads.Scenario, bool) {}))
	bench.progress.End()
	if err != nil {
		return soakFailed(err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d comparisons of %s with itself, %d pairs each%s\n"+
		"differ unadjusted (p < %g): %d\nget a verdict after Holm: %d\n",
		counts.Comparisons, model, plan.Pairs, pairsAgain(counts.PairCounts), verdict.Alpha,
		counts.Unadjusted, counts.Verdicts)
	return err
}

func addStopFlags(f *pflag.FlagSet, stop *soak.Stop, what string) {
	f.Var(percentValue{&stop.Until}, "until", "width of the interval at which "+what+" ends")
	f.IntVar(&stop.MaxPairs, "max-pairs", stop.MaxPairs, "most pairs of "+what)
}

func checkStop(s soak.Stop) error {
	if s.MaxPairs < 2 || s.MaxPairs > series.MaxPairs {
		return fmt.Errorf("--max-pairs: %d is not between 2 and %d", s.MaxPairs, series.MaxPairs)
	}
	return nil
}

func pairs(n int) string {
	if n == 1 {
		return "1 pair"
	}
	return fmt.Sprintf("%d pairs", n)
}

// pairsAgain says what the host did to the pairs, or nothing.
func pairsAgain(c soak.PairCounts) string {
	if c.Again == 0 && c.Disturbed == 0 {
		return ""
	}
	return fmt.Sprintf("; disturbed by the host and run again %d times, kept though disturbed %d",
		c.Again, c.Disturbed)
}

// soakBench makes the runs of a soak and takes their figures.
type soakBench struct {
	series   *series.Series
	metrics  []metric.Metric
	reruns   int
	progress series.Progress
}

// newSoakBench looks at the total time where no metrics are named.
func newSoakBench(ctx context.Context, settings series.Settings, o soakOptions,
	metrics ...string) (*soakBench, error) {
	if err := errors.Join(o.check(), settings.Validate()); err != nil {
		return nil, err
	}
	if len(metrics) == 0 {
		metrics = []string{"total_time"}
	}
	b := &soakBench{reruns: o.reruns, progress: newProgress(os.Stderr)}
	for _, m := range metric.All() {
		if slices.Contains(metrics, m.Name) {
			b.metrics = append(b.metrics, m)
		}
	}
	var err error
	b.series, err = series.New(ctx, settings,
		series.Build{Version: release, Revision: revision(), Argv: os.Args})
	return b, err
}

// pairing makes pairs of runs of a slot each, which change makes the base or the other.
func (b *soakBench) pairing(slotOf func(comparison, pair int) series.Slot,
	change func(sc *workloads.Scenario, other bool)) soak.Pairing {
	return soak.Pairing{Reruns: b.reruns,
		Run: func(ctx context.Context, comparison, pair int, other bool) (soak.Run, error) {
			return b.run(ctx, slotOf(comparison, pair), func(sc *workloads.Scenario) { change(sc, other) })
		}}
}

// run makes one run, on a quiet host if it becomes one; with no reruns the host is taken as it is.
func (b *soakBench) run(ctx context.Context, slot series.Slot,
	change func(*workloads.Scenario)) (soak.Run, error) {
	if b.reruns > 0 {
		b.series.AwaitQuiet(ctx)
	}
	began := time.Now()
	run, err := b.series.One(ctx, slot, change)
	if err != nil {
		return soak.Run{}, err
	}
	if !run.Completed {
		return soak.Run{}, fmt.Errorf("a run of a static guest did not complete within %.0f ms",
			run.BoundMS)
	}
	b.progress.Ran(slot, run, time.Since(began))
	s := soak.Run{Disturbed: run.Grade() == host.Noisy || run.Grade() == host.Void}
	for _, m := range b.metrics {
		v, ok := m.Of(run)
		if !ok {
			return s, fmt.Errorf("a run has no %s: soaks are of threads of the kernel", m.Name)
		}
		s.Values = append(s.Values, v)
	}
	return s, nil
}

func soakFailed(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return withStatus(statusInterrupted, "interrupted: a soak keeps nothing")
	}
	return withStatus(statusChild, "%w", err)
}
