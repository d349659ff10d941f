package explore

import "math/rand/v2"

// Priorities tries limit random schedules by PCT with the given depth (1 or more: the number of
// ordering constraints that a bug needs), until one goes wrong. Schedule i of a seed is always the
// same one.
func Priorities(p Program, depth int, seed uint64, limit int64) Report {
	length := 1 // the most choices that a run has had: change points are drawn from as many
	return repeat(p, limit, func(r *run, i int64) {
		length = max(length, len(r.record))
		c := &pct{rand: rand.New(rand.NewPCG(seed, uint64(i)))}
		c.drawChanges(depth-1, length)
		r.choose = c.choose
	})
}

// pct chooses by priority.
type pct struct {
	rand     *rand.Rand
	priority []int64 // by thread; drawn when it is first seen; below 0 after a change point
	changes  []int   // numbers of the choices at which the running thread is put last
	at       int
	low      int64
}

func (c *pct) drawChanges(n, length int) {
	for range n {
		c.changes = append(c.changes, c.rand.IntN(length))
	}
}

func (c *pct) choose(options []int, preempts bool) int {
	if len(options) == 1 {
		return 0
	}
	if preempts {
		for _, at := range c.changes {
			if at == c.at {
				c.low--
				c.of(options[0])
				c.priority[options[0]] = c.low
			}
		}
	}
	c.at++
	best := 0
	for i := range options {
		if c.of(options[i]) > c.of(options[best]) {
			best = i
		}
	}
	return best
}

// of is the thread's priority.
func (c *pct) of(thread int) int64 {
	for len(c.priority) <= thread {
		c.priority = append(c.priority, c.rand.Int64())
	}
	return c.priority[thread]
}
