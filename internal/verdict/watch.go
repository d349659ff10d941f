package verdict

import (
	"slices"

	"mtbench/internal/stats"
	"mtbench/results"
)

// Watch looks at a series after every pair and says which cases are undecided. It is for one
// goroutine.
type Watch struct {
	matrix results.Matrix
	cases  []results.Cell // of the whole series: what is proved holds beside them all
	ours   []results.Cell // those that this series makes
	runs   map[results.Cell][]results.Run
	looked map[results.Cell][]looked // one a contender; nil where a run came since
}

// looked is what the pairs of one contender in one case say by themselves, as e-values.
type looked struct {
	differs, same float64
	// many runs, and no pair has the figure that decides: more would have none either
	mute bool
}

// mostMute is how many runs of the first model say that no pair will have the figure.
const mostMute = 10

// NewWatch watches a series of m, of which no run is made yet.
func NewWatch(m results.Matrix) *Watch {
	return &Watch{matrix: m, cases: m.AllCases(), ours: m.Cases(),
		runs:   map[results.Cell][]results.Run{},
		looked: map[results.Cell][]looked{}}
}

// Add takes a run in.
func (w *Watch) Add(r *results.Run) {
	if r.AA || w.matrix.IsExtra(r.Model) {
		return
	}
	c := r.Case()
	w.runs[c] = append(w.runs[c], *r)
	delete(w.looked, c)
}

// Open lists the cases of which a contender is neither proved to differ from the first nor to equal
// it. A case that is once proved stays so: the undecided others are counted as if they were to say
// nothing.
func (w *Watch) Open() []results.Cell { return w.without(provedForGood) }

// Undecided lists the cases of which a report of what there is would say so.
func (w *Watch) Undecided() []results.Cell {
	return w.without(func(e []float64) []bool {
		proved := make([]bool, len(e))
		for i, v := range stats.ClosedMeans(e) {
			proved[i] = v >= 1/Alpha
		}
		return proved
	})
}

// without lists the cases that are not proved by a rule.
func (w *Watch) without(rule func(e []float64) []bool) []results.Cell {
	contenders := len(w.matrix.Contenders()) - 1
	if contenders < 1 {
		return nil
	}
	var differs, same []float64
	for _, c := range w.cases {
		for _, l := range w.look(c) {
			differs, same = append(differs, l.differs), append(same, l.same)
		}
	}
	proved, equal := rule(differs), rule(same)
	var open []results.Cell
	for i, c := range w.cases {
		for j := range contenders {
			if !slices.Contains(w.ours, c) {
				break
			}
			if at := i*contenders + j; !proved[at] && !equal[at] && !w.look(c)[j].mute {
				open = append(open, c)
				break
			}
		}
	}
	return open
}

// provedForGood says which of a family of e-values are proved whatever becomes of the others.
func provedForGood(e []float64) []bool {
	proved, worst := make([]bool, len(e)), make([]float64, len(e))
	order := make([]int, len(e))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if e[a] > e[b] {
			return -1
		}
		return 1
	})
	for _, i := range order {
		worst[i] = e[i]
		if stats.ClosedMeans(worst)[i] < 1/Alpha {
			break
		}
		proved[i] = true
	}
	return proved
}

// look weighs the pairs of a case, once until another run comes.
func (w *Watch) look(c results.Cell) []looked {
	if found, ok := w.looked[c]; ok {
		return found
	}
	f := &results.File{Runs: w.runs[c]}
	f.Header.Matrix = w.matrix
	var found []looked
	contenders := w.matrix.Contenders()
	for _, other := range contenders[1:] {
		pairs, l := comparePaired(f, Deciding(), c, contenders[0], other), looked{differs: 1, same: 1}
		switch {
		case pairs.N() == 0:
			l.mute = len(runsOf(f, contenders[0], c)) >= mostMute
		case !pairs.Moved: // else nothing will be said of the case, and more pairs may change that
			l = looked{differs: 1 / pairs.P, same: 1 / pairs.pEqual}
		}
		found = append(found, l)
	}
	w.looked[c] = found
	return found
}
