// Package series runs a matrix of migrations: it plans blocks and pairs, gives each run a process
// of its own (two with a destination), keeps the result file, and resumes what was interrupted.
package series

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"mtbench/results"
)

// Slot is one planned run.
type Slot struct {
	results.Cell
	Index    int // place in the series
	Block    int // of the cell
	Pair     int // of the cell (A/A pairs count by themselves): the runs of a pair share the seed
	Position int // within the block
	AA       bool
	Side     string // "a" or "b" in an A/A block
	Attempt  int    // earlier runs of the pair that the host disturbed
	Again    int    // how many runs were planned when it was made again for one of its pair had failed
	Seed     uint64
}

// Plan orders the runs of a series of a fixed number of pairs a cell.
//
// With models A, B, C a pair is A B C or C B A, which is drawn from the seed for each pair by
// itself: whoever goes first is so by chance, and a comparison of any two is of neighbours' like.
// In a series of two builds they are what A and B are, and the model belongs to the case.
// Two pairs are a block. Blocks go round the cells, so that every cell sees the whole series' drift
// and a series that is cut short has something of each.
//
// An extra of a cell is one model more there, and so the neighbour of the model that it is set
// against.
//
// A share of blocks, m.AA, is followed by a block that runs one model against itself (sides a and
// b, the order drawn as well): what this machine calls a difference when there is none. They
// alternate between the classes of cases and go round the cases of each.
func Plan(m results.Matrix, seed uint64) []Slot {
	p := newPlanner(m, seed)
	for block := 0; 2*block < m.Pairs; block++ {
		for _, c := range p.cases {
			p.block(c, block, min(2, m.Pairs-2*block))
		}
	}
	return p.slots
}

type planner struct {
	matrix  results.Matrix
	seed    uint64
	cases   []results.Cell
	classes [][]results.Cell // the cases by what becomes of a page for which no thread is free
	slots   []Slot
	owed    float64              // A/A that the share asks for and the plan does not have yet
	aaCount int                  // turns of A/A so far
	aaPairs map[results.Cell]int // A/A pairs of the cell so far
}

func newPlanner(m results.Matrix, seed uint64) *planner {
	p := &planner{matrix: m, seed: seed, cases: m.Cases(), aaPairs: map[results.Cell]int{}}
	of := map[string]int{}
	for _, c := range p.cases {
		at, ok := of[c.WaitWord()]
		if !ok {
			at = len(p.classes)
			of[c.WaitWord()], p.classes = at, append(p.classes, nil)
		}
		p.classes[at] = append(p.classes[at], c)
	}
	return p
}

func (p *planner) block(c results.Cell, block, halves int) {
	for half := range halves {
		p.pair(c, 2*block+half)
	}
	if p.owesAA() {
		c, model := p.aaTurn()
		p.aaPair(c, model)
		p.aaPair(c, model)
	}
}

// pair adds a run of every contender of c, in an order that is drawn.
func (p *planner) pair(c results.Cell, pair int) {
	names := p.matrix.ContendersOf(c)
	if p.reversed(c, pair, false) {
		slices.Reverse(names)
	}
	for i, name := range names {
		p.add(Slot{Cell: c.Of(name), Block: pair / 2, Pair: pair, Position: pair%2*len(names) + i})
	}
}

// owesAA reports whether the share of A/A is due after a pair, or block, of two models.
func (p *planner) owesAA() bool {
	if p.owed += p.matrix.AA; p.owed < 1 {
		return false
	}
	p.owed--
	return true
}

// aaTurn is the case and the contender that are compared with themselves next: the classes
// alternate.
func (p *planner) aaTurn() (results.Cell, string) {
	class := p.classes[p.aaCount%len(p.classes)]
	turn := p.aaCount / len(p.classes)
	p.aaCount++
	contenders := p.matrix.Contenders()
	next := turn
	if len(class)%len(contenders) == 0 {
		next += turn / len(class) // a case meets another contender the next time
	}
	return class[turn%len(class)], contenders[next%len(contenders)]
}

func (p *planner) aaPair(c results.Cell, contender string) {
	pair := p.aaPairs[c]
	p.aaPairs[c]++
	sides := []string{"a", "b"}
	if p.reversed(c, pair, true) {
		slices.Reverse(sides)
	}
	for i, side := range sides {
		p.add(Slot{Cell: c.Of(contender), Block: pair / 2, Pair: pair, Position: pair%2*2 + i,
			AA: true, Side: side})
	}
}

func (p *planner) add(s Slot) {
	s.Index = len(p.slots)
	s.Seed = pairSeed(p.seed, s)
	p.slots = append(p.slots, s)
}

// reversed draws whether a pair begins with the last of its models.
func (p *planner) reversed(c results.Cell, pair int, aa bool) bool {
	name := fnv.New64a()
	_, _ = name.Write([]byte(c.Case().Short()))
	return rand.New(rand.NewPCG(p.seed^name.Sum64(), stream(pair, aa))).Uint64()&1 == 1
}

// pairSeed is the same for the runs of a pair and for no others of the cell, so that both meet the
// same memory and the same writes; it does not depend on the threads or the wait setting either, so
// that cells differ by what they are named for.
func pairSeed(seed uint64, s Slot) uint64 {
	return rand.New(rand.NewPCG(seed, stream(s.Pair, s.AA))).Uint64()
}

// stream numbers the pairs of a cell, those of A/A apart.
func stream(pair int, aa bool) uint64 {
	n := uint64(pair) << 1
	if aa {
		n |= 1
	}
	return n
}
