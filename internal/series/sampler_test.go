package series

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"mtbench/results"
)

// A recorded /proc: a thread works, another is born late, a third ends.
func TestCPUSampler(t *testing.T) {
	proc := t.TempDir()
	write := func(tid int, ns int64) {
		dir := filepath.Join(proc, "7", "task", fmt.Sprint(tid))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("%d 5 6\n", ns)
		if err := os.WriteFile(filepath.Join(dir, "schedstat"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := &cpuSampler{every: 50 * time.Millisecond, pids: map[string]int{"source": 7}, proc: proc,
		stop: make(chan struct{}), done: make(chan struct{}), cpu: map[threadAt][]float64{}}
	begin := time.Now()
	s.sample(begin.Add(-60 * time.Millisecond)) // before the migration, nobody there
	write(11, 1e6)
	write(13, 2e6)
	s.sample(begin.Add(-10 * time.Millisecond))
	write(11, 31e6)
	write(12, 4e6)
	if err := os.RemoveAll(filepath.Join(proc, "7", "task", "13")); err != nil {
		t.Fatal(err)
	}
	s.sample(begin.Add(50 * time.Millisecond))
	close(s.done)
	run := &results.Run{Started: begin, ThreadUsage: []results.ThreadUsage{
		{Process: "source", Name: "main", Role: "main", TID: 11},
		{Process: "source", Name: "w-0", Role: "worker", TID: 12},
		{Process: "source", Name: "w-1", Role: "worker", TID: 13},
		{Process: "source", Name: "unseen", TID: 14}, {Process: "source", Name: "go-runtime"}}}
	got := s.end(run)
	want := [][]float64{{1, 31}, {0, 4}, {2, 2}}
	if len(got.Threads) != 3 || !slices.Equal(got.MS, []float64{0, 50}) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if !slices.Equal(got.Threads[i].CPUMS, want[i]) {
			t.Errorf("%s: %v, want %v", got.Threads[i].Name, got.Threads[i].CPUMS, want[i])
		}
	}
}

func TestNoSampler(t *testing.T) {
	if s := startSampler(0, nil); s != nil || s.end(&results.Run{}) != nil {
		t.Error("a sampler that nobody asked for")
	}
}
