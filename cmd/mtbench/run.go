package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"mtbench/internal/series"
	"mtbench/internal/thread"
	"mtbench/results"
	"mtbench/workloads"
)

// runOptions are the flags of `mtbench run` that are not settings of the series.
type runOptions struct {
	settings series.Settings
	output   string
	resume   string
	replay   string
	again    string // "failed", or ""
	like     string
	quick    bool
	dryRun   bool
	failOn   []string // of a series of two builds

	reach      series.FarOptions
	ssh        string
	secretFile string

	matrix      string // file; "" = none
	printMatrix bool

	calibrate string // directory; "" = none
	few       bool   // samples of each calibration, for tests
}

func newRunCommand() *cobra.Command {
	o := &runOptions{settings: series.Defaults()}
	o.settings.Matrix.Extra = series.DefaultExtras()
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the matrix of migrations and print the table",
		Long: `Runs every model in every case of threads × wait, in pairs, each run in processes of its own,
and keeps one record a run in the file that the last lines name. Each pair goes to a case that is
undecided; a case stops when a difference, or that there is none beyond --equal, is proved, and the
series ends with the last case or its --budget. With --pairs the number is fixed instead. With no
flag it measures the cases of the published table and one thread.

Lists make a matrix: of --models, --threads and --wait, and of any other flag that says so. Of a
list the pilot measures the largest memory, and the first of anything else.

Rates are absolute ("50000" page writes a second, "100MiB" a second), a multiple of what one
thread of this host compresses ("1.5x"), or of what a pool of 4 threads drains in a short pilot
("0.9pool"); 0 is none, or unlimited. What is left out is derived from that pilot: --dry-run says
each value and its rule. Interrupting keeps what is finished, and --resume FILE goes on.`,
		Example: `  mtbench run
  mtbench run --quick
  mtbench run --models locked,lockless --threads 4 --wait on --pairs 20
  mtbench run --models null,inline,ideal,locked,lockless --destination discard
  mtbench run --content file:/path/to/memory.img --codec zstd
  mtbench run --replay guest.stream --threads 4
  mtbench run --replay guest.stream --sides destination
  mtbench run --threads 4 --wait on --memory 64MiB,256MiB --codec zlib,zstd
  mtbench run --print-matrix > matrix.yaml
  mtbench run --threads 4 --wait on --memory 8MiB --trace traces
  mtbench run --destination ssh://bench@other-host`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSeries(cmd, o) },
	}
	addSettingFlags(cmd.Flags(), o)
	cmd.Flags().Var(buildsValue{&o.settings.Builds}, "build",
		"given twice: every model of the first program is compared with itself of the second")
	addFarFlags(cmd.Flags(), o)
	addRunFlags(cmd.Flags(), o)
	cmd.Flags().SortFlags = false
	completeModels(cmd)
	return cmd
}

// addSettingFlags are those that say what a series is; a matrix file holds them.
func addSettingFlags(f *pflag.FlagSet, o *runOptions) {
	addMatrixFlags(f, &o.settings)
	addWorkloadFlags(f, &o.settings, allLists(&o.settings.Matrix.Scan))
	f.StringVar(&o.replay, "replay", "",
		"migrate the pages of this QEMU stream once, in its order, by a guest that writes nothing")
	f.StringVar(&o.settings.Sides, "sides", "",
		"with --replay: "+results.DestinationSide+" measures decompression alone, of the stream's own "+
			"payloads")
}

func addMatrixFlags(f *pflag.FlagSet, s *series.Settings) {
	f.Var(modelsValue{&s.Matrix.Models}, "models",
		"models, or all for every one that is ranked; the others are compared with the first")
	f.Var(extrasValue{&s.Matrix.Extra}, "extra",
		"models that run in one case only, beside the others; none with --models")
	f.IntSliceVar(&s.Matrix.Threads, "threads", s.Matrix.Threads, results.AxisDoc("threads"))
	f.Var(waitsValue{&s.Matrix.Waits, &s.Matrix.Self}, "wait", results.AxisDoc("wait"))
	f.IntSliceVar(&s.Matrix.Depths, "depth", nil, results.AxisDoc("depth"))
	f.IntSliceVar(&s.Matrix.PollBudgets, "poll-budget", nil, results.AxisDoc("poll_budget"))
	f.IntSliceVar(&s.Matrix.Batches, "batch", nil, results.AxisDoc("batch"))
	f.Var(statesValue{&s.Matrix.CodecStates}, "codec-state", results.AxisDoc("codec_state"))
	f.IntVar(&s.Matrix.Pairs, "pairs", 0,
		"pairs a case, for the classical test (default: as many as the evidence needs)")
	f.Var(percentValue{&s.Matrix.Equal}, "equal", "two models count as equal within this")
	f.DurationVar(&s.Budget, "budget", s.Budget,
		"time for all runs: a series without --pairs ends within it; bounds the memory that is derived")
	f.Var(percentValue{&s.Matrix.AA}, "aa",
		"share of blocks followed by one that compares a model with itself")
	f.IntVar(&s.Matrix.Reruns, "reruns", s.Matrix.Reruns,
		"how often a pair that the host disturbed is run again")
	f.DurationVar((*time.Duration)(&s.Matrix.CPUEvery), "cpu-timeline", 0,
		"sample the CPU time of each thread so often, for a heat map; 50ms costs about 1 % of a CPU, "+
			"and each record says how much")
	f.IntVar(&s.Matrix.WarmUp, "warm-up", 0,
		"runs of every cell before the first pair, not recorded (guest memory and decoders are warm "+
			"in every run)")
	f.DurationVar((*time.Duration)(&s.Limit), "limit", time.Duration(s.Limit),
		"bound of a run: CAN'T COMPLETE after it (default: derived)")
	f.Uint64Var(&s.Seed, "seed", 0, "seed of every random choice (default: random, and recorded)")
}

// addWorkloadFlags are the workload's, with lists where to takes them.
func addWorkloadFlags(f *pflag.FlagSet, s *series.Settings, to scanLists) {
	f.Var(rateValue{&s.DirtyRate, &s.DirtyRateMultiple, &s.DirtyOfPool, false}, "dirty-rate",
		"page writes a second over all vCPUs")
	addGuestFlags(f, s, to)
	f.IntVar(&s.DecompressThreads, "decompress-threads", s.DecompressThreads,
		"threads of the destination")
	f.StringVar(&s.Destination, "destination", s.Destination,
		"process, discard for source-only runs, or "+workloads.OtherHost+" for another host")
}

// addGuestFlags are those that every command which migrates has, with lists where to takes them.
func addGuestFlags(f *pflag.FlagSet, s *series.Settings, to scanLists) {
	addScanFlags(f, &s.Scenario, to)
	f.IntVar(&s.VCPUs, "vcpus", s.VCPUs, "guest writer threads")
	f.StringVar(&s.Pattern, "pattern", s.Pattern,
		"which pages are written: uniform, sequential or zipf")
	f.IntVar(&s.WriteBytes, "write-bytes", s.WriteBytes, "bytes stored in a page at each write")
	f.Var(rateValue{&s.MaxBandwidth, &s.MaxBandwidthMultiple, &s.MaxBandwidthOfPool, true},
		"max-bandwidth", "QEMU's max-bandwidth, bytes a second")
	f.Var(rateValue{&s.LinkBandwidth, &s.LinkMultiple, &s.LinkOfPool, true}, "link-bandwidth",
		"what the link drains, bytes a second")
	f.Var(sizeValue{&s.LinkBurst}, "link-burst",
		"what the link takes at once before the sender is held")
	f.DurationVar((*time.Duration)(&s.DowntimeLimit), "downtime-limit",
		time.Duration(s.DowntimeLimit), "threshold = bandwidth × this (default: derived)")
	f.StringVar(&s.Flush, "flush", s.Flush,
		"where the pipeline is flushed: sync (safe), wrap (QEMU 3.1) or iteration (3.0)")
	f.StringVar(&s.Machine, "machine", s.Machine, "what a thread is: kernel or goroutine")
	f.Var(switchValue{&s.Sealed}, "sealed",
		"keep the Go runtime's scheduler out of the measured threads")
	f.Var(switchValue{&s.Account}, "account", "account each thread's time by state")
	f.BoolVar(&s.Counters, "counters", false,
		"count instructions, cycles and cache misses of each thread, where the kernel gives them")
	f.BoolVar(&s.RoundRobin, "round-robin", s.RoundRobin,
		"lockless: plain round robin, no search for a ring with room")
}

// joinPin joins --pin with a placement that follows as a word of its own: a flag that may stand
// alone takes its value after = only.
func joinPin(args []string) []string {
	var joined []string
	for _, word := range args {
		last := len(joined) - 1
		if last >= 0 && joined[last] == "--pin" && arePlacements(word) {
			joined[last] += "=" + word
			continue
		}
		joined = append(joined, word)
	}
	return joined
}

// farFlags are the names of those that addFarFlags adds.
func farFlags() (names []string) {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	addFarFlags(f, &runOptions{})
	f.VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
	return names
}

// addFarFlags are those that say how another host is come to. They are no settings of a series.
func addFarFlags(f *pflag.FlagSet, o *runOptions) {
	f.StringVar(&o.reach.Binary, "remote-binary", "",
		"mtbench on the other host (default: this very program where it is found there, else a copy)")
	f.StringVar(&o.secretFile, secretFlag, "", "for tcp://: "+secretUsage)
	f.StringVar(&o.ssh, "ssh", "ssh", "ssh, with first arguments after spaces: as \"ssh -F CONFIG\"")
	f.BoolVar(&o.reach.ClearContent, "clear-content", false,
		"let pages of a content file go to another host in clear")
}

func addRunFlags(f *pflag.FlagSet, o *runOptions) {
	f.StringVarP(&o.output, "output", "o", "",
		"result file; an existing one is refused (default mtbench-DATE-TIME.jsonl)")
	f.StringVar(&o.resume, "resume", "", "go on with this interrupted result file")
	f.StringVar(&o.like, "like", "",
		"make the series of this result file once more, on another occasion: the same workload and "+
			"matrix, to the byte")
	f.StringVar(&o.matrix, "matrix", "",
		"YAML file of settings by the names of their flags; a flag that is given goes before it")
	f.BoolVar(&o.printMatrix, "print-matrix", false,
		"write such a file of all settings to standard output, and run nothing")
	f.StringVar(&o.again, "again", "",
		"with --resume: failed makes every pair once more of which a run failed")
	f.Var(newShardValue(&o.settings.Matrix.Shard), "shard", shardUsage)
	f.BoolVar(&o.few, "calibrate-quick", false, "few samples, for tests")
	_ = f.MarkHidden("calibrate-quick") // it exists
	f.BoolVar(&o.quick, "quick", false, "a first look: 4 threads, wait off and on, less memory, 25 s")
	f.StringVar(&o.settings.Trace, "trace", "",
		"directory for a Chrome trace a run (Perfetto opens it): one run a model and case, no "+
			"measurement")
	f.StringVar(&o.calibrate, "calibrate", "",
		"new directory for a calibration before each round of blocks and after the last (for predict "+
			"--against)")
	f.StringSliceVar(&o.failOn, "fail-on", failOnDefault(), "of two builds, "+failOnHelp)
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would be run, and do not")
}

func runSeries(cmd *cobra.Command, o *runOptions) error {
	if o.matrix != "" && o.resume == "" && o.like == "" {
		if err := readMatrix(cmd.Flags(), o.matrix); err != nil {
			return badInput(err)
		}
	}
	if o.printMatrix {
		return writeMatrix(cmd.OutOrStdout(), cmd.Flags())
	}
	var s *series.Series
	err := opening(cmd, func() (err error) {
		if err = o.complete(cmd.Flags()); err == nil {
			s, err = o.open(cmd.Context(), os.Args)
		}
		return err
	})
	if err != nil {
		return badInput(err)
	}
	if o.dryRun {
		return errors.Join(s.Describe(cmd.OutOrStdout()), s.Close())
	}
	if revision() == "" {
		fmt.Fprintln(cmd.ErrOrStderr(),
			"mtbench: warning: the revision of this build is unknown, and the file cannot "+
				"say which source made it (go run records none; go build in a checkout does)")
	}
	if o.calibrate != "" {
		if err := os.Mkdir(o.calibrate, 0o755); err != nil {
			return badInput(fmt.Errorf("--calibrate: the directory %s cannot be made: %w", o.calibrate,
				results.Reason(err)))
		}
		s.Between = calibrations(cmd.Context(), o.calibrate, s.Header, o.few)
	}
	summary, err := s.Run(cmd.Context(), newProgress(os.Stderr))
	err = finish(cmd, s, summary, err)
	if err != nil || len(s.Header.Matrix.Builds) == 0 {
		return err
	}
	f, err := results.Read(s.Path())
	if err != nil {
		return err
	}
	return judgeBuilds(cmd, f, nil, changeFormats[0], o.failOn)
}

// complete settles what depends on several flags.
func (o *runOptions) complete(f *pflag.FlagSet) error {
	if o.resume != "" {
		return errors.Join(onlyWith(f, "resume", append(farFlags(), "dry-run", "build", "fail-on",
			"again")...), o.completeReach(f), o.checkAgain(), checkStandings(o.failOn))
	}
	if o.like != "" {
		return o.completeLike(f)
	}
	if err := refuseIdle(f, &o.settings); err != nil {
		return err
	}
	if f.Lookup("shard") != nil {
		shard := newShardValue(&o.settings.Matrix.Shard)
		if err := shard.fromEnvironment(f.Changed("shard")); err != nil {
			return err
		}
	}
	if o.replay != "" {
		if err := replayed(f, &o.settings, o.replay); err != nil {
			return err
		}
	}
	if o.settings.Sides != "" {
		if err := oneSide(f, &o.settings); err != nil {
			return err
		}
	}
	if o.quick {
		series.Quicken(&o.settings, f.Changed)
	}
	settleScan(&o.settings.Scenario, &o.settings.Matrix.Scan, f.Changed("level"))
	series.Trim(&o.settings, f.Changed)
	o.settings.DowntimeOpen = !f.Changed("downtime-limit") && !o.settings.DestinationAlone()
	if o.settings.Trace != "" {
		series.TraceOnly(&o.settings, f.Changed)
	}
	o.completeFiles(f)
	err := o.completeReach(f)
	o.settings.Reach = o.reach
	return errors.Join(err, o.settings.Validate(), o.checkCalibrate(), o.refuseNear(f),
		o.checkFailOn(f), o.checkAgain())
}

// completeReach settles how another host is come to, for a command that can. Where standard input
// is no terminal, nobody is there to be asked for a password.
func (o *runOptions) completeReach(f *pflag.FlagSet) error {
	if f.Lookup("ssh") == nil {
		return nil
	}
	o.reach.SSH = strings.Fields(o.ssh)
	o.reach.Unattended = !term.IsTerminal(int(os.Stdin.Fd()))
	if len(o.reach.SSH) == 0 {
		return errors.New("--ssh names no program; leave it out for ssh")
	}
	var err error
	o.reach.Secret, err = sharedSecret(o.secretFile)
	return err
}

// refuseNear refuses what is said of another host where there is none.
func (o *runOptions) refuseNear(f *pflag.FlagSet) error {
	if o.settings.Far() {
		return refuseOther(f, o.settings.Destination)
	}
	for _, name := range farFlags() {
		if f.Changed(name) {
			return fmt.Errorf("--%s means nothing without --destination %s", name, workloads.OtherHost)
		}
	}
	return nil
}

// refuseOther refuses what is said of one way to another host where the destination is come to by
// the other.
func refuseOther(f *pflag.FlagSet, destination string) error {
	names, other := []string{secretFlag}, "tcp://host[:port]"
	if strings.HasPrefix(destination, "tcp://") {
		names, other = []string{"ssh", "remote-binary"}, "ssh://[user@]host[:port]"
	}
	for _, name := range names {
		if f.Changed(name) {
			return fmt.Errorf("--%s means nothing with --destination %s; it is for %s", name,
				destination, other)
		}
	}
	return nil
}

// checkAgain refuses what cannot be made again.
func (o *runOptions) checkAgain() error {
	switch {
	case o.again != "" && o.again != "failed":
		return fmt.Errorf("--again: %q is unknown; it takes failed", o.again)
	case o.again != "" && o.resume == "":
		return errors.New("--again is for an earlier series; add --resume FILE")
	}
	return nil
}

// checkFailOn refuses a verdict that nobody gives: of one program there is none on builds.
func (o *runOptions) checkFailOn(f *pflag.FlagSet) error {
	if f.Changed("fail-on") && len(o.settings.Builds) == 0 {
		return errors.New("--fail-on is for a series of two builds; add --build old=PATH " +
			"--build new=PATH")
	}
	return checkStandings(o.failOn)
}

// completeFiles draws the seed and names the files that were not named.
func (o *runOptions) completeFiles(f *pflag.FlagSet) {
	shard := o.settings.Matrix.Shard
	switch {
	case f.Changed("seed"):
	case shard != nil:
		o.settings.Seed = shardSeed
	default:
		o.settings.Seed = rand.Uint64()
	}
	if o.output == "" {
		o.output = "mtbench-" + time.Now().Format("20060102-150405") + ".jsonl"
		if shard != nil { // on a disk that several machines share
			o.output = fmt.Sprintf("mtbench-shard-%d-of-%d.jsonl", shard.Index, shard.Of)
		}
	}
	if o.calibrate != "" {
		o.calibrate = filepath.Clean(o.calibrate)
	}
}

// completeLike takes all but the seed and the files from the series of another occasion.
func (o *runOptions) completeLike(f *pflag.FlagSet) error {
	err := errors.Join(o.completeReach(f), onlyWith(f, "like", append(farFlags(), "dry-run", "output",
		"seed", "calibrate", "calibrate-quick", "build", "fail-on")...))
	if err != nil {
		return err
	}
	o.completeFiles(f)
	builds := o.settings.Builds
	if o.settings, err = series.Like(o.like, o.settings.Seed); err != nil {
		return fmt.Errorf("--like: %w", err)
	}
	o.settings.Builds = builds
	o.settings.Reach = o.reach
	return errors.Join(o.settings.Validate(), o.checkCalibrate())
}

// refuseIdle refuses what was given and would mean nothing: a 0 that stands for "not given", and a
// budget that bounds nothing.
func refuseIdle(f *pflag.FlagSet, s *series.Settings) error {
	switch {
	case f.Changed("pairs") && s.Matrix.Pairs == 0:
		return fmt.Errorf("--pairs: 0 is not between 1 and %d", series.MaxPairs)
	case f.Changed("memory") && s.Memory == 0:
		return errors.New("--memory: 0 bytes; it is a multiple of 4 KiB between 64 KiB and 1 TiB, and " +
			"derived from a pilot if it is left out")
	case f.Changed("limit") && s.Limit == 0:
		return errors.New("--limit: 0s; the bound of a run is above 0s, at most 24h")
	case s.Budget < time.Second:
		return fmt.Errorf("--budget: %v is less than a second; write for example 4m", s.Budget)
	case f.Changed("equal") && s.Matrix.Equal == 0:
		return errors.New("--equal: nothing is proved to be equal within 0%; write for example 5%")
	}
	return nil
}

// onlyWith refuses every flag beside name and the allowed ones: the series of a file has its
// settings there.
func onlyWith(f *pflag.FlagSet, name string, allowed ...string) error {
	var errs []error
	f.Visit(func(other *pflag.Flag) {
		if other.Name != name && !slices.Contains(allowed, other.Name) {
			errs = append(errs, fmt.Errorf("--%s cannot be given with --%s: the settings of a series "+
				"are in its file", other.Name, name))
		}
	})
	return errors.Join(errs...)
}

// open makes the series: a new one with its file, or the one to resume.
func (o *runOptions) open(ctx context.Context, argv []string) (*series.Series, error) {
	if err := refuseToMeasure(); err != nil {
		return nil, err
	}
	if o.resume != "" {
		s, err := series.Resume(ctx, o.resume, o.settings.Builds, o.reach, o.again != "")
		return s, err
	}
	if err := writable(o.output); err != nil {
		return nil, fmt.Errorf("--output: %w", err)
	}
	if o.settings.Open() {
		fmt.Fprintln(os.Stderr, "mtbench: a pilot measures this host for some seconds")
	}
	s, err := series.New(ctx, o.settings, series.Build{Version: release, Revision: revision(),
		Argv: withoutSecret(argv)})
	if err != nil || o.dryRun {
		return s, err
	}
	return s, s.Create(o.output)
}

// refuseToMeasure is for every command that does: a build that explores is another program.
func refuseToMeasure() error {
	if thread.Exploring {
		return errors.New("this build has preemption points at shared accesses (tag explore): it " +
			"explores and does not measure")
	}
	return nil
}

// finish prints the table and says in one line how the series ended, with its status.
func finish(cmd *cobra.Command, s *series.Series, sum series.Summary, failed error) error {
	if err := s.Close(); failed == nil {
		failed = err
	}
	if sum.Runs > 0 {
		if err := printResults(cmd, s.Path()); err != nil && failed == nil {
			failed = err
		}
	}
	if dir := s.Traces(); dir != "" && failed == nil {
		_, failed = fmt.Fprintf(cmd.OutOrStdout(), "traces   %s (open one at ui.perfetto.dev)\n",
			clean(dir))
	}
	where := fmt.Sprintf("results: %s", s.Path())
	var input *results.InputError
	var lost *series.DestinationLost
	var not *series.NotBegun
	switch {
	case errors.As(failed, &lost) && !errors.Is(failed, context.Canceled):
		return withStatus(statusChild, "%w%s; what was finished is kept; go on with: mtbench run "+
			"--resume %s", failed, left(s, sum), s.Path())
	case errors.Is(failed, context.Canceled):
		return withStatus(statusInterrupted, "interrupted%s; go on with: mtbench run --resume %s",
			left(s, sum), s.Path())
	case errors.As(failed, &not):
		return withStatus(statusUsage, "%w; no run was made (%s)", failed, where)
	case errors.As(failed, &input):
		return withStatus(statusUsage, "%w; %s left, what was finished is kept (%s)", failed,
			runs(sum.Left), where)
	case failed != nil:
		return withStatus(statusInternal, "%w (%s)", failed, where)
	case sum.Failed[series.ClassMemory] > 0:
		return withStatus(statusMemory, "%s delivered other memory than given, the last because %s (%s)",
			runs(sum.Failed[series.ClassMemory]), sum.Reason, where)
	case len(sum.Failed) > 0:
		return withStatus(statusChild, "%s, the last because %s; the runs that ended are kept (%s)",
			failures(sum), sum.Reason, where)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "mtbench: %s\n", ended(sum))
	return nil
}

// ended counts how the runs of a series ended.
func ended(sum series.Summary) string {
	text := fmt.Sprintf("%s: %d completed, %d verified byte for byte", runs(sum.Runs), sum.Completed,
		sum.Verified)
	if n := sum.Completed - sum.Verified; n > 0 {
		text += fmt.Sprintf(" (%d had no destination to compare)", n)
	}
	if n := sum.CantComplete; n > 0 {
		text += fmt.Sprintf("; %d could not complete", n)
	}
	return text + again(sum)
}

// left says how many planned runs were not made; where the evidence decides there is no plan.
func left(s *series.Series, sum series.Summary) string {
	if s.Header.Matrix.Sequential() {
		return ""
	}
	return " with " + runs(sum.Left) + " left"
}

// again tells apart what is in the file and not in the table.
func again(sum series.Summary) string {
	switch sum.Again {
	case 0:
		return ""
	case 1:
		return "; 1 attempt was run again"
	}
	return fmt.Sprintf("; %d attempts were run again", sum.Again)
}

func runs(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}

func failures(sum series.Summary) string {
	var words []string
	for _, class := range []string{series.ClassCrash, series.ClassHang, series.ClassStream} {
		if n := sum.Failed[class]; n > 0 {
			words = append(words, fmt.Sprintf("%s failed (%s)", runs(n), class))
		}
	}
	return strings.Join(words, ", ")
}
