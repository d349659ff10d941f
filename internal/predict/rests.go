package predict

import (
	"fmt"
	"math/rand/v2"
	"time"

	"mtbench/internal/thread"
)

// A codec state that rests gets cold, whatever fills the time: others push it out of the caches that they share,
// those of other virtual machines among them.

// restTimes are the rests that the effect is measured at.
var restTimes = [...]time.Duration{250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2 * time.Millisecond,
	4 * time.Millisecond, 8 * time.Millisecond}

// Rests is how many times as long a page takes, compressed or decompressed, where the state was last used so long ago
// as where it was just now: one factor for each of restTimes.
type Rests [len(restTimes)]float64

// restName is the name among the samples of the factor of restTimes[i] for doing what.
func restName(what, i int) string {
	return fmt.Sprintf("rest_%s_%dus", [...]string{encoding: "encode", decoding: "decode"}[what], restTimes[i].Microseconds())
}

// At is the factor after a rest of d: linear in d up to the first that was measured, in log d from there, and that of
// the longest beyond it.
func (r Rests) At(d time.Duration) float64 {
	at, factor := time.Duration(0), 1.0
	for i, next := range restTimes {
		f := max(r[i], 1) // nobody is sped up
		switch {
		case d > next:
		case at == 0:
			return factor + (f-factor)*float64(d)/float64(next)
		default:
			return between(float64(d), float64(at), float64(next), factor, f)
		}
		at, factor = next, f
	}
	return factor
}

// rests are those of the calibration, or of a resampling of it.
func (c *Calibration) rests(rng *rand.Rand) (r [2]Rests) {
	for what := range r {
		for i := range r[what] {
			r[what][i] = c.figure(restName(what, i), rng)
		}
	}
	return r
}

// rests adds two samples of each, for how fast caches forget is also for the neighbours of a virtual machine to say,
// and they come and go within seconds: so it is called between the other experiments. They are taken with one codec
// and nothing between, in steady state, for a page warms up only that part of a state that it uses. What a page takes
// at once is known from passes over all pages: of one that comes again too soon the processor remembers too much. Each
// time it is the other CPU's turn.
func (m *meter) rests(t thread.Thread) error {
	defer onCPU(m.rested % twoCPUs)()
	m.rested++
	const rounds, pages, passes = 2, 8, 5
	w, err := newPackedMeter(t, m.plan, crowdPages)
	if err != nil {
		return err
	}
	defer w.mem.Unmap()
	var atOnce [crowdPages][2]float64 // sums
	for range passes {
		for page := range atOnce {
			for what, took := range w.after(t, 0, page) {
				atOnce[page][what] += took
			}
		}
	}
	page := 0
	for range rounds {
		for i, rest := range restTimes {
			var took, due [2]float64
			for n := range 2 * pages {
				x := w.after(t, rest, page)
				for what := range x {
					if n >= pages { // those before warmed it up
						took[what] += x[what]
						due[what] += atOnce[page][what] / passes
					}
				}
				page = (page + 1) % crowdPages
			}
			for what := range took {
				m.add(restName(what, i), took[what]/due[what])
			}
		}
	}
	for i, rest := range restTimes {
		const note = "a page %s by a state last used %v ago over one by the same at once: a factor"
		m.c.Notes[restName(encoding, i)] = fmt.Sprintf(note, "compressed", rest)
		m.c.Notes[restName(decoding, i)] = fmt.Sprintf(note, "decompressed", rest)
	}
	return nil
}

// after compresses and decompresses a page after a rest, and is how many ns either took.
func (w *pageMeter) after(t thread.Thread, rest time.Duration, page int) (took [2]float64) {
	spinFor(t, rest)
	begin := t.Now()
	w.compress(t, page)
	middle := t.Now()
	w.unpack(t, page)
	took[encoding], took[decoding] = float64(middle-begin), float64(t.Now()-middle)
	return took
}
