// Package predict runs the matrix in virtual time: the same models and the same migration loop on a
// host that is described, not owned, with the service times, sizes and costs of a calibration.
package predict

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"mtbench/internal/calibrate"
	"mtbench/internal/link"
	"mtbench/internal/sim"
	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/models/registry"
	"mtbench/results"
	"mtbench/workloads"
)

// Limits of what is simulated.
const (
	MaxPages = 1 << 26 // 256 GiB of guest: a bitmap of 8 MiB, and hours of simulation
	maxSteps = 40_000_000_000
)

// defaultSocket is what a local socket holds where the scenario does not say:
// net.core.wmem_default.
const defaultSocket = 212_992

// Setup is what stays the same over the cells of a prediction.
type Setup struct {
	Scenario results.Scenario
	CPUs     int // of the virtual host; both processes share them unless Apart
	Apart    bool
	Trace    sim.Tracer
	Pilot    *results.Pilot // what it derived follows the memory of each cell; nil: nothing was
}

// Check says what cannot be predicted.
func (s Setup) Check() error {
	sc := &s.Scenario
	switch {
	case s.CPUs < 1 || s.CPUs > sim.MaxCPUs:
		return fmt.Errorf("a host of %d CPUs: there must be 1 to %d", s.CPUs, sim.MaxCPUs)
	case sc.Memory < workloads.MinMemory || sc.Memory%workloads.PageSize != 0:
		return fmt.Errorf("guest memory of %d bytes: it must be a multiple of %d, at least %d",
			sc.Memory, workloads.PageSize, int64(workloads.MinMemory))
	case sc.Memory/workloads.PageSize > MaxPages:
		return fmt.Errorf("guest memory of %d bytes is more than the %d GiB that are simulated; use "+
			"--scale",
			sc.Memory, int64(MaxPages)*workloads.PageSize>>30)
	case sc.Machine == workloads.Goroutines:
		return errors.New("only kernel threads are predicted: leave --machine at kernel")
	case sc.Limit <= 0:
		return errors.New("a prediction needs a bound: --limit above 0")
	case s.Apart && sc.Destination != workloads.Process:
		return errors.New("a destination on a host of its own needs --destination process")
	}
	return nil
}

// Run predicts one cell; it returns the run and the number of its events, or ctx's error when that
// ends first.
func Run(ctx context.Context, s Setup, p calibrate.Profile, c results.Cell,
	seed uint64) (*results.Run, int64, error) {
	contender, err := registry.Lookup(c.Model)
	if err != nil {
		return nil, 0, err
	}
	if contender.Name == "ideal" && s.Scenario.Destination == workloads.Process {
		return nil, 0, errors.New("model ideal has a stream a worker: it needs --destination discard")
	}
	if err := s.Check(); err != nil {
		return nil, 0, err
	}
	r, err := ran(ctx, s, p, c, seed, contender.Build)
	if err != nil {
		return nil, 0, err
	}
	return r.record(), r.machine.Events(), nil
}

// ran makes a run and lets it end.
func ran(ctx context.Context, s Setup, p calibrate.Profile, c results.Cell, seed uint64,
	build models.Builder) (*virtual, error) {
	r, err := newRun(ctx, s, p, c, seed, build)
	if err != nil {
		return nil, err
	}
	switch err := r.run(); {
	case errors.Is(err, sim.ErrCancelled):
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	}
	return r, nil
}

// virtual is one run in virtual time.
type virtual struct {
	Setup
	calibrate.Profile
	results.Cell
	seed    uint64
	build   models.Builder
	machine *sim.Machine
	guest   *guest
	stream  *stream
	jobs    *jobs
	far     *socket
	loader  *loader // nil without a destination
	outcome workloads.Outcome
}

func newRun(ctx context.Context, s Setup, p calibrate.Profile, c results.Cell, seed uint64,
	build models.Builder) (*virtual, error) {
	cpus := s.CPUs
	if s.Apart {
		cpus *= 2 // two hosts that share nothing but the link: close to one that is twice as large
	}
	m, err := sim.New(sim.Options{CPUs: cpus, Costs: p.Costs, Seed: seed, Account: s.Scenario.Account,
		MaxSteps: maxSteps, Trace: s.Trace, Done: ctx.Done()})
	if err != nil {
		return nil, err
	}
	r := &virtual{Setup: s, Profile: p, Cell: c, seed: seed, build: build, machine: m}
	sc := &r.Scenario
	if sc.Destination == workloads.Process {
		capacity := sc.SocketBuffer
		if capacity == 0 {
			capacity = defaultSocket
		}
		r.far = newSocket(m, &r.Rates, capacity, r.Apart)
		r.loader = &loader{rates: &r.Rates, machine: m, slow: r.Crowd.Decode, from: r.far}
	}
	n := int(sc.Memory / workloads.PageSize)
	r.guest = &guest{pages: n, log: workloads.NewDirtyLog(n), rates: &r.Rates, content: r.content(1)}
	r.stream = newStream(&r.Rates, sc.LinkBandwidth, max(1, sc.LinkBurst), r.far)
	r.jobs = &jobs{stream: r.stream, content: r.content(2), profile: &r.Profile, machine: m}
	if r.far == nil {
		r.jobs.sink = func() *link.Link {
			return workloads.WorkerLink(sc.LinkBandwidth, sc.LinkBurst,
				r.Threads)
		}
	}
	return r, nil
}

func (r *virtual) content(n uint64) *pages {
	return &pages{all: r.Pages, rand: rand.New(rand.NewPCG(r.seed, n))}
}

func (r *virtual) config() models.Config {
	return models.Config{Threads: r.Threads, Wait: r.Wait, Side: models.Source, Name: "compress",
		RoundRobin: r.Scenario.RoundRobin, Depth: r.Depth, PollBudget: r.PollBudget,
		Batch: r.Batch, State: workloads.StatePlace(r.CodecState)}
}

func (r *virtual) run() error {
	var failed error
	err := r.machine.Run("live_migration", func(t thread.Thread) { failed = r.migrate(t) })
	return errors.Join(failed, err)
}

func (r *virtual) migrate(t thread.Thread) error {
	m, sc := r.machine, &r.Scenario
	incoming := r.receive(t)
	var err error
	vcpus := workloads.VCPUs{Count: sc.VCPUs, Rate: sc.DirtyRate, Pattern: sc.Pattern, Seed: r.seed}
	r.guest.writers, err = workloads.StartWriters(m, t, vcpus, r.guest.log, r.guest, r.guest.pages)
	if err != nil {
		return err
	}
	world := virtualWorld(m, r.guest, r.stream, r.jobs, func(t thread.Thread) (models.Pipeline,
		error) {
		return r.build(m, t, r.config(), r.jobs)
	})
	r.outcome, err = workloads.Migrate(t, world, workloads.Settings{
		MaxBandwidth: sc.MaxBandwidth, DowntimeLimit: time.Duration(sc.DowntimeLimit),
		Flush: workloads.FlushPolicy(sc.Flush), WhenFull: r.Policy(), Limit: time.Duration(sc.Limit)})
	r.guest.writers.Join(t)
	if incoming != nil {
		r.far.close(t)
		incoming.Join(t)
	}
	return err
}

// receive starts the destination, if there is one.
func (r *virtual) receive(t thread.Thread) thread.Joiner {
	if r.far == nil {
		return nil
	}
	m := r.machine
	return m.Start(t, "incoming", thread.Main, func(t thread.Thread) {
		l := r.loader
		cfg := models.Config{Threads: r.Scenario.DecompressThreads, Wait: true,
			Side: models.Destination, Name: "decompress", RoundRobin: r.Scenario.RoundRobin}
		p, err := r.build(m, t, cfg, l)
		if err != nil {
			panic(err) // the source's configuration passed, and this differs in nothing that is checked
		}
		l.load(t, p)
		p.Flush(t)
		p.Close(t)
	})
}

func (r *virtual) record() *results.Run {
	run := &results.Run{
		Type: results.TypeRun, Cell: r.Cell, Seed: r.seed,
		Started: time.Time{}, BoundMS: r.Scenario.Limit.MS(),
		DowntimeLimitMS:  r.Scenario.DowntimeLimit.MS(),
		UnverifiedReason: "a prediction moves no memory",
		DirtyRateAsked:   r.Scenario.DirtyRate, DirtyRateAchieved: r.guest.writers.Achieved(),
		PipelineRequests: len(r.jobs.all),
	}
	r.outcome.Record(run)
	run.LinkAchieved = workloads.LinkAchieved(r.stream.link)
	var near, far []thread.Usage
	for _, u := range r.machine.Usages() {
		if processOf(u.Name) == destinationPID {
			far = append(far, u)
			continue
		}
		near = append(near, u)
	}
	run.ThreadUsage = append(workloads.ThreadUsage("source", near),
		workloads.ThreadUsage("destination", far)...)
	return run
}
