package series

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"mtbench/internal/codec"
	"mtbench/internal/host"
	"mtbench/internal/link"
	"mtbench/internal/pilot"
	"mtbench/internal/thread"
	"mtbench/results"
	"mtbench/workloads"
)

// grace is how long the processes of a run may take beside the bound of the migration: start,
// filling the guest, verification, exit. A gigabyte takes about two seconds of it on an idle host.
func grace(memory int64) time.Duration {
	return 15*time.Second + time.Duration(memory>>30)*10*time.Second
}

// Series is one invocation's runs: a header, a plan, and what of it has been done.
type Series struct {
	Header  results.Header
	Budget  time.Duration
	Between func() error // see Engine

	beside *Beside

	host   *host.Machine
	reach  FarOptions
	far    *farHost // the destination's host, once it was come to; nil where it is this one
	plan   []Slot
	done   *results.File
	writer *results.Writer
	path   string
	traces string // directory; "" = none

	programs []*program // of a series of two builds
	again    bool       // see Engine
}

// alonePairs is how many runs a case has of a model that is compared with none: there is no
// evidence that could decide it.
const alonePairs = 10

// Build says what made this series.
type Build struct {
	Version, Revision string
	Argv              []string
}

// New measures what one thread of this host computes and compresses, and by a pilot what a pool
// does, of which rates may be multiples, and writes every default of s out. It makes no file;
// errors are the user's, or ctx's.
func New(ctx context.Context, s Settings, b Build) (*Series, error) {
	programs, err := openBuilds(s.Builds)
	if err != nil {
		return nil, err
	}
	n := &Series{host: host.Local(), Budget: s.Budget, done: &results.File{}, programs: programs,
		beside: s.Beside, reach: s.Reach}
	if err := n.begin(ctx, s, b); err != nil {
		n.far.close()
		return nil, errors.Join(err, closeAll(programs))
	}
	return n, nil
}

// begin is New of a series whose builds are open.
func (n *Series) begin(ctx context.Context, s Settings, b Build) error {
	if s.Like != nil {
		if err := sameNames(&s.Matrix, n.programs); err != nil {
			return fmt.Errorf("--like: %w", err)
		}
	}
	s.Matrix.Builds = nil
	for _, p := range n.programs {
		s.Matrix.Builds = append(s.Matrix.Builds, p.build)
	}
	if len(s.Matrix.Contenders()) == 1 && s.Matrix.Pairs == 0 {
		s.Matrix.Pairs = alonePairs
	}
	c, err := codec.Lookup(s.Codec)
	if err != nil {
		return fmt.Errorf("--codec: %w", err)
	}
	s.Level = codec.LevelOf(c, s.Level)
	if err := s.check(n.host); err != nil {
		return err
	}
	typical := workload(s.BeforePilot(), Slot{Cell: results.Cell{Threads: 1}})
	typical.Seed = s.Seed
	if err := n.meet(ctx, &s, typical); err != nil {
		return err
	}
	typical.WorkTurns = thread.CalibrateWork()
	service, err := workloads.ServiceTime(typical)
	if err != nil {
		return fmt.Errorf("measuring the service time of a page: %w", err)
	}
	from, err := typical.ContentSource()
	if err != nil {
		return err
	}
	binary, err := BinarySum()
	if err != nil {
		return err
	}
	unit := results.Unit{Thread: 1 / service.Seconds()}
	n.Header = results.Header{
		Kind: results.Measured, Version: b.Version, Revision: b.Revision, Binary: binary,
		Go:      runtime.Version(),
		Created: time.Now(), Argv: b.Argv, Seed: s.Seed, Host: describe(n.host, typical.WorkTurns),
		Matrix: s.Matrix, ContentSource: from,
	}
	if s.Beside != nil {
		n.Header.Reference = &s.Beside.Reference
	}
	n.Header.Host.PageServiceU = service.Seconds() * 1e6
	n.Header.Host.Rate = unit.Thread
	n.Header.Scenario = s.At(unit)
	if err := n.connect(ctx); err != nil {
		return err
	}
	if s.Counters {
		n.Header.Host.NoCounters = thread.LackOfCounters()
	}
	if err := n.settle(ctx, &s, unit); err != nil {
		return err
	}
	if s.Destination == workloads.Process {
		n.Header.Scenario.SocketBuffer = socketBuffer()
	}
	if s.DestinationAlone() {
		n.Header.Notes = append(n.Header.Notes, aloneNote)
	}
	if s.Trace != "" {
		n.traces = s.Trace
		n.Header.Kind, n.Header.Notes = results.Traced, append(n.Header.Notes, tracedNote)
	}
	n.plan = Plan(s.Matrix, s.Seed)
	n.Header.Matrix.Runs = len(n.plan)
	if s.Matrix.Sequential() {
		n.Header.Matrix.Budget = results.Duration(s.Budget)
	}
	if err := n.check(); err != nil {
		return err
	}
	return n.fits()
}

// meet learns what the builds are, and what the header says of them.
func (n *Series) meet(ctx context.Context, s *Settings, typical workloads.Scenario) error {
	err := meet(ctx, n.programs, s.Matrix.Models, []string{ChildCommand}, typical)
	if err != nil {
		return err
	}
	for i, p := range n.programs {
		s.Matrix.Builds[i] = p.build
	}
	return nil
}

// aloneNote stands in the header of a series whose destination alone is measured.
const aloneNote = "the destination alone was measured: main thread, workers, times and pages a " +
	"second are of decompression, of a stream that had arrived before; a source has no figures here"

// describe is a host with what its threads cost, which is measured.
func describe(h *host.Machine, workTurns float64) results.Host {
	d := h.Describe()
	d.WorkTurns = workTurns
	d.StampCost = float64(thread.StampCost()) / float64(time.Nanosecond)
	d.TimerSlack = float64(thread.TimerSlack())
	d.BracketCost = bracketCost().Seconds() * 1e6
	return d
}

// quickest is more pages a second than a thread of any host compresses. A burst that holds the
// sender too long on a link of so many times this rate does so on every host; the rest is known
// once the host is measured.
const quickest = 1e7

// check refuses a workload that cannot be run, with the rates at their asked values or none, before
// anything is measured.
func (s *Settings) check(h *host.Machine) error {
	for _, c := range s.Matrix.Scan.Cells() {
		c.Threads = slices.Max(s.Matrix.Threads)
		if err := s.checkCell(h, c); err != nil {
			return err
		}
	}
	return nil
}

// checkCell is check of one cell.
func (s *Settings) checkCell(h *host.Machine, c results.Cell) error {
	sc := workload(s.BeforePilot(), Slot{Cell: c, Seed: s.Seed})
	sc.TraceTo = s.Trace
	if sc.Sealed {
		if err := thread.CheckSeal(runtime.Version()); err != nil {
			return fmt.Errorf("--sealed: %w", err)
		}
	}
	if err := sc.Validate(); err != nil {
		return err
	}
	if _, err := placeOn(h, sc); err != nil {
		return err
	}
	return fits(sc, h)
}

// fits refuses a run that needs more memory than one of the bounds of the host h leaves it. With a
// destination on another host, this is for the source's alone.
func fits(sc workloads.Scenario, h *host.Machine) error {
	if sc.Far() {
		return within(h.MemoryBounds(), sc.SourceNeeds(), sc.SourceNeeds(), "the source of a run")
	}
	return within(h.MemoryBounds(), sc.MemoryNeeded(), sc.ProcessNeeds(), "a run")
}

// within refuses what needs more memory than a bound leaves: all of its processes together, or each
// by itself.
func within(bounds []host.MemoryBound, all, each int64, what string) error {
	for _, b := range bounds {
		need, who := all, what+" needs up to %d MiB (guest memory at both ends"
		switch {
		case b.Each:
			need, who = each, "a process of "+what+" needs up to %d MiB (guest memory"
		case all == each:
			who = what + " needs up to %d MiB (guest memory"
		}
		if need > b.Left {
			return fmt.Errorf(who+", codec states and 256 MiB), and %s leaves %d MiB; take less "+
				"--memory", need>>20, b.What, b.Left>>20)
		}
	}
	return nil
}

// check looks at the workload once more with its rates resolved, and at where its threads go.
func (n *Series) check() error {
	for _, c := range n.Header.Matrix.Cases() {
		sc := n.workload(Slot{Cell: c.Of(n.Header.Matrix.Contenders()[0])})
		if err := sc.Validate(); err != nil {
			return err
		}
		if _, err := n.place(sc); err != nil {
			return err
		}
	}
	return nil
}

// fits looks whether this host has the memory for every case.
func (n *Series) fits() error {
	for _, c := range n.Header.Matrix.Cases() {
		sc := n.workload(Slot{Cell: c.Of(n.Header.Matrix.Contenders()[0])})
		sc.TraceTo = n.traces
		if err := errors.Join(fits(sc, n.host), n.far.fits(sc, n.host)); err != nil {
			return err
		}
	}
	return nil
}

// At is the scenario of s for a unit of rates.
func (s *Settings) At(u results.Unit) results.Scenario {
	sc := s.Scenario
	if s.Like != nil { // resolved on that occasion
		return sc
	}
	sc.Resolve(u, workloads.PageSize)
	sc.Sealed = sc.Sealed && sc.Machine == workloads.Kernel
	return sc
}

// BeforePilot is the scenario of s as it can be checked before anything is measured: what a pilot
// will tell has a value that is right on any host.
func (s *Settings) BeforePilot() results.Scenario {
	sc := s.At(results.Unit{Thread: quickest, Pool: quickest})
	sc.DirtyRate = s.DirtyRate // as it was asked for: a multiple of the quickest would be none
	if sc.Memory == 0 {
		sc.Memory = workloads.MinMemory
	}
	if sc.Limit == 0 {
		sc.Limit = results.Duration(time.Second)
	}
	return sc
}

// workload is the run of slot s in scenario sc.
func workload(sc results.Scenario, s Slot) workloads.Scenario {
	own := sc.In(s.Cell)
	if c, err := codec.Lookup(s.Codec); err == nil && s.Level == 0 {
		own.Level = codec.LevelOf(c, -1)
	}
	if own.DestinationAlone() {
		own.DecompressThreads = s.Threads
	}
	return workloads.Scenario{Scenario: own, Cell: s.Cell, Seed: s.Seed}
}

// workload is the run of slot s in this series. Every run is told what computing for a time means
// here: were each process to measure that for itself, the runs of a pair would do different work.
func (n *Series) workload(s Slot) workloads.Scenario {
	sc := workload(pilot.Follow(n.Header.Scenario, n.Header.Pilot, s.Memory), s)
	sc.WorkTurns = n.Header.Host.WorkTurns
	if from := n.Header.ContentSource; from != nil {
		sc.ContentSum = from.SHA256
	}
	sc.Stored = n.beside != nil
	return sc
}

// bracketCost measures what opening and shutting the bracket of an idle machine takes.
func bracketCost() time.Duration {
	var costs []time.Duration
	for range 5 {
		m := thread.NewKernel(thread.Options{Account: true, MaxThreads: 1})
		_ = m.Run("bracket", func(t thread.Thread) {
			start := t.Now()
			m.OpenBracket(t)
			m.ShutBracket(t)
			costs = append(costs, t.Now()-start)
		})
	}
	slices.Sort(costs)
	return costs[len(costs)/2]
}

// socketBuffer is the send buffer that the kernel gives a link of this host, 0 if it does not tell.
func socketBuffer() int {
	a, b, err := link.Pair()
	if err != nil {
		return 0
	}
	defer unix.Close(a)
	defer unix.Close(b)
	size, err := link.SetSendBuffer(a, 0)
	if err != nil {
		return 0
	}
	return size
}

// Create makes the result file, which must not exist yet.
func (n *Series) Create(path string) error {
	if n.traces != "" {
		if err := os.MkdirAll(n.traces, 0o755); err != nil {
			return fmt.Errorf("--trace: the directory %s cannot be made: %w", n.traces, results.Reason(err))
		}
	}
	w, err := results.Create(path, n.Header)
	n.writer, n.path = w, path
	return err
}

// Resume opens an interrupted series to go on with it, on the host that it was begun on, by the
// program or the builds that began it, with the same content. reach says how to come to a
// destination on another host, when it runs.
//
// With again, pairs of which a run failed are made once more: a later run that ends counts in place
// of the failure, which stays in the file.
func Resume(ctx context.Context, path string, builds []NamedBuild, reach FarOptions,
	again bool) (*Series, error) {
	file, w, err := results.OpenResume(path)
	if err != nil {
		return nil, err
	}
	n := &Series{Header: file.Header, Budget: time.Duration(file.Header.Matrix.Budget), again: again,
		host: host.Local(), reach: reach, done: file, writer: w, path: path,
		plan: Plan(file.Header.Matrix, file.Header.Seed)}
	if n.programs, err = openBuilds(builds); err == nil {
		err = n.resumable(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *Series) resumable(ctx context.Context) error {
	if n.Header.Kind != results.Measured {
		return fmt.Errorf("%s holds %s figures; only a measured series can be resumed",
			n.path, n.Header.Kind)
	}
	if err := unmerged(&n.Header); err != nil {
		return fmt.Errorf("%s cannot be resumed: %w", n.path, err)
	}
	if err := CheckHeader(n.Header); err != nil {
		return fmt.Errorf("%s: %w", n.path, err)
	}
	first := n.workload(Slot{Cell: results.Cell{Threads: 1}, Seed: n.Header.Seed})
	for _, same := range []func() error{
		func() error { return sameHost(n.Header.Host, n.host.Describe()) },
		func() error { return sameProgram(&n.Header, n.programs) },
		func() error { return sameContent(&n.Header, first) },
		func() error {
			return meet(ctx, n.programs, n.Header.Matrix.Models, []string{ChildCommand}, first)
		},
	} {
		if err := same(); err != nil {
			return fmt.Errorf("%s cannot be resumed: %w", n.path, err)
		}
	}
	return n.fits()
}

// CheckHeader says what is wrong with the matrix and the workload of a header that somebody else
// wrote, or that nothing has been measured for.
func CheckHeader(h results.Header) error {
	s := Settings{Matrix: h.Matrix, Scenario: h.Scenario, Budget: time.Hour}
	if err := s.Validate(); err != nil {
		return err
	}
	n := Series{Header: h}
	return n.check()
}

// Traces is the directory of the traces of a traced series; "" for every other.
func (n *Series) Traces() string { return n.traces }

// Path is the series' result file.
func (n *Series) Path() string { return n.path }

// Run makes the runs that are not in the file yet.
func (n *Series) Run(ctx context.Context, p Progress) (Summary, error) {
	if err := errors.Join(n.connect(ctx), n.fits()); err != nil {
		return Summary{}, &NotBegun{err}
	}
	if err := n.warmUp(ctx, p); err != nil {
		return Summary{}, err
	}
	e := &Engine{
		Matrix: n.Header.Matrix, Seed: n.Header.Seed, File: n.writer, Progress: p,
		Budget: n.Budget, Spent: n.spent(), Between: n.Between, Again: n.again,
		Runner: n.runner(),
	}
	if n.beside != nil {
		e.Runner = &besideRunner{n.beside, e.Runner, n.workload}
	}
	return e.Run(ctx, n.plan, n.done)
}

// warmUp makes the runs that are not recorded: of every contender in every case, in turn.
func (n *Series) warmUp(ctx context.Context, p Progress) error {
	m := &n.Header.Matrix
	runner := n.runner()
	for i := range m.WarmUp {
		for _, c := range m.Cases() {
			for _, name := range m.ContendersOf(c) {
				if _, err := runner.Run(ctx, Slot{Cell: c.Of(name), Seed: n.Header.Seed}); err != nil {
					return err
				}
			}
		}
		p.Note(fmt.Sprintf("warm-up %d of %d: every cell was run once, and none is recorded", i+1,
			m.WarmUp))
	}
	return nil
}

// spent is how much of the budget is gone: preparing a new series, or all that an interrupted one
// did. A gap between two of its runs that is longer than a run may take is an interruption.
func (n *Series) spent() time.Duration {
	if len(n.done.Runs) == 0 {
		return time.Since(n.Header.Created)
	}
	longest := time.Duration(n.Header.Scenario.Limit) + grace(n.Header.Scenario.Memory)
	var spent time.Duration
	before := n.Header.Created
	for i := range n.done.Runs {
		at := n.done.Runs[i].Started
		if gap := at.Sub(before); gap > 0 && gap < longest {
			spent += gap
		}
		before = at
	}
	return spent
}

func (n *Series) runner() *ProcessRunner {
	return &ProcessRunner{
		Scenario: n.workload, Place: n.place, Host: n.host,
		Args: []string{ChildCommand}, Grace: grace(n.Header.Scenario.Memory),
		Traces: n.traces, CPUEvery: time.Duration(n.Header.Matrix.CPUEvery), programs: n.programs,
		Far: n.far,
	}
}

// ChildCommand is the hidden subcommand that the executable must answer with Child.
const ChildCommand = "internal-child"

// Close closes the result file, in which every record is on the disk already, and lets go of the
// builds.
func (n *Series) Close() error {
	n.far.close()
	err := closeAll(n.programs)
	n.programs = nil
	if n.writer == nil {
		return err
	}
	return errors.Join(err, n.writer.Close())
}
