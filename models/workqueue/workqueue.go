// Package workqueue is the hand-over of QEMU's threaded workqueue, version 3 of November 2018: two
// bitmaps and two events a worker, and no ring.
//
// Who owns what. Each worker has its requests, one bit a request in each of two words. The
// submitter alone writes fill, the worker alone writes done, and a hand-over flips the writer's
// bit: equal bits mean that the request is the submitter's, different ones that it is the
// worker's. Each store of a word pairs with the other end's load of it. The flag that a request
// holds a result is plain: the worker sets it before its flip, the submitter clears it before its
// own.
//
// A result is taken out when its request is used again, lowest index first, or by a flush.
//
// Two corrections. The search goes on behind the worker that was found last; as posted it begins
// at the same worker every time, for it reads the number from the wrong place (Options.AsPosted).
// And the worker resets its event before it tests quit and bitmaps, as in package lockless.
package workqueue

import (
	"fmt"
	"math/bits"
	"sync/atomic"

	"mtbench/internal/thread"
	"mtbench/models"
)

const (
	defaultDepth = 4    // DEFAULT_THREAD_REQUEST_NR
	maxDepth     = 64   // bits of a word
	defaultPolls = 1000 // BUSY_WAIT_COUNT
)

// Options are the settings of this model alone.
type Options struct {
	AsPosted bool // every search begins at worker 0
}

type pipeline struct {
	work  models.Work
	wait  bool
	pause bool // relax the CPU while spinning in Submit: the source does, the destination not
	polls int

	// The submitter's own.
	submitter thread.Thread // caller of the call that is going on, for hasRoom
	hasRoom   func() bool   // made once: a closure made in Submit would allocate
	current   int           // the worker to begin the search with
	posted    bool

	workers []worker
}

// worker keeps the words apart that the two ends write.
type worker struct {
	requests []request
	valid    thread.Event // set by the submitter after its flip, and by Close after quit
	free     thread.Event // set by the worker after its flip; only a flush sleeps on it
	quit     atomic.Bool
	state    any // lent to each request for the time of Handle
	joiner   thread.Joiner

	_    [64]byte
	fill atomic.Uint64 // the submitter stores
	_    [64]byte
	done atomic.Uint64 // the worker stores
	_    [64]byte
}

type request struct {
	models.Request
	result bool // there is one to take out
}

// InFlight is how many requests there are, all of which can be in flight at once.
func InFlight(cfg models.Config) int { return cfg.DepthOr(defaultDepth) * cfg.Threads }

// Build makes the corrected version.
func Build(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
	models.Pipeline, error) {
	return Options{}.Build(m, t, cfg, work)
}

// Build makes the requests of each worker, all of them free, then starts the workers.
func (o Options) Build(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
	models.Pipeline, error) {
	if err := check(cfg); err != nil {
		return nil, err
	}
	source := cfg.Side == models.Source
	p := &pipeline{work: work, wait: cfg.Wait || !source, pause: source, posted: o.AsPosted,
		polls: pollsOf(cfg.PollBudget), workers: make([]worker, cfg.Threads)}
	p.hasRoom = func() bool { w, _ := p.find(p.submitter); return w != nil }
	states := cfg.StatesOf(work, models.PerRequest)
	if err := p.makeRequests(cfg.DepthOr(defaultDepth), states); err != nil {
		return nil, err
	}
	for i := range p.workers {
		w := &p.workers[i]
		name := fmt.Sprintf("%s[%d]", cfg.Name, i)
		w.valid = m.NewEvent(name+".valid", false, thread.WaitWork)
		w.free = m.NewEvent(name+".free", false, thread.WaitRoom)
	}
	for i := range p.workers {
		w := &p.workers[i]
		w.joiner = m.Start(t, cfg.Name, thread.Worker, func(t thread.Thread) { p.serve(t, w) })
	}
	return p, nil
}

func check(cfg models.Config) error {
	if err := cfg.Check(); err != nil {
		return err
	}
	if cfg.Depth > maxDepth {
		return fmt.Errorf("depth is %d requests a thread; workqueue has one bit of a word for each "+
			"and so at most %d", cfg.Depth, maxDepth)
	}
	return nil
}

// pollsOf is how often a worker looks before it sleeps; once is the least.
func pollsOf(budget int) int {
	switch budget {
	case 0:
		return defaultPolls
	case -1:
		return 1
	}
	return budget
}

func (p *pipeline) makeRequests(depth int, states models.States) (err error) {
	for i := range p.workers {
		w := &p.workers[i]
		w.requests = make([]request, depth)
		for k := range w.requests {
			w.requests[k].Index = i*depth + k
			if err := states.Init(&w.requests[k].Request); err != nil {
				return err
			}
		}
		if w.state, err = states.New(); err != nil {
			return err
		}
	}
	return nil
}

// Submit takes a free request, its last result first, fills it, flips its bit and wakes its worker.
// With none free it spins, or, without wait, refuses.
func (p *pipeline) Submit(t thread.Thread) bool {
	w, k := p.find(t)
	for w == nil {
		if !p.wait {
			return false
		}
		p.submitter = t
		t.SpinUntil(thread.SpinRoom, 0, p.pause, p.hasRoom)
		w, k = p.find(t)
	}
	r := &w.requests[k]
	p.takeOut(t, r)
	p.work.Fill(t, &r.Request)
	thread.Stores(t, &w.fill)
	w.fill.Store(w.fill.Load() ^ 1<<k)
	w.valid.Set(t)
	p.turn(r.Index / len(w.requests))
	return true
}

// turn has the next search begin behind worker i.
func (p *pipeline) turn(i int) {
	if i++; i == len(p.workers) || p.posted {
		i = 0
	}
	p.current = i
}

// find is the first worker from the current one on, at most one turn, with a free request, and the
// lowest of its free requests.
func (p *pipeline) find(t thread.Thread) (*worker, int) {
	i := p.current
	for range p.workers {
		w := &p.workers[i]
		if k := bits.TrailingZeros64(^w.busy(t)); k < len(w.requests) {
			return w, k
		}
		if i++; i == len(p.workers) {
			i = 0
		}
	}
	return nil, 0
}

// busy is the set of requests that are the worker's.
func (w *worker) busy(t thread.Thread) uint64 {
	thread.Loads(t, &w.fill)
	fill := w.fill.Load()
	thread.Loads(t, &w.done)
	return fill ^ w.done.Load()
}

func (p *pipeline) takeOut(t thread.Thread, r *request) {
	thread.Reads(t, &r.result)
	if r.result {
		thread.Writes(t, &r.result)
		r.result = false
		p.work.Done(t, &r.Request)
	}
}

// serve is the worker's loop. The event is reset before every request. Whatever the submitter
// stored before a Set that this Reset erases is seen by the looks that follow.
func (p *pipeline) serve(t thread.Thread, w *worker) {
	hasRequest := func() bool { return w.busy(t) != 0 }
	for {
		w.valid.Reset(t)
		thread.Loads(t, &w.quit)
		if w.quit.Load() {
			return
		}
		if !t.SpinUntil(thread.SpinWork, p.polls, true, hasRequest) {
			w.valid.Wait(t)
			continue
		}
		k := bits.TrailingZeros64(w.busy(t))
		r := &w.requests[k]
		r.State = w.state
		p.work.Handle(t, &r.Request)
		thread.Writes(t, &r.result)
		r.result = true
		thread.Stores(t, &w.done)
		w.done.Store(w.done.Load() ^ 1<<k)
		w.free.Set(t)
	}
}

// Flush takes every result out, worker by worker, and sleeps where a request is still the worker's.
func (p *pipeline) Flush(t thread.Thread) {
	for i := range p.workers {
		p.drain(t, &p.workers[i])
	}
}

// drain goes on from the same request after each sleep. The reset comes before the look at the
// bitmaps, so that a flip that the look missed ends the wait.
func (p *pipeline) drain(t thread.Thread, w *worker) {
	for k := 0; k < len(w.requests); {
		w.free.Reset(t)
		busy := w.busy(t)
		for ; k < len(w.requests) && busy>>k&1 == 0; k++ {
			p.takeOut(t, &w.requests[k])
		}
		if k < len(w.requests) {
			w.free.Wait(t)
		}
	}
}

// Close is worker by worker: quit, then the event, then join.
func (p *pipeline) Close(t thread.Thread) {
	for i := range p.workers {
		w := &p.workers[i]
		thread.Stores(t, &w.quit)
		w.quit.Store(true)
		w.valid.Set(t)
		w.joiner.Join(t)
	}
}
