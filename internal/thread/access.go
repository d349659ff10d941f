//go:build !explore

package thread

import "sync/atomic"

// Access marks the next statement of the calling thread as an access to shared memory of which
// nobody says what it is to. It is a preemption point of `mtbench explore`, as Loads, Stores and
// Updates are, and stands in the way of every reduction; in a normal build they are all empty and
// compile to nothing.
func Access(Thread) {}

// Loads marks the next statement as an atomic load of what p points to.
func Loads[T any](_ Thread, p *T) {}

// Stores marks the next statement as an atomic store.
func Stores[T any](_ Thread, p *T) {}

// Updates marks the next statement as an atomic read-modify-write.
func Updates[T any](_ Thread, p *T) {}

// Reads marks a plain read of what p points to, which something else must order with every write.
// No thread is let in here: the explorer reports two accesses that nothing orders.
func Reads[T any](_ Thread, p *T) {}

// Writes marks a plain write; see Reads.
func Writes[T any](_ Thread, p *T) {}

// Exploring says whether this build has preemption points at shared accesses.
const Exploring = false

// eventWord is the futex word of an event.
type eventWord = atomic.Uint32

// futexOf returns the word that the kernel sleeps and wakes on.
func futexOf(w *eventWord) *atomic.Uint32 { return w }
