package host

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mtbench/results"
)

// Finding is something about the host that disturbs measurements.
type Finding struct {
	Seen     string // what was seen, with its value
	Disturbs string // which figures suffer, and how
	Helps    string // the command that helps, or what to do where none does
}

// doctorWatch is how long Doctor looks for other load: long enough that a tick of 10 ms is one per
// cent of it.
const doctorWatch = time.Second

// Crowd is the threads of a run that may all want a CPU at once.
type Crowd struct {
	Compression   int
	VCPUs         int
	Decompression int // 0: the run has no destination
}

// Threads is how many they are, with the main threads.
func (c Crowd) Threads() int {
	n := 1 + c.Compression + c.VCPUs
	if c.Decompression > 0 {
		n += 1 + c.Decompression
	}
	return n
}

func (c Crowd) String() string {
	text := fmt.Sprintf("1 main, %d compression, %d vCPUs", c.Compression, c.VCPUs)
	if c.Decompression > 0 {
		text += fmt.Sprintf(", and at the destination 1 main and %d decompression", c.Decompression)
	}
	return text
}

// Doctor looks the host over for a default run, whose most threads are crowd, and watches it for a
// second. An empty list means that nothing was found, not that nothing is wrong: a guest cannot see
// what its neighbours do.
func (m *Machine) Doctor(crowd Crowd) []Finding {
	watch := m.Start(nil)
	own := OwnCPU()
	time.Sleep(doctorWatch)
	return m.diagnose(crowd, watch.Stop(OwnCPU()-own))
}

func (m *Machine) diagnose(crowd Crowd, now results.Noise) []Finding {
	var all []Finding
	if f := m.fewCPUs(crowd); f != nil {
		all = append(all, *f)
	}
	for _, look := range []func(results.Noise) *Finding{
		m.inVM, m.otherLoad, m.stealNow, m.underQuota, m.memoryBound, m.processBound, m.governed,
		m.turbo, m.smt, m.swap, m.hugePages, m.slowClock, m.autoNUMA, m.noSchedstat, m.noStat,
	} {
		if f := look(now); f != nil {
			all = append(all, *f)
		}
	}
	return all
}

func (m *Machine) fewCPUs(crowd Crowd) *Finding {
	n := m.CPUs()
	if n >= crowd.Threads() {
		return nil
	}
	return &Finding{
		Seen: fmt.Sprintf("%d CPUs; a default run with %d compression threads has up to %d runnable "+
			"threads: %v", n, crowd.Compression, crowd.Threads(), crowd),
		Disturbs: "everything: threads take turns, a thread that spins takes the CPU that a worker " +
			"needs, and the letter's claims are outside their regime",
		Helps: "mtbench run --destination discard --threads 1,2 (or a larger machine: mtbench predict " +
			"shows what to expect of one)",
	}
}

func (m *Machine) inVM(results.Noise) *Finding {
	v := m.virtual(m.cpuInfo())
	if v == "" {
		return nil
	}
	return &Finding{
		Seen:     "a virtual machine (" + v + ")",
		Disturbs: "wake-ups, which may leave the guest, and any time that the hypervisor gives to others",
		Helps:    "none from within: use bare metal, or pin the vCPUs to CPUs of their own on its host",
	}
}

func (m *Machine) otherLoad(now results.Noise) *Finding {
	if share(now.OutsideCPU, float64(m.CPUs())) <= noisyOutside {
		return nil
	}
	return &Finding{
		Seen:     fmt.Sprintf("other processes use %.2f CPUs", *now.OutsideCPU),
		Disturbs: "total time and every CPU share; runs will be graded noisy or void and run again",
		Helps:    "top -b -n 1 -o %CPU | head -15 (and stop what it shows)",
	}
}

func (m *Machine) stealNow(now results.Noise) *Finding {
	if share(now.Steal, 1) <= noisySteal {
		return nil
	}
	return &Finding{
		Seen:     fmt.Sprintf("the hypervisor takes %.1f %% of the CPU time", *now.Steal*100),
		Disturbs: "total time, and lock waits most: a holder may be stopped while it holds",
		Helps:    "none from within: ask for a dedicated instance, or run at another hour",
	}
}

func (m *Machine) underQuota(results.Noise) *Finding {
	q, ok := m.quota()
	if !ok {
		return nil
	}
	return &Finding{
		Seen:     fmt.Sprintf("a cgroup quota of %.2f CPUs", q),
		Disturbs: "total time: all threads stop for the rest of each period once the quota is used",
		Helps:    "docker update --cpus 0 CONTAINER, or systemctl set-property --runtime UNIT CPUQuota=",
	}
}

func (m *Machine) governed(results.Noise) *Finding {
	g := m.governor()
	if g == "" || g == "performance" {
		return nil
	}
	return &Finding{
		Seen:     "frequency governor " + g,
		Disturbs: "a model that sleeps more runs on a slower clock: total time and CPU shares",
		Helps:    "sudo cpupower frequency-set -g performance",
	}
}

func (m *Machine) turbo(results.Noise) *Finding {
	const intel, other = "devices/system/cpu/intel_pstate/no_turbo", "devices/system/cpu/cpufreq/boost"
	f := Finding{
		Seen:     "turbo is on",
		Disturbs: "the clock depends on how many CPUs are busy and how warm they are: pairs drift",
	}
	switch {
	case m.read(m.sys, intel) == "0":
		f.Helps = "echo 1 | sudo tee /sys/" + intel
	case m.read(m.sys, other) == "1":
		f.Helps = "echo 0 | sudo tee /sys/" + other
	default:
		return nil
	}
	return &f
}

func (m *Machine) smt(results.Noise) *Finding {
	if m.read(m.sys, "devices/system/cpu/smt/active") != "1" {
		return nil
	}
	return &Finding{
		Seen: "hyper-threads share cores",
		Disturbs: "a thread that spins slows the worker on the same core; CPU time is no longer " +
			"work done",
		Helps: "echo off | sudo tee /sys/devices/system/cpu/smt/control",
	}
}

func (m *Machine) swap(results.Noise) *Finding {
	lines := strings.Split(m.read(m.proc, "swaps"), "\n")
	if len(lines) < 2 {
		return nil
	}
	return &Finding{
		Seen:     fmt.Sprintf("%d swap device(s)", len(lines)-1),
		Disturbs: "a page of the guest that has been swapped out costs a run milliseconds",
		Helps:    "sudo swapoff -a",
	}
}

func (m *Machine) hugePages(results.Noise) *Finding {
	if !strings.Contains(m.read(m.sys, "kernel/mm/transparent_hugepage/enabled"), "[always]") {
		return nil
	}
	return &Finding{
		Seen:     "transparent huge pages are made whenever they can be",
		Disturbs: "the first touch of guest memory, and runs that get fewer of them",
		Helps:    "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled",
	}
}

// fastClocks are read without a system call.
func fastClocks() []string {
	return []string{"tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page"}
}

func (m *Machine) slowClock(results.Noise) *Finding {
	c := m.clockSource()
	if c == "" || slices.Contains(fastClocks(), c) {
		return nil
	}
	return &Finding{
		Seen:     "clock source " + c,
		Disturbs: "the accounting of time: each stamp becomes a system call",
		Helps:    "echo tsc | sudo tee /sys/" + filepath.Join(clockDir, "current_clocksource"),
	}
}

func (m *Machine) autoNUMA(results.Noise) *Finding {
	v := m.read(m.proc, "sys/kernel/numa_balancing")
	if v == "" || v == "0" {
		return nil
	}
	return &Finding{
		Seen:     "the kernel moves pages between NUMA nodes by itself",
		Disturbs: "total time of the first seconds of a run",
		Helps:    "sudo sysctl kernel.numa_balancing=0",
	}
}

func (m *Machine) noSchedstat(results.Noise) *Finding {
	if len(strings.Fields(m.read(m.proc, "self/schedstat"))) == 3 {
		return nil
	}
	return &Finding{
		Seen:     "no " + filepath.Join(m.proc, "self/schedstat"),
		Disturbs: "run-queue delay: time without a CPU is shown as blocked",
		Helps:    "a kernel with CONFIG_SCHED_INFO; in a sandbox, run outside of it",
	}
}

func (m *Machine) noStat(results.Noise) *Finding {
	if m.busy().known {
		return nil
	}
	return &Finding{
		Seen:     "no CPU times in " + filepath.Join(m.proc, "stat"),
		Disturbs: "the noise ledger: runs cannot be graded and noisy pairs are not run again",
		Helps:    "mount -t proc proc " + m.proc + " (in a sandbox, run outside of it)",
	}
}

// Missing lists the files of the noise ledger that this host does not have, for the host's page of
// a report.
func (m *Machine) Missing() []string {
	var missing []string
	for _, f := range []string{
		filepath.Join(m.proc, "stat"),
		filepath.Join(m.proc, "self/schedstat"),
		filepath.Join(m.proc, "self/cgroup"),
		filepath.Join(m.sys, "devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"),
	} {
		if _, err := os.Stat(f); err != nil {
			missing = append(missing, f)
		}
	}
	return missing
}
