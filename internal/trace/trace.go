// Package trace writes what threads did in Chrome's trace event format, which Perfetto
// (ui.perfetto.dev) and chrome://tracing open: a track a thread, with what the thread does as spans
// behind each other, what happens as instants, and an arrow from each wake-up to the thread that it
// woke. Runs in virtual time and measured ones are written by the same [Chrome].
package trace

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"
	"time"
)

// Thread is the track of a thread. Both numbers are the caller's; those of a process are unique in
// it.
type Thread struct{ Process, ID int }

// Chrome writes one file. The events of one thread come in order of time; those of different
// threads need not. Errors of writing are kept for Close.
type Chrome struct {
	w      *bufio.Writer
	err    error
	any    bool
	tracks map[Thread]*track
	arrows int
}

// track is a thread that has begun: what it has done since when.
type track struct {
	state string
	since time.Duration
	ended bool
}

// NewChrome begins a file on w; Close ends it.
func NewChrome(w io.Writer) *Chrome {
	c := &Chrome{w: bufio.NewWriterSize(w, 1<<16), tracks: map[Thread]*track{}}
	c.write(`{"traceEvents":[`)
	return c
}

// event is one event of the format; times are in µs.
type event struct {
	Name  string      `json:"name"`
	Phase string      `json:"ph"`
	PID   int         `json:"pid"`
	TID   int         `json:"tid"`
	At    micros      `json:"ts"`
	For   micros      `json:"dur,omitempty"`
	Scope string      `json:"s,omitempty"`
	Cat   string      `json:"cat,omitempty"`
	ID    int         `json:"id,omitempty"`
	Bind  string      `json:"bp,omitempty"`
	Args  interface{} `json:"args,omitempty"`
}

// micros is a time in the format's unit, to the nanosecond.
type micros time.Duration

// MarshalJSON writes no exponent and no more digits than there are.
func (m micros) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(m)/1e3, 'f', -1, 64), nil
}

// The phases of events that are used here.
const (
	phaseSpan      = "X" // complete: with a duration
	phaseInstant   = "i"
	phaseMetadata  = "M"
	phaseArrowFrom = "s"
	phaseArrowTo   = "f"
)

// Process names a process and gives it its place among the others.
func (c *Chrome) Process(pid int, name string, place int) {
	c.metadata(Thread{pid, 0}, "process_name", map[string]any{"name": name})
	c.metadata(Thread{pid, 0}, "process_sort_index", map[string]any{"sort_index": place})
}

// Begin begins the track of a thread, which does state from at on. place is where it stands among
// the threads of its process.
func (c *Chrome) Begin(t Thread, name string, place int, at time.Duration, state string) {
	c.metadata(t, "thread_name", map[string]any{"name": name})
	c.metadata(t, "thread_sort_index", map[string]any{"sort_index": place})
	c.tracks[t] = &track{state: state, since: at}
}

// State says what a thread does from at on, which ends what it did before.
func (c *Chrome) State(t Thread, at time.Duration, state string) {
	k := c.tracks[t]
	if k == nil || k.ended {
		return
	}
	c.span(t, k, at)
	k.state = state
}

// End ends a track. Further events of the thread are left out.
func (c *Chrome) End(t Thread, at time.Duration) {
	if k := c.tracks[t]; k != nil && !k.ended {
		c.span(t, k, at)
		k.ended = true
	}
}

// span writes what k did until at. A state that took no time is left out, and a clock that steps
// back makes none.
func (c *Chrome) span(t Thread, k *track, at time.Duration) {
	if at <= k.since {
		return
	}
	c.emit(event{Name: k.state, Phase: phaseSpan, Cat: "state", PID: t.Process, TID: t.ID,
		At: micros(k.since), For: micros(at - k.since)})
	k.since = at
}

// Instant marks a moment of a thread; args may be nil.
func (c *Chrome) Instant(t Thread, at time.Duration, name string, args map[string]any) {
	e := event{Name: name, Phase: phaseInstant, Cat: "event", Scope: "t", PID: t.Process, TID: t.ID,
		At: micros(at)}
	if len(args) > 0 {
		e.Args = args
	}
	c.emit(e)
}

// Arrow leads from a moment of one thread to one of another. Both ends lie in the spans that are
// going on there.
func (c *Chrome) Arrow(name string, from Thread, at time.Duration, to Thread, then time.Duration) {
	c.arrows++
	c.emit(event{Name: name, Phase: phaseArrowFrom, Cat: "wake", ID: c.arrows, PID: from.Process,
		TID: from.ID, At: micros(at)})
	c.emit(event{Name: name, Phase: phaseArrowTo, Cat: "wake", ID: c.arrows, Bind: "e",
		PID: to.Process,
		TID: to.ID, At: micros(then)})
}

func (c *Chrome) metadata(t Thread, name string, args map[string]any) {
	c.emit(event{Name: name, Phase: phaseMetadata, PID: t.Process, TID: t.ID, Args: args})
}

func (c *Chrome) emit(e event) {
	text, err := json.Marshal(e)
	if err != nil && c.err == nil {
		c.err = err
	}
	if c.any {
		c.write(",")
	}
	c.any = true
	c.write("\n")
	c.write(string(text))
}

func (c *Chrome) write(s string) {
	if c.err == nil {
		_, c.err = c.w.WriteString(s)
	}
}

// Close ends the file, with what a reader must know of the whole of it, and returns the first
// error.
func (c *Chrome) Close(about map[string]any) error {
	text, err := json.Marshal(about)
	if err != nil && c.err == nil {
		c.err = err
	}
	c.write("\n],\n\"displayTimeUnit\":\"ns\",\n\"otherData\":" + string(text) + "}\n")
	if c.err == nil {
		c.err = c.w.Flush()
	}
	return c.err
}
