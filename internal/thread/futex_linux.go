package thread

import (
	"math"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The operations of futex(2) that are used, on words that no other process sees.
const (
	opWait    = 0 | opPrivate
	opWake    = 1 | opPrivate
	opPrivate = 128
)

const everybody = math.MaxInt32

func addrOf(w *atomic.Uint32) uintptr { return uintptr(unsafe.Pointer(w)) }

// futexWait sleeps while *w is val, until it is woken. It may return early; the caller looks again.
//
// The call is a blocking one, so that the Go scheduler takes the P away and the collector need not
// wait for the sleeper, unless the thread is sealed. A word is part of a Go object, which the
// caller holds and which never moves.
func (k *kthread) futexWait(w *atomic.Uint32, val uint32) {
	k.futex(Slept, w, false)
	for {
		k.waits++
		_, errno := k.syscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(w)), opWait, uintptr(val), 0)
		if errno != unix.EINTR {
			break // woken, or *w was no longer val
		}
	}
	k.futex(Woken, w, false)
}

// futexWake wakes n of the threads that sleep on w, the longest sleeper first. The call has a state
// of its own: with few CPUs the woken thread often takes the waker's, and that time is what waking
// costs.
func (k *kthread) futexWake(w *atomic.Uint32, n uintptr) {
	k.wakes++
	prev := k.enter(Waking)
	k.futex(Wakes, w, n == everybody)
	wake(w, n)
	k.enter(prev)
}

// wake never blocks, so the scheduler need not know.
func wake(w *atomic.Uint32, n uintptr) {
	unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(w)), opWake, n, 0, 0, 0)
}
