package workloads

import (
	"errors"
	"time"

	"mtbench/internal/codec"
	"mtbench/internal/content"
	"mtbench/internal/link"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/models"
)

// The calibration of ServiceTime.
const (
	servicePages = 2048 // of memory: more than the caches next to a CPU hold
	serviceBatch = 128  // pages a batch: a mixture of contents evens out within it
	serviceFor   = 150 * time.Millisecond
	serviceLeast = 5 // batches
)

// ServiceTime is the CPU time that one thread takes for a page with the scenario's content and
// codec: the zero test, the private copy and the codec, exactly as a worker runs them, with nothing
// else going on. It is the median over batches, taken for about 0.2 s; CPU time, so that what else
// runs on the host does not count. Rates given as multiples are multiples of its inverse.
func ServiceTime(sc Scenario) (time.Duration, error) {
	if err := errors.Join(sc.validateCodec(), sc.validateGuest()); err != nil {
		return 0, err
	}
	gen, err := content.New(sc.Content, sc.Seed)
	if err != nil {
		return 0, err
	}
	c, err := codec.Lookup(sc.Codec)
	if err != nil {
		return 0, err
	}
	mem, err := MapMemory(servicePages * PageSize)
	if err != nil {
		return 0, err
	}
	defer mem.Unmap()
	mem.Fill(gen)
	stream := &hostStream{Stream: wire.NewStream(link.NewDiscard(0, 1)), mem: mem}
	work := &compression{mem: mem, codec: c, level: sc.Level, stream: stream}
	var req models.Request
	if err := work.Init(&req); err != nil {
		return 0, err
	}
	m := thread.NewKernel(thread.Options{MaxThreads: 1, TurnsPerNS: sc.WorkTurns})
	var batches []time.Duration
	err = m.Run("calibration", func(t thread.Thread) {
		page := 0
		work.batch(t, &req, &page, serviceBatch, thread.CPUTime) // warms codec and caches up
		for stop := t.Now() + serviceFor; t.Now() < stop || len(batches) < serviceLeast; {
			batches = append(batches, work.batch(t, &req, &page, serviceBatch, thread.CPUTime))
		}
	})
	typical, _ := median(batches)
	return typical / serviceBatch, errors.Join(err, work.Err())
}

// batch does so many jobs one after another, from the given page of memory on, and returns what
// they took by clock.
func (c *compression) batch(t thread.Thread, req *models.Request, page *int, jobs int,
	clock func() time.Duration) time.Duration {
	j := req.User.(*job)
	begin := clock()
	for range jobs {
		c.Put(*page % c.mem.Pages())
		*page++
		c.Fill(t, req)
		c.Handle(t, req)
		j.out.Reset()
	}
	return clock() - begin
}
