package predict

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"mtbench/internal/link"
	"mtbench/internal/sim"
	"mtbench/models"
	"mtbench/results"
	"mtbench/workloads"
)

// What the two main threads take is more than the parts that are measured in loops of their own: tests and branches wait
// for memory, and after a sleep all of it has to come again. So it is measured as a whole, too, in migrations by the null
// model, which takes no page and has no threads: what they take more than they are predicted to is put where it arises.
// No model that is compared is in that.

const (
	harnessRounds = 5   // of each migration
	harnessSeeds  = 3   // that each is predicted with
	harnessPace   = 5.3 // of those that are paced
)

// mains is what the main threads took a page: CPU time in ns.
type mains struct {
	source, destination float64
	naps, waits         float64 // sleeps of the source's and of the destination's
}

// setting is one of the four migrations, which are of the default guest.
type setting struct {
	destination string
	pace        float64 // of the link, as a multiple of what one thread compresses; 0: no limit
}

// harness measures the null model's migrations and takes what is left of each, step by step.
func (m *meter) harness(ctx context.Context) error {
	steps := []struct {
		setting
		left func(measured, predicted mains)
	}{
		{setting{workloads.Discard, 0}, func(is, due mains) { m.add("own_ns", is.source-due.source) }},
		{setting{workloads.Discard, harnessPace}, func(is, due mains) {
			m.add("sleep_after_ns", perSleep(is.source-due.source, due.naps))
		}},
		{setting{workloads.Process, 0}, func(is, due mains) { m.add("load_ns", is.destination-due.destination) }},
		{setting{workloads.Process, harnessPace}, func(is, due mains) {
			m.add("send_wake_ns", perSleep(is.source-due.source, due.waits))
			m.add("receive_after_ns", perSleep(is.destination-due.destination, due.waits))
		}},
	}
	measured := make([][]mains, len(steps))
	for range harnessRounds {
		for i, s := range steps {
			if err := ctx.Err(); err != nil {
				return err
			}
			is, err := m.nullRun(s.setting)
			if err != nil {
				return fmt.Errorf("calibrating with the null model: %w", err)
			}
			measured[i] = append(measured[i], is)
		}
	}
	for i, s := range steps {
		due, err := m.nullDue(ctx, s.setting)
		if err != nil {
			return fmt.Errorf("predicting the null model: %w", err)
		}
		for _, is := range measured[i] {
			s.left(is, due)
		}
	}
	m.c.Notes["own_ns"] = "CPU time of a page of main's in a migration by the null model, less its parts"
	m.c.Notes["sleep_after_ns"] = "the same, of a sleep of the source in a paced one"
	m.c.Notes["load_ns"] = "the same, of a page of the destination's main"
	m.c.Notes["send_wake_ns"] = "the same, of the source, by each time that a paced destination slept"
	m.c.Notes["receive_after_ns"] = "the same, of that destination"
	return nil
}

// perSleep is what so much a page is by each of so many sleeps a page; nothing where there are next to none, for which it
// cannot be told.
func perSleep(more, sleeps float64) float64 {
	const least = 0.005
	if sleeps < least {
		return 0
	}
	return more / sleeps
}

// scenario is what one of the migrations is of: the default guest, with a dirty rate and a link that go by what one
// thread compresses, as the defaults do.
func (m *meter) scenario(s setting) workloads.Scenario {
	const dirty = 0.1
	return workloads.Scenario{
		Scenario: results.Scenario{
			Memory: 48 << 20, VCPUs: 16, DirtyRate: dirty * m.c.SinglePages(),
			Pattern: workloads.Patterns()[0], WriteBytes: 64,
			Content: m.plan.Content, Codec: m.plan.Codec, Level: m.plan.Level,
			DowntimeLimit: results.DurationOf(1.5), Flush: string(workloads.FlushSync),
			Limit: results.DurationOf(5000), Destination: s.destination, DecompressThreads: 16,
			LinkBandwidth: s.pace * m.c.SinglePages() * workloads.PageSize, LinkBurst: 64 << 10,
			Machine: workloads.Kernel, Sealed: true,
		},
		Cell: results.Cell{Model: "null", Threads: 1},
		Seed: m.plan.Seed, PeerTimeout: peerPatience,
	}
}

// nullRun makes one of the migrations.
func (m *meter) nullRun(s setting) (n mains, err error) {
	sc, ends := m.scenario(s), workloads.NoEnds
	if s.destination == workloads.Process {
		far, err := startDestination(m.plan, sc)
		if err != nil {
			return n, err
		}
		defer far.end()
		ends = far.ends
	}
	run, err := workloads.RunSource(sc, models.Null, ends)
	if err != nil {
		return n, err
	}
	return mainsOf(run)
}

// nullDue is what the calibration has them take so far.
func (m *meter) nullDue(ctx context.Context, s setting) (n mains, err error) {
	profile, err := m.c.Profile(nil)
	if err != nil {
		return n, err
	}
	sc := m.scenario(s)
	setup := Setup{CPUs: min(m.plan.Host.CPUs, sim.MaxCPUs), Scenario: sc.Scenario}
	for seed := range uint64(harnessSeeds) {
		run, _, err := Run(ctx, setup, profile, sc.Cell, seed)
		if err != nil {
			return n, err
		}
		one, err := mainsOf(run)
		if err != nil {
			return n, err
		}
		n.source += one.source / harnessSeeds
		n.destination += one.destination / harnessSeeds
		n.naps += one.naps / harnessSeeds
		n.waits += one.waits / harnessSeeds
	}
	return n, nil
}

// mainsOf is that of a run, which must have completed and say what its main threads took.
func mainsOf(run *results.Run) (n mains, err error) {
	if !run.Completed || run.Pages == 0 {
		return n, fmt.Errorf("a migration ended as %s after %d pages", run.EndReason, run.Pages)
	}
	pages := float64(run.Pages)
	for _, u := range run.ThreadUsage {
		if u.Role != "main" {
			continue
		}
		if u.CPUMS == nil || u.Voluntary == nil {
			return n, fmt.Errorf("this host does not say what CPU time thread %s took, or how often it slept", u.Name)
		}
		cpu, sleeps := *u.CPUMS*1e6/pages, float64(*u.Voluntary)/pages
		if u.Process == "source" {
			n.source, n.naps = cpu, sleeps
		} else {
			n.destination, n.waits = cpu, sleeps
		}
	}
	return n, nil
}

// destination is the far end of a null model's migration, a process of its own.
type destination struct {
	*child
	ends workloads.Ends // the near ones
}

// startDestination starts one; unless that fails, end is to be called.
func startDestination(p Plan, sc workloads.Scenario) (*destination, error) {
	d := &destination{}
	var far [2]*os.File
	var err error
	for i, near := range []*int{&d.ends.Data, &d.ends.Control} {
		var fd int
		if *near, fd, err = link.Pair(); err != nil {
			if i > 0 {
				err = errors.Join(err, unix.Close(d.ends.Data))
			}
			return nil, err
		}
		far[i] = os.NewFile(uintptr(fd), "peer")
		defer far[i].Close()
	}
	p.Destination = &sc
	if d.child, err = startChild(p, far[:]...); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *destination) close() error {
	return errors.Join(unix.Close(d.ends.Data), unix.Close(d.ends.Control))
}

// end closes what nobody reads any more, and ends the process.
func (d *destination) end() {
	_ = d.close()
	d.child.end()
}

// The descriptors that a destination finds its ends at.
const (
	destinationData    = 3
	destinationControl = 4
)

// receive is the body of that process.
func receive(sc workloads.Scenario) error {
	_, err := workloads.RunDestination(sc, models.Null, workloads.Ends{Data: destinationData, Control: destinationControl})
	return err
}
