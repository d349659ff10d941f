package modeltest

import (
	"runtime"
	"testing"

	"mtbench/internal/thread"
	"mtbench/models"
)

// empty is a Work that does nothing: what is left is the hand-over.
type empty struct{}

func (empty) Init(*models.Request) error                     { return nil }
func (empty) Fill(thread.Thread, *models.Request)            {}
func (empty) Handle(thread.Thread, *models.Request)          {}
func (empty) Done(thread.Thread, *models.Request)            {}
func (empty) Share(thread.Thread, *models.Request, int, int) {}

// Benchmark measures the hand-over of a page with an empty Handle on kernel threads, with waiting:
// ns a page, and the futex calls of all threads a page.
func Benchmark(b *testing.B, build models.Builder, cfg models.Config) {
	b.ReportAllocs()
	usages, err := handOver(kernelFor(cfg), build, cfg, false, b.N, b.ResetTimer, b.StopTimer)
	if err != nil {
		b.Fatal(err)
	}
	var waits, wakes int64
	for _, u := range usages {
		waits += u.FutexWaits
		wakes += u.FutexWakes
	}
	b.ReportMetric(float64(waits)/float64(b.N), "waits/op")
	b.ReportMetric(float64(wakes)/float64(b.N), "wakes/op")
}

func kernelFor(cfg models.Config) thread.Machine {
	return thread.NewKernel(thread.Options{MaxThreads: cfg.Threads + 1})
}

// handOver passes pages through a fresh pipeline, or past it where it refuses and self is set;
// begin and end are called around the pages.
func handOver(m thread.Machine, build models.Builder, cfg models.Config, self bool, pages int,
	begin, end func()) ([]thread.Usage, error) {
	var failed error
	err := m.Run("main", func(t thread.Thread) {
		p, err := build(m, t, cfg, empty{})
		if err != nil {
			failed = err
			return
		}
		own, _ := models.NewSelf(empty{}) // its Init never fails
		m.OpenBracket(t)
		begin()
		for range pages {
			if !p.Submit(t) && self {
				own.Do(t)
			}
		}
		p.Flush(t)
		end()
		m.ShutBracket(t)
		p.Close(t)
	})
	if failed == nil {
		failed = err
	}
	return m.Usages(), failed
}

// CheckNoAllocation fails the test if handing a page over allocates, on kernel threads, either
// side, with and without waiting. What the runtime itself allocates now and then, for a thread that
// a blocking system call made it start, is let be.
func CheckNoAllocation(t *testing.T, build models.Builder) {
	const pages = 5000
	for _, way := range ways(either) {
		cfg := models.Config{Threads: 2, Wait: way.wait, Side: way.side, Name: "worker"}
		var before, after runtime.MemStats
		m := &watched{Machine: kernelFor(cfg), patience: patience, usage: readClock}
		_, err := handOver(m, build, cfg, way.self, pages, func() { runtime.ReadMemStats(&before) },
			func() { runtime.ReadMemStats(&after) })
		if err != nil {
			t.Fatal(err)
		}
		if n := after.Mallocs - before.Mallocs; n > pages/20 {
			t.Errorf("%s: %d allocations over %d pages", way.name, n, pages)
		}
	}
}
