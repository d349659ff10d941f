package models

import (
	"errors"
	"sync/atomic"

	"mtbench/internal/thread"
)

// ErrNoShares is what Ideal returns for a Work that only knows single pages.
var ErrNoShares = errors.New("the ideal baseline takes whole rounds, which this work cannot " +
	"share " +
	"out: it is for a source that discards its stream")

// Ideal is the ceiling: each worker takes its own share of a round into its own stream, so that
// nothing is handed over page by page. The pipeline is a Rounder; the Work must be a Sharer.
// Submit, which the interface asks for, does the page on the submitter's thread; the submitter may
// use it between two rounds.
func Ideal(m thread.Machine, t thread.Thread, cfg Config, work Work) (Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	sharer, ok := work.(Sharer)
	if !ok {
		return nil, ErrNoShares
	}
	p := &ideal{work: work, sharer: sharer, workers: make([]sharing, cfg.Threads)}
	for i := range p.workers {
		p.workers[i].req.Index = i
		if err := work.Init(&p.workers[i].req); err != nil {
			return nil, err
		}
	}
	p.start(m, t, cfg.Name)
	return p, nil
}

type ideal struct {
	work    Work
	sharer  Sharer
	workers []sharing

	round   atomic.Uint64 // written by the submitter: rounds begun; a change passes all requests on
	left    atomic.Int64  // workers that are not through with the round; 0 passes them back
	quit    atomic.Bool   // written by the submitter, before it sets go
	through thread.Event  // set by the last worker of a round
}

// sharing is one worker. Its request is the worker's in a round and the submitter's between two.
type sharing struct {
	req    Request
	begin  thread.Event // set by the submitter after round or quit
	joiner thread.Joiner
}

func (p *ideal) start(m thread.Machine, t thread.Thread, name string) {
	p.through = m.NewEvent(name+" round", false, thread.WaitRoom)
	for i := range p.workers {
		p.workers[i].begin = m.NewEvent(name+" share", false, thread.WaitWork)
	}
	for i := range p.workers {
		p.workers[i].joiner = m.Start(t, name, thread.Worker, func(t thread.Thread) {
			p.serve(t, i)
		})
	}
}

// Round has every worker do its share and sleeps until the last is through.
func (p *ideal) Round(t thread.Thread) {
	thread.Access(t)
	p.left.Store(int64(len(p.workers)))
	thread.Access(t)
	p.round.Add(1)
	p.wake(t)
	for {
		p.through.Reset(t)
		thread.Access(t)
		if p.left.Load() == 0 {
			return
		}
		p.through.Wait(t)
	}
}

func (p *ideal) wake(t thread.Thread) {
	for i := range p.workers {
		p.workers[i].begin.Set(t)
	}
}

func (p *ideal) serve(t thread.Thread, i int) {
	w := &p.workers[i]
	for done := uint64(0); ; {
		w.begin.Reset(t)
		thread.Access(t)
		if p.quit.Load() {
			return
		}
		thread.Access(t)
		if p.round.Load() == done {
			w.begin.Wait(t)
			continue
		}
		done++ // the submitter begins no round before this one is through
		p.sharer.Share(t, &w.req, i, len(p.workers))
		thread.Access(t)
		if p.left.Add(-1) == 0 {
			p.through.Set(t)
		}
	}
}

func (p *ideal) Submit(t thread.Thread) bool {
	doOne(t, p.work, &p.workers[0].req)
	return true
}

func (p *ideal) Flush(thread.Thread) {}

func (p *ideal) Close(t thread.Thread) {
	thread.Access(t)
	p.quit.Store(true)
	p.wake(t)
	for i := range p.workers {
		p.workers[i].joiner.Join(t)
	}
}
