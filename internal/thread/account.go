package thread

import (
	"sync/atomic"
	"time"
)

// The phases of a machine's measured time, in order.
const (
	beforeBracket uint32 = iota
	inBracket
	afterBracket
)

// bracket is the measured time of a machine. The first thread publishes its two ends as marks, and
// every thread divides its own account at them when it next stamps, so a stamp has no atomic
// write and nobody reads another thread's account before it was joined.
//
// phase.Store in publish pairs with phase.Load in account.enter: a thread that sees the phase sees
// the mark. now is read by the first thread only.
type bracket struct {
	phase atomic.Uint32
	mark  [2]atomic.Int64  // ticks: opened, shut
	now   [2]time.Duration // the same instants on the clock, which gives ticks their unit
}

// publish ends the present phase at this instant. First thread only.
func (b *bracket) publish(c *clock) {
	p := b.phase.Load()
	b.mark[p].Store(c.tick())
	b.now[p] = c.now()
	b.phase.Store(p + 1)
}

// nsPerTick is the unit of ticks as the bracket measured it.
func (b *bracket) nsPerTick() float64 {
	ticks := b.mark[1].Load() - b.mark[0].Load()
	if ticks <= 0 {
		return 1
	}
	return float64(b.now[1]-b.now[0]) / float64(ticks)
}

// tally is what a thread did from its birth up to some instant.
type tally struct {
	states [NumStates]int64 // ticks
	stamps int64
	waits  int64
	wakes  int64
	locks  int64
}

// account is the account of one thread, which alone touches it until it was joined.
type account struct {
	mode    mode // of the time by state; the counters and the life are kept in any case
	clock   *clock
	bracket *bracket

	state State
	phase uint32 // the bracket's, as far as this account has been divided
	last  int64  // tick of the last stamp
	born  uint32 // phase at birth

	tally
	at [2]tally // when the bracket opened and shut, as far as phase says

	birthTick int64
	recorder  recorder // with mode traced
}

// mode is what a thread writes down when its state changes.
type mode uint8

const (
	countsOnly mode = iota
	accounted       // the time of each state
	traced          // that, and each change by itself
)

func modeOf(o Options) mode {
	switch {
	case !o.Account:
		return countsOnly
	case o.Trace == 0:
		return accounted
	}
	return traced
}

// begin starts the account. Own thread, before its function.
func (a *account) begin() {
	a.phase = a.bracket.phase.Load()
	a.born = a.phase
	a.last = a.clock.tick()
	a.birthTick = a.last
}

// enter is one stamp: the time since the last one belongs to the state that ends.
func (a *account) enter(s State) State {
	if a.phase != a.bracket.phase.Load() {
		a.divide()
	}
	prev := a.state
	if a.mode == accounted { // first, so that a trace costs nothing where there is none
		a.stamps++
		a.add(a.clock.tick())
		a.state = s
	} else if a.mode == traced {
		a.enterTraced(s)
	}
	return prev
}

// end closes the account. Own thread, after its function.
func (a *account) end() {
	if a.phase != a.bracket.phase.Load() {
		a.divide()
	}
	a.add(a.clock.tick())
}

// divide splits the running interval at each mark that was published since the last stamp.
func (a *account) divide() {
	for a.phase < a.bracket.phase.Load() {
		a.add(a.bracket.mark[a.phase].Load())
		a.at[a.phase] = a.tally
		a.phase++
	}
}

// add charges the time up to tick to the present state. A counter that steps back is ignored.
func (a *account) add(tick int64) {
	if d := tick - a.last; d > 0 {
		a.states[a.state] += d
		a.last = tick
	}
}

// measured reports whether any of the thread's life was inside the bracket.
func (a *account) measured() bool { return a.phase != beforeBracket && a.born != afterBracket }

// usage is what the account says of the time inside the bracket. The reasons add up to Wall.
func (a *account) usage() Usage {
	from, to := a.at[0], a.tally // of one born inside the bracket, at[0] is zero
	if a.phase == afterBracket {
		to = a.at[1]
	}
	u := Usage{
		Stamps: to.stamps - from.stamps, Locks: to.locks - from.locks,
		FutexWaits: to.waits - from.waits, FutexWakes: to.wakes - from.wakes,
	}
	unit := a.bracket.nsPerTick()
	for s := range u.States {
		u.States[s] = time.Duration(float64(to.states[s]-from.states[s]) * unit)
		u.Wall += u.States[s]
	}
	if a.mode == countsOnly {
		u.States = [NumStates]time.Duration{}
	}
	return u
}

// StampCost measures what one state change costs on this host: the least of several batches, each
// on an account of its own.
func StampCost() time.Duration {
	const batches, n = 20, 2000
	c := newClock()
	best := time.Duration(1 << 62)
	for range batches {
		a := &account{mode: accounted, clock: &c, bracket: new(bracket)}
		a.begin()
		from := time.Now()
		for range n {
			a.enter(Codec)
		}
		best = min(best, time.Since(from))
	}
	return best / n
}
