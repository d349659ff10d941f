package ptrring

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/puzpuzpuz/xsync/v4"
	"golang.org/x/sys/unix"

	"mtbench/internal/thread"
)

// queue is what the benchmark needs of each contender; both ends may fail and are tried again.
type queue struct {
	name string
	make func(size int) (put func(*job) bool, take func() *job)
}

func ring(batch bool) func(int) (func(*job) bool, func() *job) {
	return func(size int) (func(*job) bool, func() *job) {
		r := New[job](size, batch)
		return func(j *job) bool { return r.Produce(nil, j) }, func() *job { return r.Consume(nil) }
	}
}

func channel(size int) (func(*job) bool, func() *job) {
	c := make(chan *job, size)
	return func(j *job) bool { c <- j; return true }, func() *job { return <-c }
}

func xsyncQueue(size int) (func(*job) bool, func() *job) {
	q := xsync.NewSPSCQueue[*job](size)
	return q.TryEnqueue, func() *job { j, _ := q.TryDequeue(); return j }
}

var queues = []queue{
	{"ring", ring(false)}, {"ring-batch", ring(true)}, {"channel", channel}, {"xsync", xsyncQueue},
}

// BenchmarkAlone is one thread that puts and takes: the instructions, without contention.
func BenchmarkAlone(b *testing.B) {
	for _, q := range queues {
		b.Run(q.name, func(b *testing.B) {
			put, take := q.make(64)
			j := new(job)
			b.ReportAllocs()
			for b.Loop() {
				put(j)
				take()
			}
		})
	}
}

// BenchmarkStream is a producer and a consumer on two threads; figures are a pointer passed.
func BenchmarkStream(b *testing.B) {
	for _, q := range queues {
		for _, size := range []struct {
			name string
			n    int
		}{{"4", 4}, {"64", 64}, {"1024", 1024}} {
			b.Run(q.name+"/"+size.name, func(b *testing.B) { stream(b, q, size.n) })
		}
	}
}

// stream passes b.N pointers from one pinned thread to another. Both spin bare: to yield to the Go
// scheduler at a full or an empty ring costs several times what the ring does.
func stream(b *testing.B, q queue, size int) {
	cpus := twoCPUs(b)
	put, take := q.make(size)
	b.ResetTimer()
	passed(b, cpus, b.N, put, take)
}

// twoCPUs are where the two threads run.
func twoCPUs(b *testing.B) []int {
	cpus, err := thread.Affinity(0)
	if err != nil || len(cpus) < 2 {
		b.Skipf("two threads that spin need two CPUs; there are %v (%v)", cpus, err)
	}
	return cpus[:2]
}

// passed passes n pointers and returns the time that an item took.
func passed(b *testing.B, cpus []int, n int, put func(*job) bool,
	take func() *job) time.Duration {
	b.Helper()
	var both sync.WaitGroup
	j := new(job)
	began := time.Now()
	both.Go(pinned(b, cpus[0], func() {
		for range n {
			for !put(j) {
			}
		}
	}))
	both.Go(pinned(b, cpus[1], func() {
		for got := 0; got < n; {
			if take() != nil {
				got++
			}
		}
	}))
	both.Wait()
	return time.Since(began)
}

// pinned is f on a thread of its own, which ends with it.
func pinned(b *testing.B, cpu int, f func()) func() {
	return func() {
		runtime.LockOSThread() // never unlocked: the thread ends, and its affinity with it
		var set unix.CPUSet
		set.Set(cpu)
		if err := unix.SchedSetaffinity(0, &set); err != nil {
			b.Errorf("CPU %d: %v", cpu, err)
		}
		f()
	}
}

// BenchmarkAgainstC sets the ring against the same protocol in C, with sequentially consistent
// stores as Go's are, and with release stores: 11 runs of each in turn. The metrics are medians,
// and medians of the ratios within a turn.
//
//	go test ./internal/ptrring -run - -bench AgainstC -benchtime 1x
func BenchmarkAgainstC(b *testing.B) {
	cpus := twoCPUs(b)
	binary := filepath.Join(b.TempDir(), "ring")
	gcc := exec.Command("gcc", "-O2", "-pthread", "testdata/ring.c", "-o", binary)
	out, err := gcc.CombinedOutput()
	if err != nil {
		b.Skipf("the ring in C needs gcc: %v %s", err, out)
	}
	for _, size := range []int{4, 64, 1024} {
		b.Run(strconv.Itoa(size), func(b *testing.B) { againstC(b, binary, size, cpus) })
	}
}

func againstC(b *testing.B, binary string, size int, cpus []int) {
	measured := map[string][]float64{}
	add := func(unit string, v float64) { measured[unit] = append(measured[unit], v) }
	for range 11 {
		put, take := ring(false)(size)
		ours := float64(passed(b, cpus, items, put, take).Nanoseconds()) / items
		seqcst := inC(b, binary, size, cpus, "seqcst")
		release := inC(b, binary, size, cpus, "release")
		add("go-ns/item", ours)
		add("c-seqcst-ns/item", seqcst)
		add("c-release-ns/item", release)
		add("go/c-seqcst", ours/seqcst)
		add("go/c-release", ours/release)
		add("c-seqcst/c-release", seqcst/release)
	}
	for unit, list := range measured {
		slices.Sort(list)
		b.ReportMetric(list[len(list)/2], unit)
	}
	b.ReportMetric(0, "ns/op")
}

const items = 2_000_000 // of one run

// inC is what an item takes in C, in ns.
func inC(b *testing.B, binary string, size int, cpus []int, order string) float64 {
	b.Helper()
	text := strconv.Itoa
	out, err := exec.Command(binary, text(size), text(items), text(cpus[0]), text(cpus[1]),
		order).Output()
	if err != nil {
		b.Fatalf("the ring in C: %v", err)
	}
	ns, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		b.Fatal(err)
	}
	return ns
}
