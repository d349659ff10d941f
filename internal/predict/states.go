package predict

import (
	"fmt"
	"math/rand/v2"

	"mtbench/internal/codec"
	"mtbench/internal/thread"
)

// A pipeline has a codec state for each request, so that one model has four times as many as another with as
// many threads. They push each other out of the caches, however few threads use them.

// stateCounts are the numbers of encoders that the effect is measured at, beside one.
var stateCounts = [...]int{4, 16, 64}

// States is how many times as long compressing a page takes where so many encoders take turns as where one
// does all: one factor for each of stateCounts.
type States [len(stateCounts)]float64

func statesName(i int) string { return fmt.Sprintf("states_%d", stateCounts[i]) }

// At is the factor for n encoders: linear in log n between those that were measured, that of the most
// beyond them; 1 for one.
func (s States) At(n int) float64 {
	at, factor := 1.0, 1.0
	for i, count := range stateCounts {
		next := max(s[i], 1) // nobody is sped up
		if n <= count {
			return between(max(float64(n), at), at, float64(count), factor, next)
		}
		at, factor = float64(count), next
	}
	return factor
}

// states are those of the calibration, or of a resampling of it.
func (c *Calibration) states(rng *rand.Rand) (s States) {
	for i := range s {
		s[i] = c.figure(statesName(i), rng)
	}
	return s
}

// states measures them: the pages are the same, in turn, and so is the thread.
func (m *meter) states(t thread.Thread) error {
	w, err := newPageMeter(m.plan, crowdPages)
	if err != nil {
		return err
	}
	defer w.mem.Unmap()
	encoders, err := m.encoders(t, w, stateCounts[len(stateCounts)-1])
	if err != nil {
		return err
	}
	with := func(n int) float64 {
		return alone(t, crowdPages, func(t thread.Thread, page int) {
			w.encoder = encoders[page%n]
			w.compress(t, page)
		})
	}
	for round := range 2 * twoCPUs {
		back := onCPU(round % twoCPUs)
		one := with(1)
		for i, n := range stateCounts {
			m.add(statesName(i), with(n)/one)
		}
		back()
	}
	for i, n := range stateCounts {
		m.c.Notes[statesName(i)] = fmt.Sprintf("a page compressed by the next of %d encoders over one by the same: a factor", n)
	}
	return nil
}

// encoders are n of them, that of w the first. Each has done a page: some make their state only then.
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
