//go:build !explore

package thread

// Access marks the next statement of the calling thread as an access to shared memory. It is a
// preemption point of `mtbench explore`; in a normal build it is empty and compiles to nothing.
func Access(Thread) {}

// Exploring says whether this build has preemption points at shared accesses.
const Exploring = false
