package workloads

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/models/locked"
)

// holdup keeps a worker off its CPU until all others are through with what there is to do, or
// cannot be because they wait for it.
type holdup struct {
	handled atomic.Int64
	others  int64 // jobs that the others do, if nothing keeps them from it
}

const holdupMost = 400 * time.Millisecond

func (h *holdup) wait(t thread.Thread) {
	for stop := t.Now() + holdupMost; h.handled.Load() < h.others && t.Now() < stop; {
		t.SleepUntil(t.Now()+time.Millisecond, thread.Codec)
	}
}

// rewriter is the source's work of a run in which a vCPU writes one page just after a worker has
// compressed it, and the worker is then off its CPU (if it is to be slow).
type rewriter struct {
	models.Work
	holdup
	s       *source
	page    int
	slow    bool
	written atomic.Bool
}

func (r *rewriter) Handle(t thread.Thread, req *models.Request) {
	r.Work.Handle(t, req)
	switch page := req.User.(*job).page; {
	case page == 1: // so that the next page goes to another worker, if there is one
		t.SleepUntil(t.Now()+20*time.Millisecond, thread.Codec)
	case page == r.page && !r.written.Load():
		r.s.mem.Page(r.page)[17] ^= 0xff
		r.s.log.Mark(r.page)
		r.written.Store(true)
		if r.slow {
			r.wait(t)
		}
	}
	r.handled.Add(1)
}

// slowDecoder is the destination's work of a run in which the worker that has the first record of
// a page is off its CPU before it has written it.
type slowDecoder struct {
	models.Work
	holdup
	page    int
	slow    bool
	stalled *unjob // by Fill for the Handle that follows
}

func (d *slowDecoder) Fill(t thread.Thread, req *models.Request) {
	d.Work.Fill(t, req)
	if j := req.User.(*unjob); d.slow && j.page == d.page {
		d.slow, d.stalled = false, j
	}
}

func (d *slowDecoder) Handle(t thread.Thread, req *models.Request) {
	if j := req.User.(*unjob); j.page == d.page && j == d.stalled {
		d.wait(t)
	}
	d.Work.Handle(t, req)
	d.handled.Add(1)
}

const stalePages = 64

// runStale sends a part of a second round: page 0, all zero, goes out here; then pages 1 to
// threads+1 are handed over, until the first result comes out and fills the rate window. The last
// of them is written right after it was compressed. There is a sync then, and the stop phase: the
// search goes on from the last page, that page included, which is handed over again while its
// older version has not arrived. (In the first round the search goes by number and cannot.)
func runStale(flush FlushPolicy, threads int, slowSource, slowDestination bool) error {
	sc := small()
	sc.Memory, sc.Content, sc.DirtyRate = stalePages*PageSize, "random", 0
	sc.MaxBandwidth, sc.Flush = 1000, string(flush)
	sc.Threads, sc.Wait, sc.DecompressThreads = threads, true, 2
	near, far, free, err := makeEnds()
	if err != nil {
		return err
	}
	defer free()
	result := make(chan error, 1)
	go func() {
		_, err := sc.runDestination(func(m thread.Machine, t thread.Thread, cfg models.Config,
			w models.Work) (models.Pipeline, error) {
			d := &slowDecoder{Work: w, page: threads + 1, slow: slowDestination}
			d.others = stalePages - 1
			return locked.Build(m, t, cfg, d)
		}, far)
		result <- err
	}()
	err = rewrite(&source{Scenario: sc, ends: near}, threads+1, slowSource)
	return errors.Join(err, <-result)
}

// rewrite is runSource with a rewriter, from a second round on.
func rewrite(s *source, page int, slow bool) error {
	if err := s.prepare(); err != nil {
		return s.giveUp(err)
	}
	defer s.mem.Unmap()
	clear(s.mem.Page(0))
	r := &rewriter{s: s, page: page, slow: slow}
	r.others = stalePages - 1
	err := s.machine.Run("live_migration", func(t thread.Thread) {
		s.writers = &Writers{}
		l := newLoop(s.world(func(m thread.Machine, t thread.Thread, cfg models.Config,
			w models.Work) (models.Pipeline, error) {
			r.Work = w
			return locked.Build(m, t, cfg, r)
		}), s.settings())
		s.machine.OpenBracket(t)
		_ = l.setup(t)
		l.bulk = false
		l.iterateOrComplete(t)
		for !r.written.Load() {
			t.SleepUntil(t.Now()+time.Millisecond, thread.Sleeping)
		}
		l.threshold = 1 << 40
		l.iterateOrComplete(t)
		s.machine.ShutBracket(t)
		l.pipe.Close(t)
		s.stream.End(t)
		s.outcome = l.outcome(0)
	})
	if err = errors.Join(err, s.jobs.Err(), s.stream.Err()); err != nil {
		return s.giveUp(err)
	}
	return s.verify(s.record(time.Now()))
}

// TestStalePages shows what the safe default is for. With the flush of QEMU 3.1, at the wrap only,
// an old version of a page overtakes a new one: at the source where its worker is slow, at the
// destination where two workers have a record of one page at once. Nothing repairs it when that
// happens in the stop phase, and the two memories differ. Flushing at each sync, with an EOS at
// which the destination waits, or at each iteration, survives the same.
func TestStalePages(t *testing.T) {
	for _, c := range []struct {
		name                string
		threads             int
		source, destination bool
	}{
		{"source", 2, true, false},
		{"destination", 1, false, true}, // one worker at the source: its order is kept
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, flush := range FlushPolicies() {
				err := guarded("the pair", func() error {
					return runStale(flush, c.threads, c.source, c.destination)
				})
				var differ *MemoryDiffers
				switch {
				case flush != FlushWrap && err != nil:
					t.Errorf("flush %s: %v", flush, err)
				case flush == FlushWrap && !errors.As(err, &differ):
					t.Errorf("flush %s: %v; want the stale page to be found", flush, err)
				case flush == FlushWrap && (differ.Count != 1 || differ.First != c.threads+1):
					t.Errorf("flush %s: %v; want page %d only", flush, err, c.threads+1)
				}
			}
		})
	}
}
