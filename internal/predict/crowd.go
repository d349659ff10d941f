package predict

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"mtbench/internal/thread"
)

// crowdName is the factor among the samples, which are otherwise ns.
const crowdName = "crowded"

// The crowd: so many pairs of threads hand a token to and fro, each pair its own. While they have it one of
// them compresses a page and the other decompresses one, as the workers of a run of 16 threads do at either end.
const (
	crowdPairs = 16
	crowdPages = 256                    // of each thread, and other ones: a codec must not get to know them
	crowdStart = 300 * time.Millisecond // until all are at work
	crowdFor   = 800 * time.Millisecond
)

// crowd measures how much longer a page takes where more threads want the CPUs than there are: its CPU time, over
// the share of the CPUs' time that the threads get at all. The caches and translations that the others push out
// are in it, and what interrupts and a hypervisor take, whether the kernel knows of it or not.
func (m *meter) crowd(t thread.Thread) error {
	plan := m.plan
	var members []*member
	for range crowdPairs {
		token := new(uint32)
		for side := range uint32(2) {
			plan.Seed++
			w, err := newPageMeter(plan, crowdPages)
			if err != nil {
				return err
			}
			defer w.mem.Unmap()
			x := &member{token: token, side: side, do: w.compress}
			if side == 1 {
				if err := w.pack(t); err != nil {
					return err
				}
				x.do = w.unpack
			}
			members = append(members, x)
		}
	}
	byItself := [2]float64{alone(t, crowdPages, members[0].do), alone(t, crowdPages, members[1].do)}
	byItself[0] *= m.c.states(nil).At(crowdPairs) // what as many encoders do is not the crowd's
	var joins []thread.Joiner
	begin := t.Now() + crowdStart
	for _, x := range members {
		joins = append(joins, m.machine.Start(t, "crowd", thread.Worker, func(t thread.Thread) { x.work(t, begin) }))
	}
	var all time.Duration
	for i, x := range members {
		joins[i].Join(t)
		all += x.all
	}
	share := min(float64(all)/float64(crowdFor)/float64(m.plan.Host.CPUs), 1)
	for pair := range slices.Chunk(members, 2) {
		if took, due := pair[0].took+pair[1].took, pair[0].due(byItself)+pair[1].due(byItself); due > 0 {
			m.add(crowdName, float64(took)/(due*share))
		}
	}
	m.c.Notes[crowdName] = fmt.Sprintf("CPU time of a page compressed and one decompressed with 32 threads that hand over, "+
		"over the same alone (by as many encoders), and over the %.0f %% of the CPUs' time that they got: a factor", 100*share)
	return nil
}

// member is one thread of the crowd.
type member struct {
	do    func(t thread.Thread, page int)
	token *uint32
	side  uint32
	took  time.Duration // CPU time of its pages
	all   time.Duration // its CPU time, hand-overs included
	pages int
}

// due is what its pages would take by itself.
func (x *member) due(byItself [2]float64) float64 { return float64(x.pages) * byItself[x.side] }

func (x *member) work(t thread.Thread, begin time.Duration) {
	end := begin + crowdFor
	for ; t.Now() < begin; x.turn(t, end) {
	}
	was := threadCPU() // as at begin: it does not grow while the thread waits for a CPU
	for x.took, x.pages = 0, 0; t.Now() < end; x.turn(t, end) {
	}
	x.all = threadCPU() - was
	pass(x.token) // the other must not wait for ever
}

// turn waits for the token, does a page and passes the token on.
func (x *member) turn(t thread.Thread, end time.Duration) {
	for now := atomic.LoadUint32(x.token); now%2 != x.side && t.Now() < end; now = atomic.LoadUint32(x.token) {
		futexWait(x.token, now)
	}
	before := threadCPU()
	x.do(t, x.pages%crowdPages)
	x.took += threadCPU() - before
	x.pages++
	pass(x.token)
}
