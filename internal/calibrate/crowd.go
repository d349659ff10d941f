package calibrate

import (
	"fmt"
	"math"
	"time"

	"mtbench/internal/codec"
	"mtbench/internal/thread"
)

// Crowd is how many times as long a page takes on a CPU that other threads wait for, 1 or more:
// they push each other's codec out of the caches. It goes by whether somebody waits as the page is
// begun.
type Crowd struct {
	Encode [len(crowds)]float64 // by how many encoders there are, see crowds
	Decode float64
}

// crowds are those that it is measured with: so many pairs of threads, and codec states of each
// that compresses.
var crowds = [...]struct{ pairs, each int }{{4, 1}, {16, 1}, {16, 4}}

// The two things that a worker does with a page.
const (
	encoding = iota // at the source
	decoding
)

// decoders is the crowd by which decoding is measured.
const decoders = 1

// crowdPairs is the most of them.
const crowdPairs = 16

// encodersOf is how many encoders crowd i has.
func encodersOf(i int) int { return crowds[i].pairs * crowds[i].each }

func crowdName(i int) string { return fmt.Sprintf("crowded_encode_%d", encodersOf(i)) }

const crowdDecodeName = "crowded_decode"

// EncodeAt is the factor of compressing where there are n encoders: linear in log n between those
// that were measured, and beyond them that of the fewest or the most.
func (c Crowd) EncodeAt(n int) float64 {
	for i := 1; i < len(crowds); i++ {
		few, many := encodersOf(i-1), encodersOf(i)
		if n < many {
			return between(float64(max(n, few)), float64(few), float64(many), c.Encode[i-1], c.Encode[i])
		}
	}
	return c.Encode[len(crowds)-1]
}

// between is the value at x, from y0 at x0 to y1 at x1, linear in the logarithm of x.
func between(x, x0, x1, y0, y1 float64) float64 {
	return y0 + (y1-y0)*math.Log(x/x0)/math.Log(x1/x0)
}

// The crowd: so many pairs of threads hand a token to and fro, each pair its own. While they have
// it one of them compresses a page and the other decompresses one, as the workers of a run of 16
// threads do at either end. A pair stays on one of two CPUs.
const (
	crowdPages = 256                  // other ones of each thread: no codec gets to know them
	crowdLeast = 2 * time.Microsecond // of a page that takes less, reading the clock would be most
)

// crowd measures how much longer a page takes, compressed and decompressed, where more threads want
// the CPUs than there are: its CPU time, over the share of the CPUs' time that the threads get at
// all. The caches and translations that the others push out are in it, and what interrupts and a
// hypervisor take, whether the kernel knows of it or not.
func (m *meter) crowd(t thread.Thread) error {
	for i, of := range crowds {
		members, err := m.members(t, of.pairs, of.each)
		for _, x := range members {
			defer x.w.mem.Unmap()
		}
		if err != nil {
			return err
		}
		share := m.gather(t, members)
		factors := factorsOf(t, members, share)
		for k := 0; k+2*twoCPUs <= len(factors); k += 2 * twoCPUs { // of a pair on each CPU
			var sum [2]float64
			for at, f := range factors[k : k+2*twoCPUs] {
				sum[members[k+at].side] += f / twoCPUs
			}
			m.add(crowdName(i), sum[encoding])
			if i == decoders {
				m.add(crowdDecodeName, sum[decoding])
			}
		}
	}
	return nil
}

// factorsOf is for each member how many times as long a page of it took as one alone does, by one
// codec and on the same CPU.
func factorsOf(t thread.Thread, members []*member, share float64) []float64 {
	reading := readingOfCPU()
	var byItself [twoCPUs][2]float64
	for _, x := range members[:2*twoCPUs] {
		byItself[x.cpu][x.side] = x.alone(t)
	}
	factors := make([]float64, len(members))
	for i, x := range members {
		factors[i] = 1
		if x.pages > 0 && share > 0 {
			factors[i] = factorOf((float64(x.took)/float64(x.pages)-reading)/share, byItself[x.cpu][x.side])
		}
	}
	return factors
}

// factorOf is how many times as long a page took as by itself, both in ns; 1 where that is too
// short to be told.
func factorOf(took, byItself float64) float64 {
	if byItself <= float64(crowdLeast) {
		return 1
	}
	return took / byItself
}

// readingOfCPU is what it takes of a thread's CPU time to read it, in ns.
func readingOfCPU() float64 {
	const n = 1000
	return cpuOf(n, func() {
		for range n {
			thread.CPUTime()
		}
	})
}

// members makes a crowd of so many pairs, each encoding one with so many codec states.
func (m *meter) members(t thread.Thread, pairs, each int) ([]*member, error) {
	plan := m.plan
	var list []*member
	for pair := range pairs {
		token := baton{new(uint32)}
		for side := range uint32(2) { // encoding, decoding
			plan.Seed++
			w, err := newPageMeter(plan, crowdPages)
			if err != nil {
				return list, err
			}
			x := &member{w: w, token: token, side: side, cpu: pair % twoCPUs}
			list = append(list, x)
			if side == decoding {
				if err := w.pack(t); err != nil {
					return list, err
				}
				continue
			}
			if x.encoders, err = m.encoders(t, w, each); err != nil {
				return list, err
			}
		}
	}
	return list, nil
}

// crowdTimes are how long it takes until all are at work, and for how long they then are measured.
func (m *meter) crowdTimes() (start, length time.Duration) {
	if m.plan.Quick {
		return 50 * time.Millisecond, 100 * time.Millisecond
	}
	return 300 * time.Millisecond, 800 * time.Millisecond
}

// gather lets them hand over for a while, and is the share of the CPUs' time that they got.
func (m *meter) gather(t thread.Thread, members []*member) float64 {
	var joins []thread.Joiner
	start, length := m.crowdTimes()
	begin := t.Now() + start
	for _, x := range members {
		work := func(t thread.Thread) { x.work(t, begin, begin+length) }
		joins = append(joins, m.machine.Start(t, "crowd", thread.Worker, work))
	}
	var all time.Duration
	for i, x := range members {
		joins[i].Join(t)
		all += x.all
	}
	return min(float64(all)/float64(length)/twoCPUs, 1)
}

// member is one thread of the crowd.
type member struct {
	w        *pageMeter
	encoders []codec.Encoder // that take turns
	token    baton
	side     uint32
	cpu      int
	took     time.Duration // CPU time of its pages, and of reading it
	all      time.Duration // its CPU time, hand-overs included
	pages    int
}

// alone is what a page takes by one codec with nobody else about, in ns.
func (x *member) alone(t thread.Thread) float64 {
	defer onCPU(x.cpu)()
	return alone(t, crowdPages, func(t thread.Thread, page int) { x.by(t, page, 0) })
}

// do does a page by the next of its codecs.
func (x *member) do(t thread.Thread, page int) { x.by(t, page, page) }

func (x *member) by(t thread.Thread, page, codec int) {
	page %= crowdPages
	if x.side == decoding {
		x.w.unpack(t, page)
		return
	}
	x.w.encoder = x.encoders[codec%len(x.encoders)]
	x.w.compress(t, page)
}

func (x *member) work(t thread.Thread, begin, end time.Duration) {
	defer onCPU(x.cpu)()
	for ; t.Now() < begin; x.turn(t, end) {
	}
	was := thread.CPUTime() // as at begin: it does not grow while the thread waits for a CPU
	for x.took, x.pages = 0, 0; t.Now() < end; x.turn(t, end) {
	}
	x.all = thread.CPUTime() - was
	x.token.pass() // the other must not wait for ever
}

// turn waits for the token, does a page and passes the token on.
func (x *member) turn(t thread.Thread, end time.Duration) {
	x.token.await(x.side, func() bool { return t.Now() < end })
	before := thread.CPUTime()
	x.do(t, x.pages)
	x.took += thread.CPUTime() - before
	x.pages++
	x.token.pass()
}

// encoders are n of them, that of w the first. Each has done a page: some make their state only
// then.
func (m *meter) encoders(t thread.Thread, w *pageMeter, n int) ([]codec.Encoder, error) {
	c, err := codec.Lookup(m.plan.Codec)
	if err != nil {
		return nil, err
	}
	list := []codec.Encoder{w.encoder}
	for len(list) < n {
		e, err := c.NewEncoder(m.plan.Level)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	for _, e := range list {
		if _, err := e.Encode(t, w.out, w.mem.Page(0)); err != nil {
			return nil, err
		}
	}
	return list, nil
}
