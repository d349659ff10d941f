package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"mtbench/internal/thread"
)

// Line is the event as a line of a trace that people read: when, who (with its number, since workers
// share a name), what. Empty for what would only be noise there: state changes and CPUs.
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

// Chrome writes a trace in Chrome's JSON format, which Perfetto and chrome://tracing open: a track a
// thread with what it does, and an instant for each wake.
type Chrome struct {
	w     io.Writer
	err   error
	any   bool
	open  map[int]span // by thread
	named map[int]bool
}

type span struct {
	state thread.State
	since time.Duration
}

// NewChrome begins a trace; its Trace is a Tracer, and Close ends the file.
func NewChrome(w io.Writer) *Chrome {
	c := &Chrome{w: w, open: map[int]span{}, named: map[int]bool{}}
	c.write("[")
	return c
}

// chromeEvent is one event of the format; times are in µs.
type chromeEvent struct {
	Name  string         `json:"name"`
	Phase string         `json:"ph"`
	PID   int            `json:"pid"`
	TID   int            `json:"tid"`
	At    float64        `json:"ts"`
	For   float64        `json:"dur,omitempty"`
	Scope string         `json:"s,omitempty"`
	Args  map[string]any `json:"args,omitempty"`
}

// Trace takes one event.
func (c *Chrome) Trace(e TraceEvent) {
	if !c.named[e.Thread] {
		c.named[e.Thread] = true
		c.emit(chromeEvent{Name: "thread_name", Phase: "M", TID: e.Thread,
			Args: map[string]any{"name": fmt.Sprintf("%s#%d", e.Name, e.Thread)}})
	}
	switch e.Kind {
	case TraceState, TraceEnd:
		c.span(e)
	case TraceWake:
		c.instant(e, "wakes "+e.Whom)
	case TraceWakeNobody:
		c.instant(e, "wakes nobody")
	case TracePreempt:
		c.instant(e, "preempted")
	case TraceNote:
		c.instant(e, e.On)
	}
}

// span ends what the thread did until now, and begins what it does next.
func (c *Chrome) span(e TraceEvent) {
	was := c.open[e.Thread]
	if e.At > was.since {
		c.emit(chromeEvent{Name: was.state.String(), Phase: "X", TID: e.Thread,
			At: micros(was.since), For: micros(e.At - was.since)})
	}
	c.open[e.Thread] = span{e.State, e.At}
}

func (c *Chrome) instant(e TraceEvent, name string) {
	c.emit(chromeEvent{Name: name, Phase: "i", Scope: "t", TID: e.Thread, At: micros(e.At),
		Args: map[string]any{"on": e.On}})
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func (c *Chrome) emit(e chromeEvent) {
	text, err := json.Marshal(e)
	if err != nil {
		c.err = err
		return
	}
	sep := "\n"
	if c.any {
		sep = ",\n"
	}
	c.any = true
	c.write(sep + string(text))
}

func (c *Chrome) write(s string) {
	if c.err == nil {
		_, c.err = io.WriteString(c.w, s)
	}
}

// Close ends the file and returns the first error of writing.
func (c *Chrome) Close() error {
	c.write("\n]\n")
	return c.err
}
