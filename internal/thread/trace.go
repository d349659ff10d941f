package thread

import (
	"sync/atomic"
	"time"
)

// Trace is what the threads of a machine of kernel threads did, event by event. Times are on
// CLOCK_MONOTONIC, which all processes of a host share, so that the traces of two ends of a
// migration have one time axis.
type Trace struct {
	PID     int
	Bracket [2]time.Duration // when the measured time began and ended
	Threads []ThreadTrace    // in order of birth
	Words   []string         // futex words by TraceEvent.Word: "mutex global"
}

// ThreadTrace is the trace of one thread.
type ThreadTrace struct {
	Name        string
	Role        Role
	TID         int
	Born, Ended time.Duration
	Events      []TraceEvent // in order of time
	Dropped     int64        // events after the last one kept, for which there was no room
}

// TraceEvent is one thing that a thread did.
type TraceEvent struct {
	At    time.Duration
	Kind  TraceKind
	State State // Entered: what it does from now on
	Word  int   // of Trace.Words; Slept, Woken, Wakes
	All   bool  // Wakes: everybody who sleeps there, else whoever has slept longest
}

// TraceKind is what a TraceEvent tells.
type TraceKind uint8

// The kinds of events.
const (
	Entered TraceKind = iota // the thread does something else from now on
	Slept                    // it calls FUTEX_WAIT
	Woken                    // it is back from that, whatever ended it
	Wakes                    // it calls FUTEX_WAKE
)

// recorder keeps the events of one thread, which alone touches it until it was joined. Its room is
// made before the thread runs: nothing is allocated afterwards, and no page is touched for the
// first time. What does not fit is counted and lost; the earliest events stay.
type recorder struct {
	events  []event
	dropped int64
}

// event is a TraceEvent as it is kept: 16 bytes without a pointer.
type event struct {
	tick int64
	what uint64 // kind, detail (a State, or 1 for All) and the word's address: 8, 8 and 48 bits
}

// EventBytes is the memory that a traced thread takes for each event that it has room for.
const EventBytes = 16

const addrBits = 48 // of an address of a process

func newRecorder(room int) recorder {
	r := recorder{events: make([]event, room)}
	clear(r.events) // touches every page
	r.events = r.events[:0]
	return r
}

// takeRecorder is a recorder that was made with the machine: making one takes milliseconds, which
// would be measured as the setup of the pool. Threads beyond MaxThreads have theirs made. m.mu is
// held.
func (m *Kernel) takeRecorder() recorder {
	n := len(m.spare) - 1
	if n < 0 {
		return newRecorder(m.options.Trace)
	}
	r := m.spare[n]
	m.spare = m.spare[:n]
	return r
}

func (r *recorder) add(tick int64, kind TraceKind, detail uint8, word uintptr) {
	if len(r.events) == cap(r.events) {
		r.dropped++
		return
	}
	what := uint64(kind)<<(addrBits+8) | uint64(detail)<<addrBits | uint64(word)&(1<<addrBits-1)
	r.events = append(r.events, event{tick, what})
}

func (e event) kind() TraceKind { return TraceKind(e.what >> (addrBits + 8)) }
func (e event) detail() uint8   { return uint8(e.what >> addrBits) }
func (e event) word() uintptr   { return uintptr(e.what & (1<<addrBits - 1)) }

// futex is a call on w in the trace, if there is one.
func (a *account) futex(kind TraceKind, w *atomic.Uint32, all bool) {
	if a.mode != traced {
		return
	}
	var detail uint8
	if all {
		detail = 1
	}
	a.recorder.add(a.clock.tick(), kind, detail, addrOf(w))
}

// enterTraced is enter for a thread that is traced.
func (a *account) enterTraced(s State) {
	a.stamps++
	tick := a.clock.tick()
	a.add(tick)
	a.state = s
	a.recorder.add(tick, Entered, uint8(s), 0)
}

// Trace is what the machine's threads did; nil unless it was asked for and the bracket was shut.
// Call it after Run.
func (m *Kernel) Trace() *Trace {
	if modeOf(m.options) != traced || m.bracket.phase.Load() != afterBracket {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	at := func(tick int64) time.Duration { return m.mono + m.bracket.timeOf(tick) }
	tr := &Trace{PID: m.pid, Bracket: [2]time.Duration{m.mono + m.bracket.now[0],
		m.mono + m.bracket.now[1]}}
	index := make(map[uintptr]int, len(m.words))
	for i, w := range m.words {
		index[w.Addr] = i
		tr.Words = append(tr.Words, w.Kind+" "+w.Name)
	}
	for _, k := range m.threads {
		t := ThreadTrace{Name: k.name, Role: k.role, TID: k.tid, Born: at(k.birthTick), Ended: at(k.last),
			Dropped: k.recorder.dropped, Events: make([]TraceEvent, len(k.recorder.events))}
		for i, e := range k.recorder.events {
			t.Events[i] = e.public(at, index)
		}
		tr.Threads = append(tr.Threads, t)
	}
	return tr
}

// public is the event in the words of a Trace.
func (e event) public(at func(int64) time.Duration, index map[uintptr]int) TraceEvent {
	p := TraceEvent{At: at(e.tick), Kind: e.kind()}
	if p.Kind == Entered {
		p.State = State(e.detail())
		return p
	}
	p.Word, p.All = index[e.word()], e.detail() != 0
	return p
}

// timeOf is the instant of a tick on the machine's clock, once the bracket was shut.
func (b *bracket) timeOf(tick int64) time.Duration {
	return b.now[0] + time.Duration(float64(tick-b.mark[0].Load())*b.nsPerTick())
}
