package predict

import (
	"math/rand/v2"
	"time"

	"mtbench/internal/calibrate"
	"mtbench/internal/link"
	"mtbench/internal/sim"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/models"
	"mtbench/workloads"
)

// guest is a guest without memory: a dirty log, the same writers as on a host, and arithmetic.
type guest struct {
	pages   int
	log     *workloads.DirtyLog
	writers *workloads.Writers
	rates   *calibrate.Rates
	content *pages
}

// Store spends the time of a write.
func (g *guest) Store(t thread.Thread, _ int, _ uint64) { t.Compute(g.rates.Store) }

func (g *guest) Pages() int { return g.pages }

func (g *guest) Sync(t thread.Thread, into *workloads.Bitmap) int64 {
	found := g.log.Sync(t, into)
	was := t.Enter(thread.Scanning)
	t.Compute(g.rates.ScanLog * ((time.Duration(g.pages) + 63) / 64))
	t.Enter(was)
	return found
}

// IsZero: a page is zero with the share of the calibration. Main asks only about pages that it
// sends itself, so the page's other figures are not drawn with it.
func (g *guest) IsZero(t thread.Thread, _ int) bool {
	t.Compute(g.rates.Zero + g.rates.Own)
	return g.content.draw().Bytes == 0
}

func (g *guest) Stop(t thread.Thread) { g.writers.Stop(t) }

// stream is a migration stream of sizes without bytes, with the buffer of the real one: a write to
// the link whenever 32 KiB or 64 pieces are full.
type stream struct {
	rates   *calibrate.Rates
	link    *link.Link // paces, and tells the socket what goes
	far     *socket    // nil: discard
	dummy   []byte
	iov     [][]byte
	held    int // bytes
	copied  int // of these, in the buffer and not in guest memory
	pieces  int
	inBuf   bool // the last piece is in the buffer
	emitted int64
	copies  copies // records that went into the buffer
}

// copies are moves of bytes into or out of a stream.
type copies struct{ n, bytes int64 }

func (c *copies) count(bytes int) {
	c.n++
	c.bytes += int64(bytes)
}

func newStream(rates *calibrate.Rates, bandwidth float64, burst int64, far *socket) *stream {
	var told func(thread.Thread, int64)
	if far != nil {
		told = func(t thread.Thread, n int64) { far.write(t, int(n)) }
	}
	return &stream{rates: rates, link: link.NewTelling(told, bandwidth, burst), far: far,
		dummy: make([]byte, wire.BufferSize+wire.MaxIovecs*workloads.PageSize), iov: make([][]byte, 1)}
}

func (s *stream) Err() error     { return nil }
func (s *stream) Emitted() int64 { return s.emitted }

func (s *stream) Open(t thread.Thread) {
	s.put(t, 64, record{kind: wire.MemSize, bytes: 64})
	s.EOS(t)
}

// headerBytes are the header word of a record with CONTINUE.
const headerBytes = 8

func (s *stream) Raw(t thread.Thread, _ int, _ bool) {
	was := t.Enter(thread.Copying)
	t.Compute(s.rates.Record)
	s.piece(headerBytes, true)
	s.piece(workloads.PageSize, false)
	s.note(t, record{kind: wire.Raw, bytes: headerBytes + workloads.PageSize})
	t.Enter(was)
}

func (s *stream) Zero(t thread.Thread, _ int, _ bool) {
	s.put(t, headerBytes+1, record{kind: wire.Zero, bytes: headerBytes + 1})
}

func (s *stream) EOS(t thread.Thread) {
	s.put(t, headerBytes, record{kind: wire.EOS, bytes: headerBytes})
	s.flush(t)
}

// put copies a record into the buffer.
func (s *stream) put(t thread.Thread, n int, r record) {
	s.copy(t, n, r, s.rates.Record+perKiB(s.rates.CopyKiB, n))
}

// take does so with one that a worker made, on the CPU of t or on another.
func (s *stream) take(t thread.Thread, n int, r record, here bool) {
	if here {
		s.put(t, n, r)
		return
	}
	s.copy(t, n, r, s.rates.Take+perKiB(s.rates.TakeKiB, n))
}

func (s *stream) copy(t thread.Thread, n int, r record, took time.Duration) {
	was := t.Enter(thread.Copying)
	s.copies.count(n)
	t.Compute(took)
	s.piece(n, true)
	s.note(t, r)
	t.Enter(was)
}

func (s *stream) piece(n int, inBuf bool) {
	if !inBuf || !s.inBuf {
		s.pieces++
	}
	s.inBuf = inBuf
	s.held += n
	if inBuf {
		s.copied += n
	}
	s.emitted += int64(n)
}

func (s *stream) note(t thread.Thread, r record) {
	if s.far != nil {
		s.far.announce(r)
	}
	if s.copied >= wire.BufferSize || s.pieces >= wire.MaxIovecs-1 {
		s.flush(t)
	}
}

func (s *stream) flush(t thread.Thread) {
	if s.held == 0 {
		return
	}
	n := s.held
	s.held, s.copied, s.pieces, s.inBuf = 0, 0, 0, false
	s.iov[0] = s.dummy[:min(n, len(s.dummy))]
	_ = s.link.Writev(t, s.iov) // it has no socket, and cannot fail
}

// job is one request of the source.
type job struct {
	page calibrate.Page
	full bool
	part part // of a round
	cpu  int  // that it was handled on
}

// jobs is the work of the source's pipeline: service times and sizes.
type jobs struct {
	stream  *stream
	content *pages
	profile *calibrate.Profile
	machine *sim.Machine
	counts  workloads.Counts
	all     []*job            // with each request an encoder, if none is lent
	lent    int               // encoders of workers
	slow    float64           // how many times as long a page takes where others wait for the CPU
	maker   thread.Thread     // makes the requests
	sink    func() *link.Link // of a worker of the ideal baseline

	// Between PutRound and EndRound.
	dirty    *workloads.Bitmap
	from, to int // words
}

func (j *jobs) Init(r *models.Request) error {
	j.maker.Compute(j.profile.State)
	w := &job{}
	if j.sink != nil {
		w.part = part{sink: j.sink(), iov: make([][]byte, 1)}
	}
	r.User = w
	j.all = append(j.all, w)
	j.slow = j.profile.Crowd.EncodeAt(len(j.all))
	return nil
}

// InitBare implements models.Lender.
func (j *jobs) InitBare(r *models.Request) error {
	w := &job{}
	r.User = w
	j.all = append(j.all, w)
	return nil
}

// NewState implements models.Lender: the time that a state takes, and one encoder more in turns.
func (j *jobs) NewState() (any, error) {
	j.maker.Compute(j.profile.State)
	j.lent++
	j.slow = j.profile.Crowd.EncodeAt(j.lent)
	return nil, nil
}

func (j *jobs) Put(int)                             {}
func (j *jobs) Counts() *workloads.Counts           { return &j.counts }
func (j *jobs) Err() error                          { return nil }
func (j *jobs) Fill(thread.Thread, *models.Request) {}

func (j *jobs) Handle(t thread.Thread, r *models.Request) {
	was := t.Enter(thread.Codec)
	w := r.User.(*job)
	w.page, w.full, w.cpu = j.content.draw(), true, j.machine.CPU(t)
	j.encode(t, w.page)
	t.Enter(was)
}

// encode spends the time of compressing p. A page of zeros does not get to the codec.
func (j *jobs) encode(t thread.Thread, p calibrate.Page) {
	if p.Bytes == 0 {
		t.Compute(p.Encode)
		return
	}
	crowded(j.machine, t, p.Encode, j.slow)
}

// crowded spends the time d of a page on t: slow times as long where other threads wait for the
// CPU.
func crowded(m *sim.Machine, t thread.Thread, d time.Duration, slow float64) {
	if slow > 1 && m.Wanted(t) {
		d = scaled(d, slow)
	}
	t.Compute(d)
}

func (j *jobs) Done(t thread.Thread, req *models.Request) {
	w := req.User.(*job)
	if !w.full {
		return
	}
	w.full = false
	n, r := recordOf(&j.counts, w.page), record{kind: wire.Zero}
	if w.page.Bytes > 0 {
		r.kind, r.decode = wire.Compressed, w.page.Decode
	}
	r.bytes = n
	j.stream.take(t, n, r, w.cpu == j.machine.CPU(t))
}

// recordOf counts a page, and is how many bytes its record has.
func recordOf(c *workloads.Counts, p calibrate.Page) int {
	if p.Bytes == 0 {
		c.Zero++
		return headerBytes + 1
	}
	c.Compressed++
	c.CompressedBytes += int64(4 + p.Bytes)
	return wire.CompressedOverhead + p.Bytes
}

// pipeline makes the loop pay for its search, which is a few lines of arithmetic there: every page
// that is put or sent has been searched and cleared before.
type pipeline struct {
	models.Pipeline
	rates *calibrate.Rates
}

func (p *pipeline) Submit(t thread.Thread) bool {
	t.Compute(p.rates.Scan)
	return p.Pipeline.Submit(t)
}

func virtualWorld(m *sim.Machine, g *guest, s *stream, j *jobs,
	build func(thread.Thread) (models.Pipeline, error)) workloads.World {
	searching := func(t thread.Thread) (models.Pipeline, error) {
		j.maker = t
		p, err := build(t)
		if _, rounds := p.(models.Rounder); rounds || err != nil { // its workers search by themselves
			return p, err
		}
		return &pipeline{p, g.rates}, nil
	}
	return workloads.World{Machine: m, Guest: g, Stream: s, Jobs: j, Build: searching}
}

// perKiB is what n bytes take at so much a KiB.
func perKiB(rate time.Duration, n int) time.Duration {
	return time.Duration(int64(rate) * int64(n) / 1024)
}

// pages draws pages of a profile.
type pages struct {
	all  []calibrate.Page
	rand *rand.Rand
}

func (p *pages) draw() calibrate.Page { return p.all[p.rand.IntN(len(p.all))] }
