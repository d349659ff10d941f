package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mtbench/internal/qemustream"
	"mtbench/internal/realqemu"
	"mtbench/internal/series"
	"mtbench/results"
	"mtbench/workloads"
)

// validateOptions are the flags of `mtbench validate`.
type validateOptions struct {
	settings series.Settings
	qemu     string
	output   string
}

func newValidateCommand() *cobra.Command {
	o := &validateOptions{settings: validateDefaults()}
	cmd := &cobra.Command{
		Use:   "validate --qemu PROGRAM",
		Short: "Run a real QEMU beside locked, on the same pages",
		Long: `Migrates the same guest with a real QEMU and with the model of what it does, in pairs: same
pages, threads, waits, level and max-bandwidth, a guest that writes nothing. QEMU 3.1 to 9.0 has the
capability that is needed (Debian 12: apt-get install qemu-system-x86). Its stream goes over a Unix
socket into a reader that checks every page; CPU time and context switches of its migration and
compression threads come from /proc, its counters from query-migrate. Both receivers keep the stream
and decompress it afterwards.

The table has throughput, CPU time and switches a page and busy ratio of both, and below it what
differs beside the hand-over. The file is one of mtbench run with a model named qemu, and every
command that reads those reads it. It ends within --budget.`,
		Example: `  mtbench validate --qemu qemu-system-x86_64
  mtbench validate --qemu ./qemu-system-x86_64 --threads 8 --wait on --content text --pairs 10`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return validate(cmd, o) },
	}
	addValidateFlags(cmd.Flags(), o)
	cmd.Flags().SortFlags = false
	return cmd
}

// validateDefaults is a workload that a QEMU can run, too: nobody writes, and no link but the
// program's own limit.
func validateDefaults() series.Settings {
	s := series.Defaults()
	s.Matrix.Models = []string{realqemu.Model, "locked"}
	s.Matrix.Threads, s.Matrix.AA = []int{1, 2}, 0
	s.Memory, s.VCPUs, s.DirtyRate, s.DirtyOfPool = 64<<20, 1, 0, 0
	s.LinkBandwidth, s.LinkOfPool, s.LinkBurst = 0, 0, 64<<10
	s.Flush, s.DecompressThreads = string(workloads.FlushWrap), 2
	s.DowntimeLimit, s.DowntimeOpen = results.Duration(time.Millisecond), false
	s.Limit = results.Duration(time.Minute)
	s.Budget = 4 * time.Minute
	return s
}

func addValidateFlags(f *pflag.FlagSet, o *validateOptions) {
	s := &o.settings
	f.StringVar(&o.qemu, "qemu", "", "the program: a path, or a name in PATH")
	f.StringVarP(&o.output, "output", "o", "",
		"result file; an existing one is refused (default mtbench-validate-DATE-TIME.jsonl)")
	f.IntSliceVar(&s.Matrix.Threads, "threads", s.Matrix.Threads, results.AxisDoc("threads"))
	f.Var(waitsValue{&s.Matrix.Waits, &s.Matrix.Self}, "wait",
		"with no thread free: wait for one (on), or send the page raw (off)")
	f.Var(sizeValue{&s.Memory}, "memory", "guest memory")
	f.StringVar(&s.Content, "content", s.Content, "page content, as of mtbench run")
	f.IntVar(&s.Level, "level", s.Level, "compress-level (-1: 1)")
	f.Var(sizeRate{&s.MaxBandwidth}, "max-bandwidth",
		"QEMU's max-bandwidth, bytes a second (default: unlimited)")
	f.IntVar(&s.Matrix.Pairs, "pairs", 0,
		"pairs a case, for the classical test (default: as many as the evidence needs)")
	f.Var(percentValue{&s.Matrix.Equal}, "equal", "the two count as equal within this")
	f.DurationVar(&s.Budget, "budget", s.Budget, "time for all runs")
	f.Uint64Var(&s.Seed, "seed", 0, "seed of every random choice (default: random, and recorded)")
}

// sizeRate is a flag of bytes a second.
type sizeRate struct{ rate *float64 }

func (v sizeRate) Type() string { return "rate" }

func (v sizeRate) String() string {
	if v.rate == nil || *v.rate == 0 {
		return ""
	}
	n := int64(*v.rate)
	return formatSize(&n)
}

func (v sizeRate) Set(text string) error {
	var n int64
	err := sizeValue{&n}.Set(text)
	*v.rate = float64(n)
	return err
}

func validate(cmd *cobra.Command, o *validateOptions) error {
	var s *series.Series
	err := opening(cmd, func() (err error) {
		s, err = o.open(cmd, os.Args)
		return err
	})
	if err != nil {
		return badInput(err)
	}
	summary, err := s.Run(cmd.Context(), newProgress(os.Stderr))
	return finish(cmd, s, summary, err)
}

// open looks the program up and makes the series with its file.
func (o *validateOptions) open(cmd *cobra.Command, argv []string) (*series.Series, error) {
	if err := refuseToMeasure(); err != nil {
		return nil, err
	}
	f := cmd.Flags()
	switch {
	case o.qemu == "":
		return nil, errors.New("--qemu names no program; write for example --qemu qemu-system-x86_64")
	case o.settings.Matrix.Self:
		return nil, errors.New("--wait: QEMU has on and off alone")
	case o.settings.Memory%qemustream.PageSize != 0:
		return nil, fmt.Errorf("--memory: %d bytes is no multiple of a page", o.settings.Memory)
	}
	if err := refuseIdle(f, &o.settings); err != nil {
		return nil, err
	}
	program, err := realqemu.Find(cmd.Context(), o.qemu)
	if err != nil {
		return nil, fmt.Errorf("--qemu: %w", err)
	}
	if !f.Changed("seed") {
		o.settings.Seed = rand.Uint64()
	}
	if o.output == "" {
		o.output = "mtbench-validate-" + time.Now().Format("20060102-150405") + ".jsonl"
	}
	o.settings.Beside = &series.Beside{Reference: program.Reference(), Run: program.Run,
		ClassOf: classOf}
	if err := errors.Join(o.settings.Validate(), writable(o.output)); err != nil {
		return nil, err
	}
	s, err := series.New(cmd.Context(), o.settings, series.Build{Version: release,
		Revision: revision(), Argv: argv})
	if err != nil {
		return nil, err
	}
	return s, s.Create(o.output)
}

// classOf is the class of a failure of the program.
func classOf(err error) string {
	var differs *realqemu.PageDiffers
	var missing *realqemu.PagesMissing
	if errors.As(err, &differs) || errors.As(err, &missing) {
		return series.ClassMemory
	}
	return series.ClassStream
}
