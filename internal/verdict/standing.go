package verdict

import (
	"fmt"
	"slices"

	"mtbench/internal/metric"
	"mtbench/results"
)

// Standing is what a comparison of two files, or of two builds in one, says of one figure in one
// case, or of a whole case.
type Standing string

// The standings. Only where all of a comparison are better or equal is there no regression.
const (
	Worse    Standing = "worse"
	Better   Standing = "better"
	Same     Standing = "equal"    // within the threshold, proved
	Unproved Standing = "unproved" // neither
	// neither, of two builds whose series ended by the evidence or its budget
	Undecided Standing = "undecided"
	FailedIn  Standing = "failed"  // runs of the case crashed, hung or delivered other memory
	Missing   Standing = "missing" // a file has no run of the case, or no value of the figure
)

// Standings lists those of the list in the order of a summary.
func (l *ChangeList) Standings() []Standing {
	open := Unproved
	if l.Paired {
		open = Undecided
	}
	return []Standing{Worse, Better, Same, open, FailedIn, Missing}
}

// CaseFault is a case of a model that cannot be judged, and why.
type CaseFault struct {
	Model    string
	Cell     results.Cell
	Standing Standing
	Why      string
}

// Count counts figures by standing, and cases that failed or are missing.
func (l *ChangeList) Count() map[Standing]int {
	n := map[Standing]int{}
	for i := range l.Changes {
		n[l.Changes[i].Standing]++
	}
	for _, f := range l.Faults {
		n[f.Standing]++
	}
	return n
}

// standing of one figure in one case.
func (l *ChangeList) standing(c *Comparison) Standing {
	lower := c.Metric.Better == metric.Lower
	switch {
	case l.regressed(c):
		return Worse
	case c.OtherN == 0 || c.BaseN == 0:
		return Missing
	case c.Same:
		return Same
	case c.Metric.Better != metric.Neither && c.State == LowerThan && lower,
		c.Metric.Better != metric.Neither && c.State == HigherThan && !lower:
		return Better
	}
	return Unproved
}

// findFaults names every case of the files in which runs failed or that one has no run of.
func (l *ChangeList) findFaults(files ...*results.File) {
	for _, c := range casesOfBoth(files...) {
		for _, f := range files {
			if fault, ok := faultOf(f, c.model, c.Cell); ok {
				l.Faults = append(l.Faults, fault)
				break
			}
		}
	}
}

// faultOf looks for failed runs of a case, then for runs at all.
func faultOf(f *results.File, model string, c results.Cell) (CaseFault, bool) {
	fault := CaseFault{Model: model, Cell: c, Standing: FailedIn}
	runs, failed := runsOf(f, model, c), failuresOf(f, model, c)
	wrong := slices.IndexFunc(runs, func(r *results.Run) bool {
		return r.Verified != nil &&
			!*r.Verified
	})
	switch {
	case len(failed) > 0:
		last := failed[len(failed)-1]
		fault.Why = fmt.Sprintf("%s of %d failed, the last (%s) because %s", plural(len(failed), "run"),
			len(failed)+len(runs), last.Class, last.Reason)
	case wrong >= 0:
		fault.Why = fmt.Sprintf("run %d delivered other memory", runs[wrong].Index)
	case len(runs) == 0:
		fault.Standing, fault.Why = Missing, "it has no run of it"
	default:
		return fault, false
	}
	fault.Why = f.Path + ": " + fault.Why
	return fault, true
}

func failuresOf(f *results.File, model string, c results.Cell) []*results.Failed {
	var failed []*results.Failed
	for _, r := range f.StillFailed() {
		if !r.AA && r.Case() == c && contender(f, r.Cell) == model {
			failed = append(failed, r)
		}
	}
	return failed
}

// contender is what that of a cell of f is called.
func contender(f *results.File, c results.Cell) string {
	return modelOf(f, &results.Run{Cell: c})
}

// casesOfBoth are the cases that one of the files has a run of, ended or failed, or has planned.
func casesOfBoth(files ...*results.File) []modelCell {
	var all []modelCell
	add := func(f *results.File, c results.Cell) {
		m := modelCell{contender(f, c), c.Case()}
		if !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	for _, f := range files {
		for i := range f.Runs {
			if !f.Runs[i].AA {
				add(f, f.Runs[i].Cell)
			}
		}
		for i := range f.Failed {
			if !f.Failed[i].AA {
				add(f, f.Failed[i].Cell)
			}
		}
		if m := &f.Header.Matrix; len(m.Threads) > 0 && len(m.Waits) > 0 {
			for _, c := range m.Cases() {
				for _, name := range m.ContendersOf(c) {
					add(f, c.Of(name))
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b modelCell) int { return a.Cell.Compare(b.Cell) })
	return all
}
