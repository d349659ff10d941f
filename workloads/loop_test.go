package workloads

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/results"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// script is a world of one thread and a clock that moves only where it is told to: a guest whose
// writes are scripted, a pipeline that holds its results back until it is full or flushed, and a
// trace of everything that the loop does.
type script struct {
	thread.Machine
	thread.Thread
	trace strings.Builder

	now    time.Duration
	pages  int
	zero   map[int]bool
	writes [][]int // what the log holds at each sync after the first

	room    int           // requests of the pipeline
	wait    bool          // take a result when there is no room, instead of refusing the page
	perPage time.Duration // of the migration thread's time
	flight  []int         // pages handed over and not yet done
	ready   int           // of these, how many a Submit can take out, without waiting
	put     int
	counts  Counts
	emitted int64
	err     error
	failAt  int           // page at which the stream fails; 0 = never
	setup   time.Duration // what making the pipeline takes
	atStop  int           // pages in flight when the guest stopped

	version map[int]int // of each page that was written
	carried []int       // of the pages in flight, the version
	arrived map[int]int // the version that was sent last
}

func (s *script) say(format string, args ...any) { fmt.Fprintf(&s.trace, format+"\n", args...) }

func (s *script) OpenBracket(thread.Thread)       {}
func (s *script) ShutBracket(thread.Thread)       { s.say("bracket shut at %v", s.now) }
func (s *script) Now() time.Duration              { return s.now }
func (s *script) Enter(thread.State) thread.State { return thread.Remainder }
func (s *script) SleepUntil(at time.Duration, _ thread.State) {
	s.say("sleep until %v", at)
	s.now = max(s.now, at)
}

func (s *script) Pages() int                         { return s.pages }
func (s *script) IsZero(_ thread.Thread, p int) bool { return s.zero[p] }
func (s *script) Stop(thread.Thread) {
	s.say("stop the guest at %v", s.now)
	s.atStop = len(s.flight)
}
func (s *script) Sync(_ thread.Thread, b *Bitmap) int64 {
	log := NewDirtyLog(s.pages)
	if s.counts.Pages() > 0 && len(s.writes) > 0 {
		for _, p := range s.writes[0] {
			log.Mark(p)
			s.write(p)
		}
		s.writes = s.writes[1:]
	}
	n := log.Sync(s, b)
	s.say("sync: %d written, %d dirty", n, b.Count())
	return n
}

func (s *script) write(page int) {
	if s.version == nil {
		s.version = map[int]int{}
	}
	s.version[page]++
}

func (s *script) record(what string, page int, bytes int64) {
	s.recordOld(what, page, bytes, s.version[page])
}

func (s *script) recordOld(what string, page int, bytes int64, version int) {
	s.say("  %s %d", what, page)
	s.emitted += bytes
	if s.arrived == nil {
		s.arrived = map[int]int{}
	}
	s.arrived[page] = version
}

func (s *script) Open(thread.Thread) { s.say("open"); s.emitted += 8 }
func (s *script) Raw(_ thread.Thread, page int, first bool) {
	s.record(map[bool]string{true: "raw, first", false: "raw"}[first], page, 4104)
	s.now += s.perPage
	if s.failAt != 0 && page >= s.failAt {
		s.err = errors.New("the link broke")
	}
}
func (s *script) Zero(_ thread.Thread, page int, _ bool) { s.record("zero", page, 9) }
func (s *script) EOS(thread.Thread)                      { s.say("  EOS"); s.emitted += 8 }
func (s *script) Emitted() int64                         { return s.emitted }
func (s *script) Err() error                             { return s.err }

func (s *script) Put(page int)                          { s.put = page }
func (s *script) Counts() *Counts                       { return &s.counts }
func (s *script) Init(*models.Request) error            { return nil }
func (s *script) Fill(thread.Thread, *models.Request)   {}
func (s *script) Handle(thread.Thread, *models.Request) {}
func (s *script) Done(_ thread.Thread, r *models.Request) {
	if r.Index != models.SelfIndex {
		panic("the script's pipeline has no requests")
	}
	s.record("self", s.put, 1012)
	s.counts.Compressed++
}

func (s *script) Submit(thread.Thread) bool {
	s.now += s.perPage
	if s.room == 0 {
		return false
	}
	if len(s.flight) == s.room {
		if !s.wait {
			if s.ready == 0 {
				s.say("  busy %d", s.put)
				s.ready = s.room // and then the workers have done what they had
				return false
			}
			s.ready--
		}
		s.take()
	}
	s.say("  submit %d", s.put)
	s.flight = append(s.flight, s.put)
	s.carried = append(s.carried, s.version[s.put])
	return true
}

func (s *script) take() {
	s.recordOld("done", s.flight[0], 1012, s.carried[0])
	s.counts.Compressed++
	s.flight, s.carried = s.flight[1:], s.carried[1:]
}

func (s *script) Flush(thread.Thread) {
	s.say("  flush of %d", len(s.flight))
	for len(s.flight) > 0 {
		s.take()
	}
}

func (s *script) Close(thread.Thread) { s.say("close") }

func (s *script) migrate(set Settings) (Outcome, error) {
	return Migrate(s, World{
		Machine: s, Guest: s, Stream: s, Jobs: s,
		Build: func(thread.Thread) (models.Pipeline, error) {
			s.say("build")
			s.now += s.setup
			return s, nil
		},
	}, set)
}

// TestLoopTrace holds the loop against written-down traces: the order of pages and flushes, the
// sync rule, the threshold and the rate windows, as QEMU 3.1 has them.
func TestLoopTrace(t *testing.T) {
	// Ten pages, of which each policy sends the same; the guest writes two pages that are sent
	// already and the last one again.
	world := func() *script {
		return &script{
			pages: 10, zero: map[int]bool{0: true}, wait: true, room: 3,
			perPage: 30 * time.Millisecond,
			writes:  [][]int{{2, 5, 8}, {2}},
		}
	}
	for name, c := range map[string]struct {
		set Settings
		s   *script
	}{
		"sync":      {Settings{Flush: FlushSync, DowntimeLimit: 60 * time.Millisecond}, world()},
		"wrap":      {Settings{Flush: FlushWrap, DowntimeLimit: 60 * time.Millisecond}, world()},
		"iteration": {Settings{Flush: FlushIteration, DowntimeLimit: 60 * time.Millisecond}, world()},
		"busy-rate": {Settings{Flush: FlushSync, MaxBandwidth: 100e3}, &script{
			pages: 12, room: 2, perPage: time.Millisecond, zero: map[int]bool{6: true},
		}},
		"self": {Settings{Flush: FlushSync, WhenFull: results.FullSelf}, &script{
			pages: 12, room: 2, perPage: time.Millisecond, zero: map[int]bool{6: true},
		}},
		// A window is spent when it has emitted more than its share: the opening record of 8 bytes
		// belongs to the first, so the fifth page of 9 bytes spends it.
		"rate-limit": {Settings{Flush: FlushSync, MaxBandwidth: 450},
			&script{pages: 8, zero: map[int]bool{
				0: true, 1: true, 2: true, 3: true, 4: true, 5: true, 6: true, 7: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := c.s.migrate(c.set)
			if err != nil {
				t.Fatal(err)
			}
			c.s.say("%s: rounds %d, syncs %d, settled %d, threshold %d, remaining %d, total %v, "+
				"downtime %v\n%+v", out.End, out.Rounds, out.Syncs, out.Settled, out.Threshold,
				out.Remaining, out.Total, out.Downtime, out.Counts)
			golden(t, name, c.s.trace.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the trace differs from %s (go test -update rewrites it); it is now:\n%s", file, got)
	}
}

// TestLoopStopsEmpty: with FlushSync nothing is in flight when the guest stops, however the loop
// came there; QEMU 3.1's rule leaves what a model holds to the stop phase.
func TestLoopStopsEmpty(t *testing.T) {
	left := 0
	for _, limit := range []time.Duration{0, time.Millisecond, 60 * time.Millisecond, time.Second} {
		stop := func(flush FlushPolicy) int {
			s := &script{pages: 200, wait: true, room: 7, perPage: 3 * time.Millisecond,
				writes: [][]int{{4, 9, 31}, {9, 10}, {}, {30}}}
			out, err := s.migrate(Settings{Flush: flush, DowntimeLimit: limit})
			if err != nil || out.End != EndCompleted {
				t.Fatalf("%s, limit %v: end %q, error %v", flush, limit, out.End, err)
			}
			return s.atStop
		}
		if n := stop(FlushSync); n != 0 {
			t.Errorf("limit %v: %d pages in flight when the guest stopped", limit, n)
		}
		left += stop(FlushWrap)
	}
	if left == 0 {
		t.Error("nothing in flight with QEMU 3.1's rule, too: the test sees nothing")
	}
}

// TestLoopOrder: whatever becomes of a page for which no thread is free, with FlushSync and
// FlushIteration no page is overtaken by an older record of it; with QEMU 3.1's flush the submitter
// overtakes itself.
func TestLoopOrder(t *testing.T) {
	for _, full := range results.WhenFulls() {
		stale := map[FlushPolicy]int{}
		for seed := range uint64(100) {
			for _, flush := range FlushPolicies() {
				s, set := randomScript(seed)
				set.Flush, set.WhenFull, s.wait = flush, full, full == results.FullWait
				out, err := s.migrate(set)
				if err != nil {
					t.Fatalf("%s, %s, seed %d: %v", full, flush, seed, err)
				}
				if (out.Counts.Self > 0) && full != results.FullSelf || (out.Counts.Busy > 0) &&
					full != results.FullRaw {
					t.Fatalf("%s, %s, seed %d: %+v", full, flush, seed, out.Counts)
				}
				if out.End == EndCompleted && !maps.Equal(s.version, latest(s)) {
					stale[flush]++
				}
			}
		}
		if stale[FlushSync] > 0 || stale[FlushIteration] > 0 {
			t.Errorf("%s: old versions of a page arrived last in %v of 100 runs", full, stale)
		}
		if full == results.FullSelf && stale[FlushWrap] == 0 { // the pipeline keeps its own order
			t.Errorf("%s: no page was overtaken with QEMU 3.1's flush: the test sees nothing", full)
		}
	}
}

// latest is the version that arrived last of each page that was written.
func latest(s *script) map[int]int {
	m := map[int]int{}
	for page := range s.version {
		m[page] = s.arrived[page]
	}
	return m
}

// randomScript is a guest that writes half of its pages between two syncs, a few times, and a rate
// limit, so that an iteration ends with pages in flight of which the next sync says more.
func randomScript(seed uint64) (*script, Settings) {
	r := rand.New(rand.NewPCG(seed, 9))
	s := &script{pages: 20 + r.IntN(60), room: 1 + r.IntN(5),
		perPage: time.Duration(1+r.IntN(5)) * time.Millisecond}
	for range 4 {
		var pages []int
		for page := range s.pages {
			if r.IntN(2) == 0 {
				pages = append(pages, page)
			}
		}
		s.writes = append(s.writes, pages)
	}
	bandwidth := 20e3 + 80e3*r.Float64()
	left := (0.1 + 0.6*r.Float64()) * float64(s.pages*PageSize)
	return s, Settings{MaxBandwidth: bandwidth,
		DowntimeLimit: time.Duration(left / bandwidth * float64(time.Second))}
}

// TestLoopFirstWindow: the first rate window opens with the migration, so that the time of setup
// counts in it.
func TestLoopFirstWindow(t *testing.T) {
	for setup, closed := range map[time.Duration]bool{
		30 * time.Millisecond: false, 60 * time.Millisecond: true,
	} {
		s := &script{pages: 10, wait: true, room: 2, perPage: 5 * time.Millisecond, setup: setup}
		out, err := s.migrate(Settings{Flush: FlushSync, DowntimeLimit: 10 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if (out.Threshold > 0) != closed {
			t.Errorf("setup %v and 45 ms of pages: threshold %d; want the window closed: %v", setup,
				out.Threshold, closed)
		}
	}
}

// TestLoopBound: a guest that is written all over in each round never completes; the bound ends
// the run, and what is in flight then is flushed after the measured time.
func TestLoopBound(t *testing.T) {
	s := thrashed()
	out, err := s.migrate(Settings{Flush: FlushSync, DowntimeLimit: time.Millisecond,
		Limit: time.Second})
	if err != nil || out.End != EndBound {
		t.Fatalf("end %q, error %v; want the bound", out.End, err)
	}
	if out.Total < time.Second || out.Total > 1200*time.Millisecond {
		t.Errorf("ended at %v with a bound of 1s", out.Total)
	}
	trace := s.trace.String()
	if i := strings.Index(trace, "bracket shut"); !strings.Contains(trace[i:], "stop the guest") ||
		!strings.Contains(trace[i:], "flush") || !strings.HasSuffix(trace, "close\n") {
		t.Errorf("after the bound:\n%s", trace[i:])
	}
	if out.Downtime != 0 || out.Remaining == 0 {
		t.Errorf("downtime %v, remaining %d", out.Downtime, out.Remaining)
	}
	for i, p := range out.Timeline {
		if i > 0 && p.At <= out.Timeline[i-1].At {
			t.Errorf("point %d at %v after one at %v", i, p.At, out.Timeline[i-1].At)
		}
	}
}

func thrashed() *script {
	s := &script{pages: 200, wait: true, room: 4, perPage: time.Millisecond}
	all := make([]int, s.pages)
	for i := range all {
		all[i] = i
	}
	for range 1000 {
		s.writes = append(s.writes, all)
	}
	return s
}

// TestLoopDiverges: the same ends early without a bound, after DivergingRounds syncs in vain, and
// a guest whose dirty memory shrinks by a twentieth a round does not.
func TestLoopDiverges(t *testing.T) {
	s := thrashed()
	out, err := s.migrate(Settings{Flush: FlushSync, DowntimeLimit: time.Millisecond})
	// The first sync counted is the first that leaves less than everything or fails.
	if err != nil || out.End != EndDiverging || out.Syncs != DivergingRounds+2 {
		t.Errorf("end %q after %d syncs, error %v", out.End, out.Syncs, err)
	}
	s = thrashed()
	for i := range s.writes {
		s.writes[i] = s.writes[i][:200-min(199, 3*i)]
	}
	out, err = s.migrate(Settings{Flush: FlushSync, DowntimeLimit: 10 * time.Millisecond})
	if err != nil || out.End != EndCompleted {
		t.Errorf("a guest that calms down: end %q after %d syncs, error %v", out.End, out.Syncs, err)
	}
}

// TestLoopFailure: the first failure ends the loop, whatever is still dirty.
func TestLoopFailure(t *testing.T) {
	s := &script{pages: 500, room: 0, perPage: time.Millisecond, failAt: 77}
	out, err := s.migrate(Settings{Flush: FlushSync})
	if err == nil || !strings.Contains(err.Error(), "the link broke") {
		t.Fatalf("error %v", err)
	}
	if out.Counts.Raw != 78 || out.End != "" {
		t.Errorf("%d raw pages, end %q", out.Counts.Raw, out.End)
	}
}

// TestLoopPeriod: the busy ratio of the last closed period is that of the pages between two syncs
// more than a second apart, the stop phase excluded.
func TestLoopPeriod(t *testing.T) {
	s := &script{pages: 400, room: 1, perPage: 2 * time.Millisecond, writes: [][]int{{1}, {2}}}
	out, err := s.migrate(Settings{Flush: FlushSync, DowntimeLimit: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	// Every page after the first is, in turn, taken and refused: about half are busy.
	if !(out.BusyRatioPeriod > 0.45 && out.BusyRatioPeriod < 0.55) {
		t.Errorf("period ratio %v", out.BusyRatioPeriod)
	}
	if out.Counts.Busy != out.Counts.Raw-1 { // the first page of the block is raw, not busy
		t.Errorf("busy %d, raw %d", out.Counts.Busy, out.Counts.Raw)
	}
}
