package report

import (
	"fmt"
	"path/filepath"

	"mtbench/results"
)

// sourceOf is a file as plots see it; i of n tells the pictures of several files apart.
func sourceOf(f *results.File, i, n int) *plotSource {
	s := &plotSource{name: filepath.Base(f.Path), header: &f.Header}
	if n > 1 {
		s.tag = fmt.Sprintf("-%d", i+1)
	}
	for j := range f.Runs {
		s.runs = append(s.runs, &f.Runs[j])
	}
	byIndex(s.runs)
	return s
}

// TotalTimePlot is the one plot that a series ends with: total time by threads, every model.
func TotalTimePlot(f *results.File) Plot {
	s := sourceOf(f, 0, 1)
	if len(s.runs) == 0 {
		return absent("total-time", "How long does the migration take with each model?", noRuns)
	}
	return timePlot(s, s.diffs())
}

const noRuns = "the file holds no run that ended; mtbench run makes some"
