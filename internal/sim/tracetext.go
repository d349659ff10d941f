package sim

import (
	"fmt"
	"time"

	"mtbench/internal/thread"
	"mtbench/internal/trace"
)

// Line is the event as a line of a trace that people read: when, who (with its number, since
// workers share a name), what. Empty for what would only be noise there: state changes and CPUs.
func (e TraceEvent) Line() string {
	what := e.words()
	if what == "" {
		return ""
	}
	return fmt.Sprintf("%10.3f µs  %-16s %s", float64(e.At)/float64(time.Microsecond),
		fmt.Sprintf("%s#%d", e.Name, e.Thread), what)
}

func (e TraceEvent) words() string {
	switch e.Kind {
	case TraceStart:
		return "starts " + e.On
	case TraceEnd:
		return "ends"
	case TraceSleep:
		if e.On == "" {
			return fmt.Sprintf("sleeps for a time (%v)", e.State)
		}
		return fmt.Sprintf("sleeps on %s (%v)", e.On, e.State)
	case TraceWake:
		return fmt.Sprintf("wakes %s from %s", e.Whom, e.On)
	case TraceWakeNobody:
		return fmt.Sprintf("calls FUTEX_WAKE on %s, where nobody sleeps", e.On)
	case TraceSpin:
		return fmt.Sprintf("spins (%v)", e.State)
	case TraceNote:
		return e.On
	}
	return ""
}

// chrome turns the events of a machine into tracks of a file.
type chrome struct {
	to      *trace.Chrome
	process func(name string) int
	begun   map[int]trace.Thread
	woken   map[int]wake // threads that were woken and have not run yet, by index
}

type wake struct {
	by trace.Thread
	at time.Duration
}

// NewChrome is a Tracer that writes a trace in Chrome's format; whoever made c closes it. process
// tells by a thread's name which process it is a thread of.
func NewChrome(c *trace.Chrome, process func(name string) int) Tracer {
	x := &chrome{to: c, process: process, begun: map[int]trace.Thread{}, woken: map[int]wake{}}
	return x.take
}

func (x *chrome) take(e TraceEvent) {
	t, ok := x.begun[e.Thread]
	if !ok {
		t = trace.Thread{Process: x.process(e.Name), ID: e.Thread}
		x.begun[e.Thread] = t
		x.to.Begin(t, fmt.Sprintf("%s#%d", e.Name, e.Thread), e.Thread, e.At, thread.Remainder.String())
	}
	switch e.Kind {
	case TraceState:
		x.to.State(t, e.At, e.State.String())
	case TraceEnd:
		x.to.End(t, e.At)
	case TraceWake:
		x.to.Instant(t, e.At, fmt.Sprintf("wakes %s#%d from %s", e.Whom, e.WhomThread, e.On), nil)
		x.woken[e.WhomThread] = wake{t, e.At}
	case TraceWakeNobody:
		x.to.Instant(t, e.At, "wakes nobody from "+e.On, nil)
	case TraceRun:
		x.runs(t, e)
	case TracePreempt:
		x.to.Instant(t, e.At, "preempted", nil)
	case TraceNote:
		x.to.Instant(t, e.At, e.On, nil)
	}
}

// runs draws the arrow to a thread that was woken and now has a CPU.
func (x *chrome) runs(t trace.Thread, e TraceEvent) {
	if w, ok := x.woken[e.Thread]; ok {
		delete(x.woken, e.Thread)
		x.to.Arrow("wake", w.by, w.at, t, e.At)
	}
}
