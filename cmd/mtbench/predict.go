package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mtbench/internal/calibrate"
	"mtbench/internal/pilot"
	"mtbench/internal/predict"
	"mtbench/internal/series"
	"mtbench/internal/sim"
	"mtbench/results"
)

type predictOptions struct {
	settings    series.Settings
	calibration string
	host        string
	cpus        int
	apart       bool
	scale       int
	resamples   int
	against     string
	letter      bool
	refit       int
	trace       string
	output      string
	without     []string
	whatIf      bool
}

func newPredictCommand() *cobra.Command {
	o := &predictOptions{settings: series.Defaults(), resamples: 5}
	o.settings.Matrix.Threads = []int{4, 8, 16}
	cmd := &cobra.Command{
		Use:   "predict",
		Short: "Run the matrix in virtual time, on a host that you describe",
		Long: `Runs the same models and the same migration loop in virtual time, on as many CPUs as asked for,
with the service times, sizes and costs of a calibration, and writes an ordinary result file that
is marked predicted. Each cell is run once with the calibration as it was measured and then with
resamplings of it, so that the spread of a cell is what the calibration leaves uncertain.

--host takes a host by name, or the file of a profile, in place of a calibration: each of its costs
has a source, or is assumed and drawn from a range in each run but the first.

--threads, --wait, --poll-budget and --memory take lists, which make axes. Content, codec and level
are those of the calibration.

A large guest is simulated at a fraction of its memory (--scale; 1 is in full), and the file says
by how much that is off. --what-if predicts a few cells again with each cost of the host at 0, at
half and at twice its value, and says which of them decides.

--against FILE predicts the matrix of a measured file of this host and prints both, cell by cell.
--letter predicts the twelve rows of the published letter with one set
of parameters, and prints where it is right and where not.`,
		Example: `  mtbench predict --host server --models all
  mtbench predict --host server --what-if
  mtbench predict --calibration this-host.json --cpus 64 --memory 4GiB
  mtbench predict --calibration this-host.json --against measured.jsonl
  mtbench predict --letter`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPredict(cmd, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.calibration, "calibration", "",
		"file of mtbench calibrate, or a directory of them (mtbench run --calibrate)")
	addHostFlag(cmd, o)
	f.IntVar(&o.cpus, "cpus", 64, "CPUs of the virtual host (default with --host: its own)")
	f.BoolVar(&o.apart, "two-hosts", false, "the destination has a host of its own, with as many CPUs")
	f.IntVar(&o.scale, "scale", 0,
		"simulate 1/n of the memory (default: such that 512 MiB are simulated)")
	f.IntVar(&o.resamples, "resamples", o.resamples,
		"runs a cell, each with the calibration resampled")
	f.BoolVar(&o.whatIf, "what-if", false, "also ask which cost decides: each at 0, 1/2 and 2 times, "+
		"for the first two models with the fewest and the most threads")
	f.StringVar(&o.against, "against", "", "predict the matrix of this measured file, and compare")
	f.BoolVar(&o.letter, "letter", false, "predict the published letter's twelve rows, and compare")
	f.IntVar(&o.refit, "refit", 0, "with --letter: fit its unsaid parameters anew, so many rounds")
	f.StringVar(&o.trace, "trace", "",
		"also write a Chrome trace (Perfetto opens it) of the first cell")
	addPredictMatrixFlags(f, &o.settings)
	addGuestFlags(f, &o.settings, scanLists{memories: &o.settings.Matrix.Memories})
	f.IntVar(&o.settings.DecompressThreads, "decompress-threads", o.settings.DecompressThreads,
		"threads of the destination")
	f.StringVar(&o.settings.Destination, "destination", o.settings.Destination, "process, or discard")
	f.StringVarP(&o.output, "output", "o", "",
		"result file; an existing one is refused (default mtbench-predicted-DATE-TIME.jsonl)")
	f.StringSliceVar(&o.without, "without", nil, "effects to leave out, for an ablation")
	_ = f.MarkHidden("without") // it exists
	f.SortFlags = false
	return cmd
}

func addPredictMatrixFlags(f *pflag.FlagSet, s *series.Settings) {
	f.Var(modelsValue{&s.Matrix.Models}, "models",
		"models, or all for every one that is ranked; the others are compared with the first")
	f.IntSliceVar(&s.Matrix.Threads, "threads", s.Matrix.Threads, "compression threads")
	f.Var(waitsValue{&s.Matrix.Waits, &s.Matrix.Self}, "wait", "compress-wait-thread")
	f.IntSliceVar(&s.Matrix.PollBudgets, "poll-budget", nil,
		"polls of a worker before it sleeps, -1 for none (default: the model's own)")
	f.DurationVar((*time.Duration)(&s.Limit), "limit", time.Duration(s.Limit),
		"bound of a run in virtual time")
	f.Var(rateValue{&s.DirtyRate, &s.DirtyRateMultiple, &s.DirtyOfPool, false}, "dirty-rate",
		"page writes a second over all vCPUs")
	f.Uint64Var(&s.Seed, "seed", 1, "of content, patterns and resamplings")
}

func runPredict(cmd *cobra.Command, o *predictOptions) error {
	if o.output == "" {
		o.output = "mtbench-predicted-" + time.Now().Format("20060102-150405") + ".jsonl"
	}
	if err := writable(o.output); err != nil {
		return badInput(fmt.Errorf("--output: %w", err))
	}
	if o.letter {
		if err := onlyForLetter(cmd.Flags()); err != nil {
			return badInput(err)
		}
		return o.predictLetter(cmd)
	}
	var p *prediction
	err := opening(cmd, func() (err error) {
		p, err = o.prepare(cmd.Context(), cmd.Flags())
		return err
	})
	if err != nil {
		return badInput(err)
	}
	return p.run(cmd)
}

// prediction is what a run of the command does.
type prediction struct {
	matrix      predict.Matrix
	calibration *calibrate.Calibration
	header      results.Header
	measured    *results.File // nil without --against
	trace       string
	output      string
	whatIf      bool
}

// prepare checks everything before anything is run.
func (o *predictOptions) prepare(ctx context.Context, f *pflag.FlagSet) (*prediction, error) {
	if o.refit != 0 {
		return nil, errors.New("--refit goes with --letter")
	}
	c, ref, err := o.source()
	if err != nil {
		return nil, err
	}
	if o.host != "" && !f.Changed("cpus") {
		o.cpus = ref.CPUs
	}
	if c, err = c.Without(o.without); err != nil {
		return nil, fmt.Errorf("--without: %w", err)
	}
	p := &prediction{calibration: c, trace: o.trace, output: o.output, whatIf: o.whatIf}
	if err := o.describe(ctx, f, p); err != nil {
		return nil, err
	}
	h := &p.header
	h.Kind, h.Version, h.Revision, h.Go = results.Predicted, release, revision(), runtime.Version()
	h.Created, h.Argv, h.Calibration = time.Now(), os.Args, &ref
	m := &p.matrix
	m.Resamples, m.Scale, m.Seed = o.resamples, o.scale, h.Seed
	if f.Changed("scale") && m.Scale < 1 {
		return nil, fmt.Errorf("--scale: 1/%d of the memory; it must be 1 or more", m.Scale)
	}
	if m.Scale == 0 {
		m.Scale = predict.AutoScale(h.Scenario.Memory)
	}
	if err := o.possible(h); err != nil {
		return nil, err
	}
	if m.Resamples < 1 || m.Resamples > predict.MaxResamples {
		return nil, fmt.Errorf("--resamples: %d is not between 1 and %d", m.Resamples,
			predict.MaxResamples)
	}
	if m.Scenario, err = predict.Scale(h.Scenario, m.Scale); err != nil {
		return nil, fmt.Errorf("--scale: %w", err)
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	m.Scenario = h.Scenario
	for _, c := range h.Matrix.Cases() {
		for _, model := range h.Matrix.Models {
			m.Cells = append(m.Cells, c.Of(model))
		}
	}
	h.Matrix.Pairs, h.Matrix.Runs, h.Matrix.AA = m.Resamples, m.Resamples*len(m.Cells), 0
	h.Matrix.Extra = nil
	return p, nil
}

// possible refuses hosts that cannot be and workloads that cannot run.
func (o *predictOptions) possible(h *results.Header) error {
	switch {
	case o.against == "" && (o.cpus < 1 || o.cpus > sim.MaxCPUs):
		return fmt.Errorf("--cpus: %d is not between 1 and %d", o.cpus, sim.MaxCPUs)
	case o.against == "" && o.settings.Placement != "":
		return errors.New("--pin: virtual threads are not pinned")
	case o.whatIf && len(h.Matrix.Memories) > 0:
		return errors.New("--what-if is asked of one guest: give one --memory")
	}
	check := *h
	check.Scenario.Content = "zero" // what the pages are is the calibration's matter
	if err := series.CheckHeader(check); err != nil {
		if o.against != "" {
			return fmt.Errorf("%s: %w", o.against, err)
		}
		return err
	}
	return nil
}

// describe takes scenario, matrix and host from the flags or from the measured file.
func (o *predictOptions) describe(ctx context.Context, f *pflag.FlagSet, p *prediction) error {
	h := &p.header
	if o.against != "" {
		return o.describeAs(f, p)
	}
	if err := errors.Join(refuseIdle(f, &o.settings), o.settings.Validate()); err != nil {
		return err
	}
	c := p.calibration
	if f.Changed("content") && o.settings.Content != c.Content || f.Changed("codec") &&
		o.settings.Codec != c.Codec || f.Changed("level") && o.settings.Level != c.Level {
		return fmt.Errorf("%s is of content %s by codec %s, level %d; calibrate for what is to be "+
			"predicted",
			o.from(), c.Content, c.Codec, c.Level)
	}
	h.Matrix, h.Seed = o.settings.Matrix, o.settings.Seed
	p.matrix.CPUs, p.matrix.Apart = o.cpus, o.apart
	o.settings.DowntimeOpen = !f.Changed("downtime-limit")
	if err := o.settle(ctx, p); err != nil {
		return err
	}
	h.Host = results.Host{Name: "virtual", OS: "virtual time", CPUModel: o.modelOf(c), CPUs: o.cpus,
		Rate: c.SinglePages(), PageServiceU: 1e6 / c.SinglePages()}
	return nil
}

// describeAs takes everything from a measured file.
func (o *predictOptions) describeAs(f *pflag.FlagSet, p *prediction) error {
	var err error
	if p.measured, err = results.Read(o.against); err != nil {
		return err
	}
	from, c := &p.measured.Header, p.calibration
	for _, flag := range []string{"what-if", "cpus", "two-hosts", "models", "threads", "wait",
		"poll-budget",
		"memory", "dirty-rate", "content", "codec", "level", "vcpus", "limit"} {
		if f.Changed(flag) {
			return fmt.Errorf("--%s cannot be given with --against: everything is the measured file's", flag)
		}
	}
	sc, scan := &from.Scenario, from.Matrix.Scan
	scan.Memories = nil
	switch {
	case len(scan.Cells()) > 1:
		return fmt.Errorf("%s has several contents, codecs, levels or placements, and a calibration is "+
			"of one: name one case with mtbench run --content, --codec, --level and --pin", o.against)
	case from.Kind != results.Measured:
		return fmt.Errorf("%s holds %s figures; --against needs measured ones", o.against, from.Kind)
	case sc.DestinationAlone():
		return fmt.Errorf("%s has figures of the destination alone; --against needs whole migrations",
			o.against)
	case c.Host.CPUModel != from.Host.CPUModel:
		return fmt.Errorf("%s is of a %s and %s of a %s: calibrate on the host that was measured",
			o.from(), c.Host.CPUModel, o.against, from.Host.CPUModel)
	case sc.Content != c.Content || sc.Codec != c.Codec || sc.Level != c.Level:
		return fmt.Errorf("%s is of %s by %s, level %d, and %s of %s by %s, level %d", o.from(),
			c.Content, c.Codec, c.Level, o.against, sc.Content, sc.Codec, sc.Level)
	}
	p.header.Scenario, p.header.Matrix, p.header.Seed = *sc, from.Matrix, from.Seed
	p.header.Host = from.Host
	p.matrix.CPUs, p.matrix.Pilot = from.Host.CPUs, from.Pilot
	return nil
}

// settle writes every default out. Multiples are of the calibration's single thread, and what is
// left open is derived as on a host: from a pilot, in virtual time.
func (o *predictOptions) settle(ctx context.Context, p *prediction) error {
	s, c, u := o.settings, p.calibration, results.Unit{Thread: p.calibration.SinglePages()}
	s.Content, s.Codec, s.Level = c.Content, c.Codec, c.Level
	p.header.Scenario = s.At(u)
	if !s.Open() {
		return nil
	}
	before := p.header
	before.Scenario = s.BeforePilot()
	if err := o.possible(&before); err != nil {
		return err
	}
	profile, err := c.Profile(nil)
	if err != nil {
		return err
	}
	setup := p.matrix.Setup
	found, err := pilot.Measure(p.header.Scenario, u.Thread, slices.Max(s.Matrix.Threads),
		func(sc results.Scenario, cell results.Cell) (*results.Run, time.Duration, error) {
			setup.Scenario = sc
			run, _, err := predict.Run(ctx, setup, profile, cell, s.Seed)
			return run, 0, err
		})
	if err != nil {
		return fmt.Errorf("the pilot that defaults are derived from: %w", err)
	}
	u.Pool = found.Pool
	p.header.Scenario, p.header.Pilot = s.At(u), found
	p.matrix.Pilot = found
	pilot.Derive(found, s.Asked(mostPredicted), &p.header.Scenario)
	return nil
}

// mostPredicted is the largest guest that a prediction derives.
const mostPredicted = 1 << 30

func (p *prediction) run(cmd *cobra.Command) error {
	if err := p.noteScale(cmd.Context()); err != nil {
		return interruptedOr(cmd, err, "interrupted before the first run; nothing was written")
	}
	traced, err := traceFile(p.trace)
	if err != nil {
		return badInput(err)
	}
	runs, err := p.keep(cmd.Context())
	err = interruptedOr(cmd, err, "interrupted after %d of %d runs, which are in %s", len(runs),
		p.header.Matrix.Runs, p.output)
	if traced != nil {
		if err == nil {
			err = p.matrix.WriteTrace(cmd.Context(), traced, p.calibration)
		}
		if err = errors.Join(err, traced.Close()); err != nil {
			err = errors.Join(err, os.Remove(p.trace)) // half a trace is none
		}
	}
	if err != nil {
		return err
	}
	return p.show(cmd, runs)
}

// keep predicts the matrix into the result file.
func (p *prediction) keep(ctx context.Context) (runs []results.Run, err error) {
	w, err := results.Create(p.output, p.header)
	if err != nil {
		return nil, badInput(err)
	}
	progress := newProgress(os.Stderr)
	progress.Begin(p.header.Matrix.Runs, 0)
	err = p.matrix.Run(ctx, p.calibration, func(r *results.Run) error {
		runs = append(runs, *r)
		progress.Ran(slotOf(r), r, 0)
		return w.Append(r)
	})
	progress.End()
	if err == nil && p.whatIf {
		err = p.askWhatIf(ctx, w)
	}
	return runs, errors.Join(err, w.Close())
}

// show prints the table of the file, or what it says of a measured one.
func (p *prediction) show(cmd *cobra.Command, runs []results.Run) error {
	if p.measured == nil {
		if err := printFile(cmd, p.output); err != nil || p.trace == "" {
			return err
		}
		_, err := fmt.Fprintf(cmd.OutOrStdout(),
			"trace    %s (of the first cell; open it at ui.perfetto.dev)\n", p.trace)
		return err
	}
	if err := predict.WriteComparison(cmd.OutOrStdout(), predict.Compare(withoutExtras(p.measured),
		runs)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "\nresults  %s\n", p.output)
	return err
}

// noteScale says in the header what scaling does to the figures.
func (p *prediction) noteScale(ctx context.Context) error {
	h := &p.header
	h.Notes = append(h.Notes,
		"predicted in virtual time; the runs of a cell are resamplings of the calibration")
	if p.matrix.Scale < 2 {
		return nil
	}
	off, err := p.matrix.ScaleError(ctx, p.calibration)
	if err != nil {
		return err
	}
	note := "its total time could not be found at another scale"
	if !math.IsNaN(off) {
		note = fmt.Sprintf("at half the scale the first cell's total time is %.3f times as long", 1/off)
	}
	h.Notes = append(h.Notes,
		fmt.Sprintf("the guest was simulated at 1/%d of its memory, downtime limit and "+
			"bound, and what grows with memory multiplied; %s", p.matrix.Scale, note))
	return nil
}

// traceFile makes the file of --trace before anything is run; nil without one.
func traceFile(path string) (*os.File, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	switch {
	case errors.Is(err, os.ErrExist):
		return nil, fmt.Errorf("--trace: %s exists already; a trace is not overwritten", path)
	case err != nil:
		return nil, fmt.Errorf("--trace: %s cannot be made: %w", path, results.Reason(err))
	}
	return f, nil
}

// onlyForLetter refuses what --letter would not heed.
func onlyForLetter(f *pflag.FlagSet) error {
	var errs []error
	f.Visit(func(flag *pflag.Flag) {
		if !slices.Contains([]string{"letter", "scale", "refit", "seed", "output"}, flag.Name) {
			errs = append(errs,
				fmt.Errorf("--%s cannot be given with --letter, which has its own parameters",
					flag.Name))
		}
	})
	return errors.Join(errs...)
}

// withoutExtras are the runs of the models that were run in every case, which are what is
// predicted.
func withoutExtras(f *results.File) []results.Run {
	return slices.DeleteFunc(slices.Clone(f.Runs), func(r results.Run) bool {
		return f.Header.Matrix.IsExtra(r.Model)
	})
}

func slotOf(run *results.Run) series.Slot {
	return series.Slot{Cell: run.Cell}
}
