//go:build explore

package thread

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
