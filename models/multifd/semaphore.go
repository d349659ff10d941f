package multifd

import "mtbench/internal/thread"

// semaphore is QEMU's: a count under a lock with a condition, and not a bare word of the kernel's.
type semaphore struct {
	mu   thread.Mutex
	cond thread.Cond // with mu: count has grown
	n    int         // under mu
}

func newSemaphore(m thread.Machine, name string, n int, lock, wait thread.State) *semaphore {
	mu := m.NewMutex(name, lock)
	return &semaphore{mu: mu, cond: m.NewCond(name, mu, wait), n: n}
}

func (s *semaphore) post(t thread.Thread) {
	s.mu.Lock(t)
	thread.Writes(t, &s.n)
	s.n++
	s.cond.Signal(t)
	s.mu.Unlock(t)
}

func (s *semaphore) wait(t thread.Thread) {
	s.mu.Lock(t)
	for thread.Writes(t, &s.n); s.n == 0; thread.Writes(t, &s.n) {
		s.cond.Wait(t)
	}
	s.n--
	s.mu.Unlock(t)
}

// try takes one if there is one.
func (s *semaphore) try(t thread.Thread) bool {
	s.mu.Lock(t)
	thread.Writes(t, &s.n)
	ok := s.n > 0
	if ok {
		s.n--
	}
	s.mu.Unlock(t)
	return ok
}
