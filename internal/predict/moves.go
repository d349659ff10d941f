package predict

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"

	"mtbench/internal/thread"
)

// A codec state that another CPU used last has to be fetched from that one's caches: it was written there. A page
// touches a part of it, so it comes within a few pages.

// Moves is how much longer a page takes, compressed or decompressed, where the state is in another CPU's caches.
type Moves struct {
	Whole float64 // with all of it there: by so many times its time, 0 or more
	Stays float64 // what a page leaves there of what is there, 0 to 1
}

// movesAfter are the numbers of pages after which the two CPUs of the experiment take turns: the effect comes from the
// first two, against the last, in which there is hardly any of it.
var movesAfter = [...]int{1, 4, 64}

// movedName is the name among the samples of the factor for doing what in turns of movesAfter[i] pages.
func movedName(what, i int) string {
	return fmt.Sprintf("moved_%s_%d", [...]string{encoding: "encode", decoding: "decode"}[what], movesAfter[i])
}

// movesOf is what gives these two factors in turns of one page and of four. With a state of which a part q stays where it
// was after a turn of n pages, q = Stays^n, a turn finds the part 1/(1+q) of it elsewhere and its k-th page Stays^(k-1)
// of that; so a page of it takes longer by Whole (1-q) / ((1+q) n (1-Stays)) on average.
func movesOf(one, four float64) (m Moves) {
	rest := 1.0 // a page in the longest turns, over one with all of the state here
	for range 6 {
		m = movesFrom(one*rest-1, four*rest-1)
		n := float64(movesAfter[len(movesAfter)-1])
		q := math.Pow(m.Stays, n)
		rest = 1 + m.Whole*(1-q)/((1+q)*n*(1-m.Stays))
	}
	return m
}

// movesFrom is the same for what pages take longer than one with all of the state here.
func movesFrom(one, four float64) Moves {
	one, four = max(one, 0), max(four, 0)
	if one == 0 {
		return Moves{}
	}
	// The ratio of the two grows with Stays from 1/4 to 1; near 1 it is noise.
	low, high := 0.0, 0.9
	for range 30 {
		r := (low + high) / 2
		if (1+r)*(1+r)*(1+r*r)/(4*(1+r*r*r*r)) < four/one {
			low = r
		} else {
			high = r
		}
	}
	return Moves{Whole: min(one*(1+low), maxFactor-1), Stays: low}
}

// moves are those of the calibration, or of a resampling of it.
func (c *Calibration) moves(rng *rand.Rand) (m [2]Moves) {
	for what := range m {
		m[what] = movesOf(c.figure(movedName(what, 0), rng), c.figure(movedName(what, 1), rng))
	}
	return m
}

// moves measures them: two threads on two CPUs take turns with an encoder and a decoder. Each has pages of its own.
func (m *meter) moves(t thread.Thread) error {
	var sides [2]*pageMeter
	for i := range sides {
		w, err := newPackedMeter(t, m.plan, crowdPages)
		if err != nil {
			return err
		}
		defer w.mem.Unmap()
		sides[i] = w
	}
	sides[1].encoder, sides[1].decoder = sides[0].encoder, sides[0].decoder
	const rounds = 11
	for range rounds {
		var took [len(movesAfter)][2]float64
		for i, n := range movesAfter {
			took[i] = m.inTurns(t, sides, n)
		}
		for i := range movesAfter[:len(movesAfter)-1] {
			for what, byItself := range took[len(movesAfter)-1] {
				m.add(movedName(what, i), factorOf(took[i][what], byItself))
			}
		}
	}
	for i, n := range movesAfter[:len(movesAfter)-1] {
		const note = "a page %s where two CPUs take turns with the codec after every %d, over one where they do after %d: a factor"
		m.c.Notes[movedName(encoding, i)] = fmt.Sprintf(note, "compressed", n, movesAfter[len(movesAfter)-1])
		m.c.Notes[movedName(decoding, i)] = fmt.Sprintf(note, "decompressed", n, movesAfter[len(movesAfter)-1])
	}
	return nil
}

// inTurns lets each side do all of its pages twice, n in a turn, and is the mean of what they took the second time, in ns.
func (m *meter) inTurns(t thread.Thread, sides [2]*pageMeter, n int) (took [2]float64) {
	var turn atomic.Uint64 // of side 0 when it is even; who has the turn has the codec and the sums
	work := func(t thread.Thread, side uint64) {
		defer onCPU(int(side))()
		mine := func() bool { return turn.Load()%2 == side }
		for page := range 2 * crowdPages {
			if page%n == 0 {
				t.SpinUntil(thread.SpinWork, 0, true, mine)
			}
			for what, d := range sides[side].after(t, 0, page%crowdPages) {
				if page >= crowdPages {
					took[what] += d / (2 * crowdPages)
				}
			}
			if page%n == n-1 {
				turn.Add(1)
			}
		}
	}
	j := m.machine.Start(t, "moves", thread.Worker, func(t thread.Thread) { work(t, 1) })
	work(t, 0)
	j.Join(t)
	return took
}

// place is where a codec state is: what part of it each CPU has in its caches. One that nobody used is nowhere, and in
// nobody's way.
type place []share

// share is what part of a state a CPU has.
type share struct {
	cpu  int
	part float64
}

// leastShare is the part below which nothing of a state counts as left on a CPU.
const leastShare = 0.01

// use is what part of the state is elsewhere when CPU cpu does a page with it, of which what stays does.
func (p *place) use(cpu int, stays float64) (elsewhere float64) {
	left := (*p)[:0]
	for _, s := range *p {
		if s.cpu == cpu {
			continue
		}
		elsewhere += s.part
		if s.part *= stays; s.part > leastShare {
			left = append(left, s)
		}
	}
	here := 1.0
	for _, s := range left {
		here -= s.part
	}
	*p = append(left, share{cpu, here})
	return elsewhere
}
