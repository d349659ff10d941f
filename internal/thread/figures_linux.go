package thread

import (
	"os"
	"runtime"
	"time"
	"unsafe"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// figures is what the kernel says of a thread since the thread's birth.
type figures struct {
	known        bool // the CPU clock could be read
	cpu          time.Duration
	user, system time.Duration
	delayKnown   bool // schedstat could be read
	runDelay     time.Duration
	voluntary    int64
	involuntary  int64
}

// userHZ is the unit of times in /proc/…/stat on every Linux architecture that Go runs on.
const userHZ = 100

// withClocks reads what the time of thread tid of this process is made of: its CPU clock and its
// run delay, which must close with the wall clock and so are read next to the mark. A dynamic clock
// id is the complement of the tid, shifted by three, and the bits for "one thread" (4) and
// "scheduler's clock" (2).
func (f figures) withClocks(tid int, own bool) figures {
	id := int32(^tid<<3 | 4 | 2)
	if own {
		id = unix.CLOCK_THREAD_CPUTIME_ID
	}
	var ts unix.Timespec
	if f.known = unix.ClockGettime(id, &ts) == nil; f.known {
		f.cpu = time.Duration(ts.Nano())
	}
	if p, err := procOf(tid); err == nil {
		if s, err := p.Schedstat(); err == nil {
			f.delayKnown = true
			f.runDelay = time.Duration(s.WaitingNanoseconds)
		}
	}
	return f
}

// withDetails reads the rest. What /proc does not show stays 0.
func (f figures) withDetails(tid int, own bool) figures {
	if own {
		return f.withRusage()
	}
	p, err := procOf(tid)
	if err != nil {
		return f
	}
	if s, err := p.Stat(); err == nil {
		f.user = time.Duration(s.UTime) * (time.Second / userHZ)
		f.system = time.Duration(s.STime) * (time.Second / userHZ)
	}
	if s, err := p.NewStatus(); err == nil {
		f.voluntary = int64(s.VoluntaryCtxtSwitches)
		f.involuntary = int64(s.NonVoluntaryCtxtSwitches)
	}
	return f
}

// withRusage reads, of the calling thread only, the split and the switches without /proc.
func (f figures) withRusage() figures {
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_THREAD, &r) != nil {
		return f
	}
	f.user, f.system = time.Duration(r.Utime.Nano()), time.Duration(r.Stime.Nano())
	f.voluntary, f.involuntary = int64(r.Nvcsw), int64(r.Nivcsw)
	return f
}

// ownFigures reads all of the calling thread.
func ownFigures(tid int) figures { return figures{}.withDetails(tid, true).withClocks(tid, true) }

func procOf(tid int) (procfs.Proc, error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return procfs.Proc{}, err
	}
	return fs.Thread(os.Getpid(), tid)
}

// minus is what happened between two readings. They may come from clocks of different grain (a tick
// of /proc, a microsecond of rusage), so a difference below 0 is none.
func (f figures) minus(g figures) figures {
	return figures{
		known:      f.known && (g.known || g == figures{}),
		delayKnown: f.delayKnown && (g.delayKnown || g == figures{}),
		cpu:        max(0, f.cpu-g.cpu), runDelay: max(0, f.runDelay-g.runDelay),
		user: max(0, f.user-g.user), system: max(0, f.system-g.system),
		voluntary: max(0, f.voluntary-g.voluntary), involuntary: max(0, f.involuntary-g.involuntary),
	}
}

func (f figures) plus(g figures) figures {
	return figures{
		known:      f.known || g.known,
		delayKnown: f.delayKnown || g.delayKnown,
		cpu:        f.cpu + g.cpu, runDelay: f.runDelay + g.runDelay,
		user: f.user + g.user, system: f.system + g.system,
		voluntary: f.voluntary + g.voluntary, involuntary: f.involuntary + g.involuntary,
	}
}

func (f figures) into(u *Usage) {
	u.KernelKnown = f.known
	if !f.known {
		return
	}
	u.CPU, u.User, u.System = f.cpu, f.user, f.system
	u.DelayKnown, u.RunDelay = f.delayKnown, f.runDelay
	u.Voluntary, u.Involuntary = f.voluntary, f.involuntary
}

// tasks is the readings of the process's threads that are not the machine's: the Go runtime's own.
type tasks struct {
	before map[int]figures // by tid, when the bracket opened
	after  map[int]figures // when it shut
	turned figures         // used inside the bracket by threads that then became the machine's
}

func (r *tasks) open(ours map[int]figures) { r.before = readTasks(ours) }

// shut also counts what an OS thread did for the runtime before it was given to one of our threads.
func (r *tasks) shut(ours map[int]figures) {
	r.after = readTasks(ours)
	for tid, birth := range ours {
		if before, ok := r.before[tid]; ok {
			r.turned = r.turned.plus(birth.minus(before))
		}
	}
}

// sum is what they did in the bracket. An OS thread that the runtime made and ended within is lost.
func (r *tasks) sum() figures {
	total := r.turned
	for tid, after := range r.after {
		total = total.plus(after.minus(r.before[tid]))
	}
	return total
}

func readTasks(ours map[int]figures) map[int]figures {
	list, err := procfs.AllThreads(os.Getpid())
	if err != nil {
		return nil
	}
	read := map[int]figures{}
	for _, p := range list {
		if _, mine := ours[p.PID]; !mine {
			read[p.PID] = figures{}.withDetails(p.PID, false).withClocks(p.PID, false)
		}
	}
	return read
}

const nameBytes = 16 // of a thread's name, the closing 0 included

func setThreadName(name string) {
	var b [nameBytes]byte
	copy(b[:nameBytes-1], name)
	_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&b)), 0, 0, 0)
}

// slackNS is the timer slack of our threads, the least there is. The kernel's default of 50 µs,
// made for saving power, is as long as a fast link takes for a burst.
const slackNS = 1

func setTimerSlack(ns int) { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(ns), 0, 0, 0) }

// timerSlack reads the timer slack of the calling OS thread in nanoseconds; 0: unknown.
func timerSlack() int {
	ns, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil {
		return 0
	}
	return ns
}

// TimerSlack returns the timer slack that threads of a [Kernel] sleep with, as the kernel reads it
// back: by so much it may end their sleeps late to save power. 0: unknown.
func TimerSlack() time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer restoreThread()()
	setTimerSlack(slackNS)
	return time.Duration(timerSlack())
}

// restoreThread returns what gives the calling OS thread its present name, CPUs and timer slack
// back.
func restoreThread() func() {
	slack := timerSlack()
	var b [nameBytes]byte
	named := unix.Prctl(unix.PR_GET_NAME, uintptr(unsafe.Pointer(&b)), 0, 0, 0) == nil
	cpus, err := Affinity(0)
	return func() {
		if named {
			_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&b)), 0, 0, 0)
		}
		if err == nil {
			_ = setAffinity(cpus)
		}
		if slack > 0 { // 0 is the kernel's word for its default
			setTimerSlack(slack)
		}
	}
}

// OwnCPU returns the CPU time of the thread t, which calls it, so far: without the Go scheduler, so
// that it may be read between two pages of a sealed run. It is 0 on a machine whose threads have no
// CPU clock.
func OwnCPU(t Thread) time.Duration {
	k, ok := t.(*kthread)
	if !ok {
		return 0
	}
	_, errno := k.syscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_THREAD_CPUTIME_ID,
		uintptr(unsafe.Pointer(&k.spent)), 0, 0)
	if errno != 0 {
		return 0
	}
	return time.Duration(k.spent.Nano())
}

// CPUTime returns the CPU time of the calling OS thread so far, or 0 where the kernel does not say.
// Callers lock their goroutine to it.
func CPUTime() time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}
