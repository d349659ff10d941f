package modeltest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"mtbench/internal/thread"
	"mtbench/models"
)

// env is one run of one case: a machine, a configuration, a work.
type env struct {
	model Model
	m     thread.Machine
	cfg   models.Config
	pages int
	work  *counting

	resting int64 // accepted requests that no worker need have yet

	bySelf bool // the submitter does what the model refuses
	self   *models.Self
}

// testCase is one thing that a model must do. run is on the submitter's thread.
type testCase struct {
	name  string
	doc   string
	waits waits
	run   func(e *env, t thread.Thread)
	wide  bool // also with 16 threads on real machines
}

// waits says with which of Config.Wait a case makes sense. The destination always waits.
type waits uint8

const (
	either waits = iota
	waiting
	refusing // at the source, without wait
	selfish  // there, and the submitter does the page that is refused
)

func cases() []testCase {
	return []testCase{
		{"once", "each accepted page is handled and done exactly once, on the right threads",
			either, once, true},
		{"bound", "as many pages as the bound fit, the next is refused and nothing happens to it",
			refusing, bound, true},
		{"self", "what does not fit the submitter does itself, while the workers have what fits",
			selfish, bySelf, true},
		{"heap", "the results of as many pages as fit wait for a submitter that comes late",
			either, heap, true},
		{"idle", "workers that went to sleep are woken, again and again", either, idle, false},
		{"slow", "the submitter waits for slow workers and refuses nothing", waiting, slow, false},
		{"fill blocks", "a Fill that blocks holds nobody up for good", either, fillBlocks, false},
		{"empty flush", "a Flush with nothing in flight returns, and so does a second", either, emptyFlush, false},
		{"close idle", "Close of a pipeline that was never used joins its workers", either, closeIdle, true},
		{"close asleep", "and one whose workers sleep", either, closeAsleep, false},
		{"close in flight", "and one that was not flushed", either, closeInFlight, false},
		{"init fails", "Build returns Init's error and leaves no thread", either, initFails, false},
		{"bad config", "Build refuses a configuration out of bounds and says what is wrong",
			either, badConfig, false},
	}
}

// pipe builds the pipeline, runs f and closes it.
func (e *env) pipe(t thread.Thread, f func(p models.Pipeline)) {
	p, err := e.model.Build(e.m, t, e.cfg, e.work)
	if err != nil {
		e.work.fault("Build: %v", err)
		return
	}
	if e.bySelf {
		if e.self, err = models.NewSelf(e.work); err != nil {
			e.work.fault("NewSelf: %v", err)
		}
	}
	f(p)
	p.Close(t)
}

// submit hands a page over and checks what the return value promises.
func (e *env) submit(t thread.Thread, p models.Pipeline) bool {
	was := e.work.next
	ok := p.Submit(t)
	switch {
	case ok && e.work.next != was+1:
		e.work.fault("Submit returned true after %d calls of Fill", e.work.next-was)
	case !ok && e.work.next != was:
		e.work.fault("Submit refused a page after it had filled a request")
	case !ok && (e.cfg.Wait || e.cfg.Side == models.Destination):
		e.work.fault("Submit refused a page although it was to wait")
	}
	if !ok && e.bySelf {
		e.doSelf(t, was)
	}
	return ok
}

// doSelf does the page that the model refused, which is done with when Do returns.
func (e *env) doSelf(t thread.Thread, ticket int) {
	e.self.Do(t)
	if e.work.next != ticket+1 || e.work.dones[ticket] != 1 {
		e.work.fault("Do of ticket %d took %d jobs, %d of them to the end", ticket, e.work.next-ticket,
			e.work.dones[ticket])
	}
}

// nap blocks t for a moment: long enough for idle workers to go to sleep.
func nap(t thread.Thread, d time.Duration) { t.SleepUntil(t.Now()+d, thread.Sleeping) }

func once(e *env, t thread.Thread) {
	if e.work.inHandle == nil {
		e.work.inHandle = func(t thread.Thread, _ int) { t.Compute(time.Microsecond) }
	}
	e.pipe(t, func(p models.Pipeline) {
		for i := 1; i <= e.pages; i++ {
			e.submit(t, p)
			if i%23 == 0 || i == e.pages {
				p.Flush(t)
				e.work.checkFlushed("Flush")
			}
		}
	})
}

func bound(e *env, t thread.Thread) { e.overfill(t) }

// bySelf: submit checks that each page beyond the bound is done with at once.
func bySelf(e *env, t thread.Thread) {
	e.overfill(t)
	if extra := e.work.next - e.work.bound; extra != beyond {
		e.work.fault("the submitter did %d pages itself, of %d", extra, beyond)
	}
}

// beyond is how many pages more than fit overfill submits.
const beyond = 3

// overfill submits what fits, which the workers hold, and a few pages more.
func (e *env) overfill(t thread.Thread) {
	var gate atomic.Bool
	e.work.inHandle = func(t thread.Thread, _ int) {
		for t != e.work.main && !gate.Load() {
			nap(t, 20*time.Microsecond)
		}
	}
	e.pipe(t, func(p models.Pipeline) {
		for i := range e.work.bound {
			if !e.submit(t, p) {
				e.work.fault("page %d of %d that must fit was refused", i+1, e.work.bound)
				break
			}
		}
		for range beyond {
			if e.submit(t, p) {
				e.work.fault("a page was accepted beyond the bound of %d", e.work.bound)
			}
		}
		gate.Store(true)
		p.Flush(t)
		e.work.checkFlushed("Flush")
	})
}

// heap lets the workers finish everything before the submitter takes anything out. The counter
// orders the workers' ends before the Flush, so this case shows lost results, not races.
func heap(e *env, t thread.Thread) {
	var ends atomic.Int64
	e.work.inHandle = func(thread.Thread, int) { ends.Add(1) }
	e.pipe(t, func(p models.Pipeline) {
		for round := range int64(3) {
			n := int64(0)
			for range e.work.bound {
				if e.submit(t, p) {
					n++
				}
			}
			for ends.Load() < n-e.resting {
				nap(t, 50*time.Microsecond)
			}
			nap(t, 50*time.Microsecond) // they still have to hand the last result in
			p.Flush(t)
			ends.Store(0)
			e.work.checkFlushed(fmt.Sprintf("Flush %d", round+1))
		}
	})
}

func idle(e *env, t thread.Thread) {
	e.pipe(t, func(p models.Pipeline) {
		for range 8 {
			nap(t, 300*time.Microsecond)
			e.submit(t, p)
			p.Flush(t)
			e.work.checkFlushed("Flush")
		}
	})
}

func slow(e *env, t thread.Thread) {
	e.work.inHandle = func(t thread.Thread, ticket int) {
		if ticket%3 == 0 {
			nap(t, 30*time.Microsecond)
		}
	}
	once(e, t)
}

func fillBlocks(e *env, t thread.Thread) {
	e.work.inFill = func(t thread.Thread, ticket int) {
		if ticket%4 == 0 {
			nap(t, 30*time.Microsecond)
		}
	}
	once(e, t)
}

func emptyFlush(e *env, t thread.Thread) {
	e.pipe(t, func(p models.Pipeline) {
		p.Flush(t)
		p.Flush(t)
		e.submit(t, p)
		p.Flush(t)
		p.Flush(t)
		e.work.checkFlushed("Flush")
	})
}

func closeIdle(e *env, t thread.Thread) { e.pipe(t, func(models.Pipeline) {}) }

func closeAsleep(e *env, t thread.Thread) {
	e.pipe(t, func(p models.Pipeline) {
		e.submit(t, p)
		p.Flush(t)
		nap(t, 500*time.Microsecond)
	})
}

func closeInFlight(e *env, t thread.Thread) {
	e.pipe(t, func(p models.Pipeline) {
		for range e.work.bound {
			e.submit(t, p)
		}
	})
	e.work.checkStopped()
}

func initFails(e *env, t thread.Thread) {
	for _, at := range []int{1, e.work.bound} {
		w := newCounting(0)
		w.failInit = at
		_, err := e.model.Build(e.m, t, e.cfg, w)
		if !errors.Is(err, errInit) {
			e.work.fault("Init failed at request %d and Build returned %v", at-1, err)
		}
	}
}

func badConfig(e *env, t thread.Thread) {
	good := e.cfg
	for what, spoil := range map[string]func(*models.Config){
		"no thread":           func(c *models.Config) { c.Threads = 0 },
		"-1 threads":          func(c *models.Config) { c.Threads = -1 },
		"256 threads":         func(c *models.Config) { c.Threads = models.MaxThreads + 1 },
		"depth -1":            func(c *models.Config) { c.Depth = -1 },
		"too deep":            func(c *models.Config) { c.Depth = models.MaxDepth + 1 },
		"poll budget -2":      func(c *models.Config) { c.PollBudget = -2 },
		"endless poll budget": func(c *models.Config) { c.PollBudget = models.MaxPollBudget + 1 },
		"batch -1":            func(c *models.Config) { c.Batch = -1 },
		"too large a batch":   func(c *models.Config) { c.Batch = models.MaxBatch + 1 },
		"a third place":       func(c *models.Config) { c.State = models.PerWorker + 1 },
		"a third side":        func(c *models.Config) { c.Side = models.Destination + 1 },
	} {
		bad := good
		spoil(&bad)
		if _, err := e.model.Build(e.m, t, bad, newCounting(0)); err == nil {
			e.work.fault("Build took a configuration with %s", what)
		}
	}
}
