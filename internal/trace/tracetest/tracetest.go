// Package tracetest reads traces for tests, and holds them to the format: whatever writes one is
// checked by the same rules.
package tracetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// File is a trace that was read.
type File struct {
	Processes map[int]string // names by pid
	Threads   map[Key]*Thread
	Arrows    []Arrow
	About     map[string]any // otherData
}

// Key is a thread of a process.
type Key struct{ PID, TID int }

// Thread is a track. Times are in µs.
type Thread struct {
	Name     string
	States   map[string]float64 // time in each
	Spans    int
	Instants map[string]int // how often each
	From, To float64        // begin of the first span, end of the last

	gap float64 // between two spans, all together
}

// Whole reports whether the spans lie behind each other with nothing between them.
func (t *Thread) Whole() bool { return t.gap < 0.001*float64(t.Spans+1) }

// Arrow is a wake-up.
type Arrow struct {
	From, To Key
	At, Then float64

	ends int
}

type event struct {
	Name *string
	Ph   string
	PID  *int
	TID  *int
	TS   float64
	Dur  float64
	S    string
	ID   int
	BP   string
	Args map[string]any
}

// Read reads a trace; the error lists what is against the format.
func Read(text []byte) (*File, error) {
	var file struct {
		TraceEvents     []event
		DisplayTimeUnit string
		OtherData       map[string]any
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	r := &reader{File: &File{Processes: map[int]string{}, Threads: map[Key]*Thread{},
		About: file.OtherData},
		arrows: map[int]*Arrow{}}
	if file.DisplayTimeUnit != "ns" {
		r.bad("displayTimeUnit is %q", file.DisplayTimeUnit)
	}
	for i, e := range file.TraceEvents {
		r.take(i, e)
	}
	r.finish()
	return r.File, errors.Join(r.errs...)
}

type reader struct {
	*File
	errs   []error
	arrows map[int]*Arrow
}

func (r *reader) bad(format string, args ...any) {
	if len(r.errs) < 20 {
		r.errs = append(r.errs, fmt.Errorf(format, args...))
	}
}

func (r *reader) take(i int, e event) {
	if e.Name == nil || *e.Name == "" || e.PID == nil || e.TID == nil {
		r.bad("event %d has no name, pid or tid", i)
		return
	}
	if e.TS < 0 || math.IsNaN(e.TS) {
		r.bad("event %d (%s) is at %g µs", i, *e.Name, e.TS)
	}
	k := Key{*e.PID, *e.TID}
	if e.Ph == "M" {
		r.metadata(i, k, e)
		return
	}
	t := r.Threads[k]
	if t == nil {
		r.bad("event %d (%s) is of thread %v, which has not begun", i, *e.Name, k)
		return
	}
	switch e.Ph {
	case "X":
		t.span(r, i, e)
	case "i":
		if e.S != "t" {
			r.bad("instant %d (%s) has the scope %q", i, *e.Name, e.S)
		}
		t.Instants[*e.Name]++
	case "s", "f":
		r.arrow(i, k, e)
	default:
		r.bad("event %d (%s) has the phase %q", i, *e.Name, e.Ph)
	}
}

func (r *reader) metadata(i int, k Key, e event) {
	name, _ := e.Args["name"].(string)
	switch *e.Name {
	case "process_name":
		if r.Processes[k.PID] != "" || name == "" {
			r.bad("event %d names process %d %q, which is %q", i, k.PID, name, r.Processes[k.PID])
		}
		r.Processes[k.PID] = name
	case "thread_name":
		if r.Threads[k] != nil || name == "" {
			r.bad("event %d names thread %v %q a second time or not at all", i, k, name)
			return
		}
		r.Threads[k] = &Thread{Name: name, States: map[string]float64{}, Instants: map[string]int{}}
	case "thread_sort_index", "process_sort_index":
		if _, ok := e.Args["sort_index"].(float64); !ok {
			r.bad("event %d has no sort_index", i)
		}
	default:
		r.bad("event %d is metadata %q", i, *e.Name)
	}
}

// tolerance is what two floating-point sums of µs may differ by.
const tolerance = 0.01

func (t *Thread) span(r *reader, i int, e event) {
	if e.Dur <= 0 {
		r.bad("span %d (%s) lasts %g µs", i, *e.Name, e.Dur)
	}
	if t.Spans == 0 {
		t.From, t.To = e.TS, e.TS
	}
	if e.TS < t.To-tolerance {
		r.bad("span %d (%s) of %s begins at %g µs, before the last one has ended at %g", i, *e.Name,
			t.Name,
			e.TS, t.To)
	}
	t.gap += math.Abs(e.TS - t.To)
	t.Spans++
	t.States[*e.Name] += e.Dur
	t.To = e.TS + e.Dur
}

func (r *reader) arrow(i int, k Key, e event) {
	a := r.arrows[e.ID]
	if a == nil {
		a = &Arrow{}
		r.arrows[e.ID] = a
	}
	a.ends++
	if e.Ph == "s" {
		a.From, a.At = k, e.TS
		return
	}
	a.To, a.Then = k, e.TS
	if e.BP != "e" {
		r.bad("the end of arrow %d does not bind to the span that it is in", e.ID)
	}
}

func (r *reader) finish() {
	for k, t := range r.Threads {
		if r.Processes[k.PID] == "" {
			r.bad("thread %s is of process %d, which has no name", t.Name, k.PID)
		}
	}
	for id, a := range r.arrows {
		if a.ends != 2 || a.Then < a.At-tolerance || a.From == a.To || id == 0 {
			r.bad("arrow %d has %d ends and leads from %v at %g to %v at %g", id, a.ends, a.From, a.At, a.To,
				a.Then)
		}
		r.Arrows = append(r.Arrows, *a)
	}
}
