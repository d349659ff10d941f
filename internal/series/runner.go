package series

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"

	"mtbench/internal/host"
	"mtbench/internal/link"
	"mtbench/internal/topology"
	"mtbench/results"
	"mtbench/workloads"
)

// ProcessRunner makes each run in processes of its own.
type ProcessRunner struct {
	Scenario func(Slot) workloads.Scenario
	Place    func(workloads.Scenario) (*topology.Map, error) // nil map: not pinned
	Host     *host.Machine
	CPUEvery time.Duration // how often the threads' CPU time is sampled; 0 = never
	Args     []string      // of the hidden subcommand that calls Child
	Grace    time.Duration
	Traces   string   // directory that a trace of every run is left in; "" = none
	Far      *farHost // where the destination is; nil = here

	programs []*program // of a series of two builds; else this program makes every run
}

// program is what makes the run of slot s. A slot of no build, as of a pilot, is this program's.
func (r *ProcessRunner) program(s Slot) *program {
	for _, p := range r.programs {
		if p.build.Name == s.Build {
			return p
		}
	}
	return this()
}

// backgroundWatch is how long the host is watched just before a run.
const backgroundWatch = 30 * time.Millisecond

// Run starts the processes of slot s, waits for them and grades what disturbed them.
func (r *ProcessRunner) Run(ctx context.Context, s Slot) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	sc := r.Scenario(s)
	memory := r.Host.WatchMemory()
	sampler := r.Host.Start(r.Host.BackgroundCPU(backgroundWatch))
	before := host.OwnCPU()
	near, far := sc, sc
	places, err := r.places(sc)
	if err != nil {
		return nil, err
	}
	if places != nil {
		near, far = pinned(near, &places.Source), pinned(far, places.Destination)
	}
	if r.Traces != "" {
		if _, err := os.Stat(r.Traces); err != nil {
			return nil, fmt.Errorf("the directory of the traces, %s, is gone: %w", r.Traces,
				results.Reason(err))
		}
		near.TraceTo, far.TraceTo = r.partOf(s, roleSource), r.partOf(s, roleDestination)
		defer os.Remove(near.TraceTo)
		defer os.Remove(far.TraceTo)
	}
	by := r.program(s)
	if err := by.intact(); err != nil {
		return nil, err
	}
	family, err := r.start(ctx, by, near, far)
	if lack := lackOf(err); lack != "" {
		f := failedRecord(s, ClassCrash, lack+": "+err.Error())
		return &f, nil
	}
	if err != nil {
		return nil, err
	}
	watch := startSampler(r.CPUEvery, family.pids())
	v, err := family.finish(ctx, time.Duration(sc.Limit)+r.Grace)
	timeline := watch.end(v.Run)
	if err != nil {
		return nil, err
	}
	if r.Far != nil {
		if err := r.Far.err(); err != nil {
			return nil, err
		}
	}
	noise := sampler.Stop(family.cpu() + host.OwnCPU() - before)
	if v.Run != nil && sc.ContentSum != "" && v.Run.ContentSum != sc.ContentSum {
		v = failure(&workloads.ContentChanged{Was: sc.ContentSum, Is: v.Run.ContentSum})
	}
	if v.Class == classContent {
		return nil, &results.InputError{File: sc.Content, Msg: v.Reason}
	}
	if v.Run == nil {
		f := failedRecord(s, v.Class, v.Reason)
		f.Stderr = family.words()
		if why := family.lackOfMemory(memory, v.Reason+f.Stderr); why != "" && v.Class != ClassHang {
			f.Reason += ": " + why
		}
		return &f, nil
	}
	identify(v.Run, s)
	v.Run.CPUTimeline = timeline
	if places != nil {
		v.Run.CPUs = places.String()
	}
	noise.ControlUS = v.Run.Noise.ControlUS
	v.Run.Noise = noise
	if r.Far != nil && !r.Far.same {
		v.Run.NoiseDestination = &family.ended.Noise
	}
	if r.Traces != "" {
		return v.Run, r.joinTraces(s, v.Run, near.TraceTo, far.TraceTo)
	}
	return v.Run, nil
}

// places is where the threads of a run go, nil where they are not pinned.
func (r *ProcessRunner) places(sc workloads.Scenario) (*topology.Map, error) {
	if r.Place == nil {
		return nil, nil
	}
	return r.Place(sc)
}

// family is the processes of one run.
type family struct {
	source      *child
	destination *child  // nil with discard, and on another host
	far         *farRun // the destination on another host; else nil
	ended       ended   // what that said at the end
}

// start starts the source with its scenario and the destination with its own; on another host, the
// destination's is made of the source's.
func (r *ProcessRunner) start(ctx context.Context, by *program, of, to workloads.Scenario) (
	*family, error) {
	if r.Far != nil {
		return r.startFar(ctx, of)
	}
	if of.Destination != workloads.Process {
		c, err := by.start(roleSource, r.Args, job{protocol, roleSource, of})
		return &family{source: c}, err
	}
	var near, far [2]*os.File
	for i, name := range []string{"data", "control"} {
		a, b, err := link.Pair()
		if err != nil {
			return nil, fmt.Errorf("the %s socket cannot be made: %w", name, err)
		}
		near[i], far[i] = os.NewFile(uintptr(a), name), os.NewFile(uintptr(b), name)
		defer near[i].Close()
		defer far[i].Close()
	}
	destination, err := by.start(roleDestination, r.Args, job{protocol, roleDestination, to},
		far[:]...)
	if err != nil {
		return nil, err
	}
	source, err := by.start(roleSource, r.Args, job{protocol, roleSource, of}, near[:]...)
	f := &family{source: source, destination: destination}
	if err != nil {
		f.kill()
		f.destination.reap()
		return nil, err
	}
	return f, nil
}

func (f *family) each(do func(*child)) {
	for _, c := range []*child{f.source, f.destination} {
		if c != nil {
			do(c)
		}
	}
}

// pids are the processes by their names in records.
func (f *family) pids() map[string]int {
	pids := map[string]int{}
	f.each(func(c *child) { pids[c.name] = c.cmd.Process.Pid })
	return pids
}

func (f *family) kill() {
	f.each((*child).kill)
	if f.far != nil {
		f.far.stop(false)
	}
}

// dumpTime is what a child that hangs gets to write down where.
const dumpTime = 2 * time.Second

// end kills all processes; those that have passed their deadline say first where they are.
func (f *family) end(ctx context.Context) {
	if ctx.Err() == nil {
		f.each((*child).ask)
		if f.far != nil {
			f.far.stop(true)
		}
		time.Sleep(dumpTime)
	}
	f.kill()
}

func (f *family) cpu() time.Duration {
	var total time.Duration
	f.each(func(c *child) { total += c.cpu() })
	if f.far != nil && f.far.host.same {
		total += f.ended.CPU
	}
	return total
}

// lackOfMemory says which bound of memory ended the processes, whose words are those, once they
// were reaped; "" if none is known to have.
func (f *family) lackOfMemory(w *host.MemoryWatch, words string) string {
	var peak int64
	killed := false
	f.each(func(c *child) {
		peak += c.peak()
		s, ok := c.endedBy()
		killed = killed || ok && s == syscall.SIGKILL
	})
	if killed {
		return w.Killed(peak)
	}
	return w.Refused(words)
}

// words are the first lines that the children wrote to standard error.
func (f *family) words() string {
	var text string
	f.each(func(c *child) {
		if w := c.stderr.String(); w != "" {
			text += c.name + ": " + w + "\n"
		}
	})
	return text + f.ended.Words
}

// finish waits for all processes, kills them when ctx ends or the deadline passes, and joins their
// reports into one outcome.
func (f *family) finish(ctx context.Context, deadline time.Duration) (outcome, error) {
	timed, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	stop := context.AfterFunc(timed, func() { f.end(ctx) })
	v := f.join()
	if stop() {
		return v, nil
	}
	if err := ctx.Err(); err != nil {
		return outcome{}, err
	}
	return outcome{Class: ClassHang, Reason: fmt.Sprintf("the run had not ended %v after its start "+
		"and was killed", deadline.Round(time.Millisecond))}, nil
}

// join reaps the processes.
func (f *family) join() outcome {
	near := read(f.source)
	if f.far != nil {
		f.ended = f.far.outcome() // in this build's protocol: the hosts have agreed on it
		f.far.host.over()
		return joined(near, f.ended.Outcome)
	}
	if f.destination == nil {
		return near
	}
	return joined(near, read(f.destination))
}

// joined is the outcome of a run of whose ends each has said something. A failure of the
// destination is the run's, whatever the source says. What one end says of the other that has
// crashed is no second failure.
func joined(near, far outcome) outcome {
	switch {
	case far.OK, near.Class == classContent, near.Class == ClassCrash && far.Class == ClassStream:
		return near
	case near.OK, far.Class == ClassCrash && near.Class == ClassStream:
		return far
	case far.Reason != near.Reason:
		near.Reason += "; destination: " + far.Reason
	}
	return near
}

// read waits for a child and understands what it handed over.
func read(c *child) outcome {
	report, how := c.reap()
	var v outcome
	if err := json.Unmarshal(report, &v); err != nil {
		reason := fmt.Sprintf("the %s process %s", c.name, how)
		if _, signaled := c.endedBy(); !signaled {
			reason += " without handing over a record"
		}
		return outcome{Class: ClassCrash, Reason: reason}
	}
	return v.understood(c.name)
}

// understood is v, or that its sender speaks another protocol.
func (v outcome) understood(name string) outcome {
	if v.Protocol != protocol {
		return outcome{Class: ClassCrash, Reason: strange(name+" process", v.Protocol)}
	}
	return v
}
