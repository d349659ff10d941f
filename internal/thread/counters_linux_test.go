package thread

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// recording answers reads of an event with what perf_event_open gave on a host that has counters:
// count, time enabled, time running.
type recording struct {
	reads  [][3]uint64
	closed *int
}

func (r *recording) Read(p []byte) (int, error) {
	if len(r.reads) == 0 {
		return 0, io.EOF
	}
	var b bytes.Buffer
	for _, v := range r.reads[0] {
		_ = binary.Write(&b, binary.NativeEndian, v)
	}
	r.reads = r.reads[1:]
	return copy(p, b.Bytes()), nil
}

func (r *recording) Close() error { *r.closed++; return nil }

// recorded opens events of a recording: two reads each, at the ends of a bracket.
func recorded(closed *int) openCounter {
	return func(event uint64) (io.ReadCloser, error) {
		reads := map[uint64][][3]uint64{
			unix.PERF_COUNT_HW_INSTRUCTIONS: {{1_000, 10, 10}, {9_001_000, 5_000_000, 5_000_000}},
			unix.PERF_COUNT_HW_CPU_CYCLES:   {{2_000, 10, 10}, {6_002_000, 5_000_000, 5_000_000}},
			// Counted for half of the time: twice as many.
			unix.PERF_COUNT_HW_CACHE_MISSES: {{0, 10, 10}, {400, 5_000_000, 2_500_000}},
		}
		return &recording{reads[event], closed}, nil
	}
}

func TestCountersOfARecording(t *testing.T) {
	closed := 0
	c, err := openCounters(recorded(&closed))
	if err != nil {
		t.Fatal(err)
	}
	from := c.read()
	got := c.read().minus(from)
	want := Counted{Known: true, Instructions: 9_000_000, Cycles: 6_000_000, CacheMisses: 800}
	if got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	if after := c.read(); after.Known {
		t.Errorf("a counter that cannot be read is %+v", after)
	}
	if c.close(); closed != 3 {
		t.Errorf("%d of 3 events were closed", closed)
	}
}

// An event that is refused closes the others, and its absence has a name.
func TestLackOfCounters(t *testing.T) {
	closed := 0
	good := recorded(&closed)
	for _, err := range []error{unix.ENOENT, unix.EACCES, unix.ENOSYS, errors.New("something else")} {
		c, got := openCounters(func(event uint64) (io.ReadCloser, error) {
			if event == unix.PERF_COUNT_HW_CACHE_MISSES {
				return nil, err
			}
			return good(event)
		})
		if c != nil || !errors.Is(got, err) || !strings.Contains(lackOfCounters(got, "3"), err.Error()) {
			t.Errorf("%v: %v, %q", err, got, lackOfCounters(got, "3"))
		}
	}
	if closed != 8 {
		t.Errorf("%d of 8 events were closed", closed)
	}
	if lackOfCounters(nil, "") != "" {
		t.Error("nothing lacks, and a reason is given")
	}
}

// On this host threads have counters, or a reason why not.
func TestCountersHere(t *testing.T) {
	lack := LackOfCounters()
	m := NewKernel(Options{MaxThreads: 1, Counters: true})
	err := m.Run("counted", func(th Thread) {
		m.OpenBracket(th)
		th.Compute(time.Microsecond)
		m.ShutBracket(th)
	})
	if err != nil {
		t.Fatal(err)
	}
	u := m.Usages()[0]
	if u.Counted.Known != (lack == "") || u.Counted.Known && u.Counted.Instructions == 0 {
		t.Errorf("counted %+v; lacking: %q", u.Counted, lack)
	}
	t.Logf("lacking: %q", lack)
}
