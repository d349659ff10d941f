package trace

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"mtbench/internal/thread"
	"mtbench/internal/trace/tracetest"
)

const µs = time.Microsecond

// written is the file that f writes, read back.
func written(t *testing.T, f func(c *Chrome)) *tracetest.File {
	t.Helper()
	var b bytes.Buffer
	c := NewChrome(&b)
	f(c)
	if err := c.Close(map[string]any{"kind": "test"}); err != nil {
		t.Fatal(err)
	}
	file, err := tracetest.Read(b.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	return file
}

func TestSpansLieBehindEachOther(t *testing.T) {
	a := Thread{7, 1}
	f := written(t, func(c *Chrome) {
		c.Process(7, "source", 0)
		c.Begin(a, "main#0", 0, 10*µs, "remainder")
		c.State(a, 15*µs, "codec")
		c.State(a, 15*µs, "copying") // no time in codec
		c.State(a, 14*µs, "waking")  // a clock that steps back
		c.Instant(a, 16*µs, "preempted", nil)
		c.End(a, 20*µs)
		c.State(a, 30*µs, "codec") // after its end
	})
	th := f.Threads[tracetest.Key{PID: 7, TID: 1}]
	if f.Processes[7] != "source" || th == nil || th.Name != "main#0" ||
		th.Instants["preempted"] != 1 {
		t.Fatalf("%+v", f)
	}
	if len(th.States) != 2 || th.States["remainder"] != 5 || th.States["waking"] != 5 || !th.Whole() {
		t.Errorf("states %v", th.States)
	}
	if f.About["kind"] != "test" {
		t.Errorf("about %v", f.About)
	}
}

// handMade is a process of which everything is known: two workers sleep on one event, one after the
// other, and main wakes one, then all; a third worker has more events than room.
func handMade() *thread.Trace {
	nap := func(from, to time.Duration) []thread.TraceEvent {
		return []thread.TraceEvent{
			{At: from, Kind: thread.Entered, State: thread.WaitWork},
			{At: from, Kind: thread.Slept}, {At: to, Kind: thread.Woken},
			{At: to, Kind: thread.Entered, State: thread.Codec},
		}
	}
	return &thread.Trace{PID: 40, Words: []string{"event work", "mutex global"},
		Bracket: [2]time.Duration{110 * µs, 190 * µs},
		Threads: []thread.ThreadTrace{
			{Name: "main", TID: 40, Born: 100 * µs, Ended: 200 * µs, Events: []thread.TraceEvent{
				{At: 115 * µs, Kind: thread.Wakes, Word: 1}, // nobody sleeps there
				{At: 130 * µs, Kind: thread.Wakes},
				{At: 170 * µs, Kind: thread.Wakes, All: true},
			}},
			{Name: "w", TID: 41, Born: 100 * µs, Ended: 200 * µs, Events: append(nap(120*µs, 140*µs),
				nap(160*µs, 180*µs)...)},
			{Name: "w", TID: 42, Born: 100 * µs, Ended: 200 * µs, Events: nap(125*µs, 175*µs)},
			{Name: "w", TID: 43, Born: 100 * µs, Ended: 200 * µs, Dropped: 9,
				Events: nap(110*µs, 112*µs)},
		}}
}

func TestMeasuredThreads(t *testing.T) {
	f := written(t, func(c *Chrome) { c.Measured("source", 0, handMade(), 100*µs) })
	for tid, want := range map[int]map[string]float64{
		40: {"remainder": 100},
		41: {"remainder": 20, "wait-work": 40, "codec": 40},
		42: {"remainder": 25, "wait-work": 50, "codec": 25},
		43: {"remainder": 10, "wait-work": 2, notRecorded: 88},
	} {
		th := f.Threads[tracetest.Key{PID: 40, TID: tid}]
		for state, d := range want {
			if th.States[state] != d || len(th.States) != len(want) || !th.Whole() {
				t.Errorf("thread %d: %v, want %v", tid, th.States, want)
			}
		}
	}
	main := f.Threads[tracetest.Key{PID: 40, TID: 40}]
	for _, name := range []string{"wakes one from event work", "wakes all from event work",
		"wakes one from mutex global", "measured time begins", "measured time ends"} {
		if main.Instants[name] != 1 {
			t.Errorf("main has no instant %q: %v", name, main.Instants)
		}
	}
	if full := f.Threads[tracetest.Key{PID: 40,
		TID: 43}]; full.Instants["9 events from here on were dropped"] != 1 {
		t.Errorf("what was dropped is not said: %v", full.Instants)
	}
}

// The first call wakes the longest sleeper alone, the second all who sleep then.
func TestArrowsLeadToWhoWasWoken(t *testing.T) {
	f := written(t, func(c *Chrome) { c.Measured("source", 0, handMade(), 100*µs) })
	got := map[[2]float64]int{} // when called and when woken → whom
	for _, a := range f.Arrows {
		if a.From.TID != 40 {
			t.Errorf("an arrow leads from %v", a.From)
		}
		got[[2]float64{a.At, a.Then}] = a.To.TID
	}
	want := map[[2]float64]int{{30, 40}: 41, {70, 80}: 41, {70, 75}: 42}
	if len(got) != len(want) || len(f.Arrows) != len(want) {
		t.Errorf("%d arrows: %v, want %v", len(f.Arrows), got, want)
	}
	for when, whom := range want {
		if got[when] != whom {
			t.Errorf("the call at %g that ended at %g woke %d, want %d", when[0], when[1], got[when], whom)
		}
	}
}

// A sleep that was over before the call was not ended by it, though an older one still lasts; nor
// does a thread wake itself.
func TestSleepsThatWereOverAreNotWoken(t *testing.T) {
	naps := []nap{{tid: 1, from: 10, to: 100}, {tid: 2, from: 20, to: 30}, {tid: 9, from: 25, to: 90}}
	got := match(naps, []call{{tid: 9, at: 50, all: true}})
	if len(got) != 1 || got[0] != (wakeUp{waker: 9, sleeper: 1, at: 50, woken: 100}) {
		t.Errorf("%+v", got)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestErrorsOfWritingAreKept(t *testing.T) {
	c := NewChrome(broken{})
	c.Begin(Thread{1, 1}, strings.Repeat("long ", 1<<15), 0, 0, "remainder")
	c.End(Thread{1, 1}, µs)
	if err := c.Close(nil); err == nil || err.Error() != "no space" {
		t.Errorf("got %v", err)
	}
}

// The reader of tests can say no: each of these breaks one rule of the format.
func TestReaderFindsWhatIsWrong(t *testing.T) {
	const head = `{"ph":"M","name":"process_name","pid":1,"tid":0,"ts":0,"args":{"name":"p"}},
		{"ph":"M","name":"thread_name","pid":1,"tid":1,"ts":0,"args":{"name":"t"}}`
	for events, want := range map[string]string{
		`{"ph":"X","name":"a","pid":1,"tid":1,"ts":1}`:                                                              "lasts 0",
		`{"ph":"X","name":"","pid":1,"tid":1,"ts":1,"dur":1}`:                                                       "no name",
		`{"ph":"X","name":"a","pid":1,"tid":2,"ts":1,"dur":1}`:                                                      "not begun",
		`{"ph":"Z","name":"a","pid":1,"tid":1,"ts":1}`:                                                              `phase "Z"`,
		`{"ph":"i","name":"a","pid":1,"tid":1,"ts":1}`:                                                              "scope",
		`{"ph":"X","name":"a","pid":1,"tid":1,"ts":-1,"dur":1}`:                                                     "at -1",
		`{"ph":"s","name":"a","pid":1,"tid":1,"ts":1,"id":1}`:                                                       "1 ends",
		`{"ph":"X","name":"a","pid":1,"tid":1,"ts":5,"dur":5},{"ph":"X","name":"a","pid":1,"tid":1,"ts":7,"dur":1}`: "before",
		`{"ph":"M","name":"thread_name","pid":1,"tid":1,"ts":0,"args":{"name":"t"}}`:                                "second time",
		`{"ph":"M","name":"thread_name","pid":2,"tid":1,"ts":0,"args":{"name":"t"}}`:                                "has no name",
	} {
		_, err := tracetest.Read([]byte(`{"displayTimeUnit":"ns","traceEvents":[` + head + "," + events + `]}`))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", events, err, want)
		}
	}
}
