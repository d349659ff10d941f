package models

import "mtbench/internal/thread"

// Null refuses every page, whatever Wait says: the submitter sends each one as it is. It has no
// requests and no threads, so a run of it shows what the harness costs around a model.
func Null(_ thread.Machine, _ thread.Thread, cfg Config, _ Work) (Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	return null{}, nil
}

type null struct{}

func (null) Submit(thread.Thread) bool { return false }
func (null) Flush(thread.Thread)       {}
func (null) Close(thread.Thread)       {}
