package workloads

import (
	"errors"
	"fmt"
	"math"
	"time"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/results"
)

// The constants of QEMU's precopy loop (3.1).
const (
	// RateWindow is the window of the rate limit and of the bandwidth estimate (BUFFER_DELAY).
	RateWindow = 100 * time.Millisecond

	// MaxWait is how long one iteration goes on sending before it looks at the outer loop again,
	// tested at each CheckPages-th page (MAX_WAIT).
	MaxWait    = 50 * time.Millisecond
	CheckPages = 64

	// ClosePeriod is the least length of the period of QEMU's busy-rate, which closes at the
	// first sync after it.
	ClosePeriod = time.Second
)

// Ours.
const (
	// DivergingRounds is how many bitmap syncs in a row must fail to shrink the dirty memory
	// before a run ends early as CAN'T COMPLETE. A sync shrinks it if it leaves at most
	// DivergingShrink of what the last one that did so left: many small steps add up. One that
	// leaves no more than twice the threshold is no failure either (so near, chance alone may
	// complete the run).
	DivergingRounds = 12
	DivergingShrink = 0.95

	// TimelineStep is the distance of the points of the timeline and MaxPoints their most; runs
	// with a bound of more than an hour have fewer points.
	TimelineStep = 100 * time.Millisecond
	MaxPoints    = 36000
)

// Migrate runs one precopy migration on the calling thread, as QEMU's migration_thread does: setup,
// iterations until the rest can be sent within the downtime limit, the stop phase. It opens the
// machine's measured bracket at its start and shuts it at its end; flushing what is in flight
// after a run that did not complete, stopping the vCPUs then, and closing the pipeline fall
// outside. An error is the first failure of a worker or of the stream.
func Migrate(t thread.Thread, w World, s Settings) (Outcome, error) {
	l := newLoop(w, s)
	before := t.Now()
	w.Machine.OpenBracket(t)
	l.start = t.Now()
	err := l.setup(t)
	if err == nil {
		l.iterations(t)
	}
	total := t.Now() - l.start
	l.point(total)
	out := l.outcome(total)
	w.Machine.ShutBracket(t)
	out.BracketCost = t.Now() - before - total

	if !l.stopped {
		w.Guest.Stop(t)
		w.Guest.Sync(t, l.dirty)
		out.Remaining = l.remaining()
	}
	if l.pipe != nil {
		l.pipe.Flush(t)
		l.pipe.Close(t)
	}
	return out, errors.Join(err, l.failure(), l.lost())
}

// PagesLost is the error of a run whose model did not deliver what it had accepted: such a run has
// no figures.
type PagesLost struct{ Accepted, Delivered int64 }

func (e *PagesLost) Error() string {
	return fmt.Sprintf("the model accepted %d pages and delivered %d", e.Accepted, e.Delivered)
}

// lost says whether the pipeline, which has been flushed, still owes pages or has too many. After a
// failure it says nothing: a job that failed has no record.
func (l *loop) lost() error {
	if l.rounder != nil || l.failure() != nil || l.inFlight() == 0 {
		return nil
	}
	return &PagesLost{l.accepted, l.accepted - l.inFlight()}
}

// loop is the state of one migration. All of it belongs to the migration thread.
type loop struct {
	World
	Settings

	pipe    models.Pipeline
	rounder models.Rounder // pipe, if it takes whole rounds
	self    *models.Self   // what does a page that the pipeline refuses; nil: it goes out raw
	counts  *Counts
	dirty   *Bitmap

	start, setupTime, downtime time.Duration
	end                        string // "" while it goes on
	stopped                    bool   // the vCPUs are; no rate limit then

	// Search.
	lastPage int  // the page the search looked at last
	bulk     bool // first pass: pages are taken by number
	named    bool // the first page of the block, which carries its name, is out
	wrapped  bool // the search has wrapped; a page sent next begins a round
	rounds   int

	// Order of records.
	accepted int64 // pages that the pipeline, or self, took
	mainZero int64 // of counts.Zero, those of this thread
	settled  int64

	// Rate window.
	windowStart time.Duration
	windowBase  int64 // Emitted at its start
	windowLimit int64 // bytes a window may emit
	threshold   int64 // bytes; below it the rest is sent with the guest stopped

	// Sync periods.
	syncs        int
	target       int64 // pages sent by iterations, the stop phase excluded (target_page_count)
	periodStart  time.Duration
	periodTarget int64
	periodBusy   int64
	periodRatio  float64
	least        int // dirty pages after the last sync that shrank them
	failing      int // syncs in a row that did not shrink it

	timeline  []Point
	pointStep time.Duration
	nextPoint time.Duration
}

func newLoop(w World, s Settings) *loop {
	step, points := TimelineStep, MaxPoints
	if s.Limit > 0 {
		step = max(step, s.Limit/MaxPoints)
		points = int(s.Limit/step) + 64
	}
	return &loop{
		World: w, Settings: s,
		counts:      w.Jobs.Counts(),
		dirty:       NewBitmap(w.Guest.Pages()),
		bulk:        true,
		rounds:      1,
		least:       math.MaxInt,
		periodRatio: math.NaN(),
		windowLimit: int64(s.MaxBandwidth * RateWindow.Seconds()),
		timeline:    make([]Point, 0, points),
		pointStep:   step,
	}
}

// setup makes every page dirty, syncs once, makes the threads and sends the opening record. The
// first rate window is open already: as the original's, it opens with the migration.
func (l *loop) setup(t thread.Thread) error {
	l.windowStart, l.windowBase = l.start, l.Stream.Emitted()
	l.dirty.SetAll()
	l.sync(t)
	pipe, err := l.Build(t)
	if err != nil {
		return fmt.Errorf("making the pipeline: %w", err)
	}
	l.pipe = pipe
	l.rounder, _ = pipe.(models.Rounder)
	if l.WhenFull == results.FullSelf {
		if l.self, err = models.NewSelf(l.Jobs); err != nil {
			return fmt.Errorf("making the main thread's codec state: %w", err)
		}
	}
	l.Stream.Open(t)
	l.setupTime = t.Now() - l.start
	return l.failure()
}

// iterations is the outer loop: an iteration unless the window's bytes are spent, then the
// counters, then sleep out the window if they are.
func (l *loop) iterations(t thread.Thread) {
	for l.end == "" {
		if !l.rateLimited() {
			l.iterateOrComplete(t)
		}
		if l.failure() != nil || l.end != "" {
			return
		}
		now := t.Now()
		l.observe(now)
		l.updateCounters(now)
		if l.rateLimited() {
			t.SleepUntil(l.windowStart+RateWindow, thread.Sleeping)
		}
	}
}

// iterateOrComplete decides by what remains. Only a remainder below the threshold makes it ask the
// dirty log: syncs come when the known dirty memory has nearly drained, not by the clock. What the
// log then adds decides whether the guest stops.
func (l *loop) iterateOrComplete(t thread.Thread) {
	if l.remaining() < l.threshold {
		l.settle(t)
		l.sync(t)
	}
	if l.end != "" {
		return
	}
	if rest := l.remaining(); rest != 0 && rest >= l.threshold {
		l.iterate(t)
		return
	}
	l.complete(t)
}

// iterate sends pages until the window's bytes are spent, MaxWait has passed or none is left.
func (l *loop) iterate(t thread.Thread) {
	begin := t.Now()
	for i := 0; !l.rateLimited(); i++ {
		sent := l.step(t)
		if sent == 0 || l.failure() != nil {
			break
		}
		l.target += sent
		if i%CheckPages == 0 {
			now := t.Now()
			l.observe(now)
			if now-begin > MaxWait || l.end != "" {
				break
			}
		}
	}
	if l.Flush == FlushIteration {
		l.pipe.Flush(t)
	}
	l.Stream.EOS(t)
}

// complete is the stop phase: the guest stands still, the rate limit is off, and everything dirty
// goes out through the same path.
func (l *loop) complete(t thread.Thread) {
	l.settle(t) // without a threshold nobody has
	down := t.Now()
	l.Guest.Stop(t)
	l.stopped = true
	l.sync(t)
	for i := 0; l.step(t) != 0 && l.failure() == nil; i++ {
		if i%CheckPages == 0 {
			l.observe(t.Now())
			if l.end != "" {
				return
			}
		}
	}
	l.pipe.Flush(t)
	l.Stream.EOS(t)
	l.downtime = t.Now() - down
	l.end = EndCompleted
}

// step finds the next dirty page and sends it. It returns how many pages went out; 0: none is
// dirty. The search goes on from the last page, that page included: after a sync it may be dirty
// again. It gives up when it has been all the way round.
func (l *loop) step(t thread.Thread) int64 {
	if l.rounder != nil {
		return l.share(t)
	}
	pages := l.dirty.Len()
	for page, round := l.lastPage, false; ; {
		page = l.search(page)
		if round && page >= l.lastPage {
			l.lastPage = 0
			return 0
		}
		if page >= pages {
			l.wrap(t)
			page, round = 0, true
			continue
		}
		if l.dirty.Clear(page) {
			l.lastPage = page
			l.send(t, page)
			return 1
		}
	}
}

// search is the next page to look at. In the first pass every page is dirty and the next number
// will do. Its time is not stamped apart: it is some nanoseconds of the remainder.
func (l *loop) search(from int) int {
	if l.bulk && from > 0 {
		return from + 1
	}
	return l.dirty.Next(from)
}

// wrap is the end of memory: the bulk stage ends here, and QEMU 3.1 flushes here.
func (l *loop) wrap(t thread.Thread) {
	if l.Flush == FlushWrap {
		l.pipe.Flush(t)
	}
	l.bulk = false
	l.wrapped = true
}

// send sends one page: to a worker if there is a free one, else as it is, or compressed here. Like
// a raw page, one compressed here overtakes what is in flight: an older record of the same page
// must not be, which settle sees to. The first page of a block carries the block's name, which only
// this thread may write.
func (l *loop) send(t thread.Thread, page int) {
	if l.wrapped {
		l.wrapped = false
		l.rounds++
	}
	if !l.named {
		l.named = true
		l.pipe.Flush(t)
		l.sendHere(t, page, true)
		return
	}
	l.Jobs.Put(page)
	switch {
	case l.pipe.Submit(t):
		l.accepted++
	case l.self != nil:
		l.accepted++
		l.counts.Self++
		l.self.Do(t)
	default:
		l.counts.Busy++
		l.sendHere(t, page, false)
	}
}

func (l *loop) sendHere(t thread.Thread, page int, first bool) {
	if l.Guest.IsZero(t, page) {
		l.counts.Zero++
		l.mainZero++
		l.Stream.Zero(t, page, first)
		return
	}
	l.counts.Raw++
	l.Stream.Raw(t, page, first)
}

// share gives the workers a stretch of the bitmap to divide among themselves: all of it, or with
// a rate limit as many pages as the window still carries uncompressed.
func (l *loop) share(t thread.Thread) int64 {
	if l.dirty.Count() == 0 {
		l.bulk = false
		return 0
	}
	from := l.lastPage / wordBits
	to := from + l.roundWords()
	if words := len(l.dirty.words); to >= words {
		to = words
		l.lastPage, l.wrapped = 0, true
	} else {
		l.lastPage = to * wordBits
	}
	jobs, before := l.Jobs.(RoundJobs), l.dirty.Count()
	jobs.PutRound(l.dirty, from, to)
	l.rounder.Round(t)
	jobs.EndRound(t)
	sent := int64(before - l.dirty.Count())
	if l.wrapped && l.dirty.Count() != 0 {
		l.wrapped = false
		l.rounds++
	}
	if sent == 0 {
		return l.share(t) // an empty stretch: the rest lies further on
	}
	return sent
}

func (l *loop) roundWords() int {
	if l.MaxBandwidth == 0 || l.stopped {
		return len(l.dirty.words)
	}
	return int(l.windowLimit/(PageSize*wordBits)) + 1
}

// settle, with FlushSync, waits for all that is in flight before the dirty log is read, and puts an
// EOS behind it, at which the destination waits for its own pool. So two records of one page are
// never in flight, at neither end; and the stop phase has no pages of before to wait for, of which
// a model with longer queues has more.
func (l *loop) settle(t thread.Thread) {
	if l.Flush != FlushSync || l.inFlight() <= 0 {
		return // the EOS of the last iteration stands behind every record
	}
	l.settled++
	l.pipe.Flush(t)
	l.Stream.EOS(t)
}

func (l *loop) inFlight() int64 {
	return l.accepted - (l.counts.Compressed + l.counts.Zero - l.mainZero)
}

// sync moves the dirty log into the bitmap, and closes the period of the busy ratio if it is due.
func (l *loop) sync(t thread.Thread) {
	l.Guest.Sync(t, l.dirty)
	l.syncs++
	l.closePeriod(t.Now())
	if l.syncs > 1 && !l.stopped {
		l.watchDivergence()
	}
}

func (l *loop) closePeriod(now time.Duration) {
	if l.syncs == 1 {
		l.periodStart = now
		return
	}
	if now-l.periodStart <= ClosePeriod {
		return
	}
	if pages := l.target - l.periodTarget; pages > 0 {
		l.periodRatio = float64(l.counts.Busy-l.periodBusy) / float64(pages)
	}
	l.periodStart, l.periodTarget, l.periodBusy = now, l.target, l.counts.Busy
}

// watchDivergence ends a run whose dirty memory no longer shrinks, see DivergingRounds.
func (l *loop) watchDivergence() {
	dirty := l.dirty.Count()
	switch {
	case float64(dirty) <= DivergingShrink*float64(l.least):
		l.least, l.failing = dirty, 0
	case l.remaining() <= 2*l.threshold:
		l.failing = 0
	default:
		l.failing++
	}
	if l.failing >= DivergingRounds {
		l.end = EndDiverging
	}
}

// updateCounters closes the rate window once it is full, and takes the bandwidth of the window,
// its sleep included, for the threshold.
func (l *loop) updateCounters(now time.Duration) {
	took := now - l.windowStart
	if took < RateWindow {
		return
	}
	emitted := l.Stream.Emitted()
	bandwidth := float64(emitted-l.windowBase) / took.Seconds()
	l.threshold = int64(bandwidth * l.DowntimeLimit.Seconds())
	l.windowStart, l.windowBase = now, emitted
}

// rateLimited says whether the window has emitted more than its share. It is asked a page at a
// time, so a window overshoots by what one page adds.
func (l *loop) rateLimited() bool {
	return l.MaxBandwidth > 0 && !l.stopped && l.Stream.Emitted()-l.windowBase > l.windowLimit
}

func (l *loop) remaining() int64 { return int64(l.dirty.Count()) * PageSize }

func (l *loop) failure() error {
	if err := l.Jobs.Err(); err != nil {
		return err
	}
	return l.Stream.Err()
}

// observe notes a point of the timeline if one is due, and ends the run at its bound.
func (l *loop) observe(now time.Duration) {
	since := now - l.start
	if since >= l.nextPoint {
		l.point(since)
		l.nextPoint = since - since%l.pointStep + l.pointStep
	}
	if l.Limit > 0 && since >= l.Limit {
		l.end = EndBound
	}
}

func (l *loop) point(since time.Duration) {
	if n := len(l.timeline); n == cap(l.timeline) || n > 0 && l.timeline[n-1].At == since {
		return
	}
	l.timeline = append(l.timeline, Point{
		At: since, Remaining: l.remaining(), Emitted: l.Stream.Emitted(),
		Syncs: l.syncs, Counts: *l.counts,
	})
}

func (l *loop) outcome(total time.Duration) Outcome {
	return Outcome{
		End: l.end, Total: total, Setup: l.setupTime, Downtime: l.downtime,
		DowntimeKept: l.end == EndCompleted && l.downtime <= l.DowntimeLimit,
		Counts:       *l.counts, Rounds: l.rounds, Syncs: l.syncs, Settled: l.settled,
		Emitted: l.Stream.Emitted(), Threshold: l.threshold, Remaining: l.remaining(),
		BusyRatioPeriod: l.periodRatio, Timeline: l.timeline,
	}
}
