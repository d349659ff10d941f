//go:build !explore

package thread

import "sync/atomic"

// Access marks the next statement of the calling thread as an access to shared memory. It is a
// preemption point of `mtbench explore`; in a normal build it is empty and compiles to nothing.
func Access(Thread) {}

// Exploring says whether this build has preemption points at shared accesses.
const Exploring = false

// eventWord is the futex word of an event.
type eventWord = atomic.Uint32

// futexOf returns the word that the kernel sleeps and wakes on.
func futexOf(w *eventWord) *atomic.Uint32 { return w }
