package workloads

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"mtbench/internal/codec"
	"mtbench/internal/link"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/models"
)

// failure keeps the first error of any thread.
type failure struct{ first atomic.Pointer[error] }

func (f *failure) set(err error) { f.first.CompareAndSwap(nil, &err) }

// Err is the first error, or nil. Safe at any time.
func (f *failure) Err() error {
	if err := f.first.Load(); err != nil {
		return *err
	}
	return nil
}

// compression is the work of the source's pipeline over real memory: Jobs, and RoundJobs for the
// ideal baseline.
type compression struct {
	failure
	mem     *Memory
	codec   codec.Codec
	level   int
	stream  *hostStream
	next    int // page of the next Fill
	counts  Counts
	jobs    []*job
	shaping func() *link.Link // the link of one worker of the ideal baseline

	// Between PutRound and EndRound.
	dirty    *Bitmap
	from, to int // words
}

// job is one request of the source: what a slot of the original holds. It goes to and fro with its
// request.
type job struct {
	page    int
	*state  // its own, or in Handle its worker's
	out     *wire.Output
	handled int
	samples serviceSamples

	// Of a worker's share (ideal baseline).
	sink   *link.Link
	iov    [][]byte
	counts Counts
	taken  int
	bytes  int64
}

// state is what a page needs only while it is compressed: one a job, or one a worker.
type state struct {
	encoder codec.Encoder
	origin  []byte // private copy of the page: vCPUs go on writing the guest's
}

// serviceSamples are codec times of pages, one in sampleEvery, the latest kept.
type serviceSamples struct {
	times [128]time.Duration
	n     int
}

const sampleEvery = 16

func (s *serviceSamples) add(d time.Duration) {
	s.times[s.n%len(s.times)] = d
	s.n++
}

// Init makes a request's buffers and codec state.
func (c *compression) Init(req *models.Request) error {
	st, err := c.newState()
	if err != nil {
		return err
	}
	j := &job{state: st, out: wire.NewOutput()}
	if c.shaping != nil {
		j.sink, j.iov = c.shaping(), make([][]byte, 1)
	}
	req.User = j
	c.jobs = append(c.jobs, j)
	return nil
}

// InitBare implements models.Lender: a request whose state is its worker's.
func (c *compression) InitBare(req *models.Request) error {
	j := &job{out: wire.NewOutput()}
	req.User = j
	c.jobs = append(c.jobs, j)
	return nil
}

// NewState implements models.Lender: a worker's encoder and copy.
func (c *compression) NewState() (any, error) { return c.newState() }

func (c *compression) newState() (*state, error) {
	encoder, err := codec.NewWarmEncoder(c.codec, c.level, PageSize)
	if err != nil {
		return nil, err
	}
	return &state{encoder, make([]byte, PageSize)}, nil
}

func (c *compression) Put(page int)    { c.next = page }
func (c *compression) Counts() *Counts { return &c.counts }

func (c *compression) Fill(_ thread.Thread, req *models.Request) {
	req.User.(*job).page = c.next
}

func (c *compression) Handle(t thread.Thread, req *models.Request) {
	was := t.Enter(thread.Codec)
	j := req.User.(*job)
	if req.State != nil {
		j.state = req.State.(*state)
	}
	j.handled++
	if j.handled%sampleEvery != 0 {
		c.compress(t, j, j.page)
	} else {
		begin := t.Now()
		if c.compress(t, j, j.page) {
			j.samples.add(t.Now() - begin)
		}
	}
	t.Enter(was)
}

// compress puts a record of the page behind what the job's output holds, and reports whether the
// codec ran: a page of zeros is found here, as QEMU's workers find it since 2018.
func (c *compression) compress(t thread.Thread, j *job, page int) bool {
	live := c.mem.Page(page)
	if isZero(live) {
		j.out.PutZero(page)
		return false
	}
	copy(j.origin, live)
	n, err := j.encoder.Encode(t, j.out.Begin(page), j.origin)
	if err == nil {
		err = j.out.Commit(n)
	}
	if err != nil {
		c.set(fmt.Errorf("compressing page %d: %w", page, err))
	}
	return true
}

// Done moves the result into the stream and counts it. A job that failed has none.
func (c *compression) Done(t thread.Thread, req *models.Request) {
	j := req.User.(*job)
	zero := j.out.IsZero()
	n := c.stream.PutOutput(t, j.out)
	if n > 0 {
		c.counts.count(n, zero)
	}
}

// recordHeader is what QEMU's compressed-size leaves out of a record: the header with CONTINUE.
const recordHeader = wire.CompressedOverhead - 4

func (c *Counts) count(bytes int, zero bool) {
	if zero {
		c.Zero++
		return
	}
	c.Compressed++
	c.CompressedBytes += int64(bytes - recordHeader)
}

// PutRound says which words of the bitmap the workers share next.
func (c *compression) PutRound(dirty *Bitmap, from, to int) {
	c.dirty, c.from, c.to = dirty, from, to
}

// Share compresses the pages of worker w's words into that worker's own stream.
func (c *compression) Share(t thread.Thread, req *models.Request, w, n int) {
	was := t.Enter(thread.Codec)
	j, share := req.User.(*job), c.dirty.Share(c.from, c.to, w, n)
	for page, ok := share.Next(); ok; page, ok = share.Next() {
		c.shareOne(t, j, page)
	}
	c.drain(t, j, 0)
	t.Enter(was)
}

func (c *compression) shareOne(t thread.Thread, j *job, page int) {
	before := j.out.Len()
	c.compress(t, j, page)
	j.taken++
	j.counts.count(j.out.Len()-before, j.out.IsZero())
	c.drain(t, j, wire.OutputRoom)
}

// drain sends the job's output once it holds more than keep bytes.
func (c *compression) drain(t thread.Thread, j *job, keep int) {
	if j.out.Len() <= keep {
		return
	}
	j.bytes += int64(j.out.Len())
	j.iov[0] = j.out.Bytes()
	if err := j.sink.Writev(t, j.iov); err != nil {
		c.set(err)
	}
	j.out.Reset()
}

// EndRound adds up what the workers did.
func (c *compression) EndRound(thread.Thread) {
	for _, j := range c.jobs {
		c.counts.Add(j.counts)
		c.stream.apart += j.bytes
		c.dirty.Uncount(j.taken)
		j.counts, j.bytes, j.taken = Counts{}, 0, 0
	}
}

// serviceTime is the median of the codec times sampled, and false if there are none.
func (c *compression) serviceTime() (time.Duration, bool) {
	var all []time.Duration
	for _, j := range c.jobs {
		all = append(all, j.samples.times[:min(j.samples.n, len(j.samples.times))]...)
	}
	return median(all)
}

func median(all []time.Duration) (time.Duration, bool) {
	if len(all) == 0 {
		return 0, false
	}
	slices.Sort(all)
	return all[len(all)/2], true
}
