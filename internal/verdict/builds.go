package verdict

import (
	"fmt"

	"mtbench/internal/metric"
	"mtbench/results"
)

// CompareBuilds judges a series of two builds: each model in each case, the second build against
// the first, by the figure that decides a case or by others, each a family of its own. Runs of the
// two were made side by side in pairs, so that times are evidence here.
//
// The rule: equal is what is proved to be within the margin that the series had before its first
// run; worse and better are differences that are proved and not so small; the rest is undecided.
//
// A file of one program is an *IncomparableError.
func CompareBuilds(f *results.File, metrics []metric.Metric) (*ChangeList, error) {
	if len(f.Header.Matrix.Builds) == 0 {
		return nil, &IncomparableError{fmt.Sprintf("%s is no series of two builds: give an old and a "+
			"new file, or run with --build old=PATH --build new=PATH", f.Path)}
	}
	if err := f.Current("compared"); err != nil {
		return nil, &IncomparableError{err.Error()}
	}
	if metrics == nil {
		metrics = []metric.Metric{Deciding()}
	}
	names := f.Header.Matrix.Contenders()
	list := &ChangeList{Old: names[0], New: names[1], Threshold: f.Header.Matrix.Equal, Paired: true}
	list.findFaults(f)
	for _, m := range metrics {
		for _, c := range compareFamily(f, m, names) {
			if c.N() > 0 {
				list.Changes = append(list.Changes, Change{Comparison: c, Model: c.Cell.Model,
					Regression: pairedStanding(&c) == Worse, Standing: pairedStanding(&c)})
			}
		}
	}
	return list, nil
}

// Of says whose change c is: the model's, or where the case has the model the builds', as the ratio
// of which it is.
func (l *ChangeList) Of(c *Change) string {
	if l.Paired {
		return l.New + "/" + l.Old
	}
	return c.Model
}

func pairedStanding(c *Comparison) Standing {
	worse := HigherThan
	if c.Metric.Better == metric.Higher {
		worse = LowerThan
	}
	switch {
	case c.Same:
		return Same
	case !c.Decided() || c.Metric.Better == metric.Neither:
		return Undecided
	case c.State == worse:
		return Worse
	}
	return Better
}

// buildsApart refuses to set a series of two builds against another file.
func buildsApart(files ...*results.File) error {
	for _, f := range files {
		if len(f.Header.Matrix.Builds) > 0 {
			return &IncomparableError{fmt.Sprintf("%s is a series of two builds and holds its comparison "+
				"itself: mtbench compare %s", f.Path, f.Path)}
		}
	}
	return nil
}
