// Package locked is the hand-over that QEMU 3.1 had: a global lock, a lock a thread, and one
// pending request a thread. It follows migration/ram.c of v3.1.0 lock by lock and signal by signal;
// each function names the one it follows.
//
// Two locks guard everything. The global lock G (comp_done_lock, decomp_done_lock) guards who is
// done; the slot lock L (mutex of CompressParam, DecompressParam) guards a slot's pending request.
// G is taken before L, never after. A slot has two states:
//
//	done        idle; its request belongs to the submitter, and may hold a result that nobody has
//	            taken out yet
//	not done    the request belongs to the worker, from pending to the next done
//
// so no more than one page a thread is in flight, and a worker that has finished has nothing to do
// until the submitter comes round.
//
// What follows from the order, and is what is to be measured: each page costs the submitter G and
// L and each completion costs the worker G and L; the result is copied out, and the socket perhaps
// written, under G; the woken worker runs into L, which the submitter still holds; and the search
// from 0 keeps the high slots idle.
//
// One correction: the result of a slot is taken out only if there is one. The original counts a
// page whenever it claims or flushes a slot, also one that was never used or was flushed before.
package locked

import (
	"fmt"

	"mtbench/internal/thread"
	"mtbench/models"
)

// InFlight is how many requests there are, all of which can be in flight at once.
func InFlight(cfg models.Config) int { return cfg.Threads }

// pipeline is the global part: comp_done_lock, comp_done_cond and comp_param, or those of the
// destination.
type pipeline struct {
	work models.Work
	wait bool // compress-wait-thread; the destination knows no other way
	// slotLocks: the source's flush takes each slot's lock to take its result out; the
	// destination's has nothing to take out and takes none.
	slotLocks bool

	global    thread.Mutex
	completed thread.Cond // with global: a slot is done. One waiter at most, the submitter
	slots     []slot
}

// slot is one worker's CompressParam or DecompressParam.
type slot struct {
	done   bool // under global
	filled bool // the submitter's own: the request holds, or will hold, a result

	mu      thread.Mutex
	work    thread.Cond // with mu: pending or quit has been set
	pending bool        // under mu: `block` (source) or `des` (destination) is not NULL
	quit    bool        // under mu

	req    models.Request // the submitter's while done, the worker's while not
	joiner thread.Joiner
}

// names are what QEMU calls the locks of a side.
type names struct{ global, slot string }

var sideNames = [...]names{
	models.Source:      {"comp_done_lock", "comp_param"},
	models.Destination: {"decomp_done_lock", "decomp_param"},
}

// Build makes the slots, all of them done and empty, then starts the workers.
func Build(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
	models.Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	source := cfg.Side == models.Source
	p := &pipeline{work: work, wait: cfg.Wait || !source, slotLocks: source}
	if err := p.makeSlots(m, cfg); err != nil {
		return nil, err
	}
	for i := range p.slots {
		s := &p.slots[i]
		s.joiner = m.Start(t, cfg.Name, thread.Worker, func(t thread.Thread) { p.serve(t, s) })
	}
	return p, nil
}

func (p *pipeline) makeSlots(m thread.Machine, cfg models.Config) error {
	name := sideNames[cfg.Side]
	p.global = m.NewMutex(name.global, thread.LockGlobal)
	p.completed = m.NewCond(name.global, p.global, thread.WaitRoom)
	p.slots = make([]slot, cfg.Threads)
	for i := range p.slots {
		s := &p.slots[i]
		slotName := fmt.Sprintf("%s[%d]", name.slot, i)
		s.mu = m.NewMutex(slotName, thread.LockSlot)
		s.work = m.NewCond(slotName, s.mu, thread.WaitWork)
		s.done = true // idle, with nothing to take out
		s.req.Index = i
		if err := p.work.Init(&s.req); err != nil {
			return err
		}
	}
	return nil
}

// Submit is compress_page_with_multi_thread and decompress_data_with_multi_threads: the global lock
// is held for the whole body, the copy of the previous result and the filling included. With no
// slot done it waits for a completion and searches from 0 again, or, without wait, refuses.
func (p *pipeline) Submit(t thread.Thread) bool {
	p.global.Lock(t)
	s := p.findDone(t)
	for s == nil && p.wait {
		p.completed.Wait(t)
		s = p.findDone(t)
	}
	if s != nil {
		p.handOver(t, s)
	}
	p.global.Unlock(t)
	return s != nil
}

// findDone searches always from 0, the lowest index first. Under global.
func (p *pipeline) findDone(t thread.Thread) *slot {
	for i := range p.slots {
		thread.Reads(t, &p.slots[i].done)
		if p.slots[i].done {
			return &p.slots[i]
		}
	}
	return nil
}

// handOver claims s and gives it the next job. Under global. The source's Done copies the bytes of
// the slot's previous page to the stream and counts them; the destination's Fill reads the page
// from the socket, under both locks.
func (p *pipeline) handOver(t thread.Thread, s *slot) {
	thread.Writes(t, &s.done)
	s.done = false
	p.takeOut(t, s)
	s.mu.Lock(t)
	p.work.Fill(t, &s.req)
	s.filled = true
	thread.Writes(t, &s.pending)
	s.pending = true
	s.work.Signal(t)
	s.mu.Unlock(t)
}

// takeOut takes the result out of s, if there is one. Between the worker's done and the next
// pending the request is the submitter's.
func (p *pipeline) takeOut(t thread.Thread, s *slot) {
	if s.filled {
		s.filled = false
		p.work.Done(t, &s.req)
	}
}

// serve is do_data_compress and do_data_decompress. The slot's lock is held but for the work itself
// and the report; quit is tested under it, so that no wake-up can be lost.
func (p *pipeline) serve(t thread.Thread, s *slot) {
	s.mu.Lock(t)
	for thread.Reads(t, &s.quit); !s.quit; thread.Reads(t, &s.quit) {
		thread.Reads(t, &s.pending)
		if !s.pending {
			s.work.Wait(t)
			continue
		}
		thread.Writes(t, &s.pending)
		s.pending = false
		s.mu.Unlock(t)
		p.work.Handle(t, &s.req)
		p.report(t, s)
		s.mu.Lock(t)
	}
	s.mu.Unlock(t)
}

// report gives the request and its result back to the submitter. A signal, not a broadcast: only
// the submitter can be waiting.
func (p *pipeline) report(t thread.Thread, s *slot) {
	p.global.Lock(t)
	thread.Writes(t, &s.done)
	s.done = true
	p.completed.Signal(t)
	p.global.Unlock(t)
}

// Flush is flush_compressed_data and wait_for_decompress_done: it waits for all slots in order
// under the global lock; then, without it, takes the results out, the source under the lock of each
// slot.
func (p *pipeline) Flush(t thread.Thread) {
	p.global.Lock(t)
	for i := range p.slots {
		s := &p.slots[i]
		for thread.Reads(t, &s.done); !s.done; thread.Reads(t, &s.done) {
			p.completed.Wait(t)
		}
	}
	p.global.Unlock(t)
	for i := range p.slots {
		p.drain(t, &p.slots[i])
	}
}

func (p *pipeline) drain(t thread.Thread, s *slot) {
	if p.slotLocks {
		s.mu.Lock(t)
		defer s.mu.Unlock(t)
	}
	p.takeOut(t, s)
}

// Close sets quit and signals under each slot's lock, as the original's cleanup does, then joins.
func (p *pipeline) Close(t thread.Thread) {
	for i := range p.slots {
		s := &p.slots[i]
		s.mu.Lock(t)
		thread.Writes(t, &s.quit)
		s.quit = true
		s.work.Signal(t)
		s.mu.Unlock(t)
	}
	for i := range p.slots {
		p.slots[i].joiner.Join(t)
	}
}
