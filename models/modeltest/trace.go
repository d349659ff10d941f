package modeltest

import (
	"errors"

	"mtbench/internal/thread"
	"mtbench/models"
)

// Trace runs pages pages through a model on Turns, flushing now and then, and returns every call of
// the machine and of the work in order. Two models with the same trace under the same seed take the
// same locks, sleep, wake, spin and pass requests alike.
func Trace(build models.Builder, cfg models.Config, pages int, seed uint64) ([]string, error) {
	m := NewTurns(seed)
	m.Trace()
	work := newCounting(pages)
	work.bound = models.MaxThreads * models.MaxDepth
	work.note = func(what string) { m.trace = append(m.trace, what) }
	err := m.Run("main", func(t thread.Thread) {
		work.main = t
		e := &env{model: Model{Build: build}, m: m, cfg: cfg, pages: pages, work: work}
		once(e, t)
	})
	return m.trace, errors.Join(append(work.faults, err)...)
}
