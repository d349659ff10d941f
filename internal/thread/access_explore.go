//go:build explore

package thread

import "sync/atomic"

// Accessor is what a machine that explores schedules adds to its threads.
type Accessor interface {
	Access() // another thread may be given the CPU here
}

// Access marks the next statement of the calling thread as an access to shared memory: a machine
// that explores schedules may switch threads here.
func Access(t Thread) {
	if a, ok := t.(Accessor); ok {
		a.Access()
	}
}

// Exploring says whether this build has preemption points at shared accesses.
const Exploring = true

// eventWord is the futex word of an event. It calls look before each of its accesses where a test
// has set it: there another thread may take a step of its own.
type eventWord struct {
	word atomic.Uint32
	look func()
}

// futexOf returns the word that the kernel sleeps and wakes on.
func futexOf(w *eventWord) *atomic.Uint32 { return &w.word }

func (w *eventWord) access() *atomic.Uint32 {
	if w.look != nil {
		w.look()
	}
	return &w.word
}

func (w *eventWord) Load() uint32          { return w.access().Load() }
func (w *eventWord) Store(v uint32)        { w.access().Store(v) }
func (w *eventWord) Swap(v uint32) uint32  { return w.access().Swap(v) }
func (w *eventWord) Or(bits uint32) uint32 { return w.access().Or(bits) }

func (w *eventWord) CompareAndSwap(was, v uint32) bool { return w.access().CompareAndSwap(was, v) }
