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

// cold is what makes a page take longer than by one codec state that is used at once again: that there are many, that it
// rested, that others wait for the CPU. Each pushes it out of the same caches, so what does most counts and not all of it.
type cold struct {
	machine *sim.Machine
	states  float64 // by how many there are
	crowd   float64 // where others wait
	rests   Rests
	rest    bool // a rest makes a difference
}

// encoders is that of n of them.
func (p *Profile) encoders(m *sim.Machine, n int) cold {
	return newCold(m, p.States.At(n), p.Crowd.encode(n), p.Rests[encoding])
}

// decoders is that of decoders: they have next to no state, so how many there are makes no difference.
func (p *Profile) decoders(m *sim.Machine) cold {
	return newCold(m, 1, p.Crowd.Decode, p.Rests[decoding])
}

func newCold(m *sim.Machine, states, crowd float64, rests Rests) cold {
	return cold{machine: m, states: states, crowd: crowd, rests: rests, rest: slices.Max(rests[:]) > 1}
}

// compute spends the time d of a page on t, by a state that was last used at used, and is when it was over.
func (c *cold) compute(t thread.Thread, d, used time.Duration) time.Duration {
	factor := c.states
	if c.rest {
		factor = max(factor, c.rests.At(c.machine.Now()-used))
	}
	if c.crowd > factor && c.machine.Wanted(t) {
		factor = c.crowd
	}
	t.Compute(scaled(d, factor))
	return c.machine.Now()
}

// between is the value at x, from y0 at x0 to y1 at x1, linear in the logarithm of x.
func between(x, x0, x1, y0, y1 float64) float64 {
	return y0 + (y1-y0)*math.Log(x/x0)/math.Log(x1/x0)
}
