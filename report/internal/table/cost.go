package table

import (
	"fmt"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

func costSpecs() []Spec {
	return []Spec{
		{Name: "cost", Title: "Cost: CPU time, and what of it was codec work", Level: Open,
			Of: always(costSection)},
		{Name: "downtime", Title: "Downtime beside its limit", Level: Open, Of: always(downtimeSection)},
	}
}

// costSection is CPU time as a sum, beside the percentages of the table of cases.
func costSection(s *view.Source) Section {
	share := metric.Get(metric.CodecShare)
	sec := Section{
		Lead: []string{"Median over the runs of a case. A percentage says how busy a thread was, not " +
			"for " +
			"how long nor with what: a spinner’s 100 % is no work. With wait off only the columns of a " +
			"compressed page are of equal work.",
			format.Sentence("The codec’s share: " + share.Doc + ". Not to be read " + share.Misread)},
	}
	columns := metric.OfTable(metric.Cost, "")
	g := &Grid{Keys: 2, Cols: append([]Column{caseColumn(), {Head: "model", Text: true}},
		metricColumns(columns)...)}
	found := false
	eachCase(s, s.Ranked(), func(c *view.Figures, first bool) {
		texts := []string{caseName(c, first), c.Model}
		for _, m := range columns {
			figures := view.SampleOf(c.Runs, m.In(m.Shown))
			found = found || m.Name == "main_cpu_ms" && len(figures) > 0
			texts = append(texts, timeText(figures))
		}
		g.Rows = append(g.Rows, GridRow{Cells: textCells(texts...), Rule: first})
	})
	if len(g.Rows) > 0 && !found {
		return absent("No run of the file has the CPU time of its threads; mtbench run --machine " +
			"kernel " +
			"records it.")
	}
	sec.Table = g
	return orAbsent(s, sec)
}

// fewWindows is the number of rate windows under which bandwidth and threshold are hardly
// estimated.
const fewWindows = 4

// downtimeSection says how long the guest stood, whether within the limit, and on how many rate
// windows the threshold rests.
func downtimeSection(s *view.Source) Section {
	if s.Header.Scenario.DestinationAlone() {
		return absent("The destination alone was measured: no guest stops in such a run.")
	}
	columns := metric.OfTable(metric.Stop, "")
	sec := Section{Lead: []string{"Median over the runs of a case that completed; how many of " +
		"these kept " +
		"the limit of " + format.Trimmed(s.Header.Scenario.DowntimeLimit.MS()) +
		" ms; rate windows of all runs. " +
		"The threshold below which the guest is stopped is an estimate of the last window."}}
	g := &Grid{Keys: 2, Cols: append([]Column{caseColumn(), {Head: "model", Text: true}},
		metricColumns(columns)...)}
	g.Cols = append(g.Cols, Column{Head: "limit kept (runs)"})
	kept, stopped := 0, 0
	var few []string
	eachCase(s, s.Ranked(), func(c *view.Figures, first bool) {
		texts := []string{caseName(c, first), c.Model}
		for _, m := range columns {
			texts = append(texts, timeText(view.SampleOf(c.Runs, m.In(m.Shown))))
		}
		within, of := keptOf(c.Runs)
		kept, stopped = kept+within, stopped+of
		g.Rows = append(g.Rows, GridRow{Cells: textCells(append(texts,
			fmt.Sprintf("%d of %d", within, of))...), Rule: first})
		if windows := view.SampleOf(c.Runs,
			metric.Get(metric.RateWindows).Of).Median(); windows < fewWindows {
			few = append(few, fmt.Sprintf("%s with %s (%s)", c.Model, c.String(), format.Sig(windows)))
		}
	})
	sec.Table = g
	if stopped > 0 {
		sec.Notes = append(sec.Notes,
			fmt.Sprintf("%d of %s that completed kept the downtime limit (%.0f %%).",
				kept, format.Count(stopped, "run", "runs"), 100*float64(kept)/float64(stopped)))
	}
	if len(few) > 0 {
		sec.Notes = append(sec.Notes,
			format.Sentence(fmt.Sprintf("Fewer than %d rate windows, so that bandwidth and "+
				"threshold are hardly estimated: %s", fewWindows, view.Named(few))))
	}
	if p := s.Header.Pilot; p != nil && p.Windows < fewWindows {
		sec.Notes = append(sec.Notes,
			fmt.Sprintf("By the pilot the first pass of the fastest case covers "+
				"%s rate windows: the time budget leaves no room for more memory.", format.Sig(p.Windows)))
	}
	return orAbsent(s, sec)
}

// keptOf counts the runs whose downtime is known, and those of them that kept its limit.
func keptOf(runs []*results.Run) (within, of int) {
	kept := view.SampleOf(runs, metric.Get(metric.DowntimeKept).Of)
	for _, v := range kept {
		within += int(v)
	}
	return within, len(kept)
}
