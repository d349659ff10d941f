// Package deepring is a hand-over of our own, put together from what the others lack: a deep ring a
// worker, pages that are given and woken for by the chunk, results that come back in their slots, a
// submitter that sleeps, and one codec state a worker.
//
// Who owns what. A worker's ring has three positions, which only grow: given, up to which the
// submitter has filled slots; done, up to which the worker has handled them; and taken, up to which
// the submitter has taken the results out:
//
//	taken ≤ done ≤ given ≤ taken + depth
//
// The store of given passes a slot to the worker and pairs with the worker's load of it; the store
// of done passes it back and pairs with the submitter's load. Nothing else is shared: no queue of
// results, no free list, no lock.
//
// Wake-ups have hysteresis both ways. A worker is woken when the submitter leaves its ring, after a
// chunk or with the ring full, and before the submitter sleeps; a worker that is awake drains its
// ring before it sleeps. The submitter sleeps when all rings are full; a worker wakes it when it
// has come past the middle or the end of its ring, or has drained it. An event that is set means
// that its sleeper is awake, so to wake whoever is awake costs a load.
//
// So up to a chunk less one of accepted pages may rest, in the ring of a worker that sleeps, until
// the submitter's next call.
package deepring

import (
	"fmt"
	"sync/atomic"

	"mtbench/internal/thread"
	"mtbench/models"
)

const (
	// defaultDepth is slots of a worker's ring. A submitter that waits for room is woken for half of
	// them: 64 pages of microseconds are many times what a wake costs, and as many are left for the
	// worker until more come.
	defaultDepth = 128

	// defaultChunk is pages that a worker is given and woken for at once. Fewer wakes would be cheaper
	// still, but a round ends with workers a chunk apart, and up to a chunk less one of pages rest.
	defaultChunk = 16

	// line keeps apart what different threads write: two cache lines, for x86 fetches them in pairs.
	line = 128
)

// Options are the settings of this model alone.
type Options struct {
	Chunk int // pages given to one worker before it is woken and the next has its turn; 0 means 16
}

// pipeline is what the threads share, all of it constant but quit.
type pipeline struct {
	work  models.Work
	wait  bool // the destination knows no other way
	depth uint64
	chunk uint64
	half  uint64 // of a ring, rounded up: pages between two wake-ups of the submitter
	polls int    // looks at an empty ring before a worker sleeps, 1 or more

	workers []worker
	room    thread.Event // set by a worker after half a ring or all that it had; the submitter's
	quit    atomic.Bool  // stored once, by the submitter

	current int // the submitter's own: whose turn it is
}

// worker is one ring and the thread that empties it.
type worker struct {
	slots []models.Request // slot i of turn n is at position n·depth + i
	event thread.Event     // set by the submitter, after given or quit

	joiner thread.Joiner

	_ [line]byte

	own   uint64        // the submitter's copy of given
	taken uint64        // the submitter's own
	given atomic.Uint64 // stored by the submitter
	_     [line]byte

	done    atomic.Uint64 // stored by the worker
	handled uint64        // the worker's copy of done
	seen    uint64        // the worker's own: given when it last looked
	_       [line]byte
}

// InFlight is how many requests there are, all of which can be in flight at once.
func InFlight(cfg models.Config) int { return cfg.DepthOr(defaultDepth) * cfg.Threads }

// Build makes the default of Options.
func Build(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
	models.Pipeline, error) {
	return Options{}.Build(m, t, cfg, work)
}

// Build makes the rings, with a codec state a worker where the work can lend one, and starts the
// workers. Config.Depth is slots of a ring; Config.Batch is pages of a chunk, which is never more
// than a ring. Without a PollBudget a worker looks once.
func (o Options) Build(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
	models.Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	depth, chunk := o.sizes(cfg)
	p := &pipeline{work: work, wait: cfg.Wait || cfg.Side == models.Destination,
		depth: uint64(depth), chunk: uint64(chunk), half: uint64(depth+1) / 2,
		polls: max(1, cfg.PollBudget), workers: make([]worker, cfg.Threads)}
	states := cfg.StatesOf(work, models.PerWorker)
	p.room = m.NewEvent(cfg.Name+"_room", true, thread.WaitRoom)
	for i := range p.workers {
		w := &p.workers[i]
		if err := makeSlots(w, states, i*depth, depth); err != nil {
			return nil, err
		}
		w.event = m.NewEvent(fmt.Sprintf("%s[%d]", cfg.Name, i), false, thread.WaitWork)
	}
	for i := range p.workers {
		w := &p.workers[i]
		w.joiner = m.Start(t, cfg.Name, thread.Worker, func(t thread.Thread) { p.serve(t, w) })
	}
	return p, nil
}

func (o Options) sizes(cfg models.Config) (depth, chunk int) {
	depth, chunk = cfg.DepthOr(defaultDepth), cfg.Batch
	if chunk == 0 {
		chunk = o.Chunk
	}
	if chunk == 0 {
		chunk = defaultChunk
	}
	return depth, min(chunk, depth)
}

// makeSlots makes the requests of one ring, which all have the one worker's state, for good.
func makeSlots(w *worker, states models.States, first, depth int) error {
	state, err := states.New()
	if err != nil {
		return err
	}
	w.slots = make([]models.Request, depth)
	for i := range w.slots {
		w.slots[i] = models.Request{Index: first + i, State: state}
		if err := states.Init(&w.slots[i]); err != nil {
			return err
		}
	}
	return nil
}

// Submit fills a slot of the worker whose turn it is. With all rings full it sleeps, or, without
// wait, refuses.
func (p *pipeline) Submit(t thread.Thread) bool {
	w := p.find(t)
	for w == nil {
		if !p.wait {
			return false
		}
		p.awaitRoom(t)
		w = p.find(t)
	}
	p.work.Fill(t, p.slot(w, w.own))
	w.own++
	thread.Stores(t, &w.given)
	w.given.Store(w.own)
	if w.own%p.chunk == 0 || w.own-w.taken == p.depth {
		p.leave(t)
	}
	return true
}

func (p *pipeline) slot(w *worker, at uint64) *models.Request { return &w.slots[at%p.depth] }

// find is the first worker from the current one on whose ring has room, which becomes the current
// one; nil if all are full. Results are taken out of a ring when it is full.
func (p *pipeline) find(t thread.Thread) *worker {
	for range p.workers {
		w := &p.workers[p.current]
		if w.own-w.taken < p.depth || p.takeOut(t, w) {
			return w
		}
		p.turn()
	}
	return nil
}

// takeOut takes every result out of a ring and reports whether there was one.
func (p *pipeline) takeOut(t thread.Thread, w *worker) bool {
	thread.Loads(t, &w.done)
	done := w.done.Load()
	if done == w.taken {
		return false
	}
	for ; w.taken < done; w.taken++ {
		p.work.Done(t, p.slot(w, w.taken))
	}
	return true
}

// leave wakes the current worker for what it was given since it was last left, and goes on to the
// next.
func (p *pipeline) leave(t thread.Thread) {
	p.workers[p.current].event.Set(t)
	p.turn()
}

func (p *pipeline) turn() {
	if p.current++; p.current == len(p.workers) {
		p.current = 0
	}
}

// awaitRoom sleeps until a worker has come past half of its ring, or has drained it. All rings are
// full: every worker has been left, and so been woken.
func (p *pipeline) awaitRoom(t thread.Thread) {
	for {
		p.room.Reset(t)
		for i := range p.workers {
			if p.hasRoom(t, &p.workers[i]) {
				return
			}
		}
		p.room.Wait(t)
	}
}

// hasRoom is true from the moment on at which the worker wakes the submitter.
func (p *pipeline) hasRoom(t thread.Thread, w *worker) bool {
	thread.Loads(t, &w.done)
	done := w.done.Load()
	return done == w.own || done/p.half != w.taken/p.half
}

// serve is the worker's loop. Given is looked at again only when all that was seen is handled.
func (p *pipeline) serve(t thread.Thread, w *worker) {
	hasWork := func() bool { return w.look(t) }
	for {
		w.event.Reset(t)
		thread.Loads(t, &p.quit)
		if p.quit.Load() {
			return
		}
		if !t.SpinUntil(thread.SpinWork, p.polls, true, hasWork) {
			w.event.Wait(t)
			continue
		}
		p.drain(t, w)
	}
}

// look reports whether the submitter has given a page that is not handled yet.
func (w *worker) look(t thread.Thread) bool {
	thread.Loads(t, &w.given)
	w.seen = w.given.Load()
	return w.seen != w.handled
}

// drain handles pages until the ring is empty. It wakes the submitter there, and after each half.
func (p *pipeline) drain(t thread.Thread, w *worker) {
	for w.look(t) {
		for w.handled < w.seen {
			p.work.Handle(t, p.slot(w, w.handled))
			w.handled++
			thread.Stores(t, &w.done)
			w.done.Store(w.handled)
			if w.handled%p.half == 0 {
				p.room.Set(t)
			}
		}
	}
	p.room.Set(t)
}

// Flush wakes the current worker and takes results out until there is nothing in any ring.
func (p *pipeline) Flush(t thread.Thread) {
	p.workers[p.current].event.Set(t)
	for {
		p.room.Reset(t)
		empty := true
		for i := range p.workers {
			w := &p.workers[i]
			p.takeOut(t, w)
			empty = empty && w.taken == w.own
		}
		if empty {
			return
		}
		p.room.Wait(t)
	}
}

// Close says quit, wakes all workers and joins them. A worker drains its ring first.
func (p *pipeline) Close(t thread.Thread) {
	thread.Stores(t, &p.quit)
	p.quit.Store(true)
	for i := range p.workers {
		p.workers[i].event.Set(t)
	}
	for i := range p.workers {
		p.workers[i].joiner.Join(t)
	}
}
