package predict

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"mtbench/internal/sim"
	"mtbench/internal/thread"
)

// The two things that a worker does with a page.
const (
	encoding = iota // at the source
	decoding
)

// Crowd is how many times as long either takes on a CPU that other threads wait for, 1 or more: they push each
// other's codec out of the caches. It goes by whether somebody waits as the page is begun.
type Crowd [2]float64

// crowdNames are these factors among the samples, which are otherwise ns.
var crowdNames = [...]string{encoding: "crowded_encode", decoding: "crowded_decode"}

// on is the factor for thread t of m.
func (c Crowd) on(m *sim.Machine, t thread.Thread, what int) float64 {
	if c[what] > 1 && m.Wanted(t) {
		return c[what]
	}
	return 1
}

// crowd is that of the calibration, or of a resampling of it.
func (c *Calibration) crowd(rng *rand.Rand) (factors Crowd) {
	for i, name := range crowdNames {
		factors[i] = max(figureOf(resample(c.Samples[name], rng)), 1) // nobody is sped up
	}
	return factors
}

// The crowd: so many pairs of threads hand a token to and fro, each pair its own. While they have it one of
// them compresses a page and the other decompresses one, as the workers of a run of 16 threads do at either end.
const (
	crowdPairs = 16
	crowdPages = 256                    // of each thread, and other ones: a codec must not get to know them
	crowdStart = 300 * time.Millisecond // until all are at work
	crowdFor   = 800 * time.Millisecond
)

// crowd measures how much longer a page takes, compressed and decompressed, where more threads want the CPUs than
// there are: its CPU time, over the share of the CPUs' time that the threads get at all. The caches and translations
// that the others push out are in it, and what interrupts and a hypervisor take, whether the kernel knows of it or not.
func (m *meter) crowd(t thread.Thread) error {
	plan := m.plan
	var members []*member
	for range crowdPairs {
		token := new(uint32)
		for side := range uint32(2) { // encoding, decoding
			plan.Seed++
			w, err := newPageMeter(plan, crowdPages)
			if err != nil {
				return err
			}
			defer w.mem.Unmap()
			x := &member{token: token, side: side, do: w.compress}
			if side == decoding {
				if err := w.pack(t); err != nil {
					return err
				}
				x.do = w.unpack
			}
			members = append(members, x)
		}
	}
	byItself := [2]float64{alone(t, crowdPages, members[encoding].do), alone(t, crowdPages, members[decoding].do)}
	byItself[encoding] *= m.c.states(nil).At(crowdPairs) // what as many encoders do is not the crowd's
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
		if due := float64(x.pages) * byItself[x.side]; due > 0 {
			m.add(crowdNames[x.side], float64(x.took)/(due*share))
		}
	}
	for i, what := range [...]string{encoding: "compressed", decoding: "decompressed"} {
		m.c.Notes[crowdNames[i]] = fmt.Sprintf("CPU time of a page %s with 32 threads that hand over, over the same alone "+
			"(by as many encoders), and over the %.0f %% of the CPUs' time that they got: a factor", what, 100*share)
	}
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
