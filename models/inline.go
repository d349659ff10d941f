package models

import "mtbench/internal/thread"

// Inline makes the submitter do the work itself, with one request and no thread: what a page costs
// where nothing is handed over. Config.Threads is checked and not used.
func Inline(_ thread.Machine, _ thread.Thread, cfg Config, work Work) (Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	p := &inline{Self{work: work}}
	if err := p.init(); err != nil {
		return nil, err
	}
	return p, nil
}

type inline struct{ Self }

func (p *inline) Submit(t thread.Thread) bool {
	p.Do(t)
	return true
}

func (p *inline) Flush(thread.Thread) {}
func (p *inline) Close(thread.Thread) {}

// doOne does a whole job on the submitter's thread.
func doOne(t thread.Thread, work Work, req *Request) {
	work.Fill(t, req)
	work.Handle(t, req)
	work.Done(t, req)
}
