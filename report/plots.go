package report

import (
	"fmt"
	"path/filepath"

	"mtbench/internal/verdict"
	"mtbench/results"
)

// sourceOf is a file as plots see it; i of n tells the pictures of several files apart.
func sourceOf(f *results.File, i, n int) *plotSource {
	s := &plotSource{name: filepath.Base(f.Path), from: f, header: &f.Header,
		compareds: map[comparedBy][]verdict.Comparison{}}
	if n > 1 {
		s.tag = fmt.Sprintf("-%d", i+1)
	}
	for j := range f.Runs {
		if r := &f.Runs[j]; f.Header.Matrix.IsExtra(r.Model) {
			s.extras = append(s.extras, r)
		} else {
			s.runs = append(s.runs, r)
		}
	}
	byIndex(s.runs)
	return s
}

// TotalTimePlot is the one plot that a series ends with: total time by threads, every model.
func TotalTimePlot(f *results.File) Plot {
	s := sourceOf(f, 0, 1)
	if len(s.runs) == 0 {
		return absent("total-time", timeQuestion, noRuns)
	}
	return timePlot(s, s.diffs())
}

const timeQuestion = "How long does the migration take with each model?"

const noRuns = "the file holds no run that ended; mtbench run makes some"

// Plots are the plots of a report over files, in the order a reader wants them: first who wins,
// then why, then how far it can be trusted. A plot whose data no file has says so in Missing.
func Plots(files []*results.File) []Plot { return plotsFrom(sourcesOf(files)) }

// sourcesOf are the files as plots and tables see them.
func sourcesOf(files []*results.File) []*plotSource {
	srcs := make([]*plotSource, len(files))
	for i, f := range files {
		srcs[i] = sourceOf(f, i, len(files))
	}
	return srcs
}

func plotsFrom(srcs []*plotSource) []Plot {
	var out []Plot
	for i, s := range srcs {
		for _, p := range plotsOf(s.from, s) {
			p.file = i
			out = append(out, p)
		}
	}
	out = append(out, crossoverPlot(srcs))
	for i := range out {
		out[i].Title = cleanText(out[i].Title, 400)
	}
	return out
}

func plotsOf(f *results.File, s *plotSource) []Plot {
	frontier := frontierPlot(f, s)
	if len(s.runs) == 0 {
		return []Plot{absent("total-time"+s.tag, timeQuestion, noRuns), frontier}
	}
	diffs := s.diffs()
	out := []Plot{timePlot(s, diffs), pairsPlot(s, diffs), convergencePlot(s), cpuPlot(s),
		busyPlot(s), wakesPlot(s)}
	out = append(out, statePlots(s)...)
	return append(out, frontier, driftPlot(s))
}
