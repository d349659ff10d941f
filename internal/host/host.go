// Package host tells what this machine is and what disturbs a run on it.
//
// Everything is read from files of the kernel, any of which may be missing, hidden or unreadable
// (containers, other kernels, other architectures): then the figure is absent, and nothing fails.
package host

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
	"mtbench/internal/thread"
	"mtbench/internal/topology"
	"mtbench/results"
)

// Machine is a host as its files show it. The zero value is not of use; call [Local] or [At].
type Machine struct {
	proc string       // where /proc is mounted
	sys  string       // where /sys is mounted
	cpus func() []int // CPUs that this process may run on, ascending; nil if unknown
}

// Local is the machine that the process runs on.
func Local() *Machine { return At("/proc", "/sys") }

// At is the machine whose files are below the directories proc and sys: /proc and /sys, or copies.
func At(proc, sys string) *Machine { return &Machine{proc: proc, sys: sys, cpus: affinity} }

// affinity lists the CPUs that the process's first thread may run on. Other threads may be pinned.
func affinity() []int {
	cpus, _ := thread.Affinity(os.Getpid())
	return cpus
}

// CPUs is how many CPUs the process may run on, at least 1.
func (m *Machine) CPUs() int {
	if n := len(m.cpus()); n > 0 {
		return n
	}
	return runtime.NumCPU()
}

// Topology is what the CPUs that the process may run on share. The error says what this host does
// not show.
func (m *Machine) Topology() (*topology.Topology, error) {
	return topology.Read(os.DirFS(m.sys), m.cpus())
}

// Quota is the tightest cgroup quota over the process, in CPUs; false if there is none.
func (m *Machine) Quota() (float64, bool) { return m.quota() }

// Describe fills the part of a header that is known without measuring; the measured costs and
// rates are the caller's to add.
func (m *Machine) Describe() results.Host {
	name, _ := os.Hostname()
	cpu := m.cpuInfo()
	quota, _ := m.quota()
	total, _ := m.memory()
	return results.Host{
		Name:        name,
		OS:          runtime.GOOS + "/" + runtime.GOARCH,
		Kernel:      m.read(m.proc, "sys/kernel/osrelease"),
		CPUModel:    cpuModel(cpu),
		CPUs:        m.CPUs(),
		QuotaCPUs:   quota,
		MemoryBytes: total,
		Virtual:     m.virtual(cpu),
		Governor:    m.governor(),
		ClockSource: m.clockSource(),
	}
}

// AvailableMemory is how much memory a run may take before the host swaps or a limit is reached, in
// bytes; false if the kernel does not tell.
func (m *Machine) AvailableMemory() (int64, bool) {
	b, ok := tightest(m.MemoryBounds())
	return b.Left, ok
}

// memory is the machine's memory and what of it is available, in bytes; 0 where unreadable.
func (m *Machine) memory() (total, available int64) {
	fs, err := procfs.NewFS(m.proc)
	if err != nil {
		return 0, 0
	}
	info, err := fs.Meminfo()
	if err != nil {
		return 0, 0
	}
	return bytesOf(info.MemTotalBytes), bytesOf(info.MemAvailableBytes)
}

func bytesOf(n *uint64) int64 {
	if n == nil {
		return 0
	}
	return int64(*n)
}

// cpuInfo is the first processor's entry of /proc/cpuinfo, empty if unreadable.
func (m *Machine) cpuInfo() procfs.CPUInfo {
	fs, err := procfs.NewFS(m.proc)
	if err != nil {
		return procfs.CPUInfo{}
	}
	infos, err := fs.CPUInfo()
	if err != nil || len(infos) == 0 {
		return procfs.CPUInfo{}
	}
	return infos[0]
}

// cpuModel falls back on vendor and numbers: arm64 kernels print no model name.
func cpuModel(info procfs.CPUInfo) string {
	if info.ModelName != "" {
		return info.ModelName
	}
	return strings.TrimSpace(strings.Join([]string{info.VendorID, info.CPUFamily, info.Model}, " "))
}

// virtual names the hypervisor; "unknown hypervisor" if the CPU says that there is one and nothing
// says which; empty on bare metal and where nothing can be read.
func (m *Machine) virtual(cpu procfs.CPUInfo) string {
	if t := m.read(m.sys, "hypervisor/type"); t != "" {
		return t
	}
	product := m.read(m.sys, "class/dmi/id/product_name")
	vendor := m.read(m.sys, "class/dmi/id/sys_vendor")
	guest := hasFlag(cpu, "hypervisor")
	switch {
	case guest && vendor+product != "":
		return strings.TrimSpace(vendor + " " + product)
	case m.clockAvailable("kvm-clock"):
		return "KVM"
	case guest:
		return "unknown hypervisor"
	default:
		return ""
	}
}

func hasFlag(cpu procfs.CPUInfo, flag string) bool {
	for _, f := range cpu.Flags {
		if f == flag {
			return true
		}
	}
	return false
}

const clockDir = "devices/system/clocksource/clocksource0"

func (m *Machine) clockSource() string {
	return m.read(m.sys, filepath.Join(clockDir, "current_clocksource"))
}

func (m *Machine) clockAvailable(name string) bool {
	for _, c := range strings.Fields(m.read(m.sys, filepath.Join(clockDir, "available_clocksource"))) {
		if c == name {
			return true
		}
	}
	return false
}

// governor is that of the first CPU that has one.
func (m *Machine) governor() string {
	for _, cpu := range m.cpus() {
		if g := m.read(m.sys, cpuFile(cpu, "scaling_governor")); g != "" {
			return g
		}
	}
	return ""
}

func cpuFile(cpu int, name string) string {
	return filepath.Join("devices/system/cpu", "cpu"+strconv.Itoa(cpu), "cpufreq", name)
}

// maxFile bounds what is read of a file that ought to hold one line.
const maxFile = 4096

// read is the text of a small file without the space around it; empty if unreadable.
func (m *Machine) read(root, name string) string {
	f, err := os.Open(filepath.Join(root, name))
	if err != nil {
		return ""
	}
	defer f.Close()
	buf := make([]byte, maxFile)
	n, _ := f.Read(buf)
	return strings.TrimSpace(string(buf[:max(n, 0)]))
}

// readNumber is the number in a small file; false if unreadable.
func (m *Machine) readNumber(root, name string) (float64, bool) {
	v, err := strconv.ParseFloat(m.read(root, name), 64)
	return v, err == nil
}
