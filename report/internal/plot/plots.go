package plot

import (
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

// Time returns the one plot that a series ends with: the time of equal work by threads, every
// model. A series of two builds has a source for each model, and its plot all of them.
func Time(srcs []*view.Source) Plot {
	s := srcs[0]
	switch {
	case len(s.Runs) == 0:
		return absent("time", timeQuestion, view.NoRuns)
	case len(srcs) == 1:
		return timePlot(s, s.Diffs())
	}
	return buildsPlot(srcs)
}

const timeQuestion = "How long does equal work take with each model?"

// All returns the plots of a report over files, in the order a reader wants them: first who wins,
// then why, then how far it can be trusted. A plot whose data no file has says so in Missing.
func All(srcs []*view.Source) []Plot {
	var out []Plot
	for i, s := range srcs {
		for _, p := range plotsOf(s) {
			p.File = i
			out = append(out, p)
		}
	}
	out = append(out, crossoverPlot(srcs))
	for i := range out {
		out[i].Title = format.CleanText(out[i].Title, 400)
	}
	return out
}

func plotsOf(s *view.Source) []Plot {
	frontier := frontierPlot(s.From, s)
	if len(s.Runs) == 0 {
		return []Plot{absent("time"+s.Tag, timeQuestion, view.NoRuns), frontier}
	}
	diffs := s.Diffs()
	out := []Plot{timePlot(s, diffs), PairsPlot(s, diffs), convergencePlot(s), cpuPlot(s),
		busyPlot(s), wakesPlot(s)}
	out = append(out, statePlots(s)...)
	if s.Predicted() != nil {
		out = append(out, whatIfPlot(s))
	}
	return append(out, frontier, driftPlot(s))
}
