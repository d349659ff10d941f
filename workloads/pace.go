package workloads

import (
	"errors"
	"time"

	"mtbench/internal/link"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/models"
)

// The codec loop before a run.
const (
	paceBatch = 64 // pages a batch: a mixture of contents evens out within it
	paceLeast = 3  // batches, however slow the codec is
	paceMost  = 9
	paceFor   = 20 * time.Millisecond // of codecs so slow that paceMost takes longer
)

// pace is the wall time that one thread takes for a page just before the run: zero test, private
// copy and codec over the same pages of the guest in each run of a pair, before the model is built
// and the guest runs. A model cannot touch it; where it differs between two runs, the host does.
// Wall time, unlike [ServiceTime], for what else takes the CPU is meant to show; the median over
// batches, for one late wake-up is not.
func (s *source) pace() (time.Duration, error) {
	stream := &hostStream{Stream: wire.NewStream(link.NewDiscard(0, 1)), mem: s.mem}
	work := &compression{mem: s.mem, codec: s.jobs.codec, level: s.Level, stream: stream}
	var req models.Request
	if err := work.Init(&req); err != nil {
		return 0, err
	}
	m := thread.NewKernel(thread.Options{MaxThreads: 1, TurnsPerNS: s.WorkTurns})
	var batches []time.Duration
	err := m.Run("control", func(t thread.Thread) {
		page := 0
		now := func() time.Duration { return t.Now() }
		work.batch(t, &req, &page, paceBatch, now) // warms codec and caches up
		stop := t.Now() + paceFor
		for len(batches) < paceLeast || len(batches) < paceMost && t.Now() < stop {
			batches = append(batches, work.batch(t, &req, &page, paceBatch, now))
		}
	})
	typical, _ := median(batches)
	return typical / paceBatch, errors.Join(err, work.Err())
}
