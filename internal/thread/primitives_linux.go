package thread

import "sync/atomic"

// Every primitive is padded to a cache line, so that two of them never share one. In C they are
// parts of larger structures; Go's allocator would put the locks of several workers side by side.
const lineBytes = 64

// The states of a mutex's futex word.
const (
	unlocked  = 0
	locked    = 1
	contended = 2 // locked, and somebody may sleep on the word
)

// kmutex is the three-state futex mutex: free of system calls as long as nobody waits, and without
// spinning before it sleeps.
//
// The exchange or compare-and-swap that takes the word pairs with the exchange in Unlock: what the
// last holder wrote is the next one's.
type kmutex struct {
	word atomic.Uint32
	why  State
	_    [lineBytes - 8]byte
}

// NewMutex makes a mutex whose waiters are in state why.
func (m *Kernel) NewMutex(name string, why State) Mutex {
	mu := &kmutex{why: why}
	m.addWord(name, "mutex", &mu.word)
	return mu
}

func (mu *kmutex) Lock(t Thread) {
	k := t.(*kthread)
	k.locks++
	if !mu.word.CompareAndSwap(unlocked, locked) {
		mu.lockContended(k)
	}
}

// lockContended takes the mutex and leaves the word contended, since others may sleep on it. The
// unlock that follows makes a system call, needed or not.
func (mu *kmutex) lockContended(k *kthread) {
	if mu.word.Swap(contended) == unlocked {
		return
	}
	prev := k.enter(mu.why)
	k.futexWait(&mu.word, contended)
	for mu.word.Swap(contended) != unlocked {
		k.futexWait(&mu.word, contended)
	}
	k.enter(prev)
}

func (mu *kmutex) Unlock(t Thread) {
	switch mu.word.Swap(unlocked) {
	case contended:
		t.(*kthread).futexWake(&mu.word, 1)
	case unlocked:
		panic("thread: Unlock of a mutex that is not locked")
	}
}

// kcond is a condition variable: a count of signals to sleep on, and how many sleep.
//
// Wait reads the sequence and only then counts itself; Signal takes one off the count and only then
// moves the sequence. So a signal that counted this waiter moved the sequence after it was read,
// and the sleep ends at once. A signal that comes from before the wait (its caller no longer holds
// the mutex) may end a wait for nothing, which Wait's contract allows. With more than one waiter it
// is the kernel that wakes the longest sleeper first, which is the one that was counted off.
type kcond struct {
	seq     atomic.Uint32 // futex word
	waiters atomic.Int32
	mu      *kmutex
	why     State
	_       [lineBytes - 24]byte
}

// NewCond makes a condition variable of mu, which is of the same machine.
func (m *Kernel) NewCond(name string, mu Mutex, why State) Cond {
	c := &kcond{mu: mu.(*kmutex), why: why}
	m.addWord(name, "cond", &c.seq)
	return c
}

// Wait takes the mutex back as contended, as glibc does: threads that were woken together may
// sleep on it. It is why an original that waits makes a wake call at its next unlock.
func (c *kcond) Wait(t Thread) {
	k := t.(*kthread)
	seq := c.seq.Load()
	c.waiters.Add(1)
	c.mu.Unlock(k)
	prev := k.enter(c.why)
	k.futexWait(&c.seq, seq)
	k.enter(prev)
	k.locks++
	c.mu.lockContended(k)
}

func (c *kcond) Signal(t Thread) {
	for {
		n := c.waiters.Load()
		if n == 0 {
			return
		}
		if c.waiters.CompareAndSwap(n, n-1) {
			break
		}
	}
	c.seq.Add(1)
	t.(*kthread).futexWake(&c.seq, 1)
}

// The states of an event's futex word, as QemuEvent has them.
const (
	eventSet  uint32 = 0
	eventFree uint32 = 1
	eventBusy uint32 = 1<<32 - 1 // not set, and somebody sleeps
)

// kevent is QemuEvent. The word moves
//
//	free → set, busy → set (and a wake)   in Set
//	set → free                            in Reset
//	free → busy                           in Wait
//
// and never from busy to free: Reset ors the bit of free in, which changes neither free nor busy.
//
// Set's exchange (or, where it finds the word set, its load) comes after what the setter wrote, and
// pairs with the load of Reset and Wait. The original puts a full barrier before the load, since
// the store of the condition must not move behind it. Here the condition is an atomic, and Go's
// atomics keep their order; the barrier is in the store of the condition instead.
type kevent struct {
	word eventWord
	why  State
	_    [lineBytes - 8]byte
}

// NewEvent makes an event, set or free, whose waiter is in state why.
func (m *Kernel) NewEvent(name string, set bool, why State) Event {
	e := &kevent{why: why}
	if !set {
		e.word.Store(eventFree)
	}
	m.addWord(name, "event", futexOf(&e.word))
	return e
}

func (e *kevent) Set(t Thread) {
	if e.setWord() {
		t.(*kthread).futexWake(futexOf(&e.word), everybody)
	}
}

// setWord moves the word to set and reports whether somebody may sleep on it. It is one exchange: a
// waiter that came between a load and a store would never be woken.
func (e *kevent) setWord() (wake bool) {
	return e.word.Load() != eventSet && e.word.Swap(eventSet) == eventBusy
}

func (e *kevent) Reset(Thread) {
	if e.word.Load() == eventSet {
		e.word.Or(eventFree)
	}
}

func (e *kevent) Wait(t Thread) {
	if !e.waitWord() {
		return
	}
	k := t.(*kthread)
	prev := k.enter(e.why)
	k.futexWait(futexOf(&e.word), eventBusy)
	k.enter(prev)
}

// waitWord moves the word to busy unless it is set, and reports whether the caller must sleep while
// it is busy.
func (e *kevent) waitWord() (sleep bool) {
	v := e.word.Load()
	if v == eventSet {
		return false
	}
	return v != eventFree || e.word.CompareAndSwap(eventFree, eventBusy) || e.word.Load() != eventSet
}

// kspin is a test-and-test-and-set lock: the exchange is tried only when the lock looked free, so
// that waiters read their own copy of the line.
//
// The exchange that takes it pairs with the store in Unlock.
type kspin struct {
	word atomic.Uint32
	why  State
	_    [lineBytes - 8]byte
}

// NewSpinLock makes a spin lock whose waiters are in state why.
func (m *Kernel) NewSpinLock(_ string, why State) SpinLock { return &kspin{why: why} }

func (s *kspin) Lock(t Thread) {
	k := t.(*kthread)
	k.locks++
	if s.word.Swap(locked) == unlocked {
		return
	}
	prev := k.enter(s.why)
	for {
		for s.word.Load() == locked {
			relax()
		}
		if s.word.Swap(locked) == unlocked {
			break
		}
	}
	k.enter(prev)
}

func (s *kspin) Unlock(Thread) { s.word.Store(unlocked) }
