package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"mtbench/internal/handover"
	"mtbench/internal/series"
	"mtbench/internal/topology"
	"mtbench/models/registry"
	"mtbench/report"
	"mtbench/results"
)

// handoverOptions are the flags of `mtbench handover`.
type handoverOptions struct {
	settings handover.Settings
	full     bool
	output   string
	resume   string
	dryRun   bool
}

func newHandoverCommand() *cobra.Command {
	o := &handoverOptions{settings: handover.Defaults()}
	cmd := &cobra.Command{
		Use:   "handover",
		Short: "Measure the hand-over of pages by itself, and the regret of each model",
		Long: `Measures what handing a page to a worker and back costs, without a migration: time, CPU, wake-ups
and context switches a page, and how long a page is on its way, by model, threads, work of a page
and offered load. Each run has a process of its own; the models of a case alternate. It ends with
the regret of each model: how far it is from the best one of a case, at worst and in the median.

Load is in percent of a ceiling: a page in 100 ns, or in its work over the workers that have a CPU.
At 100 the pages come as fast as they are taken. The default grid takes less than five minutes;
--dry-run lists it. Interrupting keeps what is finished, --resume FILE goes on, and
"mtbench report FILE" shows all figures and draws plots.`,
		Example: `  mtbench handover
  mtbench handover --models all --threads 1 --work 0 --load 100 --pin
  mtbench handover --full --dry-run
  mtbench handover --models lockless --poll-budget 0,-1,10000 --load 10,50`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runHandover(cmd, o) },
	}
	addHandoverFlags(cmd.Flags(), o)
	completeModels(cmd)
	return cmd
}

func addHandoverFlags(f *pflag.FlagSet, o *handoverOptions) {
	s := &o.settings
	f.Var(modelsValue{&s.Grid.Models}, "models", "models, or all for every one that is ranked")
	f.IntSliceVar(&s.Grid.Threads, "threads", s.Grid.Threads, "workers")
	f.Var(worksValue{&s.Grid.WorksNS}, "work", "work of a page that a worker spins")
	f.IntSliceVar(&s.Grid.Loads, "load", s.Grid.Loads,
		"pages offered, in percent of the ceiling; 100: as fast as they are taken")
	f.IntSliceVar(&s.Grid.Depths, "depth", nil, results.AxisDoc("depth"))
	f.IntSliceVar(&s.Grid.PollBudgets, "poll-budget", nil, results.AxisDoc("poll_budget"))
	f.IntVar(&s.Grid.Repeats, "repeats", s.Grid.Repeats, "runs a cell; figures are their medians")
	f.DurationVar((*time.Duration)(&s.Grid.Time), "time", 0,
		"measured time of a run (default: what --budget leaves, 50ms to 1s)")
	f.DurationVar(&s.Budget, "budget", s.Budget, "time for all runs, of which --time is derived")
	f.BoolVar(&o.full, "full", false,
		"the full grid: more threads, loads and poll budgets, 5 repeats; hours, in pieces by --resume")
	f.StringVar(&s.Pin, "pin", "",
		"pin threads to CPUs: core, smt, llc, node, spread or a list as 0-3,8")
	f.Lookup("pin").NoOptDefVal = topology.Core
	f.Uint64Var(&s.Seed, "seed", 0, "seed of the order of the models (default: random, and recorded)")
	f.StringVarP(&o.output, "output", "o", "",
		"result file; an existing one is refused (default mtbench-handover-DATE-TIME.jsonl)")
	f.StringVar(&o.resume, "resume", "", "go on with this interrupted file")
	f.BoolVar(&o.dryRun, "dry-run", false,
		"list the cases and say how long they take, and run nothing")
	f.SortFlags = false
}

// completeModels completes the value of --models.
func completeModels(cmd *cobra.Command) {
	err := cmd.RegisterFlagCompletionFunc("models",
		func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			before, _ := splitLast(typed)
			words := []string{before + "all\tevery one that is ranked"}
			for _, c := range registry.All() {
				words = append(words, before+c.Name+"\t"+c.Doc)
			}
			return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		})
	if err != nil {
		panic(err) // there is no such flag
	}
}

// splitLast parts a list that is being typed before its last word.
func splitLast(list string) (before, last string) {
	i := strings.LastIndexByte(list, ',') + 1
	return list[:i], list[i:]
}

func runHandover(cmd *cobra.Command, o *handoverOptions) error {
	if err := o.complete(cmd.Flags()); err != nil {
		return badInput(err)
	}
	var n *handover.Series
	err := opening(cmd, func() (err error) {
		n, err = o.open()
		return err
	})
	if err != nil {
		return badInput(err)
	}
	n.Ask = askHandover
	if o.dryRun {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), strings.Join(n.Describe(), "\n"))
		return err
	}
	if revision() == "" {
		fmt.Fprintln(cmd.ErrOrStderr(), "mtbench: warning: the revision of this build is unknown, "+
			"and the file cannot say which source made it (go build in a checkout records it)")
	}
	grid := &n.Header.Grid
	fmt.Fprintf(cmd.ErrOrStderr(), "mtbench: %s of %s in %s; about %v\n", runs(n.Left()),
		results.Plural(len(grid.Models), "model"), results.Plural(len(grid.Cases()), "case"),
		handover.Takes(grid, n.Left()).Round(time.Second))
	sum, err := n.Run(cmd.Context(), newHandoverProgress(os.Stderr))
	return finishHandover(cmd, n, sum, err)
}

// complete settles what depends on several flags.
func (o *handoverOptions) complete(f *pflag.FlagSet) error {
	if o.resume != "" {
		return onlyWith(f, "resume", "dry-run")
	}
	if f.Changed("time") && o.settings.Grid.Time == 0 {
		return fmt.Errorf("--time: 0s is not between 1ms and %v", results.MaxHandOverTime)
	}
	if o.full {
		handover.Widen(&o.settings, f.Changed)
	}
	if !f.Changed("seed") {
		o.settings.Seed = rand.Uint64()
	}
	if o.output == "" {
		o.output = "mtbench-handover-" + time.Now().Format("20060102-150405") + ".jsonl"
	}
	return o.settings.Validate()
}

// open makes the series and its file, or opens the one to resume.
func (o *handoverOptions) open() (*handover.Series, error) {
	if err := refuseToMeasure(); err != nil {
		return nil, err
	}
	binary, err := series.BinarySum()
	if err != nil {
		return nil, err
	}
	build := handover.Build{Version: release, Revision: revision(), Binary: binary, Argv: os.Args}
	if o.resume != "" {
		return handover.Resume(o.resume, build)
	}
	if !o.dryRun {
		if err := writable(o.output); err != nil {
			return nil, fmt.Errorf("--output: %w", err)
		}
	}
	n, err := handover.New(o.settings, build)
	if err != nil || o.dryRun {
		return n, err
	}
	return n, n.Create(o.output)
}

// handoverChild is what a run is started with.
const handoverChild = "internal-handover"

func newHandoverChildCommand() *cobra.Command {
	return childCommand(handoverChild, func() error {
		return series.AnswerAlone(os.Stdin, func(job json.RawMessage) (any, error) {
			var j handover.Job
			if err := json.Unmarshal(job, &j); err != nil {
				return nil, err
			}
			return handover.Measure(j)
		})
	})
}

func askHandover(ctx context.Context, job any) (json.RawMessage, error) {
	return series.Alone(ctx, []string{handoverChild}, job)
}

// finishHandover prints the answer and says in one line how it ended, with its status.
func finishHandover(cmd *cobra.Command, n *handover.Series, sum handover.Summary,
	failed error) error {
	if err := n.Close(); failed == nil {
		failed = err
	}
	if sum.Runs > 0 {
		if err := printHandover(cmd, n.Path()); err != nil && failed == nil {
			failed = err
		}
	}
	switch {
	case errors.Is(failed, context.Canceled):
		return withStatus(statusInterrupted, "interrupted with %s left; go on with: mtbench handover "+
			"--resume %s", runs(sum.Left), n.Path())
	case failed != nil:
		return withStatus(statusInternal, "%w (results: %s)", failed, n.Path())
	case sum.Failed > 0:
		return withStatus(statusChild, "%s failed, the last because %s; the runs that ended are kept "+
			"(results: %s)", runs(sum.Failed), sum.Reason, n.Path())
	}
	return nil
}

// printHandover writes the answer of a file to standard output and names the file.
func printHandover(cmd *cobra.Command, path string) error {
	f, err := results.ReadHandOver(path)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	opts := optionsFor(out)
	opts.Brief, opts.Index = true, true
	if err := report.NewHandOver(f).Write(out, "terminal", opts); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\nresults  %s\nplots    mtbench report %s --plots svg -o DIR\n",
		clean(path), clean(path))
	return err
}

// reportHandover is `mtbench report` of a hand-over file.
func reportHandover(cmd *cobra.Command, o *reportOptions, f *results.HandOverFile) error {
	if !slices.Contains(report.HandOverFormats(), o.format) {
		return badInput(fmt.Errorf("--format: a hand-over file has the formats %s, not %s",
			strings.Join(report.HandOverFormats(), ", "), o.format))
	}
	if err := o.checkOnly(report.HandOverSections()); err != nil {
		return badInput(err)
	}
	r := report.NewHandOver(f)
	out := cmd.OutOrStdout()
	if o.dir == "" {
		opts := optionsFor(out)
		opts.Only = o.only
		opts.Brief = o.format == formatNames()[0] && !o.details && len(o.only) == 0
		opts.Index = opts.Brief
		return r.Write(out, o.format, opts)
	}
	if err := makeDir(o.dir); err != nil {
		return badInput(fmt.Errorf("--output: %w", err))
	}
	links, err := o.drawAll(r.Plots())
	if err != nil {
		return err
	}
	path := filepath.Join(o.dir, o.form.Files[0])
	err = toFile(path, func(w io.Writer) error {
		return r.Write(w, o.format, report.Options{Plots: links, Only: o.only})
	})
	if err == nil {
		_, err = fmt.Fprintln(out, clean(path))
	}
	return err
}

// newHandoverProgress is a bar with the time left on a terminal; elsewhere it says what failed.
func newHandoverProgress(f *os.File) handover.Progress {
	return &handoverProgress{w: f, terminal: term.IsTerminal(int(f.Fd()))}
}

type handoverProgress struct {
	w        io.Writer
	terminal bool
	bar      *progressbar.ProgressBar
}

func (p *handoverProgress) Begin(total, done int) {
	if !p.terminal {
		p.bar = progressbar.DefaultSilent(int64(total))
		return
	}
	p.bar = newBar(p.w, total, "hand-over")
	_ = p.bar.Set(done)
}

func (p *handoverProgress) Ran(s handover.Slot, record any) {
	p.bar.Describe(fmt.Sprintf("%-16s %s", s.Model, s.HandOverCell))
	if f, failed := record.(*results.HandOverFailed); failed {
		_ = p.bar.Clear()
		fmt.Fprintf(p.w, "%s, %s: FAILED: %s\n", s.Model, s.HandOverCell, clean(f.Reason))
	}
	_ = p.bar.Add(1)
}

func (p *handoverProgress) End() { _ = p.bar.Exit() }

// worksValue is a list of durations: "0,1us,10us".
type worksValue struct{ ns *[]int64 }

func (v worksValue) Type() string { return "durations" }

func (v worksValue) String() string {
	if v.ns == nil {
		return ""
	}
	var words []string
	for _, ns := range *v.ns {
		words = append(words, strings.ReplaceAll(time.Duration(ns).String(), "µ", "u"))
	}
	return strings.Join(words, ",")
}

func (v worksValue) Set(s string) error {
	var list []int64
	for word := range strings.SplitSeq(s, ",") {
		d, err := time.ParseDuration(strings.TrimSpace(word))
		if err != nil || d < 0 {
			return fmt.Errorf("%s is not a list of durations; write for example 0,1us,10us",
				strconv.Quote(s))
		}
		list = append(list, d.Nanoseconds())
	}
	*v.ns = list
	return nil
}
