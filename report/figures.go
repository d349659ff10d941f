package report

import (
	"math"
	"slices"
	"strings"

	"mtbench/results"
)

// This file is the one place where figures are made of runs. Tables, plots, pages and every other
// format show these and compute none of their own.

// sample is one figure over the runs of a cell, lowest first. A run in which it has no meaning is
// not in it; a total time of a run that could not complete is +Inf, which is worse than any other
// and equal to its like.
type sample []float64

func (s sample) median() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// low and high are the spread that tables print: the lowest and the highest run, so that an
// outlier shows.
func (s sample) low() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	return s[0]
}

func (s sample) high() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	return s[len(s)-1]
}

// sampleOf is what figure gives for each run where it gives something.
func sampleOf(runs []*results.Run, figure func(*results.Run) (float64, bool)) sample {
	var s sample
	for _, r := range runs {
		if v, ok := figure(r); ok && !math.IsNaN(v) {
			s = append(s, v)
		}
	}
	slices.Sort(s)
	return s
}

// cellFigures are the figures of one model in one case.
type cellFigures struct {
	plotCell
	runs       []*results.Run
	unfinished int // runs that could not complete

	total      sample // ms, +Inf where it could not complete
	setup      sample // share of the total time, of runs that completed
	busy       sample // ratio; empty with wait on
	mainCPU    sample // percent of one CPU
	workerLow  sample // percent of one CPU, the lowest compression thread of each run
	workerHigh sample // the highest
	drain      sample // pages/s
	cpuPage    sample // CPU time of main and workers a page, µs
}

func (s *plotSource) figures(c plotCell, runs []*results.Run) *cellFigures {
	f := &cellFigures{
		plotCell: c, runs: runs,
		total:      sampleOf(runs, totalTime),
		setup:      sampleOf(runs, setupShare),
		busy:       sampleOf(runs, busyRatio),
		mainCPU:    sampleOf(runs, mainCPU),
		workerLow:  sampleOf(runs, workerLow),
		workerHigh: sampleOf(runs, workerHigh),
		drain:      sampleOf(runs, drainRate),
		cpuPage:    sampleOf(runs, cpuPage),
	}
	for _, r := range runs {
		if !r.Completed {
			f.unfinished++
		}
	}
	return f
}

// each calls f for every cell that has runs: wait off before on, threads rising, and the models in
// the order of the matrix.
func (s *plotSource) each(models []string, f func(*cellFigures)) {
	cells := s.cells()
	for _, w := range s.waits() {
		for _, n := range s.threads() {
			for _, m := range models {
				c := plotCell{m, n, w}
				if runs := cells[c]; len(runs) > 0 {
					f(s.figures(c, runs))
				}
			}
		}
	}
}

// isBaseline tells the models that price the harness from the contenders.
func isBaseline(model string) bool {
	return model == "null" || model == "inline" || model == "ideal"
}

func (s *plotSource) contenders() []string {
	return slices.DeleteFunc(s.models(), isBaseline)
}

func (s *plotSource) baselines() []string {
	return slices.DeleteFunc(s.models(), func(m string) bool { return !isBaseline(m) })
}

func totalTime(r *results.Run) (float64, bool) {
	if !r.Completed {
		return math.Inf(1), true
	}
	return r.TotalTimeMS, true
}

func setupShare(r *results.Run) (float64, bool) {
	return r.SetupTimeMS / r.TotalTimeMS, r.Completed && r.TotalTimeMS > 0
}

func busyRatio(r *results.Run) (float64, bool) {
	if r.Wait || r.BusyRatio == nil {
		return 0, false
	}
	return *r.BusyRatio, true
}

func drainRate(r *results.Run) (float64, bool) {
	if r.TotalTimeMS <= 0 || r.Pages == 0 {
		return 0, false
	}
	return float64(r.Pages) / r.TotalTimeMS * 1000, true
}

// mainCPU is the CPU time of the source's main thread over its wall time, in percent.
func mainCPU(r *results.Run) (float64, bool) {
	if r.MainCPUPercent != nil {
		return *r.MainCPUPercent, true
	}
	for i := range r.ThreadUsage {
		if u := &r.ThreadUsage[i]; u.Process == "source" && u.Role == "main" {
			return cpuPercent(r, u)
		}
	}
	return 0, false
}

func cpuPercent(r *results.Run, u *results.ThreadUsage) (float64, bool) {
	wall := u.WallMS
	if wall == 0 {
		wall = r.TotalTimeMS
	}
	if u.CPUMS == nil || wall <= 0 {
		return 0, false
	}
	return 100 * *u.CPUMS / wall, true
}

// workerCPU are the percents of the source's compression threads, lowest first.
func workerCPU(r *results.Run) sample {
	if r.WorkerCPUPercent != nil {
		return slices.Sorted(slices.Values(r.WorkerCPUPercent))
	}
	var s sample
	for i := range r.ThreadUsage {
		if u := &r.ThreadUsage[i]; u.Process == "source" && u.Role == "worker" {
			if p, ok := cpuPercent(r, u); ok {
				s = append(s, p)
			}
		}
	}
	slices.Sort(s)
	return s
}

func workerLow(r *results.Run) (float64, bool) {
	s := workerCPU(r)
	return s.low(), len(s) > 0
}

func workerHigh(r *results.Run) (float64, bool) {
	s := workerCPU(r)
	return s.high(), len(s) > 0
}

// workerMean is the mean percent of a compression thread.
func workerMean(r *results.Run) (float64, bool) {
	s := workerCPU(r)
	sum := 0.0
	for _, p := range s {
		sum += p
	}
	return sum / float64(len(s)), len(s) > 0
}

// cpuPage is the CPU time that main and workers of the source spent a page, in µs.
func cpuPage(r *results.Run) (float64, bool) {
	if r.Pages == 0 {
		return 0, false
	}
	sum, ok := 0.0, false
	for i := range r.ThreadUsage {
		u := &r.ThreadUsage[i]
		if u.Process != "source" || u.CPUMS == nil || (u.Role != "main" && u.Role != "worker") {
			continue
		}
		sum, ok = sum+*u.CPUMS, true
	}
	return sum * 1000 / float64(r.Pages), ok
}

// waitWakes are the sleeps and wake-ups of one role of the source.
type waitWakes struct {
	waits, wakes, voluntary, locks float64
	switches                       bool // voluntary was readable
}

// waitWakesOf sums over the threads of a role; false if the run has none.
func waitWakesOf(r *results.Run, role string) (w waitWakes, ok bool) {
	w.switches = true
	for i := range r.ThreadUsage {
		u := &r.ThreadUsage[i]
		if u.Process != "source" || u.Role != role {
			continue
		}
		ok = true
		w.waits += float64(u.FutexWaits)
		w.wakes += float64(u.FutexWakes)
		w.locks += float64(u.Locks)
		if u.Voluntary == nil {
			w.switches = false
		} else {
			w.voluntary += float64(*u.Voluntary)
		}
	}
	return w, ok
}

func futexWaits(w waitWakes) float64 { return w.waits }

func futexWakes(w waitWakes) float64 { return w.wakes }

func locksTaken(w waitWakes) float64 { return w.locks }

func voluntary(w waitWakes) float64 {
	if !w.switches {
		return nan
	}
	return w.voluntary
}

// perPage is a count of one role over the pages of the run.
func perPage(role string, of func(waitWakes) float64) func(*results.Run) (float64, bool) {
	return func(r *results.Run) (float64, bool) {
		w, ok := waitWakesOf(r, role)
		if !ok || r.Pages == 0 {
			return 0, false
		}
		v := of(w) / float64(r.Pages)
		return v, !math.IsNaN(v)
	}
}

// perTime is a count of one role a second of the run.
func perTime(role string, of func(waitWakes) float64) func(*results.Run) (float64, bool) {
	return func(r *results.Run) (float64, bool) {
		w, ok := waitWakesOf(r, role)
		if !ok || r.TotalTimeMS <= 0 {
			return 0, false
		}
		v := of(w) / r.TotalTimeMS * 1000
		return v, !math.IsNaN(v)
	}
}

// bothRoles is the same of main and workers together.
func bothRoles(of func(waitWakes) float64) func(*results.Run) (float64, bool) {
	return func(r *results.Run) (float64, bool) {
		main, okMain := perPage("main", of)(r)
		worker, okWorker := perPage("worker", of)(r)
		return main + worker, okMain || okWorker
	}
}

// roleTime is where the time of a role went: thread time of all its threads in all runs of a cell
// together, because medians of parts do not add up to the whole.
type roleTime struct {
	threads   int // thread records that are in it
	wall      float64
	states    map[string]float64 // ms by reason, without the remainder
	remainder float64
	reasons   bool // every thread was accounted by reason

	cpu, delay, blocked float64
	kernel              bool // every thread had its kernel times
}

func roleTimeOf(runs []*results.Run, process, role string) roleTime {
	t := roleTime{states: map[string]float64{}, reasons: true, kernel: true}
	for _, r := range runs {
		for i := range r.ThreadUsage {
			if u := &r.ThreadUsage[i]; u.Process == process && u.Role == role {
				t.add(u)
			}
		}
	}
	return t
}

func (t *roleTime) add(u *results.ThreadUsage) {
	t.threads++
	t.wall += u.WallMS
	t.addReasons(u)
	if u.CPUMS == nil || u.RunDelayMS == nil || u.BlockedMS == nil {
		t.kernel = false
		return
	}
	t.cpu += *u.CPUMS
	t.delay += *u.RunDelayMS
	t.blocked += *u.BlockedMS
}

const remainderState = "remainder"

func (t *roleTime) addReasons(u *results.ThreadUsage) {
	if len(u.StatesMS) == 0 {
		t.reasons = false
		return
	}
	for state, ms := range u.StatesMS {
		if state != remainderState {
			t.states[state] += ms
		}
	}
	if u.RemainderMS != nil {
		t.remainder += *u.RemainderMS
	} else {
		t.remainder += u.StatesMS[remainderState]
	}
}

// share is ms as a percentage of the role's wall time.
func (t *roleTime) share(ms float64) float64 { return 100 * ms / t.wall }

// shareText tells nothing at all from a little.
func (t *roleTime) shareText(ms float64) string {
	if ms == 0 {
		return "0"
	}
	return fixed(t.share(ms), 1)
}

// sum is what all reasons and the remainder add up to, in percent of wall time: 100 if it closes.
// States are added in a fixed order, so that the last digit is the same each time.
func (t *roleTime) sum() float64 {
	total := t.remainder
	for _, state := range slices.Sorted(keysOf(t.states)) {
		total += t.states[state]
	}
	return t.share(total)
}

// isStep tells the hybrids on the way from locked to lockless, which have a section of their own.
func isStep(model string) bool {
	rest, ok := strings.CutPrefix(model, "step")
	return ok && rest != "" && rest[0] >= '0' && rest[0] <= '9'
}
