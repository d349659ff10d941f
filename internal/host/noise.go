package host

import (
	"context"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"mtbench/results"
)

// The grades of a run.
const (
	Clean = "clean"
	Noisy = "noisy" // its pair is run again
	Void  = "void"  // likewise; the machine was as much others' as its own
)

// The rule that grades a run. It looks at nothing that the run did itself: run-queue delay and
// switches are a contender's own doing, and to run it again for them would favour one model.
const (
	// An outsider that takes this share of the CPUs that the run may use can cost the run as
	// much of its time; a difference of a few per cent is what a review argues about.
	noisyOutside = 0.05
	// Beyond this the machine belonged to somebody else.
	voidOutside = 0.25

	// A vCPU that is stolen stops in the middle of a critical section, so that one per cent of
	// steal costs several per cent of time where threads wait for one another.
	noisySteal = 0.01
	voidSteal  = 0.10

	// A throttled group stands still altogether: the share of the run's wall time is lost.
	noisyThrottled = 0.01
	voidThrottled  = 0.10

	// /proc/stat counts in ticks of 10 ms, and a tick may fall to whoever runs at its edge: two
	// of them on each CPU cannot be told from the run's own CPU time.
	tickError = 20 * time.Millisecond
)

// busy is the CPU time of the CPUs that the run may use, summed over them since boot.
type busy struct {
	work   time.Duration // processes: user, nice and system
	stolen time.Duration
	known  bool
}

// busy leaves interrupts out: a run's packets are handled in soft interrupts that no process is
// charged for, and they are its own.
func (m *Machine) busy() busy {
	fs, err := procfs.NewFS(m.proc)
	if err != nil {
		return busy{}
	}
	stat, err := fs.Stat()
	if err != nil {
		return busy{}
	}
	cpus := m.cpus()
	b := busy{known: len(cpus) > 0}
	for _, cpu := range cpus {
		c, ok := stat.CPU[int64(cpu)]
		if !ok {
			return busy{} // others may have used what is not counted
		}
		b.work += seconds(c.User + c.Nice + c.System)
		b.stolen += seconds(c.Steal)
	}
	return b
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// BackgroundCPU watches the CPUs that a run may use for d, during which the caller does nothing,
// and returns how many CPUs are busy with others; nil if the kernel does not tell.
func (m *Machine) BackgroundCPU(d time.Duration) *results.Number {
	s := m.Start(nil)
	own := OwnCPU()
	time.Sleep(d)
	return s.Stop(OwnCPU() - own).OutsideCPU
}

// AwaitQuiet returns when others have left the CPUs alone for the length of a watch, after atMost
// at the latest, or when ctx ends. It reports whether they did; a kernel that does not tell is
// taken for a quiet one.
func (m *Machine) AwaitQuiet(ctx context.Context, watch, atMost time.Duration) bool {
	for deadline := time.Now().Add(atMost); ; {
		quiet := share(m.BackgroundCPU(watch), float64(m.CPUs())) <= noisyOutside
		if quiet || ctx.Err() != nil || time.Now().After(deadline) {
			return quiet
		}
	}
}

// OwnCPU is the CPU time of this process; 0 where the kernel does not tell.
func OwnCPU() time.Duration { return usage(unix.RUSAGE_SELF) }

// ReapedCPU is the CPU time of the children of this process that ended and were waited for.
func ReapedCPU() time.Duration { return usage(unix.RUSAGE_CHILDREN) }

func usage(who int) time.Duration {
	var u unix.Rusage
	if unix.Getrusage(who, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Sampler watches the host during a run.
type Sampler struct {
	machine    *Machine
	background *results.Number
	began      time.Time
	busy       busy
	throttled  map[string]time.Duration
}

// Start begins to watch, just before a run; background is what [Machine.BackgroundCPU] saw before.
func (m *Machine) Start(background *results.Number) *Sampler {
	return &Sampler{
		machine:    m,
		background: background,
		throttled:  m.throttled(),
		busy:       m.busy(),
		began:      time.Now(),
	}
}

// Stop ends the watch. own is the CPU time that the run's processes, the watcher's included, took
// since Start: what was used beyond it came from outside.
func (s *Sampler) Stop(own time.Duration) results.Noise {
	wall := time.Since(s.began)
	n := s.machine.noise(s.busy, s.machine.busy(), own, wall)
	n.BackgroundCPU = s.background
	if after := s.machine.throttled(); after != nil && s.throttled != nil {
		ms := throttledBetween(s.throttled, after).Seconds() * 1e3
		n.ThrottledMS = &ms
	}
	n.FrequencyMHz = s.machine.frequency()
	n.Grade = Grade(n, s.machine.CPUs(), wall)
	return n
}

func (m *Machine) noise(before, after busy, own, wall time.Duration) results.Noise {
	if !before.known || !after.known || wall <= 0 {
		return results.Noise{}
	}
	outside := max(0, (after.work-before.work-own).Seconds()/wall.Seconds())
	steal := max(0, (after.stolen-before.stolen).Seconds()/(wall.Seconds()*float64(m.CPUs())))
	return results.Noise{OutsideCPU: &outside, Steal: &steal}
}

// frequency is the mean over the run's CPUs, in MHz; nil where none is readable.
func (m *Machine) frequency() *results.Number {
	sum, n := 0.0, 0
	for _, cpu := range m.cpus() {
		if khz, ok := m.readNumber(m.sys, cpuFile(cpu, "scaling_cur_freq")); ok {
			sum += khz / 1e3
			n++
		}
	}
	if n == 0 {
		return nil
	}
	mean := sum / float64(n)
	return &mean
}

// Grade says whether what disturbed a run of length wall on cpus CPUs leaves its figures of use.
// What was seen to disturb it makes it [Noisy] or [Void]; it is [Clean] only where the CPU time of
// others and steal were measured, and else has no grade: "". The background before the run can make
// it noisy but never void, and the frequency grades nothing: one reading cannot tell a slow clock
// from an idle one.
func Grade(n results.Noise, cpus int, wall time.Duration) string {
	ms := max(wall.Seconds()*1e3, 1)
	unsure := tickError.Seconds() * 1e3 / ms // of one CPU
	outside := share(n.OutsideCPU, float64(cpus)) - unsure
	steal := share(n.Steal, 1)
	throttled := share(n.ThrottledMS, ms)
	background := share(n.BackgroundCPU, float64(cpus))
	switch {
	case outside > voidOutside || steal > voidSteal || throttled > voidThrottled:
		return Void
	case outside > noisyOutside || steal > noisySteal || throttled > noisyThrottled ||
		background > noisyOutside:
		return Noisy
	case n.OutsideCPU == nil || n.Steal == nil:
		return ""
	}
	return Clean
}

func share(v *results.Number, whole float64) float64 {
	if v == nil || whole <= 0 {
		return 0
	}
	return *v / whole
}
