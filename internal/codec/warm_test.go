package codec

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"mtbench/internal/thread"
)

// TestSealed: sealed threads that begin at once compress and decompress with what was warmed up. A
// slow path of a library that is left for them ends the process at times: "schedule: holding
// locks".
func TestSealed(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // as the contract of Sealed has it
	for spec, rounds := range map[string]int{"zstd": 400, "s2": 100, "zlib": 20, "none": 20} {
		c := lookup(t, spec)
		if testing.Short() || raceBuild {
			rounds = min(rounds, 20)
		}
		for i := range rounds {
			runtime.GC() // which empties the pools of the libraries
			if t.Run(spec, func(t *testing.T) { sealed(t, c, i) }); t.Failed() {
				return
			}
		}
	}
}

// crew is sealed threads with an encoder each, which take decoders from each other.
type crew struct {
	ready    atomic.Int32
	decoders []atomic.Pointer[Decoder] // nil while one of them has it
	encoders []Encoder
	pages    [][]byte
	failed   []error // of each thread
}

func newCrew(t *testing.T, c Codec, level, threads int) *crew {
	t.Helper()
	w := &crew{decoders: make([]atomic.Pointer[Decoder], threads), failed: make([]error, threads),
		pages: [][]byte{lettered(pageSize), make([]byte, pageSize)}}
	decoders, err := NewDecoders(c, pageSize)
	if err != nil {
		t.Fatal(err)
	}
	for i := range threads {
		d, err := decoders.New()
		if err != nil {
			t.Fatal(err)
		}
		w.decoders[i].Store(&d)
		e, err := NewWarmEncoder(c, level, pageSize)
		if err != nil {
			t.Fatal(err)
		}
		w.encoders = append(w.encoders, e)
	}
	if err := decoders.Spare(threads); err != nil {
		t.Fatal(err)
	}
	return w
}

func sealed(t *testing.T, c Codec, round int) {
	const threads = 4
	lo, hi, _ := c.Levels()
	if c.Name() == "zstd" {
		hi = lo // the others take megabytes and the same path
	}
	m := thread.NewKernel(thread.Options{Sealed: true, MaxThreads: threads + 1})
	w := newCrew(t, c, lo+round%(hi-lo+1), threads)
	bounds := c.Bound(pageSize)
	err := m.Run("main", func(t0 thread.Thread) {
		var joins []thread.Joiner
		for i := range threads {
			packed, out := make([]byte, bounds), make([]byte, pageSize)
			joins = append(joins, m.Start(t0, "codec", thread.Worker, func(t thread.Thread) {
				w.work(t, i, packed, out)
			}))
		}
		for _, j := range joins {
			j.Join(t0)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range w.failed {
		if err != nil {
			t.Error(err)
		}
	}
}

// work is what thread i does once all are there.
func (w *crew) work(t thread.Thread, i int, packed, out []byte) {
	for w.ready.Add(1); int(w.ready.Load()) < len(w.failed); {
		t.SleepUntil(t.Now()+20*time.Microsecond, thread.Sleeping)
	}
	n, err := w.encoders[i].Encode(t, packed, w.pages[0])
	for k := 0; k < 16 && err == nil; k++ {
		slot := &w.decoders[(i+k)%len(w.decoders)]
		if d := slot.Swap(nil); d != nil {
			if err = (*d).Decode(t, out, packed[:n]); err == nil {
				n, err = w.encoders[i].Encode(t, packed, w.pages[k%2])
			}
			slot.Store(d)
		}
	}
	w.failed[i] = err
}
