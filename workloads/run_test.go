package workloads

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mtbench/internal/link"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/models"
	"mtbench/models/lockbatch"
	"mtbench/models/locked"
	"mtbench/models/lockless"
	"mtbench/models/multifd"
	"mtbench/models/spmc"
	"mtbench/models/workqueue"
	"mtbench/results"
)

// small is a run that takes some tens of milliseconds.
func small() Scenario {
	return Scenario{
		Seed: 1, PeerTimeout: 20 * time.Second, Cell: results.Cell{Model: "locked", Threads: 2},
		Scenario: results.Scenario{
			Memory: 4 << 20, VCPUs: 2, DirtyRate: 20000, Pattern: "uniform", WriteBytes: 64,
			Content: "mixed", Codec: "s2", Level: 1, DowntimeLimit: results.DurationOf(5),
			Flush: string(FlushSync), Limit: results.DurationOf(20_000), Destination: Process,
			Machine: Kernel, Account: true, DecompressThreads: 2,
		},
	}
}

func builders() map[string]models.Builder {
	return map[string]models.Builder{"locked": locked.Build, "lockless": lockless.Build,
		"lockbatch": lockbatch.Build, "spmc": spmc.Build,
		"workqueue": workqueue.Build, "workqueue-posted": workqueue.Options{AsPosted: true}.Build,
		"multifd": multifd.Build, "multifd-locked": multifd.Options{Locked: true}.Build,
		"spmc-whole": spmc.Options{Whole: true}.Build}
}

// checkRun holds a record against the rules that every record keeps.
func checkRun(t *testing.T, sc Scenario, run *results.Run) {
	t.Helper()
	if run.Completed && (run.Verified == nil || !*run.Verified) {
		t.Errorf("completed, but not verified: %q", run.UnverifiedReason)
	}
	if !run.Completed && run.UnverifiedReason == "" {
		t.Error("unverified without a reason")
	}
	if run.Pages != run.PagesCompressed+run.PagesRaw+run.PagesZero {
		t.Errorf("%d pages, but %d + %d + %d by kind",
			run.Pages, run.PagesCompressed, run.PagesRaw, run.PagesZero)
	}
	if run.Completed && run.Pages < sc.Memory/PageSize {
		t.Errorf("%d pages sent of a guest of %d", run.Pages, sc.Memory/PageSize)
	}
	if sc.Wait != (run.BusyRatio == nil) || sc.Wait && run.Busy != 0 {
		t.Errorf("wait %v, busy %d, ratio %v", sc.Wait, run.Busy, run.BusyRatio)
	}
	records := run.PagesCompressed*8 + run.CompressedBytes + run.PagesRaw*(PageSize+8) +
		run.PagesZero*9
	if rest := run.WireBytes - records; run.Completed && (rest < 8*3 ||
		rest > 8*int64(1000+2*run.Syncs)) {
		t.Errorf("%d bytes on the wire, of which the records are %d", run.WireBytes, records)
	}
	if run.Self.GCCycles != 0 {
		t.Errorf("the collector ran %d times", run.Self.GCCycles)
	}
}

func TestRunPair(t *testing.T) {
	for name, build := range builders() {
		sc := small()
		sc.Model = name
		run, err := runPair(sc, build)
		if err != nil {
			t.Fatal(err)
		}
		checkRun(t, sc, run)
		checkThreads(t, sc, run.ThreadUsage)
		if os.Getenv("MTBENCH_SHOW") != "" {
			text, _ := json.MarshalIndent(run, "", " ")
			t.Logf("%s", text)
		}
	}
}

// checkThreads looks for every thread of both ends, by the names QEMU gives them.
func checkThreads(t *testing.T, sc Scenario, usage []results.ThreadUsage) {
	t.Helper()
	got := map[string]int{}
	for _, u := range usage {
		got[u.Process+" "+u.Name+" "+u.Role]++
		if u.WallMS > 0 && u.StatesMS != nil {
			sum := 0.0
			for _, state := range u.StatesMS {
				sum += state.MS
			}
			if d := sum - u.WallMS; d < -0.01 || d > 0.01 {
				t.Errorf("%s: states add up to %v ms of %v", u.Name, sum, u.WallMS)
			}
		}
	}
	for who, n := range map[string]int{
		"source live_migration main": 1, "source compress worker": sc.Threads,
		"source CPU 0/KVM vcpu": 1, "source CPU 1/KVM vcpu": 1,
		"destination incoming main": 1, "destination decompress worker": sc.DecompressThreads,
	} {
		if got[who] != n {
			t.Errorf("%d threads %q, want %d; there are %v", got[who], who, n, got)
		}
	}
}

// TestSelf: with the third policy the main thread compresses what no thread is free for, on either
// machine and with either model, and the memories are equal: hot pages are written all the time.
func TestSelf(t *testing.T) {
	for name, build := range builders() {
		for _, machine := range []string{Kernel, Goroutines} {
			sc := small()
			sc.Model, sc.Machine, sc.WhenFull = name, machine, results.FullSelf
			sc.Threads, sc.Pattern, sc.DirtyRate, sc.Codec = 1, "zipf", 50000, "zlib"
			sc.Limit = results.DurationOf(1500) // a spinning submitter may starve the other end
			run, err := runPair(sc, build)
			if err != nil {
				t.Fatalf("%s on %s: %v", name, machine, err)
			}
			checkRun(t, sc, run)
			if run.PagesSelf == 0 || run.Busy != 0 || run.SelfRatio == nil ||
				run.WhenFull != results.FullSelf {
				t.Errorf("%s on %s: %d pages by itself, %d busy, ratio %v, policy %s", name, machine,
					run.PagesSelf, run.Busy, run.SelfRatio, run.WhenFull)
			}
			if run.PagesSelf > run.PagesCompressed+run.PagesZero {
				t.Errorf("%s on %s: %d pages by itself of %d compressed and %d zero", name, machine,
					run.PagesSelf, run.PagesCompressed, run.PagesZero)
			}
		}
	}
	sc := small()
	sc.Wait, sc.WhenFull = true, results.FullSelf
	if err := sc.Validate(); err == nil || !strings.Contains(err.Error(), "contradicts") {
		t.Errorf("wait on and self: %v", err)
	}
}

// TestManyRuns does short migrations with random settings, each verified. MTBENCH_SOAK=1 does 200.
func TestManyRuns(t *testing.T) {
	n := 8
	if os.Getenv("MTBENCH_SOAK") != "" {
		n = 200
	}
	file := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(file, []byte(strings.Repeat("a page of a file, ", 5000)),
		0o600); err != nil {
		t.Fatal(err)
	}
	ends := map[string]int{}
	for seed := range uint64(n) {
		sc, build := randomRun(seed, file)
		t.Run(fmt.Sprintf("%d/%s", seed, sc.Model), func(t *testing.T) {
			run, err := runPair(sc, build)
			var differ *MemoryDiffers
			if errors.As(err, &differ) && FlushPolicy(sc.Flush) == FlushWrap {
				ends["stale with flush wrap"]++ // TestStalePages says why
				return
			}
			if err != nil {
				t.Fatalf("%v\n%+v", err, sc)
			}
			checkRun(t, sc, run)
			ends[run.EndReason]++
		})
	}
	t.Logf("ends of %d runs: %v", n, ends)
	if ends[EndCompleted] < n/2 {
		t.Errorf("only %d of %d runs completed", ends[EndCompleted], n)
	}
}

func randomRun(seed uint64, file string) (Scenario, models.Builder) {
	r := rand.New(rand.NewPCG(seed, 7))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	sc := Scenario{Seed: seed, PeerTimeout: 30 * time.Second, Scenario: results.Scenario{
		Memory: int64(16+r.IntN(1024)) * PageSize, VCPUs: 1 + r.IntN(4),
		DirtyRate: []float64{0, 500, 5000, 50000}[r.IntN(4)],
		Pattern:   pick(Patterns()...), WriteBytes: []int{8, 64, 512, 4096}[r.IntN(4)],
		Content:       pick("zero", "text", "heap", "binary", "random", "mixed", "file:"+file),
		Codec:         pick("zlib", "zstd", "s2", "none", "spin:2us"),
		MaxBandwidth:  []float64{0, 0, 20e6}[r.IntN(3)],
		DowntimeLimit: results.DurationOf(float64(r.IntN(20))),
		Flush:         string(FlushPolicies()[r.IntN(3)]), Limit: results.DurationOf(2000),
		Destination: Process, LinkBandwidth: []float64{0, 0, 50e6}[r.IntN(3)],
		LinkBurst: []int64{64 << 10, 512 << 10}[r.IntN(2)], SocketBuffer: []int{0, 16 << 10}[r.IntN(2)],
		Machine: pick(Kernel, Kernel, Goroutines), Account: r.IntN(2) == 0,
		DecompressThreads: 1 + r.IntN(16),
	}}
	sc.Cell = results.Cell{Model: pick(slices.Sorted(maps.Keys(builders()))...),
		Threads: 1 + r.IntN(16), Wait: r.IntN(2) == 0}
	if sc.Codec == "zlib" || sc.Codec == "zstd" || sc.Codec == "s2" {
		sc.Level = 1
	}
	if !sc.Wait && r.IntN(2) == 0 {
		sc.WhenFull = results.FullSelf
	}
	return sc, builders()[sc.Model]
}

// TestDiscard: the baselines and the contenders without a destination; ideal in rounds.
func TestDiscard(t *testing.T) {
	list := builders()
	list["null"], list["inline"], list["ideal"] = models.Null, models.Inline, models.Ideal
	for name, build := range list {
		for _, max := range []float64{0, 20e6} {
			sc := small()
			sc.DirtyRate = 1000
			sc.Model, sc.Destination, sc.Wait = name, Discard, name != "null"
			sc.MaxBandwidth, sc.LinkBandwidth, sc.LinkBurst = max, 100e6, 64<<10
			run, err := runPair(sc, build)
			if err != nil {
				t.Fatal(name, err)
			}
			if !run.Completed || run.Verified != nil || run.UnverifiedReason == "" {
				t.Errorf("%s: completed %v, verified %v", name, run.Completed, run.Verified)
			}
			if run.Pages < sc.Memory/PageSize || run.RemainingBytes != 0 {
				t.Errorf("%s: %d pages, %d bytes remain", name, run.Pages, run.RemainingBytes)
			}
			if name == "null" && (run.PagesCompressed != 0 || run.Busy == 0) {
				t.Errorf("null: %d compressed, %d busy", run.PagesCompressed, run.Busy)
			}
			if name == "ideal" && run.PagesCompressed == 0 {
				t.Error("ideal: nothing compressed")
			}
			if max > 0 && run.TotalTimeMS < 0.8*float64(run.WireBytes)/max*1000-200 {
				t.Errorf("%s: %d bytes in %.0f ms at %.0f bytes/s", name, run.WireBytes, run.TotalTimeMS, max)
			}
		}
	}
}

// expectEnd waits for f, which must not hang.
func expectEnd[T any](t *testing.T, what string, f func() T) T {
	t.Helper()
	done := make(chan T, 1)
	go func() { done <- f() }()
	select {
	case v := <-done:
		return v
	case <-time.After(30 * time.Second):
		panic(what + " hangs")
	}
}

// farEnd runs a destination on ends of its own and returns the source's ends and its answer.
func farEnd(t *testing.T, sc Scenario) (Ends, func() error) {
	t.Helper()
	source, destination, free, err := makeEnds()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(free)
	result := make(chan error, 1)
	go func() {
		_, err := RunDestination(sc, locked.Build, destination)
		result <- err
	}()
	return source, func() error {
		return expectEnd(t, "the destination",
			func() error { return <-result })
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q does not say %q", err, p)
		}
	}
}

// TestBrokenStreams sends a destination what it must refuse; it says why, to itself and to the
// source, and does not hang.
func TestBrokenStreams(t *testing.T) {
	sc := small()
	sc.Machine = Goroutines
	for name, c := range map[string]struct {
		bytes func(s *wire.Stream, o *wire.Output, t thread.Thread)
		says  string
	}{
		"not a stream": {func(s *wire.Stream, _ *wire.Output, t thread.Thread) {
			s.PutRaw(t, 0, make([]byte, PageSize))
			s.Flush(t)
		}, "not a migration stream"},
		"other memory": {func(s *wire.Stream, _ *wire.Output, t thread.Thread) {
			s.Start(t, sc.Memory*2)
		}, "bytes of memory"},
		"page outside": {func(s *wire.Stream, _ *wire.Output, t thread.Thread) {
			s.Start(t, sc.Memory)
			s.PutZero(t, int(sc.Memory/PageSize))
			s.EOS(t)
		}, "outside"},
		"damaged page": {func(s *wire.Stream, o *wire.Output, t thread.Thread) {
			s.Start(t, sc.Memory)
			s.PutZero(t, 0)
			copy(o.Begin(1), "this is no compressed page")
			_ = o.Commit(26)
			s.PutOutput(t, o)
			s.EOS(t)
			s.End(t)
		}, "decompressing page 1"},
		"no end": {func(s *wire.Stream, _ *wire.Output, t thread.Thread) {
			s.Start(t, sc.Memory)
			s.PutZero(t, 0)
			s.EOS(t)
		}, "the stream ends"},
		"too long": {func(s *wire.Stream, _ *wire.Output, t thread.Thread) {
			s.Start(t, sc.Memory)
			s.PutZero(t, 0)
			// PutRaw's first word says PAGE, so the rest of the page holds the bad record.
			page := make([]byte, PageSize+12)
			copy(page[PageSize:], []byte{0, 0, 0, 0, 0, 0, 0x11, 0x20, 0, 0, 0x10, 0x0f})
			s.PutRaw(t, 2, page)
			s.EOS(t)
		}, "4111"},
	} {
		t.Run(name, func(t *testing.T) {
			ends, verdictOf := farEnd(t, sc)
			m := thread.NewGoroutines(thread.Options{})
			_ = m.Run("main", func(t thread.Thread) {
				c.bytes(wire.NewStream(link.NewSocket(ends.Data, 0, 0)), wire.NewOutput(), t)
			})
			_ = unix.Shutdown(ends.Data, unix.SHUT_WR)
			ctl, _ := newControl(ends.Control, 10*time.Second)
			var h hello
			var r arrival
			if err := errors.Join(ctl.receive(&h), ctl.receive(&r)); err != nil {
				t.Fatal(err)
			}
			_ = ctl.send(answer{})
			wantError(t, verdictOf(), c.says)
			wantError(t, errors.New(r.Error), c.says)
		})
	}
}

// TestPeerGone: the other end vanishes in mid-run, or stops; each end ends with a sentence.
func TestPeerGone(t *testing.T) {
	long := small()
	long.Memory, long.MaxBandwidth, long.Content = 16<<20, 20e6, "random"
	brief := long
	brief.PeerTimeout = 300 * time.Millisecond

	t.Run("destination dies", func(t *testing.T) {
		near, far, _, err := makeEnds()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			ctl := control{fd: far.Control}
			_ = ctl.send(hello{PID: 1})
			_, _ = unix.Read(far.Data, make([]byte, 100000))
			_ = unix.Close(far.Data)
			_ = unix.Close(far.Control)
		}()
		_, err = runSource(long, lockless.Build, near)
		wantError(t, err, "closed the link")
	})
	t.Run("destination stops reading", func(t *testing.T) {
		near, far, free, err := makeEnds()
		if err != nil {
			t.Fatal(err)
		}
		defer free()
		_ = control{fd: far.Control}.send(hello{PID: 1})
		_, err = runSource(brief, locked.Build, near)
		wantError(t, err, "has not read for 300ms")
	})
	t.Run("destination never comes", func(t *testing.T) {
		near, _, free, err := makeEnds()
		if err != nil {
			t.Fatal(err)
		}
		defer free()
		_, err = runSource(brief, locked.Build, near)
		wantError(t, err, "waiting for the destination", "no sign in time")
	})
	t.Run("destination cannot begin", func(t *testing.T) {
		bad := long
		bad.DecompressThreads = 0
		near, verdictOf := farEnd(t, bad)
		_, err := runSource(long, locked.Build, near)
		wantError(t, err, "the destination: ", "decompress-threads: 0 is not between")
		wantError(t, verdictOf(), "decompress-threads: 0 is not between")
	})
	t.Run("source dies", func(t *testing.T) {
		near, verdictOf := farEnd(t, long)
		_ = unix.Shutdown(near.Data, unix.SHUT_RDWR)
		_ = unix.Shutdown(near.Control, unix.SHUT_RDWR)
		if verdictOf() == nil {
			t.Error("no error")
		}
	})
	t.Run("source stops sending", func(t *testing.T) {
		_, verdictOf := farEnd(t, brief)
		wantError(t, verdictOf(), "has not sent for 300ms")
	})
	t.Run("codec fails at the source", func(t *testing.T) {
		near, verdictOf := farEnd(t, long)
		_, err := runSource(long, failing(locked.Build), near)
		wantError(t, err, "compressing page 9: planted")
		wantError(t, verdictOf(), "the source: ", "compressing page 9: planted")
	})
}

// failing is a model whose work fails at page 9.
func failing(build models.Builder) models.Builder {
	return func(m thread.Machine, t thread.Thread, cfg models.Config,
		w models.Work) (models.Pipeline, error) {
		return build(m, t, cfg, &failingWork{w, w.(*compression)})
	}
}

type failingWork struct {
	models.Work
	c *compression
}

func (f *failingWork) Handle(t thread.Thread, req *models.Request) {
	if req.User.(*job).page >= 9 {
		f.c.set(errors.New("compressing page 9: planted"))
		return
	}
	f.Work.Handle(t, req)
}

// TestMemoryDiffers: a destination that ends up with other memory is found out, by page.
func TestMemoryDiffers(t *testing.T) {
	sc := small()
	// or where all workers are busy no page behind the 700th gets to them
	sc.DirtyRate, sc.Wait = 0, true
	spoiled := func(m thread.Machine, t thread.Thread, cfg models.Config,
		w models.Work) (models.Pipeline, error) {
		if d, ok := w.(*decompression); ok {
			w = &spoiler{w, d}
		}
		return locked.Build(m, t, cfg, w)
	}
	_, err := runPair(sc, spoiled)
	var differ *MemoryDiffers
	if !errors.As(err, &differ) {
		t.Fatalf("error %v; want MemoryDiffers", err)
	}
	if differ.First != 700 || differ.Count != 1 || differ.Pages != 1024 {
		t.Errorf("%+v", differ)
	}
}

type spoiler struct {
	models.Work
	d *decompression
}

func (s *spoiler) Handle(t thread.Thread, req *models.Request) {
	s.Work.Handle(t, req)
	if req.User.(*unjob).page > 700 {
		copy(s.d.mem.Page(700), "spoiled by the test")
	}
}
