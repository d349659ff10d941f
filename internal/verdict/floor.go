package verdict

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"mtbench/internal/metric"
	"mtbench/internal/stats"
	"mtbench/results"
)

// Floor is the difference below which a machine cannot tell two models apart, learnt from blocks
// that compare a model with itself.
//
// The rule: the log ratios of all A/A pairs of the file, each with both signs (which side is "a" is
// arbitrary), are drawn with repetition as many at a time as the comparison has pairs; the floor is
// the size that 95 % of the Hodges-Lehmann estimates of such draws stay below, times the factor by
// which so few A/A pairs may understate their own spread. Models and the cases of a class (what
// becomes of a page for which no thread is free) are pooled, and no others. Pairs of which a run
// did not complete have no ratio; those of which just one did are counted.
type Floor struct {
	Metric     string
	Pairs      int // A/A pairs that it is made from
	Discordant int // A/A pairs of which just one run completed
	ratios     []float64
	known      map[int]float64 // what For has answered: a report asks it often
}

const (
	// assumedFloor stands where a file has too few A/A pairs: two runs of one program on a quiet
	// desktop differ by less, on a shared machine by more.
	assumedFloor = 0.05

	// minFloorPairs is where the understatement of the spread comes below threefold.
	minFloorPairs = 3

	floorShare      = 0.95
	floorConfidence = 0.90 // of not understating the spread
	floorDraws      = 1000
	drawnPairs      = 30 // beyond so many pairs an estimate's spread falls as 1/√pairs
	floorSeed       = 1  // the floor of a file is the same each time that it is asked for
)

// FloorOf is the floor of a file for a metric in the class of cell c.
func FloorOf(f *results.File, m metric.Metric, c results.Cell) Floor {
	floor := Floor{Metric: m.Name, known: map[int]float64{}}
	pool := PoolOf(f)
	for _, p := range aaPairs(f, m, func(of results.Cell) bool { return pool(of) == pool(c) }) {
		switch {
		case math.IsInf(p.LogRatio, 0):
			floor.Discordant++
		case !math.IsInf(p.Base, 1):
			floor.ratios = append(floor.ratios, p.LogRatio)
		}
	}
	floor.Pairs = len(floor.ratios)
	slices.Sort(floor.ratios) // the same draws each time
	return floor
}

// setFloors gives comparisons by m the floors of their classes.
func setFloors(f *results.File, m metric.Metric, all []Comparison) {
	floors, pool := map[string]Floor{}, PoolOf(f)
	for i := range all {
		class := pool(all[i].Cell)
		if _, ok := floors[class]; !ok {
			floors[class] = FloorOf(f, m, all[i].Cell)
		}
		all[i].FloorOf = floors[class]
	}
}

// PoolOf returns what names the pool of a case: the cases whose A/A pairs one floor is made from.
// They are those of a class on one host: what becomes of a page for which no thread is free, and in
// a merged file the machine that made them.
func PoolOf(f *results.File) func(results.Cell) string {
	hosts := f.Header.Hosts()
	if len(hosts) < 2 {
		return func(c results.Cell) string { return c.WaitWord() }
	}
	known := map[results.Cell]string{}
	return func(c results.Cell) string {
		c = c.Case()
		if known[c] == "" {
			of := slices.IndexFunc(hosts, f.Header.HostOf(c).Same)
			known[c] = fmt.Sprintf("%s on host %d", c.WaitWord(), of+1)
		}
		return known[c]
	}
}

// aaPairs lists the pairs of a file's A/A blocks in some cases.
func aaPairs(f *results.File, m metric.Metric, in func(results.Cell) bool) []Pair {
	type group struct {
		results.Cell
		model string
		side  string
	}
	groups := map[group][]*results.Run{}
	for _, r := range pick(f, func(r *results.Run) bool {
		return r.AA && in(r.Case())
	}) {
		g := group{r.Case(), r.Contender(), r.Side}
		groups[g] = append(groups[g], r)
	}
	var all []Pair
	for g, base := range groups {
		if g.side != "a" {
			continue
		}
		g.side = "b"
		pairs, _ := pairUp(base, groups[g], m)
		all = append(all, pairs...)
	}
	return all
}

// Measured reports whether there were A/A pairs enough; else [Floor.For] is an assumption.
func (f Floor) Measured() bool { return f.Pairs >= minFloorPairs }

// For is the floor of a comparison of n pairs, as a log ratio.
func (f Floor) For(n int) float64 {
	switch {
	case !f.Measured():
		return math.Log1p(assumedFloor)
	case n < 1:
		return math.Inf(1)
	case n > drawnPairs:
		return f.For(drawnPairs) * math.Sqrt(drawnPairs/float64(n))
	}
	if v, ok := f.known[n]; ok {
		return v
	}
	v := f.drawn(n)
	if f.known != nil {
		f.known[n] = v
	}
	return v
}

// drawn is the rule itself.
func (f Floor) drawn(n int) float64 {
	rng := rand.New(rand.NewPCG(floorSeed, uint64(n)))
	sample := make([]float64, n)
	sizes := make([]float64, floorDraws)
	for i := range sizes {
		f.draw(rng, sample)
		sizes[i] = math.Abs(stats.Centre(sample))
	}
	slices.Sort(sizes)
	return stats.Quantile(sizes, floorShare) * stats.Understated(f.Pairs, floorConfidence)
}

func (f Floor) draw(rng *rand.Rand, sample []float64) {
	for j := range sample {
		sample[j] = f.ratios[rng.IntN(len(f.ratios))]
		if rng.Uint64()&1 == 0 {
			sample[j] = -sample[j]
		}
	}
}
