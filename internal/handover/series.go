package handover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"time"

	"mtbench/internal/host"
	"mtbench/internal/thread"
	"mtbench/internal/topology"
	"mtbench/models/registry"
	"mtbench/results"
)

// Settings is what a measurement is asked to do: the flags of `mtbench handover`.
type Settings struct {
	Grid   results.HandOverGrid
	Seed   uint64
	Pin    string        // a placement; "" = the kernel places the threads
	Budget time.Duration // of all runs, of which the time of a run is derived where Grid.Time is 0
}

// Defaults is the grid of `mtbench handover` with no flag: every ranked contender.
func Defaults() Settings {
	return Settings{
		Grid: results.HandOverGrid{Models: registry.Ranked(), Threads: []int{1, 4},
			WorksNS: []int64{0, 1_000, 10_000, 100_000}, Loads: []int{10, 50, 100}, Repeats: 3},
		Budget: 4 * time.Minute,
	}
}

// Widen makes the full grid of s: the axes that changed does not name.
func Widen(s *Settings, changed func(flag string) bool) {
	if !changed("threads") {
		s.Grid.Threads = []int{1, 2, 4, 8, 16}
	}
	if !changed("load") {
		s.Grid.Loads = []int{10, 20, 30, 40, 50, 60, 70, 80, 90, 100}
	}
	if !changed("poll-budget") {
		s.Grid.PollBudgets = []int{0, -1, 100, 10_000}
	}
	if !changed("repeats") {
		s.Grid.Repeats = 5
	}
	if !changed("time") && !changed("budget") {
		s.Grid.Time = results.Duration(250 * time.Millisecond)
	}
}

// Bounds of a run, and what one takes beside its measured time and its warming up: a process that
// is started and ends.
const (
	shortest = 50 * time.Millisecond
	most     = time.Second
	around   = 45 * time.Millisecond
)

// Quantum is what a submitter is paced by.
const Quantum = 100 * time.Microsecond

// Fit derives the time of a run from the budget, where it is left open.
func (s *Settings) Fit() {
	if s.Grid.Time != 0 || s.Grid.Runs() == 0 {
		return
	}
	each := s.Budget/time.Duration(s.Grid.Runs()) - around
	each = each * warmShare / (warmShare + 1)
	s.Grid.Time = results.Duration(min(max(each, shortest), most).Truncate(time.Millisecond))
}

// Takes is about how long so many runs of the grid take.
func Takes(g *results.HandOverGrid, runs int) time.Duration {
	each := time.Duration(g.Time)
	return time.Duration(runs) * (each + each/warmShare + around)
}

// Validate says what is wrong with the settings, as errors of the flags.
func (s *Settings) Validate() error {
	g := &s.Grid
	return errors.Join(validateModels(g.Models), validateLists(g), validateNumbers(s),
		s.validatePlace())
}

func validateModels(names []string) error {
	if len(names) == 0 {
		return errors.New("--models names no model; write for example --models locked,lockless")
	}
	for i, name := range names {
		c, err := registry.Lookup(name)
		switch {
		case err != nil:
			return fmt.Errorf("--models: %w", err)
		case c.Kind == registry.Baseline:
			return fmt.Errorf("--models: %s is a baseline, which hands no page over", name)
		case slices.Contains(names[:i], name):
			return fmt.Errorf("--models names %s twice", name)
		}
	}
	return nil
}

func validateLists(g *results.HandOverGrid) error {
	var errs []error
	for _, l := range []struct {
		flag  string
		given int
		twice bool
		empty bool
	}{
		{"threads", len(g.Threads), twice(g.Threads), false},
		{"work", len(g.WorksNS), twice(g.WorksNS), false},
		{"load", len(g.Loads), twice(g.Loads), false},
		{"depth", len(g.Depths), twice(g.Depths), true},
		{"poll-budget", len(g.PollBudgets), twice(g.PollBudgets), true},
	} {
		switch {
		case l.given == 0 && !l.empty:
			errs = append(errs, fmt.Errorf("--%s names no value", l.flag))
		case l.twice:
			errs = append(errs, fmt.Errorf("--%s names a value twice", l.flag))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, c := range g.Cases() {
		if msg := c.Of("any").Check(); msg != "" {
			return errors.New("--" + strings.ReplaceAll(msg, "_", "-"))
		}
	}
	return nil
}

func twice[T comparable](list []T) bool {
	for i, v := range list {
		if slices.Contains(list[:i], v) {
			return true
		}
	}
	return false
}

func validateNumbers(s *Settings) error {
	t := time.Duration(s.Grid.Time)
	switch {
	case s.Grid.Repeats < 1 || s.Grid.Repeats > results.MaxHandOverRepeats:
		return fmt.Errorf("--repeats: %d is not between 1 and %d", s.Grid.Repeats,
			results.MaxHandOverRepeats)
	case t != 0 && (t < time.Millisecond || t > results.MaxHandOverTime):
		return fmt.Errorf("--time: %v is not between 1ms and %v", t, results.MaxHandOverTime)
	case s.Budget < time.Second || s.Budget > 7*24*time.Hour:
		return fmt.Errorf("--budget: %v is not between 1s and 168h", s.Budget)
	case s.Grid.Runs() > results.MaxRuns:
		return fmt.Errorf("the grid has %d runs, and a file holds at most %d: give shorter lists",
			s.Grid.Runs(), results.MaxRuns)
	}
	return nil
}

func (s *Settings) validatePlace() error {
	if s.Pin == "" || len(s.Grid.Threads) == 0 {
		return nil
	}
	if err := topology.CheckPlacement(s.Pin); err != nil {
		return fmt.Errorf("--pin: %w", err)
	}
	if _, err := place(host.Local(), s.Pin, slices.Max(s.Grid.Threads)); err != nil {
		return fmt.Errorf("--pin: %w", err)
	}
	return nil
}

func place(h *host.Machine, pin string, workers int) (topology.Map, error) {
	t, err := h.Topology()
	if err != nil {
		return topology.Map{}, fmt.Errorf("this host does not show its CPUs: %w", err)
	}
	return topology.Place(t, pin, topology.Demand{Workers: workers})
}

// Slot is one planned run.
type Slot struct {
	results.HandOverCell
	Index, Repeat int
}

// Plan orders the runs: one of every cell in each round, so that a measurement that is cut short
// has something of each, and the models of a case next to each other in an order that is drawn for
// each round, so that what the host does meanwhile meets them alike.
func Plan(g *results.HandOverGrid, seed uint64) (slots []Slot) {
	draw := rand.New(rand.NewPCG(seed, 0))
	for repeat := range g.Repeats {
		for _, c := range g.Cases() {
			for _, i := range draw.Perm(len(g.Models)) {
				slots = append(slots, Slot{HandOverCell: c.Of(g.Models[i]), Index: len(slots),
					Repeat: repeat})
			}
		}
	}
	return slots
}

// Build says what made a file.
type Build struct {
	Version, Revision string
	Binary            string // SHA-256 of the program, in hex
	Argv              []string
}

// Ask has a process of its own do a job, which answers as [Measure] does.
type Ask func(ctx context.Context, job any) (json.RawMessage, error)

// Series is the runs of one file.
type Series struct {
	Header results.HandOverHeader
	Ask    Ask

	host   *host.Machine
	plan   []Slot
	done   *results.HandOverFile
	writer *results.Writer
	path   string
}

// New describes the host and measures what computing for a time and reading the clock mean on it.
// It makes no file.
func New(s Settings, b Build) (*Series, error) {
	s.Fit()
	if err := errors.Join(s.Validate(), thread.CheckSeal(runtime.Version())); err != nil {
		return nil, err
	}
	h := host.Local()
	n := &Series{host: h, done: &results.HandOverFile{}, plan: Plan(&s.Grid, s.Seed),
		Header: results.HandOverHeader{Version: b.Version, Revision: b.Revision, Binary: b.Binary,
			Go: runtime.Version(), Created: time.Now(), Argv: b.Argv, Seed: s.Seed,
			Host: h.Describe(), Pin: s.Pin, Quantum: Quantum.Seconds() * 1e6, Grid: s.Grid}}
	return n, nil
}

// Create measures what the header says of the host, and makes the file, which must not exist yet.
func (n *Series) Create(path string) error {
	n.Header.Host.WorkTurns = thread.CalibrateWork()
	n.Header.Host.TimerSlack = float64(thread.TimerSlack())
	n.Header.ClockNS = float64(ClockCost())
	w, err := results.CreateHandOver(path, n.Header)
	n.writer, n.path = w, path
	return err
}

// Resume opens an interrupted file to go on with it by the same program, on the same host.
func Resume(path string, b Build) (*Series, error) {
	file, w, err := results.ResumeHandOver(path)
	if err != nil {
		return nil, err
	}
	n := &Series{Header: file.Header, host: host.Local(), done: file, writer: w, path: path,
		plan: Plan(&file.Header.Grid, file.Header.Seed)}
	if err := n.resumable(b); err != nil {
		return nil, errors.Join(fmt.Errorf("%s cannot be resumed: %w", path, err), w.Close())
	}
	return n, nil
}

func (n *Series) resumable(b Build) error {
	was, is := n.Header.Host, n.host.Describe()
	switch {
	case was.CPUModel != is.CPUModel || was.CPUs != is.CPUs || was.Kernel != is.Kernel:
		return fmt.Errorf("it was begun on another host (%s, %d CPUs, kernel %s)", was.CPUModel,
			was.CPUs, was.Kernel)
	case n.Header.Binary != b.Binary || n.Header.Go != runtime.Version():
		return errors.New("it was begun by another build; a series is one program")
	}
	for _, r := range n.done.Runs {
		if r.Index >= len(n.plan) || n.plan[r.Index].HandOverCell != r.HandOverCell {
			return fmt.Errorf("run %d is not where the plan of its header has it", r.Index)
		}
	}
	s := Settings{Grid: n.Header.Grid, Pin: n.Header.Pin, Budget: time.Minute}
	return s.Validate()
}

// Path is the file.
func (n *Series) Path() string { return n.path }

// Left is how many runs are not in the file yet.
func (n *Series) Left() int { return len(n.plan) - len(n.done.Kept()) }

// Close closes the file; every record is on the disk already.
func (n *Series) Close() error {
	if n.writer == nil {
		return nil
	}
	return n.writer.Close()
}

// Progress is told what happens. Calls come from one goroutine.
type Progress interface {
	Begin(total, done int)
	Ran(s Slot, record any)
	End()
}

// Summary is how a measurement ended.
type Summary struct {
	Runs, Failed, Left int
	Reason             string // of the last failure
}

// Run makes the runs that are not in the file yet, in order. When ctx ends it stops at once and
// returns ctx's error; whatever was finished has been kept.
func (n *Series) Run(ctx context.Context, p Progress) (Summary, error) {
	kept := n.done.Kept()
	sum := Summary{Runs: len(n.done.Runs), Failed: len(n.done.Failed), Left: n.Left()}
	p.Begin(len(n.plan), len(kept))
	defer p.End()
	for _, s := range n.plan {
		if kept[s.Index] {
			continue
		}
		if err := errors.Join(ctx.Err(), n.writer.Intact()); err != nil {
			return sum, err
		}
		record, err := n.one(ctx, s)
		if err != nil {
			return sum, err
		}
		if err := n.writer.Append(record); err != nil {
			return sum, fmt.Errorf("the run could not be kept: %w", err)
		}
		sum.Left--
		if f, ok := record.(*results.HandOverFailed); ok {
			sum.Failed, sum.Reason = sum.Failed+1, f.Reason
		} else {
			sum.Runs++
		}
		p.Ran(s, record)
	}
	return sum, nil
}

// patience is how long a run may take beyond what is planned.
const patience = 20 * time.Second

// one makes a run and returns its record. The error is ctx's, or of a host that is not as it was.
func (n *Series) one(ctx context.Context, s Slot) (any, error) {
	j, cpus, err := n.job(s)
	if err != nil {
		return nil, err
	}
	started := time.Now()
	before, sampler := ownAndReaped(), n.host.Start(nil)
	timed, cancel := context.WithTimeout(ctx, patience+3*j.Time)
	defer cancel()
	answer, err := n.Ask(timed, j)
	noise := sampler.Stop(ownAndReaped() - before)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	r := &results.HandOver{}
	if err == nil {
		err = json.Unmarshal(answer, r)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("the run had not ended %v after its start and was killed", patience+3*j.Time)
	}
	if err != nil {
		return &results.HandOverFailed{HandOverCell: s.HandOverCell, Index: s.Index, Repeat: s.Repeat,
			Started: started, Reason: err.Error()}, nil
	}
	r.Index, r.Repeat, r.CPUs, r.Noise = s.Index, s.Repeat, cpus, &noise
	return r, nil
}

// ownAndReaped is the CPU time of this process and of the runs that it waited for.
func ownAndReaped() time.Duration { return host.OwnCPU() + host.ReapedCPU() }

// job is what the process of a slot is told, and where its threads go.
func (n *Series) job(s Slot) (Job, string, error) {
	h := &n.Header
	j := Job{HandOverCell: s.HandOverCell, Offered: s.Offered(h.Host.Usable()),
		Time: time.Duration(h.Grid.Time), Quantum: Quantum, Stride: strideOf(s.WorkNS),
		Turns: h.Host.WorkTurns, Sealed: true}
	if h.Pin == "" {
		return j, "", nil
	}
	m, err := place(n.host, h.Pin, s.Threads)
	if err != nil {
		return j, "", fmt.Errorf("--pin: %w", err)
	}
	j.Pins = thread.Pins{thread.Main: {m.Source.Main}, thread.Worker: m.Source.Workers}
	return j, fmt.Sprintf("submitter %d, workers %s", m.Source.Main,
		topology.FormatList(m.Source.Workers)), nil
}

// Describe lists the cells and how long all will take.
func (n *Series) Describe() []string {
	g := &n.Header.Grid
	lines := []string{fmt.Sprintf("%d runs: %s in %s, %d times each, %v a run; about %v",
		g.Runs(), results.Plural(len(g.Models), "model"), results.Plural(len(g.Cases()), "case"),
		g.Repeats, time.Duration(g.Time), Takes(g, n.Left()).Round(time.Second))}
	cpus := n.Header.Host.Usable()
	for _, c := range g.Cases() {
		offered := "as fast as they are taken"
		if rate := c.Offered(cpus); rate > 0 {
			offered = fmt.Sprintf("%.0f pages/s", rate)
		}
		lines = append(lines, fmt.Sprintf("%s: %s", c, offered))
	}
	return lines
}
