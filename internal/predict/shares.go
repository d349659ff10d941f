package predict

import (
	"mtbench/internal/link"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/models"
	"mtbench/workloads"
)

// part is what a worker of the ideal baseline has for itself: a link, and what it did in the
// present round.
type part struct {
	sink   *link.Link
	iov    [][]byte
	held   int // bytes that wait to be sent
	sent   int64
	taken  int
	counts workloads.Counts
}

// PutRound implements workloads.RoundJobs, as do Share and EndRound.
func (j *jobs) PutRound(dirty *workloads.Bitmap, from, to int) {
	j.dirty, j.from, j.to = dirty, from, to
}

// Share spends the time of the pages of worker w's words: search, compression and that worker's own
// stream.
func (j *jobs) Share(t thread.Thread, req *models.Request, w, n int) {
	was := t.Enter(thread.Codec)
	job, share := req.User.(*job), j.dirty.Share(j.from, j.to, w, n)
	p := &job.part
	for _, ok := share.Next(); ok; _, ok = share.Next() {
		page := j.content.draw()
		t.Compute(j.stream.rates.Scan)
		j.encode(t, page)
		p.held += recordOf(&p.counts, page)
		p.taken++
		j.drain(t, p, wire.OutputRoom)
	}
	j.drain(t, p, 0)
	t.Enter(was)
}

// drain sends what the worker holds once that is more than keep bytes.
func (j *jobs) drain(t thread.Thread, p *part, keep int) {
	if p.held <= keep {
		return
	}
	p.iov[0] = j.stream.dummy[:p.held]
	p.sent += int64(p.held)
	p.held = 0
	_ = p.sink.Writev(t, p.iov) // it has no socket, and cannot fail
}

// EndRound adds up what the workers did.
func (j *jobs) EndRound(thread.Thread) {
	for _, job := range j.all {
		p := &job.part
		j.counts.Add(p.counts)
		j.stream.emitted += p.sent
		j.dirty.Uncount(p.taken)
		p.counts, p.sent, p.taken = workloads.Counts{}, 0, 0
	}
}
