package models

import "mtbench/internal/thread"

// SelfIndex is the index of the request of a Self, which belongs to no pipeline.
const SelfIndex = -1

// Self lets the submitter do a job by itself, in a request, and so with buffers and a codec state,
// of its own: what some designs do when no thread is free. It shares no request with a pipeline, so
// it works beside any model that refuses; a job of it has been Done when Do returns, which may be
// before jobs that the pipeline accepted earlier. All of it is the submitter's.
type Self struct {
	work Work
	req  Request
}

// NewSelf makes the request. The error is Init's.
func NewSelf(work Work) (*Self, error) {
	s := &Self{work: work, req: Request{Index: SelfIndex}}
	if err := s.init(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Self) init() error { return s.work.Init(&s.req) }

// Do fills the request with the next job, handles it and is done with it.
func (s *Self) Do(t thread.Thread) { doOne(t, s.work, &s.req) }
