// Package planted holds models with one known bug each: what the conformance suite and the explorer
// of schedules must catch. Small pipelines, each after a contender's protocol and sound
// without a fault, carry all the bugs, so that the contenders stay free of switches.
//
// Which finder catches which is part of the list, and is held by the tests of package modeltest. A
// bug that shows only between two plain accesses, with no call of the machine between them, is out
// of reach of a schedule that switches at calls; if nothing else catches it, it is the explorer's.
package planted

import (
	"strings"

	"mtbench/internal/thread"
	"mtbench/models"
)

// Finder is a set of ways to catch a bug.
type Finder uint8

const (
	// Schedules: the suite on modeltest.Turns, which switches at the machine's calls. Always.
	Schedules Finder = 1 << iota
	// RaceDetector: the suite on real threads, built with -race. Always in practice: the two
	// accesses that nothing orders happen in every run, and the detector needs no collision.
	RaceDetector
	// Exploration: a schedule that also switches at shared accesses (build tag explore).
	Exploration
	// NotWithout: the explorer's small programs do not show it without that tag.
	NotWithout
)

// String lists the finders.
func (f Finder) String() string {
	var names []string
	for i, name := range []string{"schedules", "race detector", "exploration"} {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Planted is a model with a bug.
type Planted struct {
	Name     string
	Doc      string // what is wrong, and what comes of it
	Build    models.Builder
	InFlight func(models.Config) int // requests of the model
	Resting  func(models.Config) int // see modeltest.Model
	Ordered  bool                    // see modeltest.Model
	FoundBy  Finder
}

// fault is what is wrong with a pipeline; at most one at a time.
type fault uint8

const (
	none fault = iota
	storeOutsideLock
	doneEarly
	waitOnce
	resetAfterLook
	quitBeforeReset
	shortResults
	noResultsLock
	asleepFlag
	idleAfterUnlock
	latchErased
	awaitedLate
	gateLeftShut
	countedEarly
	claimByStore
	creditEarly
	postedEarly
	validEarly
	freeEarly
	wokenEarly
	slotEarly
	kickEarly
	noKick
	noWakeAtEnd
	roomAfterLook
	backEarly
	orderBroken
)

// All lists the bugs.
func All() []Planted {
	return []Planted{
		onLocks("store-outside-lock", "the request is stored and signalled without the slot's lock: "+
			"a worker that has just looked sleeps through the signal",
			storeOutsideLock, Schedules|RaceDetector|Exploration),
		onLocks("done-early", "done is set before the result is written: the submitter takes a "+
			"request out that the worker still works on", doneEarly, Schedules|RaceDetector|Exploration),
		onLocks("wait-once", "the submitter waits once and does not look again in a loop: a wake-up "+
			"without a signal leaves it without a slot, and it refuses a page that it had to wait for",
			waitOnce, Schedules|Exploration),
		onRings("reset-after-look", "the event is reset after the look at the ring: a request that "+
			"comes in between is slept through", resetAfterLook, Schedules|Exploration),
		onRings("quit-before-reset", "quit is tested before the reset, as the series was posted: a "+
			"quit that comes in between is slept through, and Close hangs",
			quitBeforeReset, Schedules|Exploration),
		onRings("short-results", "the results ring is one slot short: the last result of a full "+
			"pipeline finds no room", shortResults, Schedules|Exploration),
		onRings("no-results-lock", "the results ring has two producers and no lock: a result is "+
			"overwritten and its page lost", noResultsLock, RaceDetector|Exploration),
		onRings("asleep-flag", "the event is set only if an atomic flag says that the worker sleeps, "+
			"and the worker sets the flag after its look: a request that comes in between is slept "+
			"through. Every access is atomic and no call lies between the two",
			asleepFlag, Exploration),
		onBatch("idle-after-unlock", "a worker that found the queue empty enters the idle set after "+
			"the unlock: a batch that comes in between wakes nobody", idleAfterUnlock,
			Schedules|Exploration),
		onBatch("latch-erased", "the latch is reset between the look at the queue and the sleep: the "+
			"one wake of a batch that comes in between is erased", latchErased, Schedules|Exploration),
		onBatch("awaited-late", "the submitter names the request that it sleeps on after its last look "+
			"at it: a worker that finishes it in between tells nobody", awaitedLate, Exploration),
		onBatch("woken-early", "a batch's worker is chosen and woken before the batch is in the queue: "+
			"it finds nothing, sleeps again, and the fan-out never begins", wokenEarly,
			Schedules|Exploration),
		onShared("slot-early", "a slot is given back before its job is claimed: a slower worker gives "+
			"back the slot of the next turn, and that job is lost", slotEarly, Exploration),
		onShared("gate-left-shut", "Close opens no gate: a worker that was outside the pool sleeps on",
			gateLeftShut, Schedules|Exploration|NotWithout),
		onShared("counted-early", "a job is counted as finished before its answer is in the ring: a "+
			"flush that sees the count returns without it", countedEarly, Exploration),
		onShared("claim-by-store", "workers claim a job by a load and a store: two of them take the "+
			"same", claimByStore, Exploration),
		onPackets("credit-early", "a channel gives its credit before it says that it has no job: the "+
			"submitter has a credit and finds no channel", creditEarly, Schedules|Exploration),
		onPackets("posted-early", "a channel is woken before it has its packet: it takes the post for "+
			"a sync, and nobody does the packet", postedEarly, Schedules|Exploration),
		onBitmaps("valid-early", "the worker's event is set before the bit is flipped: a worker that "+
			"looks in between sleeps through the request", validEarly, Schedules|Exploration),
		onBitmaps("free-early", "the flush's event is set before the bit is flipped: a flush that "+
			"looks in between sleeps through the end", freeEarly, Schedules|Exploration),
		onChunks("kick-early", "a worker is woken before the last page of its chunk is given: it drains "+
			"what it has, sleeps, and the page rests below the mark", kickEarly,
			Schedules|Exploration|NotWithout),
		onChunks("no-kick", "a flush wakes nobody: pages below the mark rest with a worker that sleeps",
			noKick, Schedules|Exploration),
		onChunks("no-wake-at-end", "the submitter is woken at the end of a chunk only: a ring that is "+
			"drained between two ends leaves it asleep", noWakeAtEnd, Schedules|Exploration),
		onChunks("room-after-look", "the submitter says that it wants room after its last look: the end "+
			"of a chunk that comes in between is slept through", roomAfterLook, Schedules|Exploration),
		onChunks("back-early", "a slot is given back before its page is handled: the submitter takes "+
			"out, and fills again, what the worker still works on", backEarly,
			Schedules|RaceDetector|Exploration|NotWithout),
		onChunks("order-broken", "results are taken out of a ring from the last to the first",
			orderBroken, Schedules|Exploration),
	}
}

// Sound lists the pipelines without a fault: controls, in which nothing may be found.
func Sound() []Planted {
	return []Planted{
		onLocks("sound-locks", "the locked protocol without a fault", none, 0),
		onRings("sound-rings", "the lockless protocol without a fault", none, 0),
		onBatch("sound-batch", "the protocol of one lock and one wake a batch without a fault", none, 0),
		onShared("sound-shared", "the protocol of one queue and gates without a fault", none, 0),
		onPackets("sound-packets", "the protocol of credits and swaps without a fault", none, 0),
		onChunks("sound-chunks", "the protocol of deep rings and chunks without a fault", none, 0),
		onBitmaps("sound-bitmaps", "the protocol of two words a worker without a fault", none, 0),
	}
}

func onLocks(name, doc string, f fault, by Finder) Planted {
	build := func(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
		models.Pipeline, error) {
		return buildLocks(m, t, cfg, work, f)
	}
	inFlight := func(c models.Config) int { return c.Threads }
	return Planted{Name: name, Doc: doc, Build: build, InFlight: inFlight, FoundBy: by}
}

func onBatch(name, doc string, f fault, by Finder) Planted {
	build := func(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
		models.Pipeline, error) {
		return buildBatch(m, t, cfg, work, f)
	}
	inFlight := func(c models.Config) int { return depth * c.Threads }
	resting := func(models.Config) int { return 1 }
	return Planted{Name: name, Doc: doc, Build: build, InFlight: inFlight, Resting: resting,
		FoundBy: by}
}

func onShared(name, doc string, f fault, by Finder) Planted {
	build := func(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
		models.Pipeline, error) {
		return buildShared(m, t, cfg, work, f)
	}
	inFlight := func(c models.Config) int { return depth * c.Threads }
	return Planted{Name: name, Doc: doc, Build: build, InFlight: inFlight, FoundBy: by}
}

func onPackets(name, doc string, f fault, by Finder) Planted {
	build := func(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
		models.Pipeline, error) {
		return buildPackets(m, t, cfg, work, f)
	}
	inFlight := func(c models.Config) int { return c.Threads + 1 }
	resting := func(models.Config) int { return 1 }
	return Planted{Name: name, Doc: doc, Build: build, InFlight: inFlight, Resting: resting,
		FoundBy: by}
}

func onBitmaps(name, doc string, f fault, by Finder) Planted {
	build := func(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
		models.Pipeline, error) {
		return buildBitmaps(m, t, cfg, work, f)
	}
	inFlight := func(c models.Config) int { return depth * c.Threads }
	return Planted{Name: name, Doc: doc, Build: build, InFlight: inFlight, FoundBy: by}
}

func onRings(name, doc string, f fault, by Finder) Planted {
	build := func(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
		models.Pipeline, error) {
		return buildRings(m, t, cfg, work, f)
	}
	inFlight := func(c models.Config) int { return depth * c.Threads }
	return Planted{Name: name, Doc: doc, Build: build, InFlight: inFlight, FoundBy: by}
}

func onChunks(name, doc string, f fault, by Finder) Planted {
	build := func(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
		models.Pipeline, error) {
		return buildChunks(m, t, cfg, work, f)
	}
	inFlight := func(c models.Config) int { return chunkSlots * c.Threads }
	resting := func(models.Config) int { return chunkPages - 1 }
	return Planted{Name: name, Doc: doc, Build: build, InFlight: inFlight, Resting: resting,
		Ordered: true, FoundBy: by}
}
