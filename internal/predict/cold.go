package predict

import (
	"math"
	"slices"
	"time"

	"mtbench/internal/sim"
	"mtbench/internal/thread"
)

// The two things that a worker does with a page.
const (
	encoding = iota // at the source
	decoding
)

// state is a codec state of a virtual run.
type state struct {
	used  time.Duration // when it last was
	place place
}

// cold is what makes a page take longer than by one codec state that is used at once again: that there are many, that it
// rested, that others wait for the CPU, that it is in another CPU's caches. Each takes the same lines out of this one's, so
// what does most counts and not all of it.
type cold struct {
	machine *sim.Machine
	states  float64 // by how many there are
	crowd   float64 // where others wait
	rests   Rests
	rest    bool // a rest makes a difference
	moves   Moves
}

// encoders is that of n of them.
func (p *Profile) encoders(m *sim.Machine, n int) cold {
	return p.cold(m, encoding, p.States.At(n), p.Crowd.encode(n))
}

// decoders is that of decoders: they have next to no state, so how many there are makes no difference.
func (p *Profile) decoders(m *sim.Machine) cold {
	return p.cold(m, decoding, 1, p.Crowd.Decode)
}

func (p *Profile) cold(m *sim.Machine, what int, states, crowd float64) cold {
	rests := p.Rests[what]
	return cold{machine: m, states: states, crowd: crowd, rests: rests, rest: slices.Max(rests[:]) > 1, moves: p.Moves[what]}
}

// compute spends the time d of a page on t, by s.
func (c *cold) compute(t thread.Thread, d time.Duration, s *state) {
	factor := c.states
	if c.rest {
		factor = max(factor, c.rests.At(c.machine.Now()-s.used))
	}
	if c.crowd > factor && c.machine.Wanted(t) {
		factor = c.crowd
	}
	if c.moves.Whole > 0 {
		factor = max(factor, 1+c.moves.Whole*s.place.use(c.machine.CPU(t), c.moves.Stays))
	}
	t.Compute(scaled(d, factor))
	s.used = c.machine.Now()
}

// between is the value at x, from y0 at x0 to y1 at x1, linear in the logarithm of x.
func between(x, x0, x1, y0, y1 float64) float64 {
	return y0 + (y1-y0)*math.Log(x/x0)/math.Log(x1/x0)
}
