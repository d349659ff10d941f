package workloads

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/results"
)

// BenchmarkHarness prices everything around a model: null refuses each page, and the stream is
// discarded. The cost a page must not depend on the size of memory.
func BenchmarkHarness(b *testing.B) {
	for _, mib := range []int64{64, 256, 1024} {
		b.Run(fmt.Sprintf("%dMiB", mib), func(b *testing.B) {
			sc := small()
			sc.Memory, sc.Content, sc.Destination = mib<<20, "random", Discard
			sc.VCPUs, sc.DirtyRate = 1, 0
			best := 1e9
			for range b.N {
				run, err := runPair(sc, models.Null)
				if err != nil {
					b.Fatal(err)
				}
				best = min(best, (run.TotalTimeMS-run.SetupTimeMS)*1e6/float64(run.Pages))
			}
			b.ReportMetric(best, "ns/page")
		})
	}
}

// BenchmarkModels is a page of each model with no destination, codec none: hand-over, not codec.
func BenchmarkModels(b *testing.B) {
	list := builders()
	list["inline"], list["ideal"] = models.Inline, models.Ideal
	for name, build := range list {
		b.Run(name, func(b *testing.B) {
			sc := small()
			sc.Memory, sc.Content, sc.Destination = 64<<20, "random", Discard
			sc.VCPUs, sc.DirtyRate, sc.Codec, sc.Level, sc.Wait = 1, 0, "none", 0, true
			for range b.N {
				run, err := runPair(sc, build)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric((run.TotalTimeMS-run.SetupTimeMS)*1e6/float64(run.Pages), "ns/page")
				b.ReportMetric(run.Overhead.StampsAPage, "stamps/page")
			}
		})
	}
}

// BenchmarkScan is search, clear and counters of the loop, a page: the share of the harness that
// is neither stream nor zero test.
func BenchmarkScan(b *testing.B) {
	for _, share := range []float64{1, 0.1} {
		b.Run(fmt.Sprintf("%.0f%% dirty", 100*share), func(b *testing.B) {
			s := &still{script{pages: 1 << 18, zero: map[int]bool{}}}
			l := newLoop(World{Machine: s, Guest: s, Stream: s, Jobs: s}, Settings{})
			l.pipe, l.named, l.bulk = s, true, false
			r := rand.New(rand.NewPCG(1, 1))
			for b.Loop() {
				if l.dirty.Count() == 0 {
					b.StopTimer()
					l.step(s)
					for page := range s.pages {
						if r.Float64() < share {
							l.dirty.Add(page/wordBits, 1<<(page%wordBits))
						}
					}
					b.StartTimer()
				}
				if l.rateLimited() || l.step(s) == 0 || l.failure() != nil {
					b.Fatal("stopped")
				}
				l.target++
			}
		})
	}
}

// still is a script that takes every page and says nothing.
type still struct{ script }

func (s *still) Submit(thread.Thread) bool { return true }
func (s *still) Flush(thread.Thread)       {}

// TestPagePathAllocatesNothing reads the allocator's count at the 100th page and at the last but
// 100, with both ends in this process.
func TestPagePathAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes the codecs' pools allocate")
	}
	for name, build := range builders() {
		for _, full := range []results.WhenFull{results.FullWait, results.FullSelf} {
			if n, pages := pageAllocations(t, build, full); n > 100 { // the runtime's own, now and then
				t.Errorf("%s, %s: %d allocations in %d pages", name, full, n, pages)
			}
		}
	}
}

func pageAllocations(t *testing.T, build models.Builder, full results.WhenFull) (allocs,
	pages uint64) {
	const all = 2048
	var w *watched
	sc := small()
	sc.Memory, sc.DirtyRate = all*PageSize, 0
	sc.Wait, sc.WhenFull = full == results.FullWait, full
	// Not runPair: its watchdog reads /proc, which allocates in this very process.
	watchdog := time.AfterFunc(2*time.Minute, func() { panic("the run hangs") })
	defer watchdog.Stop()
	run, err := RunPair(sc, func(m thread.Machine, t thread.Thread, cfg models.Config,
		work models.Work) (models.Pipeline, error) {
		p, err := build(m, t, cfg, work)
		if cfg.Side != models.Source {
			return p, err
		}
		w = &watched{Pipeline: p, until: all - 100}
		return w, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if (run.PagesSelf > 0) != (full == results.FullSelf) {
		t.Fatalf("%s: %d pages by the main thread itself", full, run.PagesSelf)
	}
	return w.allocs, all - 200
}

// watched counts what is allocated between two pages.
type watched struct {
	models.Pipeline
	submits, until int
	allocs         uint64
}

func (w *watched) Submit(t thread.Thread) bool {
	if w.submits++; w.submits == 100 || w.submits == w.until {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w.allocs = m.Mallocs - w.allocs
	}
	return w.Pipeline.Submit(t)
}
