package plot

import (
	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// timePlot is total time by threads.
func timePlot(s *view.Source, diffs []view.Diff) Plot {
	p := Plot{
		ID:       "total-time" + s.Tag,
		Question: timeQuestion,
		Title:    view.TimeTitle(s, diffs),
		Caption: "Each mark is one run, the bar its median, the whisker the 95 % interval of the " +
			"median (from 6 runs on). A cross is a run that reached its bound without completing: " +
			"it has no time and counts as worse than any. Times compare within one file only.",
	}
	unit, per := "s", 1000.0
	if longest(s) < 2000 {
		unit, per = "ms", 1
	}
	total := view.Shown(metric.TotalTime)
	p.Build = func(size Size) *figure {
		b := &byThreads{src: s, ylabel: "total time (" + unit + ")", title: p.Title}
		for _, w := range s.Waits() {
			b.panels = append(b.panels, threadPanel{
				head: "compress-wait-thread " + format.WaitWord(w)[len("wait "):], wait: w,
				value: func(r *results.Run) (float64, bool) {
					ms, ok := total(r)
					return ms / per, ok
				},
				text: func(r *results.Run) string { return view.RunText(r, view.TimeOf(r)) },
			})
		}
		return b.build(size)
	}
	return p
}

func longest(s *view.Source) float64 {
	most := 0.0
	for _, r := range s.Kept() {
		if r.Completed {
			most = max(most, r.TotalTimeMS)
		}
	}
	return most
}
