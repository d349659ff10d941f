package calibrate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"mtbench/internal/codec"
	"mtbench/internal/content"
	"mtbench/internal/link"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/results"
	"mtbench/workloads"
)

// Plan says what to calibrate for.
type Plan struct {
	Content string
	Codec   string
	Level   int
	Seed    uint64
	Host    results.Host
	Quick   bool // fewer samples, for tests: no figure for a prediction
}

// samples is how often each figure is measured: a batch each.
func (m *meter) samples() int {
	if m.plan.Quick {
		return 3
	}
	return 41
}

// calibratedPages is how many pages are compressed and decompressed.
const calibratedPages = 1024

// Check says why a host cannot be calibrated.
func (p Plan) Check() error {
	if p.Host.CPUs < 2 {
		return errors.New("calibrating takes 2 CPUs: what a wake-up on another CPU and the transfer " +
			"of a cache line cost cannot be measured on one")
	}
	c, err := codec.Lookup(p.Codec)
	if err != nil {
		return err
	}
	need, has := calibratedStates*c.StateBytes(p.Level), p.Host.MemoryBytes
	if has > 0 && need > has/2 {
		return fmt.Errorf("calibrating makes some %d encoders of %s, level %d, which takes %d MiB: "+
			"more than half of the host's %d; a lower level takes less",
			calibratedStates, p.Codec, p.Level, need>>20, has>>20)
	}
	return nil
}

// calibratedStates is about how many encoders are made, all of which are kept: the collector is
// off.
const calibratedStates = 200

// Calibrate measures this host; it takes some twenty seconds. Figures are CPU time of the thread
// that pays where they can be, and time on the clock where two threads are needed. The threads are
// sealed, as those of a measured run are, and the collector of Go is off meanwhile: nothing else of
// the process may stop the world.
func Calibrate(ctx context.Context, p Plan) (*Calibration, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	c := &Calibration{Type: FileType, Schema: Schema, Created: time.Now(), Host: p.Host,
		Content: p.Content, Codec: p.Codec, Level: p.Level,
		Samples: map[string][]float64{}}
	threads := thread.Options{Sealed: true, MaxThreads: 2*crowdPairs + 2}
	m := &meter{c: c, plan: p, machine: thread.NewKernel(threads)}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var err, failed error
	// Made by several goroutines, for which a sealed thread may not wait.
	if m.large, err = newPageMeter(p, streamMemory/workloads.PageSize); err != nil {
		return nil, err
	}
	defer m.large.mem.Unmap()
	err = m.machine.Run("calibration", func(t thread.Thread) {
		m.machine.OpenBracket(t) // which seals this thread
		defer m.machine.ShutBracket(t)
		if c.Pages, failed = measurePages(t, p); failed != nil {
			return
		}
		m.primitives(t)
		for _, experiment := range []func(thread.Thread) error{
			m.making, m.crowd, m.futexes, m.work, m.records, m.socket} {
			if failed = experiment(t); failed != nil {
				return
			}
		}
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	return c, m.own(ctx)
}

// meter collects samples.
type meter struct {
	c       *Calibration
	plan    Plan
	machine *thread.Kernel
	large   *pageMeter // of more pages than a cache holds
}

// batch measures f, which does n of something, samples times by CPU time.
func (m *meter) batch(name string, n int, f func()) {
	for range m.samples() {
		m.add(name, cpuOf(n, f))
	}
}

// cpuOf is the CPU time of f by each of the n things that it does, in ns.
func cpuOf(n int, f func()) float64 {
	begin := thread.CPUTime()
	f()
	return float64(thread.CPUTime()-begin) / float64(n)
}

func (m *meter) add(name string, ns float64) {
	m.c.Samples[name] = append(m.c.Samples[name], max(ns, 0))
}

func (m *meter) figure(name string) float64 { return m.c.figure(name, nil) }

// twoCPUs are those that the experiments are made on: the first that this process may use. One may
// be slower for a while, as where a virtual CPU shares its core with a neighbour; then what pages
// take is the mean of both.
const twoCPUs = 2

// measurePages takes the service time of each page, a mean of several: ticks and other interrupts
// are not the page's doing, but they come, and who computes pays for them.
func measurePages(t thread.Thread, p Plan) ([]Page, error) {
	w, err := newPageMeter(p, calibratedPages)
	if err != nil {
		return nil, err
	}
	defer w.mem.Unmap()
	const passes = 3
	list := make([]Page, calibratedPages)
	for cpu := range twoCPUs {
		if err := w.measureAll(t, cpu, passes, list); err != nil {
			return nil, err
		}
	}
	for i := range list {
		list[i].Encode = max(list[i].Encode/(twoCPUs*passes), 1)
		list[i].Decode /= twoCPUs * passes
	}
	return list, nil
}

type pageMeter struct {
	mem               *workloads.Memory
	encoder           codec.Encoder
	decoder           codec.Decoder
	origin, out, back []byte
	packed            [][]byte // of each page; empty: the page is all zero
}

// newPageMeter fills so many pages with the plan's content; the caller unmaps them.
func newPageMeter(p Plan, pages int) (*pageMeter, error) {
	gen, err := content.New(p.Content, p.Seed)
	if err != nil {
		return nil, err
	}
	c, err := codec.Lookup(p.Codec)
	if err != nil {
		return nil, err
	}
	w := &pageMeter{origin: make([]byte, workloads.PageSize), back: make([]byte, workloads.PageSize),
		out: make([]byte, c.Bound(workloads.PageSize))}
	if w.encoder, err = c.NewEncoder(p.Level); err != nil {
		return nil, err
	}
	decoders, err := codec.NewDecoders(c, workloads.PageSize)
	if err != nil {
		return nil, err
	}
	if w.decoder, err = decoders.New(); err != nil {
		return nil, err
	}
	if w.mem, err = workloads.MapMemory(int64(pages) * workloads.PageSize); err != nil {
		return nil, err
	}
	w.mem.Fill(gen)
	return w, nil
}

// encode does with a page what a worker of the source does; 0 bytes: it is all zero.
func (w *pageMeter) encode(t thread.Thread, i int) (int, error) {
	if w.mem.IsZero(i) {
		return 0, nil
	}
	copy(w.origin, w.mem.Page(i))
	return w.encoder.Encode(t, w.out, w.origin)
}

// compress is encode where it is known to work.
func (w *pageMeter) compress(t thread.Thread, i int) { _, _ = w.encode(t, i) }

// pack compresses every page once, for unpack.
func (w *pageMeter) pack(t thread.Thread) error {
	for i := range w.mem.Pages() {
		n, err := w.encode(t, i)
		if err != nil {
			return fmt.Errorf("compressing page %d: %w", i, err)
		}
		w.packed = append(w.packed, bytes.Clone(w.out[:n]))
	}
	return nil
}

// unpack does with a page what a worker of the destination does.
func (w *pageMeter) unpack(t thread.Thread, i int) {
	if len(w.packed[i]) > 0 {
		_ = w.decoder.Decode(t, w.back, w.packed[i]) // it did when it was packed
	}
}

// measureAll adds to list what each page takes on one CPU, in so many passes after one that warms
// codec and caches up.
func (w *pageMeter) measureAll(t thread.Thread, cpu, passes int, list []Page) error {
	defer onCPU(cpu)()
	for pass := range 1 + passes {
		for i := range list {
			page, err := w.measure(t, i)
			if err != nil {
				return err
			}
			if pass > 0 {
				list[i].Encode += page.Encode
				list[i].Decode += page.Decode
				list[i].Bytes = page.Bytes
			}
		}
	}
	return nil
}

// measure does with a page what the workers of either end do.
func (w *pageMeter) measure(t thread.Thread, i int) (Page, error) {
	begin := time.Now()
	n, err := w.encode(t, i)
	if err != nil {
		return Page{}, fmt.Errorf("compressing page %d: %w", i, err)
	}
	middle := time.Now()
	if n == 0 {
		return Page{Encode: max(middle.Sub(begin), 1)}, nil
	}
	if err := w.decoder.Decode(t, w.back, w.out[:n]); err != nil {
		return Page{}, fmt.Errorf("decompressing page %d: %w", i, err)
	}
	return Page{Encode: max(middle.Sub(begin), 1), Decode: max(time.Since(middle), 1), Bytes: n}, nil
}

// primitives are what a thread does alone.
func (m *meter) primitives(t thread.Thread) {
	const n = 20_000
	mu := m.machine.NewMutex("calibration", thread.LockGlobal)
	m.batch("atomic_ns", 2*n, func() {
		for range n {
			mu.Lock(t)
			mu.Unlock(t)
		}
	})
	var word atomic.Uint64
	never := func() bool { return word.Load() != 0 }
	m.batch("poll_ns", n, func() {
		t.SpinUntil(thread.SpinWork, n, false, never)
	})
	m.batch("pause_ns", n/10, func() {
		t.SpinUntil(thread.SpinWork, n/10, true, never)
	})
	poll := m.figure("poll_ns")
	for i, v := range m.c.Samples["pause_ns"] {
		m.c.Samples["pause_ns"][i] = max(v-poll, 0)
	}
	m.batch("clock_ns", n, func() {
		for range n {
			t.Now()
		}
	})
	for range m.samples() {
		m.add("stamp_ns", float64(thread.StampCost()))
	}
}

// lines passes a word to and fro between two CPUs that spin for it.
func (m *meter) lines(t thread.Thread) {
	const n = 200
	defer onCPU(0)()
	var turn atomic.Uint64
	odd := func() bool { return turn.Load()%2 == 1 }
	even := func() bool { return turn.Load()%2 == 0 }
	j := m.machine.Start(t, "echo", thread.Worker, func(t thread.Thread) {
		defer onCPU(1)()
		for range m.samples() * n {
			t.SpinUntil(thread.SpinWork, 0, true, odd)
			turn.Add(1)
		}
	})
	for range m.samples() {
		begin := t.Now()
		for range n {
			turn.Add(1)
			t.SpinUntil(thread.SpinWork, 0, true, even)
		}
		oneWay := float64(t.Now()-begin) / (2 * n)
		m.add("line_ns", oneWay-m.figure("atomic_ns")-m.figure("pause_ns")/2)
	}
	j.Join(t)
}

// onCPU keeps the calling OS thread on the n-th CPU that it may run on, or on several such, until
// the result is called.
func onCPU(n ...int) func() {
	var all, some unix.CPUSet
	if unix.SchedGetaffinity(0, &all) != nil {
		return func() {}
	}
	for cpu, i := 0, 0; cpu < 1024; cpu++ {
		if !all.IsSet(cpu) {
			continue
		}
		if slices.Contains(n, i) {
			some.Set(cpu)
		}
		i++
	}
	_ = unix.SchedSetaffinity(0, &some) // none: fewer CPUs than asked for, which Calibrate refuses
	return func() { _ = unix.SchedSetaffinity(0, &all) }
}

// sleeps sleeps for half as long as the sender of a link does: so short that its CPU is still
// polled at the end. On a host that does not poll, what a timer takes longer is in idle_wake_ns.
func (m *meter) sleeps(t thread.Thread) {
	const length, n = 50 * time.Microsecond, 10
	slack, _ := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	for range m.samples() {
		var late time.Duration
		before := thread.CPUTime()
		for range n {
			at := t.Now() + length
			t.SleepUntil(at, thread.Sleeping)
			late += t.Now() - at
		}
		call := float64(thread.CPUTime()-before)/n - m.figure("switch_ns")
		m.add("sleep_call_ns", call)
		m.add("sleep_slack_ns", float64(slack))
		m.add("timer_latency_ns", float64(late)/n-float64(slack)-m.figure("switch_ns")-call/2)
	}
}

func (m *meter) starts(t thread.Thread) {
	for range m.samples() {
		var began time.Duration
		before := t.Now()
		j := m.machine.Start(t, "start", thread.Worker, func(t thread.Thread) { began = t.Now() })
		after := t.Now()
		j.Join(t)
		m.add("start_ns", float64(after-before))
		m.add("start_latency_ns", max(float64(began-after)-m.figure("idle_wake_ns"), 0))
	}
}

// work is what main and vCPUs do to a page beside the codec.
func (m *meter) work(t thread.Thread) error {
	const n = 4096
	bitmap := workloads.NewBitmap(n)
	m.batch("scan_ns", n, func() {
		bitmap.SetAll()
		for page := bitmap.Next(0); page < n; page = bitmap.Next(page) {
			bitmap.Clear(page)
		}
	})
	log := workloads.NewDirtyLog(1 << 20)
	m.batch("scan_log_ns", 1<<14, func() { log.Sync(t, bitmap) })
	memory := make([]byte, 32<<20)
	for i := range memory {
		memory[i] = byte(i / workloads.PageSize)
	}
	at := uint64(1)
	next := func() []byte {
		at = at*6364136223846793005 + 1442695040888963407
		page := int(at>>33) % (len(memory) / workloads.PageSize)
		return memory[page*workloads.PageSize:][:workloads.PageSize]
	}
	m.batch("store_ns", n, func() {
		for range n {
			clear(next()[128:192])
		}
	})
	stream := wire.NewStream(link.NewDiscard(0, 1))
	m.batch("record_ns", n, func() {
		for i := range n {
			stream.PutZero(t, i)
		}
	})
	buf := make([]byte, workloads.PageSize)
	m.batch("copy_kib_ns", n*workloads.PageSize/1024, func() {
		for range n {
			copy(buf, next())
		}
	})
	m.zeroTest()
	return nil
}

// zeroTest is what main does to a page before it sends it as it is. Where the next page is depends
// on what this one holds, or several would be on their way from memory at once. Of most pages the
// test reads a line or two, and so many fit into a large cache of the last level.
func (m *meter) zeroTest() {
	const pages, step = streamMemory / workloads.PageSize, 577
	w := m.large
	var first [pages]byte
	for i := range first {
		first[i] = w.mem.Page(i)[0]
	}
	page := 0
	m.batch("zero_ns", pages/8, func() {
		for range pages / 8 {
			_ = w.mem.IsZero(page)
			page = (page + step + int(w.mem.Page(page)[0]) - int(first[page])) % pages
		}
	})
}

// making is what it takes to make a request's codec state.
func (m *meter) making(thread.Thread) error {
	c, err := codec.Lookup(m.plan.Codec)
	if err != nil {
		return err
	}
	const states = 11 // they are large
	for range states {
		m.add("state_ns", cpuOf(1, func() {
			_, err = codec.NewWarmEncoder(c, m.plan.Level, workloads.PageSize)
		}))
		if err != nil {
			return err
		}
	}
	return nil
}

// records takes records that a worker has made on another CPU into a stream that goes nowhere.
func (m *meter) records(t thread.Thread) error {
	defer onCPU(0)()
	const n = 64
	w, err := newPageMeter(m.plan, 4*n)
	if err != nil {
		return err
	}
	defer w.mem.Unmap()
	var list [n]*wire.Output
	for i := range list {
		list[i] = wire.NewOutput()
	}
	var turn atomic.Uint64 // odd: the worker's; every other round has records of zero pages
	worker := m.machine.Start(t, "records", thread.Worker, func(t thread.Thread) {
		defer onCPU(1)()
		for round := range 2 * m.samples() {
			t.SpinUntil(thread.SpinWork, 0, true, func() bool { return turn.Load()%2 == 1 })
			for i, o := range list {
				w.produce(t, o, round/2*n+i, round%2 == 0)
			}
			turn.Add(1)
		}
	})
	stream := wire.NewStream(link.NewDiscard(0, 1))
	take := func() (ns, kib float64) {
		turn.Add(1)
		t.SpinUntil(thread.SpinRoom, 0, true, func() bool { return turn.Load()%2 == 0 })
		ns = cpuOf(n, func() {
			for _, o := range list {
				kib += float64(stream.PutOutput(t, o)) / 1024 / n
			}
		})
		return ns, kib
	}
	for range m.samples() {
		zero, _ := take()
		full, kib := take()
		m.add("take_ns", zero)
		m.add("take_kib_ns", (full-zero)/kib)
	}
	worker.Join(t)
	return nil
}

// produce makes a record of a page, or of a page of zeros.
func (w *pageMeter) produce(t thread.Thread, o *wire.Output, page int, zero bool) {
	page %= w.mem.Pages()
	if zero || w.mem.IsZero(page) {
		o.PutZero(page)
		return
	}
	n, err := w.encoder.Encode(t, o.Begin(page), w.mem.Page(page))
	if err == nil { // it fits, as all pages do
		_ = o.Commit(n)
	}
}

// The stream of the calibration: so many raw pages of so much memory.
const (
	streamPages  = 1024
	streamMemory = 32 << 20 // more than a cache holds
	smallCalls   = 100
	smallBytes   = 64 // so many times that fit into a socket
)

// socket writes and reads a few bytes, with nobody asleep at the other end, for what a call costs.
// Then it sends a stream of raw pages from memory that is in no cache to a thread that loads them
// into other such memory, by the code of a migration and on the same CPU, for what a KiB does. All
// by CPU time.
func (m *meter) socket(t thread.Thread) error {
	defer onCPU(0)()
	near, far, err := link.Pair()
	if err != nil {
		return err
	}
	write, read := m.smallCallsOf(near, far)
	_, _ = unix.Close(near), unix.Close(far)
	var from, into *workloads.Memory
	for _, mem := range []**workloads.Memory{&from, &into} {
		if *mem, err = workloads.MapMemory(streamMemory); err != nil {
			return err
		}
		defer (*mem).Unmap()
	}
	for i := range from.Pages() {
		from.Page(i)[0], into.Page(i)[0] = 1, 1 // both have pages of their own
	}
	sent, loaded, err := m.transfer(t, from, into)
	if err != nil {
		return fmt.Errorf("calibrating the link: %w", err)
	}
	m.split("send_kib_ns", write, sent, m.figure("record_ns"), pagesAWrite)
	known := m.figure("record_ns") + workloads.PageSize/1024*m.figure("copy_kib_ns")
	m.split("receive_kib_ns", read, loaded, known, wire.BufferSize/workloads.PageSize)
	for i := range write {
		m.add("send_ns", write[i])
		m.add("receive_ns", read[i])
	}
	return nil
}

// transfer is what a raw page takes the one that sends it, and what the one that loads it.
func (m *meter) transfer(t thread.Thread, from, into *workloads.Memory) (
	sent, loaded []float64, err error) {
	near, far, err := link.Pair()
	if err != nil {
		return nil, nil, err
	}
	defer unix.Close(near)
	var failed error
	j := m.machine.Start(t, "reader", thread.Worker, func(t thread.Thread) {
		defer unix.Close(far)
		defer onCPU(0)()
		loaded, failed = m.readPages(t, far, into)
	})
	sent, err = m.sendPages(t, near, from)
	if err != nil {
		_ = unix.Shutdown(near, unix.SHUT_RDWR) // the reader waits for more
	}
	j.Join(t)
	return sent, loaded, errors.Join(err, failed)
}

// pagesAWrite is how many raw pages go with one write: each is a piece, and so is the header before
// it.
const pagesAWrite = wire.MaxIovecs / 2

// smallCallsOf is what a call takes that writes a few bytes to near, and what one takes that reads
// them from far.
func (m *meter) smallCallsOf(near, far int) (write, read []float64) {
	var buf [smallBytes]byte
	for range m.samples() {
		write = append(write, cpuOf(smallCalls, func() {
			for range smallCalls {
				_, _ = unix.Write(near, buf[:]) // all of it fits
			}
		}))
		read = append(read, cpuOf(smallCalls, func() {
			for range smallCalls {
				_, _ = unix.Read(far, buf[:])
			}
		}))
	}
	return write, read
}

// sendPages is what a raw page takes the migration thread, and readPages what it takes the one that
// loads it.
func (m *meter) sendPages(t thread.Thread, fd int, from *workloads.Memory) ([]float64, error) {
	s := wire.NewStream(link.NewSocket(fd, 0, 1))
	s.Start(t, streamMemory)
	var list []float64
	for at := range m.samples() {
		list = append(list, cpuOf(streamPages, func() {
			for i := range streamPages {
				page := (at*streamPages + i) % from.Pages()
				s.PutRaw(t, page, from.Page(page))
			}
			s.EOS(t)
		}))
	}
	return list, s.Err()
}

func (m *meter) readPages(t thread.Thread, fd int, into *workloads.Memory) ([]float64, error) {
	r := wire.NewReader(link.NewReceiver(fd), streamMemory)
	if err := r.Open(t); err != nil {
		return nil, err
	}
	var list []float64
	for begin, pages := thread.CPUTime(), 0; len(list) < m.samples(); {
		rec, err := r.Next(t)
		if err != nil {
			return nil, err
		}
		switch {
		case rec.Kind == wire.Raw:
			pages++
			if err := r.Payload(t, into.Page(rec.Page)); err != nil {
				return nil, err
			}
		case rec.Kind == wire.EOS && pages > 0:
			list = append(list, float64(thread.CPUTime()-begin)/float64(pages))
			begin, pages = thread.CPUTime(), 0
		}
	}
	return list, nil
}

// split makes of the cost of small calls and of pages the cost of a KiB. Of a page's, known is what
// the page costs beside the link.
func (m *meter) split(kib string, small, page []float64, known float64, pagesACall int) {
	for i := range small {
		m.add(kib, (page[i]-known-medianOf(small)/float64(pagesACall))/(workloads.PageSize/1024))
	}
}
