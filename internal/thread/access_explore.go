//go:build explore

package thread

import (
	"sync/atomic"
	"unsafe"
)

// Accessor is what a machine that explores schedules adds to its threads.
type Accessor interface {
	// Access is told what the thread is about to do; unless that is a plain access, another thread
	// may be given the CPU here.
	Access(Use)
}

// Access marks the next statement of the calling thread as an access to shared memory of which
// nobody says what it is to: a machine that explores schedules may switch threads here.
func Access(t Thread) { access(t, Use{How: Anything}) }

// Loads marks the next statement as an atomic load of what p points to.
func Loads[T any](t Thread, p *T) { access(t, Use{unsafe.Pointer(p), Load}) }

// Stores marks the next statement as an atomic store.
func Stores[T any](t Thread, p *T) { access(t, Use{unsafe.Pointer(p), Store}) }

// Updates marks the next statement as an atomic read-modify-write.
func Updates[T any](t Thread, p *T) { access(t, Use{unsafe.Pointer(p), Update}) }

// Reads marks a plain read of what p points to, which something else must order with every write.
func Reads[T any](t Thread, p *T) { access(t, Use{unsafe.Pointer(p), Read}) }

// Writes marks a plain write; see Reads.
func Writes[T any](t Thread, p *T) { access(t, Use{unsafe.Pointer(p), Write}) }

func access(t Thread, u Use) {
	if a, ok := t.(Accessor); ok {
		a.Access(u)
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
