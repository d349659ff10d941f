package gate

import (
	"math"
	"time"

	"mtbench/internal/predict"
	"mtbench/internal/sim"
	"mtbench/internal/thread"
)

// Kind says by which limit a figure is judged.
type Kind uint8

// The kinds of figures.
const (
	Counter Kind = iota // so many of something
	Time                // ns of virtual time
)

// Figure is one thing that is held to what it was.
type Figure struct {
	Name string // in files; a time has _ns
	Kind Kind
	of   func(*predict.Counted) int64
}

// Figures lists what is compared of each case, causes before what follows from them.
func Figures() []Figure {
	list := ofRun()
	for _, g := range groups() {
		for _, f := range ofThreads() {
			list = append(list, Figure{g.name + "_" + f.name, f.kind,
				func(c *predict.Counted) int64 { return sum(g.of(c), f.of) }})
		}
	}
	return append(list,
		Figure{"total_time_ns", Time, func(c *predict.Counted) int64 { return ns(c.Run.TotalTimeMS) }},
		Figure{"setup_time_ns", Time, func(c *predict.Counted) int64 { return ns(c.Run.SetupTimeMS) }},
		Figure{"downtime_ns", Time, func(c *predict.Counted) int64 { return ns(c.Run.DowntimeMS) }})
}

// ns is an exact count of ns again.
func ns(ms float64) int64 { return int64(math.Round(ms * float64(time.Millisecond))) }

// ofRun are those of a run as a whole.
func ofRun() []Figure {
	return []Figure{
		{"completed", Counter, func(c *predict.Counted) int64 {
			if c.Run.Completed {
				return 1
			}
			return 0
		}},
		{"requests", Counter, func(c *predict.Counted) int64 { return int64(c.Run.PipelineRequests) }},
		{"rounds", Counter, func(c *predict.Counted) int64 { return int64(c.Run.Rounds) }},
		{"pages", Counter, func(c *predict.Counted) int64 { return c.Run.Pages }},
		{"pages_compressed", Counter, func(c *predict.Counted) int64 { return c.Run.PagesCompressed }},
		{"pages_raw", Counter, func(c *predict.Counted) int64 { return c.Run.PagesRaw }},
		{"pages_zero", Counter, func(c *predict.Counted) int64 { return c.Run.PagesZero }},
		{"pages_self", Counter, func(c *predict.Counted) int64 { return c.Run.PagesSelf }},
		{"busy", Counter, func(c *predict.Counted) int64 { return c.Run.Busy }},
		{"wire_bytes", Counter, func(c *predict.Counted) int64 { return c.Run.WireBytes }},
		{"copies", Counter, func(c *predict.Counted) int64 { return c.Copies }},
		{"copied_bytes", Counter, func(c *predict.Counted) int64 { return c.CopiedBytes }},
	}
}

// group is the threads that a figure is summed over.
type group struct {
	name string
	of   func(*predict.Counted) []sim.Tally
}

// groups are the threads that a model runs on. The guest's writers are not its doing.
func groups() []group {
	return []group{
		{"main", func(c *predict.Counted) []sim.Tally { return having(c.Source, thread.Main) }},
		{"workers", func(c *predict.Counted) []sim.Tally { return having(c.Source, thread.Worker) }},
		{"destination", func(c *predict.Counted) []sim.Tally { return c.Destination }},
	}
}

func having(all []sim.Tally, role thread.Role) (some []sim.Tally) {
	for _, t := range all {
		if t.Role == role {
			some = append(some, t)
		}
	}
	return some
}

// ofThread is a figure of one thread.
type ofThread struct {
	name string
	kind Kind
	of   func(*sim.Tally) int64
}

func ofThreads() []ofThread {
	return []ofThread{
		{"locks", Counter, func(t *sim.Tally) int64 { return t.Locks }},
		{"atomics", Counter, func(t *sim.Tally) int64 { return t.Atomics }},
		{"polls", Counter, func(t *sim.Tally) int64 { return t.Polls }},
		{"computes", Counter, func(t *sim.Tally) int64 { return t.Computes }},
		{"clock_reads", Counter, func(t *sim.Tally) int64 { return t.Clocks }},
		{"stamps", Counter, func(t *sim.Tally) int64 { return t.Stamps }},
		{"futex_wakes", Counter, func(t *sim.Tally) int64 { return t.FutexWakes }},
		{"futex_waits", Counter, func(t *sim.Tally) int64 { return t.FutexWaits }},
		{"sleeps", Counter, func(t *sim.Tally) int64 { return t.Voluntary }},
		{"preemptions", Counter, func(t *sim.Tally) int64 { return t.Involuntary }},
		{"computed_ns", Time, func(t *sim.Tally) int64 { return int64(t.Computed) }},
		{"cpu_ns", Time, func(t *sim.Tally) int64 { return int64(t.CPU) }},
	}
}

func sum(threads []sim.Tally, of func(*sim.Tally) int64) (n int64) {
	for i := range threads {
		n += of(&threads[i])
	}
	return n
}

// figuresOf is what a run came to; figures that are 0 are left out.
func figuresOf(c *predict.Counted) map[string]int64 {
	all := map[string]int64{}
	for _, f := range Figures() {
		if v := f.of(c); v != 0 {
			all[f.Name] = v
		}
	}
	return all
}
