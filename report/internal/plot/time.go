package plot

import (
	"strings"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// timePlot is the time of equal work by threads; of published figures, total time.
func timePlot(s *view.Source, diffs []view.Diff) Plot {
	p := Plot{
		ID:       "time" + s.Tag,
		Question: timeQuestion,
		Caption: "Each mark is one run, the bar its median, the whisker the 95 % interval of the " +
			"median (from 6 runs on). " + view.EqualWorkText +
			" A model that compresses nothing has none. A " +
			"cross is a run that reached its bound without completing: it has no time and counts as " +
			"worse than any. Times compare within one panel of one file only.",
	}
	p.found(view.TimeFinding(s, diffs))
	if s.Header.Kind == results.Published {
		p.Caption = "Each mark is the total time of one run, with wait off of unequal work."
	}
	p.Build = func(size Size) *figure {
		b := &byThreads{src: s}
		for _, l := range s.Lines() {
			b.panels = append(b.panels, timePanel(s, l))
		}
		return b.build(size)
	}
	return p
}

// buildsPlot is the time of equal work of two builds: panels of each model.
func buildsPlot(srcs []*view.Source) Plot {
	p := timePlot(srcs[0], srcs[0].Diffs())
	p.ID = "time"
	var all []view.Diff
	var each []string
	for _, s := range srcs {
		all = append(all, s.Diffs()...)
		each = append(each, s.OfModel+": "+view.TimeFinding(s, s.Diffs()).Text())
	}
	if len(all) > 0 {
		p.found(view.Finding{Title: view.DiffFinding(all).Title, Detail: strings.Join(each, ". ")})
	}
	p.Build = func(size Size) *figure {
		fig := &figure{}
		runs := 0
		for i, s := range srcs {
			one := timePlot(s, s.Diffs()).Build(size)
			for _, panel := range one.panels {
				panel.Title.Text = format.CleanText(s.OfModel, 24) + ", " + panel.Title.Text
			}
			if one.panels = append(fig.panels, one.panels...); i == 0 || len(one.legend) > len(fig.legend) {
				fig.legend = one.legend
			}
			fig.panels, fig.height = one.panels, max(fig.height, one.height)
			runs += len(s.Kept())
		}
		fig.foot = srcs[0].HostFoot(runs, "runs")
		return fig
	}
	return p
}

// timePanel is the times of a line, on a scale of their own.
func timePanel(s *view.Source, line view.Line) threadPanel {
	m, value := metric.Get(metric.OfEqualWork(line.At("", 0))),
		metric.Get(metric.EqualWorkTime).Of
	if s.Header.Kind == results.Published {
		m = metric.Get(metric.TotalTime)
		value = m.Of
	}
	label, per := m.Head(), 1.0
	if m.Unit == "ms" && longest(s, line) >= 2000 {
		label, per = m.Shown.Name+" (s)", 1000
	}
	return threadPanel{
		head: line.Head(), line: line, ylabel: label,
		value: func(r *results.Run) (float64, bool) {
			v, ok := value(r)
			return v / per, ok
		},
		text: func(r *results.Run) string {
			text := "total time " + view.TimeOf(r)
			if v, ok := value(r); ok && r.Completed && m.Unit != "ms" {
				text = view.WorkText(r.Cell, v) + ", " + text
			}
			return view.RunText(r, text)
		},
	}
}

func longest(s *view.Source, line view.Line) float64 {
	most := 0.0
	for _, r := range s.Kept() {
		if r.Completed && view.LineOf(r.Cell) == line {
			most = max(most, r.TotalTimeMS)
		}
	}
	return most
}
