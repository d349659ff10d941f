package trace

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"mtbench/internal/thread"
)

// notRecorded is what a thread does once its trace was full.
const notRecorded = "not recorded: no room"

// Measured writes the threads of one process. zero is what the file calls 0, on the clock of the
// trace; place is where the process stands among the others.
func (c *Chrome) Measured(process string, place int, tr *thread.Trace, zero time.Duration) {
	c.Process(tr.PID, process, place)
	for i := range tr.Threads {
		c.measuredThread(tr, i, zero)
	}
	if len(tr.Threads) > 0 {
		first := Thread{tr.PID, tr.Threads[0].TID}
		c.Instant(first, tr.Bracket[0]-zero, "measured time begins", nil)
		c.Instant(first, tr.Bracket[1]-zero, "measured time ends", nil)
	}
	for _, w := range wakeUps(tr) {
		c.Arrow("wake", Thread{tr.PID, w.waker}, w.at-zero, Thread{tr.PID, w.sleeper}, w.woken-zero)
	}
}

func (c *Chrome) measuredThread(tr *thread.Trace, i int, zero time.Duration) {
	th := &tr.Threads[i]
	t := Thread{tr.PID, th.TID}
	c.Begin(t, fmt.Sprintf("%s#%d", th.Name, i), i, th.Born-zero, thread.Remainder.String())
	last := th.Born
	for _, e := range th.Events {
		last = e.At
		switch e.Kind {
		case thread.Entered:
			c.State(t, e.At-zero, e.State.String())
		case thread.Wakes:
			name := "wakes one from "
			if e.All {
				name = "wakes all from "
			}
			c.Instant(t, e.At-zero, name+tr.Words[e.Word], nil)
		}
	}
	if th.Dropped > 0 {
		c.State(t, last-zero, notRecorded)
		c.Instant(t, last-zero, fmt.Sprintf("%d events from here on were dropped", th.Dropped), nil)
	}
	c.End(t, th.Ended-zero)
}

// wakeUp is a call of FUTEX_WAKE and a sleep that it ended.
type wakeUp struct {
	waker, sleeper int // thread ids
	at, woken      time.Duration
}

// nap is a sleep on a futex.
type nap struct {
	tid      int
	from, to time.Duration
	woken    bool
}

// call is a call of FUTEX_WAKE.
type call struct {
	tid int
	at  time.Duration
	all bool
}

// wakeUps finds out who woke whom. The kernel does not say; but it wakes the longest sleeper first,
// and a sleep ends after the call that ended it. A sleep that ended by itself, because the word had
// changed before it began, may be taken for one.
func wakeUps(tr *thread.Trace) []wakeUp {
	naps, calls := map[int][]nap{}, map[int][]call{} // by word
	for _, th := range tr.Threads {
		var open thread.TraceEvent
		for _, e := range th.Events {
			switch e.Kind {
			case thread.Slept:
				open = e
			case thread.Woken:
				naps[e.Word] = append(naps[e.Word], nap{tid: th.TID, from: open.At, to: e.At})
			case thread.Wakes:
				calls[e.Word] = append(calls[e.Word], call{th.TID, e.At, e.All})
			}
		}
	}
	var found []wakeUp
	for word, list := range calls {
		found = append(found, match(naps[word], list)...)
	}
	slices.SortFunc(found, func(a, b wakeUp) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.woken, b.woken),
			cmp.Compare(a.sleeper, b.sleeper))
	})
	return found
}

// match pairs the calls on one word with the sleeps on it.
func match(naps []nap, calls []call) (found []wakeUp) {
	slices.SortFunc(naps, func(a, b nap) int { return cmp.Compare(a.from, b.from) })
	slices.SortFunc(calls, func(a, b call) int { return cmp.Compare(a.at, b.at) })
	first := 0 // those before it are over
	for _, k := range calls {
		for first < len(naps) && (naps[first].woken || naps[first].to < k.at) {
			first++
		}
		for i := first; i < len(naps) && naps[i].from <= k.at; i++ {
			n := &naps[i]
			if n.woken || n.to < k.at || n.tid == k.tid {
				continue
			}
			n.woken = true
			found = append(found, wakeUp{k.tid, n.tid, k.at, n.to})
			if !k.all {
				break
			}
		}
	}
	return found
}
