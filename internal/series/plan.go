// Package series runs a matrix of migrations: it plans blocks and pairs, gives each run a process
// of its own (two with a destination), keeps the result file, and resumes what was interrupted.
package series

import (
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
	Seed     uint64
}

// letterThreads are the thread counts of the published table; its cells are run more often.
var letterThreads = []int{4, 8, 16}

// The default plan: ten pairs where the letter has a figure (Holm over ten cells needs nine), four
// elsewhere, which shows a direction but can prove none.
const (
	letterPairs = 10
	otherPairs  = 4
)

// PairsOf is how many pairs the plan m has for cell c.
func PairsOf(m results.Matrix, c results.Cell) int {
	switch {
	case m.Pairs > 0:
		return m.Pairs
	case slices.Contains(letterThreads, c.Threads):
		return letterPairs
	default:
		return otherPairs
	}
}

// Plan orders the runs of a series.
//
// With models A, B, C a block is A B C C B A: two halves, each of which pairs B with A and C with
// A. The first half runs forwards and the second backwards, so that a drift of the host cancels. A
// cell with an odd number of pairs ends with one half. Blocks go round the cells, so that every
// cell sees the whole series' drift and a series that is cut short has something of each.
//
// An extra of a cell is one model more there, and so the neighbour of the model that it is set against.
//
// A share of blocks, m.AA, is followed by a block that runs one model against itself (A A A A,
// sides a b b a): what this machine calls a difference when there is none. They go round the cases by
// themselves, so that every kind of case has some.
func Plan(m results.Matrix, seed uint64) []Slot {
	p := planner{matrix: m, seed: seed, cases: m.Cases(), aaPairs: map[results.Cell]int{}}
	for block := 0; ; block++ {
		planned := false
		for _, c := range p.cases {
			if pairs := PairsOf(m, c); 2*block < pairs {
				p.block(c, block, min(2, pairs-2*block))
				planned = true
			}
		}
		if !planned {
			return p.slots
		}
	}
}

type planner struct {
	matrix  results.Matrix
	seed    uint64
	cases   []results.Cell
	slots   []Slot
	owed    float64              // A/A blocks that the share asks for and the plan does not have yet
	aaCount int                  // A/A blocks so far: they go round the models
	aaPairs map[results.Cell]int // A/A pairs of the cell so far
}

func (p *planner) block(c results.Cell, block, halves int) {
	p.halves(c, block, halves)
	if p.owed += p.matrix.AA; p.owed >= 1 {
		p.owed--
		p.aaBlock(p.cases[p.aaCount%len(p.cases)])
	}
}

func (p *planner) halves(c results.Cell, block, halves int) {
	models := p.matrix.ModelsOf(c)
	for half := range halves {
		for i := range models {
			if half == 1 {
				i = len(models) - 1 - i
			}
			p.add(Slot{Cell: c.Of(models[i]), Block: block, Pair: 2*block + half,
				Position: half*len(models) + offsetIn(half, i, len(models))})
		}
	}
}

// offsetIn is the place of model i within its half.
func offsetIn(half, i, models int) int {
	if half == 1 {
		return models - 1 - i
	}
	return i
}

func (p *planner) aaBlock(c results.Cell) {
	round, models := p.aaCount/len(p.cases), p.matrix.Models
	model := models[(p.aaCount+round)%len(models)] // a case meets another model the next time
	p.aaCount++
	first := p.aaPairs[c]
	p.aaPairs[c] += 2
	for i, side := range []string{"a", "b", "b", "a"} {
		p.add(Slot{Cell: c.Of(model), Block: first / 2, Pair: first + i/2, Position: i,
			AA: true, Side: side})
	}
}

func (p *planner) add(s Slot) {
	s.Index = len(p.slots)
	s.Seed = pairSeed(p.seed, s)
	p.slots = append(p.slots, s)
}

// pairSeed is the same for the runs of a pair and for no others of the cell, so that both meet the
// same memory and the same writes; it does not depend on the threads or the wait setting either, so
// that cells differ by what they are named for.
func pairSeed(seed uint64, s Slot) uint64 {
	stream := uint64(s.Pair) << 1
	if s.AA {
		stream |= 1
	}
	return rand.New(rand.NewPCG(seed, stream)).Uint64()
}
