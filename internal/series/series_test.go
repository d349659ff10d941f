package series

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mtbench/internal/host"
	"mtbench/results"
	"mtbench/workloads"
)

// settled are the defaults with nothing left to a pilot, which needs processes of its own.
func settled() Settings {
	s := Defaults()
	s.Memory, s.DirtyOfPool, s.LinkOfPool, s.DowntimeOpen = 16<<20, 0, 0, false
	s.DowntimeLimit, s.Limit = results.DurationOf(1.5), results.DurationOf(3000)
	s.LinkMultiple = 5
	return s
}

// smallSeries is a series that takes no time to make: source only, one cell.
func smallSeries(t *testing.T) *Series {
	t.Helper()
	s := settled()
	s.Matrix = results.Matrix{Models: []string{"inline"}, Threads: []int{1}, Waits: []bool{true},
		Pairs: 2}
	s.Memory = 1 << 20
	s.Destination, s.Codec = workloads.Discard, "spin:50us"
	n, err := New(t.Context(), s, Build{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestComputingMeansTheSameInEveryRun: it is measured once, recorded, handed to every run, and
// taken from the file when the series is resumed.
func TestComputingMeansTheSameInEveryRun(t *testing.T) {
	n := smallSeries(t)
	turns := n.Header.Host.WorkTurns
	if turns <= 0 {
		t.Fatalf("the header says %g turns a nanosecond", turns)
	}
	path := filepath.Join(t.TempDir(), "series.jsonl")
	if err := n.Create(path); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Resume(t.Context(), path, nil, FarOptions{}, false)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for _, s := range []*Series{n, again} {
		scenario := s.runner().Scenario
		for _, slot := range s.plan {
			if got := scenario(slot).WorkTurns; got != turns {
				t.Errorf("run %d is told %g turns a nanosecond, the header says %g", slot.Index, got, turns)
			}
		}
	}
}

// A link given as a multiple is judged at the rates of this host, not before they are known: a
// burst that holds the sender for long at a placeholder's rate is none here.
func TestLinkIsCheckedAtTheHostsRates(t *testing.T) {
	for name, change := range map[string]func(*Settings){
		"half of what a thread compresses": func(s *Settings) { s.LinkMultiple = 0.5 },
		"a burst of 1 MiB":                 func(s *Settings) { s.LinkBurst = 1 << 20 },
	} {
		s := settled()
		change(&s)
		if _, err := New(t.Context(), s, Build{}); err != nil {
			t.Errorf("%s: %v; a link that holds its sender for milliseconds", name, err)
		}
	}
	s := settled()
	s.LinkMultiple, s.LinkBurst = 1e-6, 1<<20
	if _, err := New(t.Context(), s, Build{}); err == nil {
		t.Error("a burst that holds the sender for an hour passes")
	}
}

// TestMemoryIsLookedAtFirst: a run is refused that needs more than a bound leaves, all processes
// together more than the cgroup's, or one of them more than its resource limit.
func TestMemoryIsLookedAtFirst(t *testing.T) {
	for _, c := range []struct {
		limits, group string
		memory        int64
		want          string
	}{
		{"unlimited", "max", 700 << 20, ""},
		{"1258291200", "max", 700 << 20, ""},
		{"1258291200", "max", 1100 << 20, "a process of a run needs up to"},
		{"1258291200", "max", 1100 << 20, "RLIMIT_AS of 1200 MiB leaves 1200 MiB; take less --memory"},
		{"unlimited", "1258291200", 700 << 20, "(guest memory at both ends, codec states and 256 MiB), and " +
			"the memory limit of 1200 MiB of its cgroup leaves 1200 MiB"},
		{"unlimited", "1258291200", 300 << 20, ""},
	} {
		s := settled()
		s.Memory, s.Level = c.memory, 6
		err := s.check(machineOf(t, c.limits, c.group))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// machineOf is a host with the limit of address space and the limit of its cgroup.
func machineOf(t *testing.T, addresses, group string) *host.Machine {
	t.Helper()
	root := t.TempDir()
	for path, text := range map[string]string{
		"self/limits": "Max address space         " + addresses + "   unlimited   bytes\n",
		"self/cgroup": "0::/\n", "fs/cgroup/memory.max": group + "\n",
	} {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return host.At(root, root)
}
