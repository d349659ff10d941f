package planted

import (
	"sync/atomic"

	"mtbench/internal/thread"
	"mtbench/models"
)

// chunks is the protocol of deep rings and wake-ups by the chunk in small: rings of three slots and
// chunks of two pages.
type chunks struct {
	fault   fault
	work    models.Work
	wait    bool
	room    thread.Event
	quit    atomic.Bool
	current int
	workers []*chunkWorker
}

const chunkSlots, chunkPages = 3, 2

type chunkWorker struct {
	slots  [chunkSlots]models.Request
	event  thread.Event
	filled int // the submitter's, like taken
	taken  int
	given  atomic.Int64 // the submitter stores
	done   atomic.Int64 // the worker stores
	joiner thread.Joiner
}

func buildChunks(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work, f fault) (
	models.Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	p := &chunks{fault: f, work: work, wait: cfg.Wait || cfg.Side == models.Destination,
		room: m.NewEvent("room", true, thread.WaitRoom)}
	for i := range cfg.Threads {
		w := &chunkWorker{event: m.NewEvent(cfg.Name, false, thread.WaitWork)}
		for k := range w.slots {
			w.slots[k].Index = i*chunkSlots + k
			if err := work.Init(&w.slots[k]); err != nil {
				return nil, err
			}
		}
		p.workers = append(p.workers, w)
	}
	for _, w := range p.workers {
		w.joiner = m.Start(t, cfg.Name, thread.Worker, func(t thread.Thread) { p.serve(t, w) })
	}
	return p, nil
}

func (p *chunks) Submit(t thread.Thread) bool {
	w := p.find(t)
	for ; w == nil; w = p.find(t) {
		if !p.wait {
			return false
		}
		p.awaitRoom(t)
	}
	p.work.Fill(t, &w.slots[w.filled%chunkSlots])
	w.filled++
	leave := w.filled%chunkPages == 0 || w.filled-w.taken == chunkSlots
	if p.fault == kickEarly && leave {
		w.event.Set(t)
	}
	thread.Stores(t, &w.given)
	w.given.Store(int64(w.filled))
	if leave {
		if p.fault != kickEarly {
			w.event.Set(t)
		}
		p.current = (p.current + 1) % len(p.workers)
	}
	return true
}

func (p *chunks) find(t thread.Thread) *chunkWorker {
	for range p.workers {
		w := p.workers[p.current]
		if w.filled-w.taken < chunkSlots || p.takeOut(t, w) {
			return w
		}
		p.current = (p.current + 1) % len(p.workers)
	}
	return nil
}

func (p *chunks) takeOut(t thread.Thread, w *chunkWorker) bool {
	thread.Loads(t, &w.done)
	done := int(w.done.Load())
	from := w.taken
	for w.taken = from; w.taken < done; w.taken++ {
		at := w.taken
		if p.fault == orderBroken {
			at = from + done - 1 - w.taken
		}
		p.work.Done(t, &w.slots[at%chunkSlots])
	}
	return done > from
}

// awaitRoom sleeps until a worker has come to the end of a chunk or of its ring.
func (p *chunks) awaitRoom(t thread.Thread) {
	for {
		if p.fault != roomAfterLook {
			p.room.Reset(t)
		}
		for _, w := range p.workers {
			thread.Loads(t, &w.done)
			done := int(w.done.Load())
			if done == w.filled || done/chunkPages != w.taken/chunkPages {
				return
			}
		}
		if p.fault == roomAfterLook {
			p.room.Reset(t)
		}
		p.room.Wait(t)
	}
}

func (p *chunks) serve(t thread.Thread, w *chunkWorker) {
	for done := int64(0); ; {
		w.event.Reset(t)
		thread.Loads(t, &p.quit)
		if p.quit.Load() {
			return
		}
		thread.Loads(t, &w.given)
		if w.given.Load() == done {
			w.event.Wait(t)
			continue
		}
		done = p.drain(t, w, done)
	}
}

func (p *chunks) drain(t thread.Thread, w *chunkWorker, done int64) int64 {
	for thread.Loads(t, &w.given); w.given.Load() != done; thread.Loads(t, &w.given) {
		r := &w.slots[done%chunkSlots]
		done++
		if p.fault == backEarly {
			thread.Stores(t, &w.done)
			w.done.Store(done)
		}
		p.work.Handle(t, r)
		if p.fault != backEarly {
			thread.Stores(t, &w.done)
			w.done.Store(done)
		}
		if done%chunkPages == 0 {
			p.room.Set(t)
		}
	}
	if p.fault != noWakeAtEnd {
		p.room.Set(t)
	}
	return done
}

func (p *chunks) Flush(t thread.Thread) {
	if p.fault != noKick {
		p.workers[p.current].event.Set(t)
	}
	for _, w := range p.workers {
		for {
			if p.fault != roomAfterLook {
				p.room.Reset(t)
			}
			p.takeOut(t, w)
			if w.taken == w.filled {
				break
			}
			if p.fault == roomAfterLook {
				p.room.Reset(t)
			}
			p.room.Wait(t)
		}
	}
}

func (p *chunks) Close(t thread.Thread) {
	thread.Stores(t, &p.quit)
	p.quit.Store(true)
	for _, w := range p.workers {
		w.event.Set(t)
	}
	for _, w := range p.workers {
		w.joiner.Join(t)
	}
}
