package report

import (
	"fmt"

	"gonum.org/v1/plot"

	"mtbench/results"
)

// byThreads is a figure whose horizontal axis is the number of threads.
type byThreads struct {
	src    *plotSource
	panels []threadPanel
	ylabel string
	top    float64 // the axis reaches at least here, where a share has a natural end; else 0
	foot   string  // besides where the figures come from
	title  string
}

// threadPanel is what one panel shows of a run.
type threadPanel struct {
	head string
	wait bool
	// value of a run; false: it has none and is drawn in the strip if it did not complete.
	value func(*results.Run) (float64, bool)
	// more values of the run, drawn small around it: each worker of the pool.
	each func(*results.Run) []float64
	text func(*results.Run) string
}

func (b *byThreads) build(plotSize) *figure {
	values, strip := b.values()
	scale := scaleOf(values, strip)
	if b.top > 0 && !scale.log {
		scale.hi = max(scale.hi, b.top*1.03)
	}
	fig := &figure{title: b.title, height: 250, foot: b.src.foot()}
	if b.foot != "" {
		fig.foot = b.foot + " · " + fig.foot
	}
	for _, m := range b.src.models() {
		fig.legend = append(fig.legend, legendOf(m, cleanText(m, 24)))
	}
	fig.legend = append(fig.legend, legendBar())
	if strip {
		fig.legend = append(fig.legend, legendCross())
	}
	for _, tp := range b.panels {
		fig.panels = append(fig.panels, b.panel(tp, scale))
	}
	return fig
}

// values are all that the panels show, which share one scale so that they can be compared.
func (b *byThreads) values() (values []float64, strip bool) {
	for _, tp := range b.panels {
		for _, r := range b.src.kept() {
			if r.Wait != tp.wait {
				continue
			}
			v, ok := tp.value(r)
			if ok {
				values = append(values, v)
			} else if !r.Completed {
				strip = true
			}
			if tp.each != nil {
				values = append(values, tp.each(r)...)
			}
		}
	}
	return values, strip
}

func (b *byThreads) panel(tp threadPanel, scale scaleY) *panel {
	p := &panel{Plot: newPlot(tp.head, "compression threads", b.ylabel+scale.note())}
	threadAxis(p.Plot, b.src.threads())
	scale.apply(p.Plot)
	cells := b.src.cells()
	models := b.src.models()
	for i, m := range models {
		b.model(p, tp, scale, cells, m, i, len(models))
	}
	return p
}

func (s scaleY) note() string {
	if s.log {
		return ", logarithmic"
	}
	return ""
}

// model draws the runs and the medians of one model.
func (b *byThreads) model(p *panel, tp threadPanel, scale scaleY,
	cells map[plotCell][]*results.Run, model string, i, k int) {
	offset, half := slot(i, k)
	dots := runDots{model: model, radius: 2.4, alpha: 0.5, spots: &p.spots}
	small := runDots{model: model, radius: 1.1, alpha: 0.35}
	crosses := crossMarks{model: model, spots: &p.spots}
	mid := centres{ink: styleOf(model).ink, half: half * 0.95, join: true}
	for at, n := range b.src.threads() {
		runs := cells[plotCell{model, n, tp.wait}]
		var values []float64
		for j, r := range runs {
			m := runMark{x: float64(at) + offset + half*0.85*jitter(j), run: r.Index, text: tp.text(r)}
			v, ok := tp.value(r)
			if ok {
				m.y = v
				values = append(values, v)
				dots.marks = append(dots.marks, m)
			} else if !r.Completed {
				m.y = scale.at(stripMid + 0.04*jitter(3*j+1))
				crosses.marks = append(crosses.marks, m)
			}
			small.marks = append(small.marks, workerMarks(tp, r, m.x)...)
		}
		mid.marks = append(mid.marks, middle(values, len(runs), float64(at)+offset, scale)...)
	}
	p.Add(small, dots, mid, crosses)
}

// middle is the median of a cell: in the strip where most of its runs did not complete.
func middle(values []float64, runs int, x float64, scale scaleY) []centreMark {
	switch {
	case runs == 0 || len(values) == 0 && !scale.strip:
		return nil
	case 2*len(values) <= runs:
		return []centreMark{{x: x, y: scale.at(stripMid), lo: 1, hi: 0, alone: true}}
	}
	med, lo, hi := plotCentre(values)
	return []centreMark{{x: x, y: med, lo: lo, hi: hi}}
}

func workerMarks(tp threadPanel, r *results.Run, x float64) []runMark {
	if tp.each == nil {
		return nil
	}
	var out []runMark
	for _, v := range tp.each(r) {
		out = append(out, runMark{x: x, y: v})
	}
	return out
}

var _ plot.Plotter = runDots{}

// timePlot is total time by threads.
func timePlot(s *plotSource, diffs []plotDiff) Plot {
	p := Plot{
		ID:       "total-time" + s.tag,
		Question: "How long does the migration take with each model?",
		Title:    timeTitle(s, diffs),
		Caption: "Each mark is one run, the bar its median, the whisker the 95 % interval of the " +
			"median (from 6 runs on). A cross is a run that reached its bound without completing: " +
			"it has no time and counts as worse than any. Times compare within one file only.",
	}
	unit, per := "s", 1000.0
	if longest(s) < 2000 {
		unit, per = "ms", 1
	}
	p.build = func(size plotSize) *figure {
		b := &byThreads{src: s, ylabel: "total time (" + unit + ")", title: p.Title}
		for _, w := range s.waits() {
			b.panels = append(b.panels, threadPanel{
				head: "compress-wait-thread " + waitWord(w)[len("wait "):], wait: w,
				value: func(r *results.Run) (float64, bool) { return r.TotalTimeMS / per, r.Completed },
				text:  func(r *results.Run) string { return runText(r, timeOf(r)) },
			})
		}
		return b.build(size)
	}
	return p
}

func timeOf(r *results.Run) string {
	if !r.Completed {
		return "can’t complete within " + timeText(r.TotalTimeMS)
	}
	return timeText(r.TotalTimeMS)
}

func longest(s *plotSource) float64 {
	most := 0.0
	for _, r := range s.kept() {
		if r.Completed {
			most = max(most, r.TotalTimeMS)
		}
	}
	return most
}

// timeTitle is the finding of the main contender, or, with one model, its best time.
func timeTitle(s *plotSource, diffs []plotDiff) string {
	models := s.models()
	if len(models) > 1 {
		title := plotFinding(diffsOf(diffs, mainModel(models)))
		if title != "" {
			return predictedWord(s) + title
		}
	}
	best, bestAt := 0.0, plotCell{}
	for _, n := range s.threads() {
		for _, w := range s.waits() {
			c := plotCell{models[0], n, w}
			med, ok := medianTime(s.cells()[c])
			if ok && (best == 0 || med < best) {
				best, bestAt = med, c
			}
		}
	}
	if best == 0 {
		return fmt.Sprintf("%s completes in no case", models[0])
	}
	return fmt.Sprintf("%s%s is quickest with %s, %s: %s", predictedWord(s), models[0],
		threadsWord(bestAt.threads), waitWord(bestAt.wait), timeText(best))
}

func medianTime(runs []*results.Run) (float64, bool) {
	var xs []float64
	for _, r := range runs {
		if r.Completed {
			xs = append(xs, r.TotalTimeMS)
		}
	}
	if 2*len(xs) <= len(runs) || len(xs) == 0 {
		return 0, false
	}
	med, _, _ := plotCentre(xs)
	return med, true
}

// mainModel is the contender that titles speak of: lockless where it runs, else the second.
func mainModel(models []string) string {
	for _, m := range models[1:] {
		if m == "lockless" {
			return m
		}
	}
	return models[1]
}

func predictedWord(s *plotSource) string {
	switch s.header.Kind {
	case results.Predicted:
		return "Predicted: "
	case results.Published:
		return "Published: "
	}
	return ""
}
