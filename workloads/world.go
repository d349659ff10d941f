// Package workloads is the migration: guest memory and its dirty log, the vCPUs that write it, the
// precopy loop that sends it, and the destination that rebuilds it. It is given a models.Builder
// and cannot know which model runs.
//
//	vCPU ──store, then bit──▶ guest memory + dirty log
//	                                   │ sync (swap)
//	  migration thread ──▶ bitmap ──▶ page ──▶ Pipeline.Submit ──▶ worker: zero test, copy, codec
//	        │                           └─ refused: zero test, raw ─┐        │ result
//	        └──────────────────────────── stream ◀─────────────────┴────────┘ (Done)
//	                                        │ link: bandwidth, burst
//	                                        ▼
//	                        destination: reader ──▶ Pipeline.Submit ──▶ worker: decompress
//
// The loop sees its world through the interfaces of this file only. On a host they stand on real
// memory and a real socket; in virtual time on arithmetic. The loop is the same code in both.
package workloads

import (
	"strings"
	"time"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/results"
)

// PageSize is the size of a guest page in bytes: the unit of everything that is migrated.
const PageSize = 4096

// Guest is the memory and its writers as the migration loop sees them. All methods are called by
// the migration thread.
type Guest interface {
	// Pages is how many pages the guest has; it never changes.
	Pages() int

	// Sync moves every page that was written since the last Sync into the migration's bitmap and
	// returns how many the log held, pages that were dirty in the bitmap already included.
	Sync(t thread.Thread, into *Bitmap) int64

	// IsZero says whether every byte of the page is zero right now.
	IsZero(t thread.Thread, page int) bool

	// Stop stops the vCPUs: when it returns no page is written any more. Called once, at most.
	Stop(t thread.Thread)
}

// Stream is the migration stream as the loop writes it. All methods are called by the migration
// thread. A failure sticks: the methods then do nothing and Err says what it was.
type Stream interface {
	Open(t thread.Thread)                       // the opening records and an EOS, to the link
	Raw(t thread.Thread, page int, first bool)  // a page as it is; first: it names its block
	Zero(t thread.Thread, page int, first bool) // a page that is all zero
	EOS(t thread.Thread)                        // end of section, and everything goes to the link
	Emitted() int64                             // bytes of all records so far; results' included
	Err() error
}

// Jobs is the work of the source's pipeline: page after page, compressed. Its Done appends the
// result to the Stream and counts it.
type Jobs interface {
	models.Work

	// Put says which page the Fill of the next Submit takes.
	Put(page int)

	// Counts are the counters that Done advances. They belong to the migration thread, which
	// advances those of the pages that it sends itself.
	Counts() *Counts

	// Err is the first failure of any worker. Safe at any time.
	Err() error
}

// Counts is what went out, by kind. A page is counted when it is emitted into the stream, not when
// it is handed over, and exactly once (the original of 2018 also counted empty slots).
type Counts struct {
	Compressed      int64 // pages compressed, by a worker or by the migration thread itself
	CompressedBytes int64 // their payload, the length fields included
	Raw             int64 // pages sent as they are by the migration thread
	Zero            int64 // pages found all zero, wherever
	// pages refused and sent by the migration thread; each is also in Raw or Zero
	Busy int64
	Self int64 // pages refused and compressed by the migration thread; each is also in
	// Compressed or Zero
}

// Pages is all pages that were sent.
func (c *Counts) Pages() int64 { return c.Compressed + c.Raw + c.Zero }

// Add counts what d counts, too.
func (c *Counts) Add(d Counts) {
	c.Compressed += d.Compressed
	c.CompressedBytes += d.CompressedBytes
	c.Raw += d.Raw
	c.Zero += d.Zero
	c.Busy += d.Busy
	c.Self += d.Self
}

// FlushPolicy is where the pipeline is flushed, which decides whether two versions of one page
// can be in flight at once.
type FlushPolicy string

const (
	// FlushSync flushes before each sync and puts an EOS behind it, at which the destination
	// waits for its own pool. Between two syncs a page goes out once only, so two records of one
	// page are never in flight, on neither side; and nothing is when the guest stops. The default.
	FlushSync FlushPolicy = "sync"

	// FlushWrap flushes where the search wraps round the end of memory, as QEMU 3.1 does. A page
	// that is dirtied again may overtake its older record, at either end.
	FlushWrap FlushPolicy = "wrap"

	// FlushIteration flushes at the end of every iteration, as QEMU 3.0 did.
	FlushIteration FlushPolicy = "iteration"
)

// FlushPolicies are all of them, the default first.
func FlushPolicies() []FlushPolicy { return []FlushPolicy{FlushSync, FlushWrap, FlushIteration} }

func (p FlushPolicy) validate() error {
	for _, q := range FlushPolicies() {
		if p == q {
			return nil
		}
	}
	var names []string
	for _, q := range FlushPolicies() {
		names = append(names, string(q))
	}
	return wrong("flush", "%q is unknown; there are %s", string(p), strings.Join(names, ", "))
}

// Settings is what the loop is told about the migration.
type Settings struct {
	MaxBandwidth  float64       // bytes/s, applied in windows of RateWindow; 0 = unlimited
	DowntimeLimit time.Duration // threshold = measured bandwidth × this
	Flush         FlushPolicy
	WhenFull      results.WhenFull // FullSelf: a page that the pipeline refuses is compressed here
	Limit         time.Duration    // bound of the run: CAN'T COMPLETE after it; 0 = none
}

// World is everything that a migration touches.
type World struct {
	Machine thread.Machine
	Guest   Guest
	Stream  Stream
	Jobs    Jobs
	// Build makes the source's pipeline over Jobs; its time is part of the setup time.
	Build func(t thread.Thread) (models.Pipeline, error)
}

// The ends of a run.
const (
	EndCompleted = "completed" // both memories are equal, but for what verification says
	EndBound     = "bound"     // Settings.Limit was reached first
	EndDiverging = "diverging" // the dirty memory had stopped shrinking, see DivergingRounds
)

// Point is the state of the migration at one moment, for the timeline.
type Point struct {
	At        time.Duration // since the start of the migration
	Remaining int64         // bytes known to be dirty
	Emitted   int64         // bytes put into the stream
	Syncs     int
	Counts    Counts
}

// Outcome is what a migration did. Ratios are NaN where they have no meaning.
type Outcome struct {
	End string // EndCompleted, EndBound or EndDiverging

	Total, Setup, Downtime time.Duration // Downtime is 0 if it did not complete

	DowntimeKept bool // Downtime is within Settings.DowntimeLimit

	Counts    Counts
	Rounds    int   // passes over memory that were begun
	Syncs     int   // bitmap syncs
	Settled   int64 // times FlushSync waited for records in flight before it read the dirty log
	Emitted   int64 // bytes put into the stream
	Threshold int64 // last threshold, bytes
	Remaining int64 // bytes dirty at the end, what the log held included

	BracketCost time.Duration // what opening and shutting the bracket took, outside of it

	BusyRatioPeriod float64 // busy ratio of the last closed period, NaN if none closed
	Timeline        []Point
}

// RoundJobs is what Jobs adds for a pipeline that takes whole rounds instead of pages (the `ideal`
// baseline, models.Rounder). Between PutRound and EndRound the words of the bitmap belong to the
// workers, each to the one whose share they are in.
type RoundJobs interface {
	Jobs
	models.Sharer
	PutRound(dirty *Bitmap, fromWord, toWord int) // what the next Round shares out
	EndRound(t thread.Thread)                     // counts it, and settles the bitmap's count
}
