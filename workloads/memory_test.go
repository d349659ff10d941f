package workloads

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"mtbench/internal/codec"
	"mtbench/internal/content"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/models/modeltest"
)

// TestBitmap compares a bitmap with a plain set under random operations.
func TestBitmap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, pages := range []int{1, 63, 64, 65, 1000} {
		b, set := NewBitmap(pages), make([]bool, pages)
		for range 3000 {
			page := r.IntN(pages)
			switch r.IntN(4) {
			case 0:
				b.Add(page/64, 1<<(page%64))
				set[page] = true
			case 1, 2:
				if got := b.Clear(page); got != set[page] {
					t.Fatalf("Clear(%d) = %v of %d pages", page, got, pages)
				}
				set[page] = false
			}
			next, count := pages, 0
			for i, in := range set {
				if in {
					count++
				}
				if in && i >= page && next == pages {
					next = i
				}
			}
			if b.Next(page) != next || b.Count() != count {
				t.Fatalf("Next(%d) = %d, want %d; Count %d, want %d", page, b.Next(page), next, b.Count(),
					count)
			}
		}
		b.SetAll()
		if b.Count() != pages || b.Next(pages-1) != pages-1 || b.Next(pages) != pages {
			t.Errorf("all of %d: count %d", pages, b.Count())
		}
	}
}

// run runs f as the first thread of a machine of kernel threads.
func run(t *testing.T, f func(thread.Machine, thread.Thread)) {
	t.Helper()
	m := modeltest.Watch(thread.NewKernel(thread.Options{MaxThreads: 8}))
	if err := m.Run("test", func(th thread.Thread) { f(m, th) }); err != nil {
		t.Fatal(err)
	}
}

// counters is a Store that counts what each page was given, on the Go heap, so that the race
// detector would see a sync that does not order it.
type counters struct{ stored []int64 }

func (c *counters) Store(_ thread.Thread, page int, _ uint64) { c.stored[page]++ }

// The shares of all workers are the stretch: each page of the set once, and what is outside stays.
func TestShares(t *testing.T) {
	for _, workers := range []int{1, 3, 4, 16} {
		b := NewBitmap(10*wordBits + 7)
		want := map[int]bool{}
		for _, p := range []int{0, 63, 64, 65, 127, 300, 500, 511, 512, 639, 640, 646} {
			b.Add(p/wordBits, 1<<(p%wordBits))
			if p >= 64 && p < 640 {
				want[p] = true
			}
		}
		taken := 0
		for w := range workers {
			s := b.Share(1, 10, w, workers)
			for p, ok := s.Next(); ok; p, ok = s.Next() {
				if !want[p] {
					t.Errorf("%d workers: worker %d took page %d, which is outside or was taken", workers, w, p)
				}
				delete(want, p)
				taken++
			}
			if _, again := s.Next(); again {
				t.Errorf("%d workers: the share of %d goes on after its end", workers, w)
			}
		}
		b.Uncount(taken)
		if len(want) != 0 || b.Count() != 4 || b.Next(1) != 63 || b.Next(64) != 640 ||
			b.Next(641) != 646 {
			t.Errorf("%d workers: %v left to take; %d pages counted", workers, want, b.Count())
		}
	}
}

// TestDirtyLogLosesNothing has vCPUs write while syncs take the log away: the last value that a
// sync's reader saw of each page is the page's last value, once the vCPUs have stopped.
func TestDirtyLogLosesNothing(t *testing.T) {
	const pages = 512
	mem, err := MapMemory(pages * PageSize)
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Unmap()
	run(t, func(m thread.Machine, th thread.Thread) {
		log, seen, b := NewDirtyLog(pages), make([]byte, pages), NewBitmap(pages)
		w, err := StartWriters(m, th, VCPUs{Count: 3, Rate: 3e6, Pattern: "uniform", Seed: 3},
			log, bump{mem}, pages)
		if err != nil {
			t.Error(err)
			return
		}
		look := func() {
			log.Sync(th, b)
			for page := b.Next(0); page < pages; page = b.Next(page) {
				b.Clear(page)
				seen[page] = mem.Page(page)[0]
			}
		}
		for stop := th.Now() + 150*time.Millisecond; th.Now() < stop; {
			look()
		}
		w.Stop(th)
		look()
		for page := range seen {
			if seen[page] != mem.Page(page)[0] {
				t.Errorf("page %d: last seen %d, is %d", page, seen[page], mem.Page(page)[0])
			}
		}
		w.Join(th)
		if log.Sync(th, b) != 0 {
			t.Error("a page was written after Stop")
		}
		if w.Achieved() == 0 {
			t.Error("nothing was written")
		}
	})
}

type bump struct{ mem *Memory }

// Store takes its time, so that a bit set before the store would be seen before it too.
func (b bump) Store(_ thread.Thread, page int, random uint64) {
	for i := range 3000 {
		random ^= uint64(i) << 8
	}
	b.mem.Page(page)[0] = byte(random)
}

// early is a Store that finds whether the bit of a page is there before the store is.
type early struct {
	log    *DirtyLog
	stores atomic.Int64
	marked atomic.Int64 // of them, those whose bit was there first
}

func (e *early) Store(_ thread.Thread, page int, _ uint64) {
	if e.stores.Add(1); e.log.words[page/wordBits].Load()&(1<<(page%wordBits)) != 0 {
		e.marked.Add(1)
	}
}

// TestStoreComesBeforeItsBit: a sync between a bit and the store that belongs to it would take
// the bit and send the old page. The writer is stopped before it comes to a page again.
func TestStoreComesBeforeItsBit(t *testing.T) {
	const pages = 100_000
	run(t, func(m thread.Machine, th thread.Thread) {
		e := &early{log: NewDirtyLog(pages)}
		w, err := StartWriters(m, th, VCPUs{Count: 1, Rate: 20_000, Pattern: "sequential"}, e.log, e,
			pages)
		if err != nil {
			t.Error(err)
			return
		}
		for e.stores.Load() == 0 {
			th.SleepUntil(th.Now()+time.Millisecond, thread.Sleeping)
		}
		w.Join(th)
		if e.stores.Load() > pages {
			t.Errorf("%d stores: the writer came round to pages that it had marked", e.stores.Load())
		}
		if n := e.marked.Load(); n != 0 {
			t.Errorf("%d of %d pages were marked before they were written", n, e.stores.Load())
		}
	})
}

// TestSyncTakesEveryBit has bits set in a word while syncs take it: each is found by one of them.
// The writer sets a bit only when it is not there, so that none can hide behind an earlier one.
func TestSyncTakesEveryBit(t *testing.T) {
	run(t, func(m thread.Machine, th thread.Thread) {
		const marks = 30_000
		log, b := NewDirtyLog(wordBits), NewBitmap(wordBits)
		var over atomic.Bool
		j := m.Start(th, "vcpu", thread.VCPU, func(t thread.Thread) {
			page := 0
			isFree := func() bool { return log.words[0].Load()&(1<<page) == 0 }
			for i := range marks {
				page = i % wordBits
				t.SpinUntil(thread.SpinRoom, 0, false, isFree)
				log.Mark(page)
			}
			over.Store(true)
		})
		var found int64
		look := func() bool { found += log.Sync(th, b); return over.Load() }
		th.SpinUntil(thread.SpinWork, 0, false, look)
		look()
		j.Join(th)
		if found != marks {
			t.Errorf("%d bits were set, %d found", marks, found)
		}
	})
}

// onward is an encoder under which a vCPU writes the page on: what it was given may not change.
type onward struct {
	live []byte
	torn bool
}

func (o *onward) Encode(_ thread.Thread, _, src []byte) (int, error) {
	was := src[0]
	o.live[0]++
	o.torn = src[0] != was
	return 1, nil
}

// TestCodecGetsACopy: a page that is written while it is compressed would come out damaged.
func TestCodecGetsACopy(t *testing.T) {
	mem, err := MapMemory(PageSize)
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Unmap()
	mem.Page(0)[1] = 1
	c := &compression{mem: mem}
	o := &onward{live: mem.Page(0)}
	j := &job{state: &state{o, make([]byte, PageSize)}, out: wire.NewOutput()}
	run(t, func(_ thread.Machine, th thread.Thread) { c.compress(th, j, 0) })
	if o.torn || c.Err() != nil {
		t.Errorf("the codec read the guest's own page: %v (%v)", o.torn, c.Err())
	}
}

// TestRate: what is written is what was asked for, and each vCPU does its part.
func TestRate(t *testing.T) {
	run(t, func(m thread.Machine, th thread.Thread) {
		c := make([]counters, 1)
		c[0].stored = make([]int64, 100)
		w, err := StartWriters(m, th, VCPUs{Count: 1, Rate: 2000, Pattern: "sequential"},
			NewDirtyLog(100), &c[0], 100)
		if err != nil {
			t.Error(err)
			return
		}
		th.SleepUntil(th.Now()+300*time.Millisecond, thread.Sleeping)
		w.Join(th)
		if r := w.Achieved(); r > 2000 || r == 0 {
			t.Errorf("%.0f writes a second; 2000 were asked for", r)
		}
		for page, n := range c[0].stored {
			if d := n - c[0].stored[0]; d < -1 || d > 0 {
				t.Errorf("page %d was written %d times, page 0 %d times", page, n, c[0].stored[0])
			}
		}
	})
}

func TestPatterns(t *testing.T) {
	const pages, n = 1000, 200000
	for _, name := range Patterns() {
		count := make([]int, pages)
		for i := range 4 {
			next, err := newPattern(name, pages, i, 4, 5)
			if err != nil {
				t.Fatal(err)
			}
			for range n / 4 {
				count[next()]++
			}
		}
		least, most := n, 0
		for _, c := range count {
			least, most = min(least, c), max(most, c)
		}
		switch {
		case name == "sequential" && least != most:
			t.Errorf("sequential: %d to %d writes a page", least, most)
		case name == "uniform" && (least < n/pages/2 || most > n/pages*2):
			t.Errorf("uniform: %d to %d writes a page", least, most)
		case name == "zipf" && most < n/10: // rank 1 of 1000 has about 18 %
			t.Errorf("zipf: the hottest page has %d of %d", most, n)
		}
	}
	for _, pages := range []uint64{1, 2, 3, 17, 4096, 5000, 1 << 20} {
		if step := scatter(pages); gcd(step, pages) != 1 {
			t.Errorf("scatter(%d) = %d shares a divisor", pages, step)
		}
	}
}

// TestWritesKeepContent: pages that were written often compress about as they did.
func TestWritesKeepContent(t *testing.T) {
	c, err := codec.Lookup("s2")
	if err != nil {
		t.Fatal(err)
	}
	enc, err := c.NewEncoder(1)
	if err != nil {
		t.Fatal(err)
	}
	size := func(th thread.Thread, mem *Memory) (n int) {
		buf := make([]byte, c.Bound(PageSize))
		for page := range mem.Pages() {
			got, err := enc.Encode(th, buf, mem.Page(page))
			if err != nil {
				t.Fatal(err)
			}
			n += got
		}
		return n
	}
	for _, spec := range []string{"zero", "text", "heap", "binary", "random", "mixed"} {
		gen, err := content.New(spec, 1)
		if err != nil {
			t.Fatal(err)
		}
		mem, err := MapMemory(512 * PageSize)
		if err != nil {
			t.Fatal(err)
		}
		mem.Fill(gen)
		store := newHostStore(mem, gen, 512)
		run(t, func(_ thread.Machine, th thread.Thread) {
			r, before := rand.NewPCG(1, 1), size(th, mem)
			for i := range 40 * mem.Pages() {
				store.Store(th, i%mem.Pages(), r.Uint64())
			}
			after := size(th, mem)
			if d := float64(after)/float64(before) - 1; d < -0.15 || d > 0.15 {
				t.Errorf("%s: %d bytes before the writes, %d after", spec, before, after)
			}
		})
		_ = mem.Unmap()
	}
}

// Every page has its memory before anybody touches it, and is all zero.
func TestPopulate(t *testing.T) {
	mem, err := MapMemory(64 * PageSize)
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Unmap()
	mem.Populate()
	resident := make([]byte, 64*PageSize/unix.Getpagesize())
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&mem.bytes[0])),
		uintptr(len(mem.bytes)), uintptr(unsafe.Pointer(&resident[0])))
	if errno != 0 {
		t.Fatal(errno)
	}
	for i, r := range resident {
		if r&1 == 0 {
			t.Fatalf("page %d has no memory", i)
		}
	}
	for page := range mem.Pages() {
		if !mem.IsZero(page) {
			t.Fatalf("page %d is not zero", page)
		}
	}
}

// TestMemoryGoesToNodesThatThereAre: node 0 takes what is touched after, and a node that is
// missing is named.
func TestMemoryGoesToNodesThatThereAre(t *testing.T) {
	m, err := MapMemory(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Unmap()
	if err := errors.Join(m.bind(nil), m.bind([]int{0})); err != nil {
		t.Error(err)
	}
	m.Populate()
	want := "guest memory cannot be put on NUMA nodes [900]: mbind: invalid argument"
	if err := m.bind([]int{900}); err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
}
