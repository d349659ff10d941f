package thread

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// spareProcs is how many Ps the Go runtime keeps for itself beside one a thread.
const spareProcs = 2

// Kernel is the machine whose threads are kernel threads: one locked OS thread each, which sleeps
// and wakes by futex(2), as a pthread does.
type Kernel struct {
	core
	mono time.Duration // CLOCK_MONOTONIC at the zero of the machine's clock
	pid  int

	// Guarded by mu.
	threads []*kthread // in order of birth
	spare   []recorder // for threads to come
	runtime tasks      // the Go runtime's own threads
	words   []Word
	born    map[Role]int // how many threads of each role
	failed  error        // the first thread that could not be pinned
}

// A Word is a futex word of a machine, for whoever traces its system calls.
type Word struct {
	Name string  // of the primitive
	Kind string  // mutex, cond, event or join
	Addr uintptr // as the kernel sees it; constant, since Go objects do not move

	word *atomic.Uint32 // keeps it alive
}

// NewKernel makes a machine of kernel threads. It raises GOMAXPROCS to o.MaxThreads and some (and
// never lowers it), so that a thread that comes back from a system call always finds a P. It sets
// GOMAXPROCS in any case: the runtime changes a value of its own when the host's CPUs change, by
// stopping the world, which sealed threads never join.
func NewKernel(o Options) *Kernel {
	runtime.GOMAXPROCS(max(o.procs(), runtime.GOMAXPROCS(0)))
	m := &Kernel{core: newCore(o), pid: os.Getpid(), born: map[Role]int{}}
	m.mono = m.clock.zero()
	if modeOf(o) == traced {
		for range o.MaxThreads {
			m.spare = append(m.spare, newRecorder(o.Trace))
		}
	}
	return m
}

// Words lists the futex words of all primitives and threads made so far.
func (m *Kernel) Words() []Word {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Word(nil), m.words...)
}

func (m *Kernel) addWord(name, kind string, w *atomic.Uint32) {
	m.lock()
	defer m.mu.Unlock()
	m.words = append(m.words, Word{Name: name, Kind: kind, Addr: addrOf(w), word: w})
}

// Run locks the caller's goroutine to its OS thread for as long as f runs, and gives the thread its
// own name and CPUs back at the end. The error says which thread could not be pinned, and why.
func (m *Kernel) Run(name string, f func(Thread)) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer restoreThread()()
	k := m.newThread(name, Main)
	k.live(f)
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.failed
}

// Start runs f on a new OS thread, which ends with f. A panic in f ends the process.
func (m *Kernel) Start(_ Thread, name string, role Role, f func(Thread)) Joiner {
	k := m.newThread(name, role)
	go func() {
		runtime.LockOSThread() // and never unlocked: the OS thread dies with its goroutine
		k.live(func(t Thread) {
			k.seal()
			f(t)
		})
	}()
	return k
}

func (m *Kernel) newThread(name string, role Role) *kthread {
	k := &kthread{handle: m.newHandle(name, role), machine: m}
	m.lock()
	if k.mode == traced {
		k.recorder = m.takeRecorder()
	}
	k.nth = m.born[role]
	m.born[role]++
	m.threads = append(m.threads, k)
	m.mu.Unlock()
	m.addWord(name, "join", &k.over)
	return k
}

// kthread is a kernel thread and its handle.
type kthread struct {
	handle
	machine *Kernel
	nth     int // order of birth in its role, from 0

	sealed bool          // own thread
	due    unix.Timespec // of its sleep; here, since an object on the heap does not move
	spent  unix.Timespec // its CPU clock, as last read

	over atomic.Uint32 // futex word: 1 when the thread's function has returned

	// The kernel's figures. Written by the thread at birth and end and by the first thread at the
	// ends of the bracket, all under machine.mu.
	tid      int // 0 until it runs
	ended    bool
	from, to figures    // when its measured time began and ended
	counters counters   // hardware events; none where nobody asked or the host has none
	counted  [2]Counted // when its measured time began and ended
}

// live is the thread's life. It ends by Goexit too, as a failing test does, so that joiners go on;
// a panic passes through and ends the process before anybody is told.
func (k *kthread) live(f func(Thread)) {
	k.birth()
	returned := false
	defer func() {
		if !returned {
			if p := recover(); p != nil {
				panic(p)
			}
		}
		k.unseal()
		k.finish()
	}()
	f(k)
	returned = true
}

// birth reads the thread's figures, since the OS thread may have run other goroutines before. The
// account begins last: nothing of this is in it.
func (k *kthread) birth() {
	tid := unix.Gettid()
	setThreadName(k.name)
	setTimerSlack(slackNS)
	err := k.pin()
	if k.machine.options.Counters {
		k.counters, _ = openCounters(perfCounter) // LackOfCounters says why there are none
	}
	own := ownFigures(tid)
	k.machine.mu.Lock()
	k.counted[0] = k.counters.read()
	if k.machine.failed == nil {
		k.machine.failed = err
	}
	k.tid, k.from = tid, own
	k.begin()
	k.machine.mu.Unlock()
}

// finish reads the thread's figures for the last time, unless the bracket was shut before and they
// were read then. over.Store pairs with over.Load in Join: after it the account is the joiner's.
func (k *kthread) finish() {
	own := ownFigures(k.tid)
	k.futex(Wakes, &k.over, true) // now: once over is set, the recorder is the joiner's
	k.machine.mu.Lock()
	k.end()
	if k.machine.bracket.phase.Load() != afterBracket {
		k.to, k.counted[1] = own, k.counters.read()
	}
	k.counters.close()
	k.counters = nil
	k.ended = true
	k.machine.mu.Unlock()
	k.over.Store(1)
	wake(&k.over, everybody) // not counted: for a pthread the kernel does it
}

// pin keeps the calling thread on its CPU.
func (k *kthread) pin() error {
	pins := k.machine.options.Pin
	if len(pins) == 0 {
		return nil
	}
	cpus := pins[k.role]
	if k.nth >= len(cpus) {
		return fmt.Errorf("no CPU was given for thread %s, which is number %d of role %v",
			k.name, k.nth+1, k.role)
	}
	if err := setAffinity(cpus[k.nth : k.nth+1]); err != nil {
		return fmt.Errorf("thread %s cannot be pinned to CPU %d: sched_setaffinity: %w",
			k.name, cpus[k.nth], err)
	}
	return nil
}

// Join waits for the thread's function to have returned.
func (k *kthread) Join(t Thread) {
	by := t.(*kthread)
	if k.over.Load() == 1 {
		return
	}
	prev := by.enter(Joining)
	for k.over.Load() == 0 {
		by.futexWait(&k.over, 0)
	}
	by.enter(prev)
}

// SleepUntil sleeps by clock_nanosleep to an absolute time; time.Sleep would cost a wake-up of
// another thread on the way.
func (k *kthread) SleepUntil(at time.Duration, why State) {
	if k.Now() >= at {
		return
	}
	prev := k.enter(why)
	k.due = unix.NsecToTimespec(int64(k.machine.mono + at))
	for k.Now() < at {
		// Interrupted (EINTR) or a hair early: an absolute sleep is simply begun again.
		k.syscall(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME,
			uintptr(unsafe.Pointer(&k.due)), 0)
	}
	k.enter(prev)
}

// SpinUntil keeps the CPU. The first look is free of stamps.
func (k *kthread) SpinUntil(why State, limit int, pause bool, cond func() bool) bool {
	if cond() {
		return true
	}
	prev := k.enter(why)
	ok := spin(limit-1, limit == 0, pause, cond)
	k.enter(prev)
	return ok
}

func spin(left int, forever, pause bool, cond func() bool) bool {
	for ; forever || left > 0; left-- {
		if pause {
			relax()
		}
		if cond() {
			return true
		}
	}
	return false
}

// OpenBracket waits until all threads that were started live, reads their figures, the clocks
// last of them, and then publishes the mark.
func (m *Kernel) OpenBracket(t Thread) {
	m.mustBe(beforeBracket, "OpenBracket")
	me := t.(*kthread)
	for !m.allLive() { // or one that is late would not be there at all in a short run
		time.Sleep(50 * time.Microsecond)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.runtime.open(m.ours())
	for _, k := range m.threads {
		k.read(&k.from, me, figures.withDetails)
		k.count(0)
	}
	for _, k := range m.threads {
		k.read(&k.from, me, figures.withClocks)
	}
	me.seal()
	m.bracket.publish(&m.clock)
	me.divide()
}

// allLive reports whether no thread is yet to be born.
func (m *Kernel) allLive() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !slices.ContainsFunc(m.threads, func(k *kthread) bool { return k.tid == 0 })
}

// ShutBracket publishes the mark and then reads, in the opposite order.
func (m *Kernel) ShutBracket(t Thread) {
	m.mustBe(inBracket, "ShutBracket")
	me := t.(*kthread)
	m.lock()
	defer m.mu.Unlock()
	m.bracket.publish(&m.clock)
	me.divide()
	me.unseal()
	for _, k := range m.threads {
		k.read(&k.to, me, figures.withClocks)
	}
	for _, k := range m.threads {
		k.read(&k.to, me, figures.withDetails)
		k.count(1)
	}
	m.runtime.shut(m.ours())
}

// read updates one of the two readings of a living thread.
func (k *kthread) read(f *figures, me *kthread, how func(figures, int, bool) figures) {
	if k.tid != 0 && !k.ended {
		*f = how(*f, k.tid, k == me)
	}
}

// count updates one of the two readings of a living thread's counters.
func (k *kthread) count(end int) {
	if k.tid != 0 && !k.ended {
		k.counted[end] = k.counters.read()
	}
}

// ours is the readings at birth of all threads of this machine, by tid.
func (m *Kernel) ours() map[int]figures {
	ids := make(map[int]figures, len(m.threads))
	for _, k := range m.threads {
		if k.tid != 0 {
			ids[k.tid] = k.from
		}
	}
	return ids
}

// Usages lists the threads of the bracket, and after them the Go runtime's own threads as one.
func (m *Kernel) Usages() []Usage {
	if m.bracket.phase.Load() != afterBracket {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []Usage
	for _, k := range m.threads {
		if k.tid != 0 && k.measured() {
			u := k.usage()
			u.TID = k.tid
			k.to.minus(k.from).into(&u)
			u.Counted = k.counted[1].minus(k.counted[0])
			list = append(list, u)
		}
	}
	rt := Usage{Name: "go-runtime", Role: Other, Wall: m.bracket.now[1] - m.bracket.now[0]}
	m.runtime.sum().into(&rt)
	return append(list, rt)
}
