package host

import (
	"strings"
	"testing"

	"mtbench/results"
)

// TestMemoryLimit: the tightest group over the process binds, of either version.
func TestMemoryLimit(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"v2": {"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n",
			"sys/fs/cgroup/a/memory.max": "1048576\n", "sys/fs/cgroup/a/memory.current": "524288\n"},
		"v1": {"proc/self/cgroup": "5:cpu:/x\n4:memory:/docker/y\n",
			"sys/fs/cgroup/memory/docker/y/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":          "1048576\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes":          "524288\n"},
	} {
		files["proc/meminfo"] = "MemTotal: 4096 kB\nMemAvailable: 2048 kB\n"
		m := fake(t, files)
		if n, ok := m.AvailableMemory(); !ok || n != 512<<10 {
			t.Errorf("%s: %d bytes available, want 512 KiB", name, n)
		}
		m.put(t, "proc/meminfo", "MemTotal: 4096 kB\nMemAvailable: 256 kB\n")
		if n, ok := m.AvailableMemory(); !ok || n != 256<<10 {
			t.Errorf("%s: %d bytes available, want the machine's 256 KiB", name, n)
		}
	}
	if _, _, ok := fake(t, nil).memoryLimit(); ok {
		t.Error("made up a limit")
	}
}

const limitsOfProcess = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max data size             %DATA%            unlimited            bytes     
Max address space         %AS%            unlimited            bytes     
`

// withLimits is a machine of 4 GiB whose processes have the limits.
func withLimits(t *testing.T, addresses, data string) *Machine {
	t.Helper()
	return fake(t, map[string]string{
		"proc/meminfo": "MemTotal: 4194304 kB\nMemAvailable: 3145728 kB\n",
		"proc/self/limits": strings.NewReplacer("%AS%", addresses, "%DATA%",
			data).Replace(limitsOfProcess),
		"proc/self/status": "VmPeak:\t 9999999 kB\nVmSize:\t 1048576 kB\nVmData:\t  524288 kB\n",
	})
}

// TestResourceLimits: RLIMIT_AS and RLIMIT_DATA bound each process, less what this one has taken.
func TestResourceLimits(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		addresses, data string
		what            string
		left            int64
	}{
		{"unlimited", "unlimited", "", 0},
		{"2147483648", "unlimited", "RLIMIT_AS of 2048 MiB", gib},
		{"unlimited", "2147483648", "RLIMIT_DATA of 2048 MiB", gib + gib/2},
		{"1048576", "unlimited", "RLIMIT_AS of 1 MiB", 0}, // set after it was taken
		{"9223372036854775807", "-1", "", 0},
	} {
		m := withLimits(t, c.addresses, c.data)
		want := min(3<<30, c.left)
		if c.what == "" {
			want = 3 << 30
			if m.processBound(results.Noise{}) != nil {
				t.Errorf("%+v: the doctor made up a limit", c)
			}
		} else if f := m.processBound(results.Noise{}); f == nil || !strings.HasPrefix(f.Seen, c.what) {
			t.Errorf("%+v: the doctor says %+v", c, f)
		}
		if got, ok := m.AvailableMemory(); !ok || got != want {
			t.Errorf("%+v: %d bytes available, want %d", c, got, want)
		}
		for _, b := range m.MemoryBounds()[1:] {
			if b.What != c.what || !b.Each || b.Left != c.left {
				t.Errorf("%+v: %+v", c, b)
			}
		}
	}
}

// TestKilledForMemory names the bound when the count of the own group has grown, or where there is
// no count, when the processes were near it.
func TestKilledForMemory(t *testing.T) {
	const limit = "the memory limit of 512 MiB of its cgroup"
	v2 := map[string]string{"proc/self/cgroup": "0::/a/b\n",
		"sys/fs/cgroup/a/memory.max":     "536870912\n",
		"sys/fs/cgroup/a/memory.current": "0\n", "sys/fs/cgroup/a/memory.events": "oom_kill 7\n",
		"sys/fs/cgroup/a/b/memory.events": "low 0\noom 0\noom_kill 2\noom_group_kill 0\n"}
	v1 := map[string]string{"proc/self/cgroup": "4:memory:/a\n",
		"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "536870912\n",
		"sys/fs/cgroup/memory/a/memory.oom_control":    "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n"}
	without := map[string]string{"proc/self/cgroup": "0::/a\n",
		"sys/fs/cgroup/a/memory.max": "536870912\n"}
	for _, c := range []struct {
		name       string
		files      map[string]string
		file, text string // during the run
		peak       int64
		want       string
	}{
		{"v2", v2, "a/b/memory.events", "oom 1\noom_kill 3\n", 1 << 20, limit + " was reached"},
		{"v2, a sibling", v2, "a/memory.events", "oom_kill 8\n", 1 << 20, ""},
		{"v1", v1, "memory/a/memory.oom_control", "under_oom 0\noom_kill 1\n", 1 << 20, limit + " was reached"},
		{"v1, none", v1, "memory/a/memory.oom_control", "oom_kill_disable 1\noom_kill 0\n", 1 << 20, ""},
		{"no count, near", without, "x", "", 500 << 20, limit + " was near (its processes held up to 500 MiB)"},
		{"no count, far", without, "x", "", 300 << 20, ""},
		{"no limit", map[string]string{"proc/self/cgroup": "0::/a\n",
			"sys/fs/cgroup/a/memory.events": "oom_kill 0\n"}, "a/memory.events", "oom_kill 1\n", 1 << 40,
			"the kernel had no memory left"},
	} {
		m := fake(t, c.files)
		w := m.WatchMemory()
		m.put(t, "sys/fs/cgroup/"+c.file, c.text)
		if got := w.Killed(c.peak); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestRefusedMemory names the limit of each process where one got no memory, and nowhere else.
func TestRefusedMemory(t *testing.T) {
	w := withLimits(t, "2147483648", "unlimited").WatchMemory()
	for words, want := range map[string]string{
		"memory of 9 bytes: cannot allocate memory": "each process has RLIMIT_AS of 2048 MiB",
		"fatal error: runtime: out of memory":       "each process has RLIMIT_AS of 2048 MiB",
		"page 3 differs":                            "",
	} {
		if got := w.Refused(words); got != want {
			t.Errorf("%s: %q, want %q", words, got, want)
		}
	}
	if got := withLimits(t, "unlimited",
		"unlimited").WatchMemory().Refused("out of memory"); got != "" {
		t.Errorf("made up %q", got)
	}
	if got := w.Killed(3 << 30); !strings.Contains(got, "this machine's memory of 4096 MiB was near") {
		t.Errorf("a process limit kills: %q", got)
	}
}
