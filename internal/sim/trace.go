package sim

import (
	"time"

	"mtbench/internal/thread"
)

// TraceKind is what a line of a trace tells.
type TraceKind uint8

// The kinds of trace events. On is the name of what the event is about.
const (
	TraceStart      TraceKind = iota // the thread started thread On
	TraceEnd                         // the thread has ended
	TraceRun                         // the thread got a CPU
	TracePreempt                     // the thread lost its CPU to another
	TraceState                       // the thread does something else from now on
	TraceSleep                       // the thread sleeps on On, or for a time if On is empty
	TraceWake                        // the thread woke thread Whom, which slept on On
	TraceWakeNobody                  // the thread called FUTEX_WAKE on On, and nobody slept there
	TraceSpin                        // the thread did not see at once what it spins for
	TraceNote                        // the program under test has something to say: On
)

// TraceEvent is one thing that happened.
type TraceEvent struct {
	At     time.Duration
	Kind   TraceKind
	Thread int    // index of the thread in order of birth
	Name   string // its name
	State  thread.State
	CPU    int // where it runs
	On     string
	Whom   string // TraceWake: the name of the thread that was woken

	WhomThread int // and its index
}

// Tracer is told of each event as it happens.
type Tracer func(TraceEvent)

func (m *Machine) trace(p *proc, k TraceKind, on string) {
	if m.opt.Trace != nil {
		m.tell(p, TraceEvent{Kind: k, On: on})
	}
}

// traceFutex is trace for what happens at a futex; whom may be nil.
func (m *Machine) traceFutex(p *proc, k TraceKind, f *futex, whom *proc) {
	if m.opt.Trace == nil {
		return
	}
	e := TraceEvent{Kind: k, On: f.kind + " " + f.name}
	if whom != nil {
		e.Whom, e.WhomThread = whom.name, whom.id
	}
	m.tell(p, e)
}

func (m *Machine) tell(p *proc, e TraceEvent) {
	e.At, e.Thread, e.Name = m.Now(), p.id, p.name
	e.State, e.CPU = p.state, p.cpu
	m.opt.Trace(e)
}

// Note puts a line of the caller's own into the trace of t's machine. On another machine than a
// virtual one it is nothing.
func Note(t thread.Thread, text string) {
	if p, ok := t.(*proc); ok {
		p.m.trace(p, TraceNote, text)
	}
}
