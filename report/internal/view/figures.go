package view

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/results"
)

// Shown returns a figure by its name, as tables show it.
func Shown(name string) metric.Value {
	m := metric.Get(name)
	return m.In(m.Shown)
}

// Sample is one figure over the runs of a cell, lowest first. A run in which it has no meaning is
// not in it; a total time of a run that could not complete is +Inf, which is worse than any other
// and equal to its like.
type Sample []float64

func (s Sample) Median() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// Low and high are the spread that tables print: the lowest and the highest run, so that an
// outlier shows.
func (s Sample) Low() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	return s[0]
}

func (s Sample) High() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	return s[len(s)-1]
}

// SampleOf is what figure gives for each run where it gives something.
func SampleOf(runs []*results.Run, figure metric.Value) Sample {
	var s Sample
	for _, r := range runs {
		if v, ok := figure(r); ok && !math.IsNaN(v) {
			s = append(s, v)
		}
	}
	slices.Sort(s)
	return s
}

// Figures are the figures of one model in one case.
type Figures struct {
	results.Cell
	Runs       []*results.Run
	Unfinished int // runs that could not complete

	Total Sample // ms, +Inf where it could not complete
	// time of equal work, in the unit of the case; empty where nothing was compressed
	Equal      Sample
	Compressed Sample // time without setup a compressed page, µs
	Setup      Sample // percent of the total time, of runs that completed
	Busy       Sample // ratio; empty with wait on
	MainCPU    Sample // percent of one CPU
	WorkerLow  Sample // percent of one CPU, the lowest compression thread of each run
	WorkerHigh Sample // the highest
	Drain      Sample // pages/s
	CPUPage    Sample // CPU time of main and workers a page, µs
}

// FiguresOf returns the figures of runs, which are those of a cell, made once.
func (s *Source) FiguresOf(c results.Cell, runs []*results.Run) *Figures {
	f, made := s.figured[c]
	if !made {
		f = figuresOf(c, runs)
		if s.figured == nil {
			s.figured = map[results.Cell]*Figures{}
		}
		s.figured[c] = f
	}
	return f
}

func figuresOf(c results.Cell, runs []*results.Run) *Figures {
	of := func(name string) Sample { return SampleOf(runs, Shown(name)) }
	f := &Figures{
		Cell: c, Runs: runs,
		Total:      of(metric.TotalTime),
		Equal:      of(metric.EqualWorkTime),
		Compressed: of(metric.WallPerCompressed),
		Setup:      of(metric.SetupShare),
		Busy:       of(metric.BusyRatio),
		MainCPU:    of(metric.MainCPU),
		WorkerLow:  of(metric.WorkerCPULowest),
		WorkerHigh: of(metric.WorkerCPUHighest),
		Drain:      of(metric.DrainRate),
		CPUPage:    of(metric.CPUPerPage),
	}
	for _, r := range runs {
		if !r.Completed {
			f.Unfinished++
		}
	}
	return f
}

// Each calls f for every cell that has runs: wait off before on before self, threads rising, then
// by the other axes, and the models in the order of the matrix.
func (s *Source) Each(models []string, f func(*Figures)) {
	cells := s.Cells()
	for _, c := range s.cases() {
		for _, m := range models {
			if runs := cells[c.Of(m)]; len(runs) > 0 {
				f(s.FiguresOf(c.Of(m), runs))
			}
		}
	}
}

func (s *Source) cases() []results.Cell {
	var cases []results.Cell
	for c := range s.Cells() {
		cases = append(cases, c.Case())
	}
	slices.SortFunc(cases, func(a, b results.Cell) int {
		return cmp.Or(cmp.Compare(a.WaitWord(), b.WaitWord()), a.Compare(b))
	})
	return slices.Compact(cases)
}

// WorkerPercents returns the CPU usage of each compression thread, lowest first, in percent of one
// CPU.
func WorkerPercents(r *results.Run) Sample {
	s := Sample(metric.WorkerShares(r))
	for i := range s {
		s[i] *= 100
	}
	return s
}

// RoleTime is where the time of a role went: thread time of all its threads in all runs of a cell
// together, because medians of parts do not add up to the whole.
type RoleTime struct {
	Threads   int // thread records that are in it
	Wall      float64
	States    map[string]float64 // ms by reason, without the remainder
	Remainder float64
	Reasons   bool // every thread was accounted by reason

	Cpu, Delay, Blocked float64
	Kernel              bool // every thread had its kernel times
}

func RoleTimeOf(runs []*results.Run, process, role string) RoleTime {
	t := RoleTime{States: map[string]float64{}, Reasons: true, Kernel: true}
	for _, r := range runs {
		for i := range r.ThreadUsage {
			if u := &r.ThreadUsage[i]; u.Process == process && u.Role == role {
				t.add(u)
			}
		}
	}
	return t
}

func (t *RoleTime) add(u *results.ThreadUsage) {
	t.Threads++
	t.Wall += u.WallMS
	t.addReasons(u)
	if u.CPUMS == nil || u.RunDelayMS == nil || u.BlockedMS == nil {
		t.Kernel = false
		return
	}
	t.Cpu += *u.CPUMS
	t.Delay += *u.RunDelayMS
	t.Blocked += *u.BlockedMS
}

const remainderState = "remainder"

func (t *RoleTime) addReasons(u *results.ThreadUsage) {
	if len(u.StatesMS) == 0 {
		t.Reasons = false
		return
	}
	for _, state := range u.StatesMS {
		if state.Name != remainderState {
			t.States[state.Name] += state.MS
		}
	}
	if u.RemainderMS != nil {
		t.Remainder += *u.RemainderMS
	} else {
		t.Remainder += u.StatesMS.Of(remainderState)
	}
}

// Share is ms as a percentage of the role's wall time.
func (t *RoleTime) Share(ms float64) float64 { return 100 * ms / t.Wall }

// ShareText tells nothing at all from a little.
func (t *RoleTime) ShareText(ms float64) string {
	if ms == 0 {
		return "0"
	}
	return format.Fixed(t.Share(ms), 1)
}

// Sum is what all reasons and the remainder add up to, in percent of wall time: 100 if it closes.
// States are added in a fixed order, so that the last digit is the same each time.
func (t *RoleTime) Sum() float64 {
	total := t.Remainder
	for _, state := range slices.Sorted(maps.Keys(t.States)) {
		total += t.States[state]
	}
	return t.Share(total)
}

// Spread is "median [lowest–highest]"; where all are the same there is no spread.
func Spread(s Sample) string {
	if len(s) == 0 || s.Low() == s.High() {
		return format.Whole(s.Median())
	}
	return format.Whole(s.Median()) + " [" + format.Whole(s.Low()) + "–" + format.Whole(s.High()) + "]"
}

// RangeText is the letter's way of writing the compression threads: lowest~highest.
func RangeText(low, high Sample) string {
	if len(low) == 0 || len(high) == 0 {
		return format.None
	}
	return format.Fixed(low.Median(), 1) + "~" + format.Fixed(high.Median(), 1)
}
