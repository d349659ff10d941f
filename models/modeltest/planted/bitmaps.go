package planted

import (
	"math/bits"
	"sync/atomic"

	"mtbench/internal/thread"
	"mtbench/models"
)

// bitmaps is the protocol of two words and two events a worker in small.
type bitmaps struct {
	fault     fault
	work      models.Work
	wait      bool
	submitter thread.Thread // caller of the call that is going on
	hasRoom   func() bool
	workers   []bitWorker
}

type bitWorker struct {
	requests [depth]models.Request
	results  [depth]bool // set by the worker before its flip, cleared by the submitter before its own
	fill     atomic.Uint64
	done     atomic.Uint64
	valid    thread.Event
	free     thread.Event
	quit     atomic.Bool
	joiner   thread.Joiner
}

func buildBitmaps(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work, f fault) (
	models.Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	p := &bitmaps{fault: f, work: work, wait: cfg.Wait || cfg.Side == models.Destination,
		workers: make([]bitWorker, cfg.Threads)}
	p.hasRoom = func() bool { w, _ := p.find(p.submitter); return w != nil }
	for i := range p.workers {
		w := &p.workers[i]
		for k := range w.requests {
			w.requests[k].Index = i*depth + k
			if err := work.Init(&w.requests[k]); err != nil {
				return nil, err
			}
		}
		w.valid = m.NewEvent("valid", false, thread.WaitWork)
		w.free = m.NewEvent("free", false, thread.WaitRoom)
	}
	for i := range p.workers {
		w := &p.workers[i]
		w.joiner = m.Start(t, cfg.Name, thread.Worker, func(t thread.Thread) { p.serve(t, w) })
	}
	return p, nil
}

func (w *bitWorker) busy(t thread.Thread) uint64 {
	thread.Loads(t, &w.fill)
	fill := w.fill.Load()
	thread.Loads(t, &w.done)
	return fill ^ w.done.Load()
}

func (p *bitmaps) find(t thread.Thread) (*bitWorker, int) {
	for i := range p.workers {
		if k := bits.TrailingZeros64(^p.workers[i].busy(t)); k < depth {
			return &p.workers[i], k
		}
	}
	return nil, 0
}

func (p *bitmaps) Submit(t thread.Thread) bool {
	p.submitter = t
	if !p.hasRoom() {
		if !p.wait {
			return false
		}
		t.SpinUntil(thread.SpinRoom, 0, true, p.hasRoom)
	}
	w, k := p.find(t)
	p.takeOut(t, w, k)
	p.work.Fill(t, &w.requests[k])
	flip(t, &w.fill, k, w.valid, p.fault == validEarly)
	return true
}

// flip passes request k on, then sets the event; with the fault the event comes first.
func flip(t thread.Thread, word *atomic.Uint64, k int, e thread.Event, early bool) {
	if early {
		e.Set(t)
	}
	thread.Stores(t, word)
	word.Store(word.Load() ^ 1<<k)
	if !early {
		e.Set(t)
	}
}

func (p *bitmaps) takeOut(t thread.Thread, w *bitWorker, k int) {
	thread.Writes(t, &w.results[k])
	if w.results[k] {
		w.results[k] = false
		p.work.Done(t, &w.requests[k])
	}
}

func (p *bitmaps) serve(t thread.Thread, w *bitWorker) {
	hasRequest := func() bool { return w.busy(t) != 0 }
	for {
		w.valid.Reset(t)
		if thread.Loads(t, &w.quit); w.quit.Load() {
			return
		}
		if !t.SpinUntil(thread.SpinWork, polls, true, hasRequest) {
			w.valid.Wait(t)
			continue
		}
		k := bits.TrailingZeros64(w.busy(t))
		p.work.Handle(t, &w.requests[k])
		thread.Writes(t, &w.results[k])
		w.results[k] = true
		flip(t, &w.done, k, w.free, p.fault == freeEarly)
	}
}

func (p *bitmaps) Flush(t thread.Thread) {
	for i := range p.workers {
		w := &p.workers[i]
		for k := 0; k < depth; {
			w.free.Reset(t)
			busy := w.busy(t)
			for ; k < depth && busy>>k&1 == 0; k++ {
				p.takeOut(t, w, k)
			}
			if k < depth {
				w.free.Wait(t)
			}
		}
	}
}

func (p *bitmaps) Close(t thread.Thread) {
	for i := range p.workers {
		w := &p.workers[i]
		thread.Stores(t, &w.quit)
		w.quit.Store(true)
		w.valid.Set(t)
		w.joiner.Join(t)
	}
}
