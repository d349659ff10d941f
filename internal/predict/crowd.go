package predict

import (
	"fmt"
	"sync/atomic"
	"time"

	"mtbench/internal/thread"
)

// crowdName is the factor among the samples, which are otherwise ns.
const crowdName = "crowded"

// The crowd: so many pairs of threads hand a token to and fro, each pair its own, and compress while they have
// it, on all CPUs. As many as a run of 16 threads at either end has.
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
	w, err := newPageMeter(plan, crowdPages)
	if err != nil {
		return err
	}
	defer w.mem.Unmap()
	alone := w.alone(t, crowdPages)
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
			members = append(members, &member{pageMeter: w, token: token, side: side})
		}
	}
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
	for _, x := range members {
		if x.pages > 0 {
			m.add(crowdName, float64(x.took)/float64(x.pages)/alone/share)
		}
	}
	m.c.Notes[crowdName] = fmt.Sprintf("CPU time of a page with 32 threads that hand over, over the same alone, and over "+
		"the %.0f %% of the CPUs' time that they got: a factor", 100*share)
	return nil
}

// member is one thread of the crowd.
type member struct {
	*pageMeter
	token *uint32
	side  uint32
	took  time.Duration // CPU time of its pages
	all   time.Duration // its CPU time, hand-overs included
	pages int
}

func (x *member) work(t thread.Thread, begin time.Duration) {
	end := begin + crowdFor
	for ; t.Now() < begin; x.turn(t, end) {
	}
	was := threadCPU() // as at begin: it does not grow while the thread waits for a CPU
	for x.took, x.pages = 0, 0; t.Now() < end; x.turn(t, end) {
	}
	x.all = threadCPU() - was
	x.pass() // the other must not wait for ever
}

// turn waits for the token, compresses a page and passes the token on.
func (x *member) turn(t thread.Thread, end time.Duration) {
	for now := atomic.LoadUint32(x.token); now%2 != x.side && t.Now() < end; now = atomic.LoadUint32(x.token) {
		futexWait(x.token, now)
	}
	before := threadCPU()
	x.encode(t, x.pages%crowdPages)
	x.took += threadCPU() - before
	x.pages++
	x.pass()
}

func (x *member) pass() {
	atomic.AddUint32(x.token, 1)
	futexWake(x.token)
}
