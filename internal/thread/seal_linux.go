package thread

import (
	_ "unsafe" // for the links below

	"golang.org/x/sys/unix"
)

// A sealed machine keeps the Go runtime out of its threads. Without it the runtime's monitor takes
// a locked thread for a goroutine that hogs its P: it comes round every 20 to 100 µs, takes the P
// of every thread that is in a system call, and preempts every thread that is not, which sends it
// round other threads and back. On two CPUs that took 10 to 19 % of them and made a third of the
// involuntary switches (docs/method.md). A sealed thread keeps its P for life, sleeps by system
// calls that the scheduler is not told of, and is pinned, so that the runtime never preempts it.
//
// The price: nothing can stop the world while a sealed thread lives, and a sealed thread must not
// wait for anything of Go's own (a channel, a sync.Mutex): the runtime ends the process that does.

// The runtime's pin, which is kept for users outside of it by its name (go.dev/issue/67401).
//
//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

// sealedSpare is how many Ps the runtime keeps for itself beside the sealed threads, which never
// give theirs back.
const sealedSpare = 8

// seal begins what unseal ends, on the thread itself; nothing without Options.Sealed.
func (k *kthread) seal() {
	if k.machine.options.Sealed && !k.sealed {
		k.sealed = true
		procPin()
	}
}

func (k *kthread) unseal() {
	if k.sealed {
		k.sealed = false
		procUnpin()
	}
}

// Syscall makes a system call that may sleep, on the thread t. A pointer among the arguments is to
// an object on the heap (which does not move) that the caller keeps alive.
func Syscall(t Thread, trap, a1, a2, a3 uintptr) (uintptr, unix.Errno) {
	if k, ok := t.(*kthread); ok {
		return k.syscall(trap, a1, a2, a3, 0)
	}
	r, _, errno := unix.Syscall(trap, a1, a2, a3)
	return r, errno
}

func (k *kthread) syscall(trap, a1, a2, a3, a4 uintptr) (r uintptr, errno unix.Errno) {
	if k.sealed {
		r, _, errno = unix.RawSyscall6(trap, a1, a2, a3, a4, 0, 0)
	} else {
		r, _, errno = unix.Syscall6(trap, a1, a2, a3, a4, 0, 0)
	}
	return r, errno
}

// lock takes mu for a thread that may be sealed, without the help of the Go scheduler. Others hold
// it for long only while they read the figures of a bracket's ends.
func (m *Kernel) lock() {
	for !m.mu.TryLock() {
		unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
	}
}

// procs is how many Ps a machine needs.
func (o Options) procs() int {
	spare := spareProcs
	if o.Sealed {
		spare = sealedSpare
	}
	return o.MaxThreads + spare
}
