package host

import "testing"

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
