package report

import (
	"fmt"
	"math"
	"slices"

	"mtbench/results"
)

// timePlot is total time by threads.
func timePlot(s *plotSource, diffs []plotDiff) Plot {
	p := Plot{
		ID:       "total-time" + s.tag,
		Question: timeQuestion,
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
				value: func(r *results.Run) (float64, bool) {
					ms, ok := totalTime(r)
					return ms / per, ok
				},
				text: func(r *results.Run) string { return runText(r, timeOf(r)) },
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
	models := s.contenders()
	if s.header.Kind == results.Published && len(models) > 1 {
		return publishedTitle(s, models[0], mainModel(models))
	}
	if len(models) > 1 {
		title := plotFinding(diffsOf(diffs, mainModel(models)))
		if title != "" {
			return predictedWord(s) + title
		}
	}
	return predictedWord(s) + quickest(s, s.models()[0])
}

// publishedTitle counts the cases of single published runs, which prove nothing.
func publishedTitle(s *plotSource, base, model string) string {
	less, cases := 0, 0
	cells := s.cells()
	for _, w := range s.waits() {
		for _, n := range s.threads() {
			a := sampleOf(cells[plotCell{base, n, w}], totalTime).median()
			b := sampleOf(cells[plotCell{model, n, w}], totalTime).median()
			if math.IsNaN(a) || math.IsNaN(b) {
				continue
			}
			cases++
			if b < a {
				less++
			}
		}
	}
	return fmt.Sprintf("Published: %s took less time than %s in %d of %s, one run each",
		model, base, less, casesWord(cases))
}

// quickest names the case in which a model takes least time.
func quickest(s *plotSource, model string) string {
	best := math.Inf(1)
	var at *cellFigures
	s.each([]string{model}, func(c *cellFigures) {
		if med := c.total.median(); med < best {
			best, at = med, c
		}
	})
	if at == nil {
		return fmt.Sprintf("%s completes in no case", cleanText(model, 24))
	}
	return fmt.Sprintf("%s is quickest with %s: %s", cleanText(model, 24), at.caseText(),
		timeText(best))
}

// mainModel is the contender that titles speak of: lockless where it runs, the last step where there
// are steps, else the second.
func mainModel(models []string) string {
	others := models[1:]
	if slices.Contains(others, "lockless") {
		return "lockless"
	}
	if isStep(others[0]) {
		return others[len(others)-1]
	}
	return others[0]
}

func predictedWord(s *plotSource) string {
	switch s.header.Kind {
	case results.Traced:
		return "Traced: "
	case results.Predicted:
		return "Predicted: "
	case results.Published:
		return "Published: "
	}
	return ""
}
