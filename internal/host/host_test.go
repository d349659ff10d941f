package host

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mtbench/results"
)

// fake is a machine of two CPUs (0 and 2) whose files are those given, by path below /proc or /sys.
func fake(t *testing.T, files map[string]string) *Machine {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"proc", "sys"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	m := &Machine{
		proc: filepath.Join(root, "proc"), sys: filepath.Join(root, "sys"),
		cpus: func() []int { return []int{0, 2} },
	}
	for name, text := range files {
		m.put(t, name, text)
	}
	return m
}

func (m *Machine) put(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(filepath.Dir(m.proc), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

const statBefore = `cpu  300 0 300 3000 0 0 90 30 0 0
cpu0 100 0 100 1000 0 0 30 10 0 0
cpu1 100 0 100 1000 0 0 30 10 0 0
cpu2 100 0 100 1000 0 0 30 10 0 0
`

// statAfter: CPU 0 worked 1 s longer, 50 ms of it stolen besides; CPU 1, on which the run may not
// run, worked for others; CPU 2 worked 0.5 s longer, and its interrupts (the run's own) 1 s.
const statAfter = `cpu  300 0 300 3000 0 0 90 30 0 0
cpu0 150 0 150 1000 0 0 30 15 0 0
cpu1 900 0 900 1000 0 0 30 10 0 0
cpu2 150 0 100 1000 0 0 130 10 0 0
`

const cpuinfo = `processor	: 0
vendor_id	: GenuineIntel
cpu family	: 6
model		: 85
model name	: Intel(R) Xeon(R) Gold 6142 CPU @ 2.60GHz
flags		: fpu tsc hypervisor

`

func TestDescribeReadsFiles(t *testing.T) {
	m := fake(t, map[string]string{
		"proc/sys/kernel/osrelease": "4.19.0\n",
		"proc/cpuinfo":              cpuinfo,
		"proc/meminfo":              "MemTotal: 1024 kB\nMemAvailable: 512 kB\n",
		"proc/self/cgroup":          "0::/user/session\n",
		"sys/fs/cgroup/cpu.max":     "max 100000\n",
		// The parent's quota binds, though the group's own is wider.
		"sys/fs/cgroup/user/cpu.max":                                      "150000 100000\n",
		"sys/fs/cgroup/user/session/cpu.max":                              "300000 100000\n",
		"sys/class/dmi/id/sys_vendor":                                     "QEMU\n",
		"sys/class/dmi/id/product_name":                                   "Standard PC\n",
		"sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
		"sys/devices/system/cpu/cpu2/cpufreq/scaling_governor":            "powersave\n",
	})
	got := m.Describe()
	want := results.Host{
		Name: got.Name, OS: got.OS, Kernel: "4.19.0", CPUs: 2, QuotaCPUs: 1.5,
		CPUModel:    "Intel(R) Xeon(R) Gold 6142 CPU @ 2.60GHz",
		MemoryBytes: 1 << 20, Virtual: "QEMU Standard PC", Governor: "powersave", ClockSource: "tsc",
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if n, ok := m.AvailableMemory(); !ok || n != 512<<10 {
		t.Errorf("available memory %d %v, want %d", n, ok, 512<<10)
	}
}

func TestQuotaOfVersion1(t *testing.T) {
	m := fake(t, map[string]string{
		"proc/self/cgroup": "5:cpuacct,cpu:/docker/abc\n2:cpuset:/x\n",
		// Inside a container the path of /proc does not exist: the mount's root stands for it.
		"sys/fs/cgroup/cpu/cpu.cfs_quota_us":  "50000\n",
		"sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
	})
	if q, ok := m.quota(); !ok || q != 0.5 {
		t.Errorf("quota %v %v, want 0.5", q, ok)
	}
	m.put(t, "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n")
	if q, ok := m.quota(); ok {
		t.Errorf("quota %v of an unlimited group", q)
	}
}

// TestOutsideOfTheRun changes the files while the sampler watches.
func TestOutsideOfTheRun(t *testing.T) {
	m := fake(t, map[string]string{
		"proc/stat":              statBefore,
		"proc/self/cgroup":       "0::/\n",
		"sys/fs/cgroup/cpu.stat": "usage_usec 5\nthrottled_usec 1000\n",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "2000000\n",
		"sys/devices/system/cpu/cpu2/cpufreq/scaling_cur_freq": "3000000\n",
	})
	before := m.busy()
	m.put(t, "proc/stat", statAfter)
	n := m.noise(before, m.busy(), time.Second, 2*time.Second)
	// 1.5 s of work less 1 s of the run's own, in 2 s.
	if math.Abs(*n.OutsideCPU-0.25) > 1e-9 {
		t.Errorf("outside CPU %v, want 0.25", *n.OutsideCPU)
	}
	// 50 ms of 2 CPUs × 2 s.
	if math.Abs(*n.Steal-0.0125) > 1e-9 {
		t.Errorf("steal %v, want 0.0125", *n.Steal)
	}

	s := m.Start(nil)
	m.put(t, "sys/fs/cgroup/cpu.stat", "usage_usec 5\nthrottled_usec 4000\n")
	got := s.Stop(0)
	if got.ThrottledMS == nil || *got.ThrottledMS != 3 {
		t.Errorf("throttled %v, want 3 ms", got.ThrottledMS)
	}
	if got.FrequencyMHz == nil || *got.FrequencyMHz != 2500 {
		t.Errorf("frequency %v, want 2500 MHz", got.FrequencyMHz)
	}
	if got.Grade != Void {
		t.Errorf("grade %q of a run that was throttled most of its time, want void", got.Grade)
	}
}

// TestAwaitQuiet: files that stand still are a quiet host, and so is one that tells nothing.
func TestAwaitQuiet(t *testing.T) {
	still := fake(t, map[string]string{"proc/stat": statBefore})
	if !still.AwaitQuiet(t.Context(), time.Millisecond, time.Minute) {
		t.Error("nothing was used, and the host is said to be busy")
	}
	if !fake(t, nil).AwaitQuiet(t.Context(), time.Millisecond, time.Minute) {
		t.Error("nothing is known, and the host is said to be busy")
	}
}

// TestAwaitQuietGivesUp where others work all the time, and at once when it is told to.
func TestAwaitQuietGivesUp(t *testing.T) {
	m := fake(t, nil)
	ticks, looks := 0, 0
	m.cpus = func() []int { // asked at each look, after the file has been read
		ticks += 1000
		looks++
		m.put(t, "proc/stat", fmt.Sprintf("cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 %d 0 0 0 0 0 0 0 0 0\n", ticks))
		return []int{0}
	}
	m.cpus()
	if m.AwaitQuiet(t.Context(), time.Millisecond, 5*time.Millisecond) {
		t.Error("others work all the time, and the host is said to be quiet")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if looks = 0; m.AwaitQuiet(ctx, time.Millisecond, time.Hour) || looks > 10 {
		t.Errorf("looked %d times although it was told to end", looks)
	}
}

func TestOwnWorkIsNoNoise(t *testing.T) {
	m := fake(t, map[string]string{"proc/stat": statBefore})
	before := m.busy()
	m.put(t, "proc/stat", statAfter)
	// The run's own clock says a tick more than the kernel's sampled one: never below zero.
	n := m.noise(before, m.busy(), 1510*time.Millisecond, 2*time.Second)
	if *n.OutsideCPU != 0 {
		t.Errorf("outside CPU %v, want 0", *n.OutsideCPU)
	}
}

func TestGrade(t *testing.T) {
	num := func(v float64) *results.Number { return &v }
	const second = time.Second
	for _, c := range []struct {
		name  string
		noise results.Noise
		wall  time.Duration
		want  string
	}{
		{"nothing readable", results.Noise{FrequencyMHz: num(800)}, second, ""},
		{"quiet", results.Noise{OutsideCPU: num(0.02), Steal: num(0)}, second, Clean},
		{"a tick in a short run", results.Noise{OutsideCPU: num(0.2), Steal: num(0)},
			100 * time.Millisecond, Clean},
		{"quiet, but no /proc/stat", results.Noise{BackgroundCPU: num(0), ThrottledMS: num(0)}, second, ""},
		{"no steal known", results.Noise{OutsideCPU: num(0)}, second, ""},
		{"others at work", results.Noise{OutsideCPU: num(0.3)}, second, Noisy},
		{"others in possession", results.Noise{OutsideCPU: num(1.2)}, second, Void},
		{"steal", results.Noise{Steal: num(0.02)}, second, Noisy},
		{"much steal", results.Noise{Steal: num(0.2)}, second, Void},
		{"throttled", results.Noise{ThrottledMS: num(20)}, second, Noisy},
		{"much throttled", results.Noise{ThrottledMS: num(200)}, second, Void},
		{"busy before", results.Noise{BackgroundCPU: num(2)}, second, Noisy},
	} {
		if got := Grade(c.noise, 2, c.wall); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestNothingToRead: a host without any file gives figures nowhere and fails nowhere.
func TestNothingToRead(t *testing.T) {
	for _, m := range []*Machine{
		fake(t, nil),
		{proc: "/nonexistent", sys: "/nonexistent", cpus: func() []int { return nil }},
	} {
		h := m.Describe()
		if h.CPUs < 1 || h.CPUModel != "" || h.QuotaCPUs != 0 || h.MemoryBytes != 0 {
			t.Errorf("made up a host: %+v", h)
		}
		n := m.Start(nil).Stop(0)
		if n != (results.Noise{}) {
			t.Errorf("made up noise: %+v", n)
		}
		if _, ok := m.AvailableMemory(); ok {
			t.Error("made up available memory")
		}
		if len(m.diagnose(Crowd{}, n)) < 2 {
			t.Error("the doctor does not miss schedstat and stat")
		}
	}
}

// TestNotMeasuredIsNotClean: a run during which the CPU times of all its CPUs could not be read is
// not graded, though its group was not throttled.
func TestNotMeasuredIsNotClean(t *testing.T) {
	quiet := map[string]string{"proc/self/cgroup": "0::/\n",
		"sys/fs/cgroup/cpu.stat": "throttled_usec 1000\n", "proc/stat": statBefore}
	none := func() []int { return nil }
	for name, change := range map[string]func(m *Machine){
		"no /proc/stat":    func(m *Machine) { m.put(t, "proc/stat", "") },
		"no CPU list":      func(m *Machine) { m.cpus = none },
		"a CPU is missing": func(m *Machine) { m.cpus = func() []int { return []int{0, 7} } },
	} {
		m := fake(t, quiet)
		if got := m.Start(nil).Stop(time.Hour); got.Grade != Clean {
			t.Errorf("a quiet host is %q", got.Grade)
		}
		change(m)
		got := m.Start(nil).Stop(time.Hour)
		if got.Grade != "" || got.ThrottledMS == nil {
			t.Errorf("%s: graded %q, throttled %v", name, got.Grade, got.ThrottledMS)
		}
	}
}

// TestNonsense: files that hold something else are as good as missing.
func TestNonsense(t *testing.T) {
	for _, text := range []string{"", "\x00\x00", "cpu\ncpu0\n", ": : :\n:::::\n", "-1 -1 x\n",
		strings.Repeat("9", 5000), "cpu0 x y z\n", "a:b\nprocessor:\n",
		"throttled_usec 99999999999999999999"} {
		files := map[string]string{}
		for _, name := range []string{"proc/stat", "proc/cpuinfo", "proc/meminfo", "proc/swaps",
			"proc/self/cgroup", "proc/self/schedstat", "proc/sys/kernel/osrelease",
			"sys/fs/cgroup/cpu.max", "sys/fs/cgroup/cpu.stat", "sys/fs/cgroup/cpu/cpu.cfs_quota_us",
			"sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"} {
			files[name] = text
		}
		m := fake(t, files)
		m.Describe()
		m.diagnose(Crowd{}, m.Start(nil).Stop(time.Second))
	}
}

func TestDoctorFindsAndCures(t *testing.T) {
	m := fake(t, map[string]string{
		"proc/stat": statBefore, "proc/cpuinfo": cpuinfo, "proc/self/schedstat": "1 2 3\n",
		"proc/swaps": "Filename Type\n/dev/sda2 " +
			"partition\n",
		"proc/sys/kernel/numa_balancing":                                  "1\n",
		"proc/self/cgroup":                                                "0::/\n",
		"sys/fs/cgroup/cpu.max":                                           "150000 100000\n",
		"sys/devices/system/cpu/smt/active":                               "1\n",
		"sys/devices/system/cpu/intel_pstate/no_turbo":                    "0\n",
		"sys/kernel/mm/transparent_hugepage/enabled":                      "[always] madvise never\n",
		"sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet\n",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor":            "powersave\n",
	})
	load, steal := 0.8, 0.05
	all := m.diagnose(Crowd{Compression: 16, VCPUs: 16, Decompression: 16},
		results.Noise{OutsideCPU: &load, Steal: &steal})
	var seen []string
	for _, f := range all {
		if f.Seen == "" || f.Disturbs == "" || f.Helps == "" {
			t.Errorf("incomplete finding %+v", f)
		}
		seen = append(seen, f.Seen)
	}
	text := strings.Join(seen, "\n")
	for _, want := range []string{"2 CPUs; a default run with 16 compression threads has up to 50 " +
		"runnable",
		"virtual", "0.80 CPUs", "5.0 %", "quota of 1.50",
		"powersave", "turbo", "hyper-threads", "1 swap", "huge pages", "hpet", "NUMA"} {
		if !strings.Contains(text, want) {
			t.Errorf("no finding says %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "schedstat") {
		t.Error("misses schedstat, which is there")
	}
}

// TestCrowd: who wants a CPU, and that a host with as many is not crowded.
func TestCrowd(t *testing.T) {
	if n := (Crowd{Compression: 4, VCPUs: 2}).Threads(); n != 7 {
		t.Errorf("%d threads without a destination, want 7", n)
	}
	m := fake(t, map[string]string{"proc/stat": statBefore, "proc/cpuinfo": cpuinfo})
	if f := m.fewCPUs(Crowd{Compression: m.CPUs() - 1}); f != nil {
		t.Errorf("found %q", f.Seen)
	}
}

// TestLocal runs on whatever machine this is: on Linux the essentials are readable.
func TestLocal(t *testing.T) {
	h := Local().Describe()
	if h.Kernel == "" || h.CPUs < 1 || h.MemoryBytes <= 0 {
		t.Errorf("this machine: %+v", h)
	}
	s := Local().Start(nil)
	time.Sleep(30 * time.Millisecond)
	if n := s.Stop(0); n.OutsideCPU != nil && *n.OutsideCPU < 0 {
		t.Errorf("outside CPU %v", *n.OutsideCPU)
	}
}
