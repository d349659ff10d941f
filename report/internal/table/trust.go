package table

import (
	"fmt"
	"slices"
	"strconv"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// trustSpecs are the sections that say how far the runs can be leaned on.
func trustSpecs() []Spec {
	return []Spec{
		{Name: "noise", Title: "Noise: what disturbed the runs, and what they did to themselves",
			Of: always(NoiseSection)},
		{Name: "failed", Title: "Failed runs", Of: always(failedSection)},
	}
}

// failedSection lists the runs that have no figures, each with its reason, and how the others
// ended.
func failedSection(s *view.Source) Section {
	f := s.From
	var sec Section
	if len(f.Failed) == 0 {
		sec.Lead = []string{"None is recorded."}
		if len(s.Runs) == 0 {
			sec.Lead = []string{"None, and no other run is in this file either."}
			return sec
		}
	}
	if all := slices.Concat(s.Runs, s.Extras); len(all) > 0 {
		e := view.EndingsOf(all)
		sec.Notes = []string{fmt.Sprintf("Of the %s that ended: %s.",
			format.Count(len(all), "run", "runs"),
			e.Text())}
		sec.Warn = e.Differs+e.Silent > 0
	}
	if len(f.Failed) == 0 {
		return sec
	}
	sec.Lead = []string{"These runs crashed, hung or delivered other memory: they have no figures."}
	if n := len(f.Failed) - len(f.StillFailed()); n > 0 {
		sec.Lead[0] += " " + format.Count(n, "of them was", "of them were") + " made again and ended: " +
			"the later run counts."
	}
	sec.Table = &Grid{Keys: 2, Cols: []Column{caseColumn(), {Head: "model", Text: true},
		{Head: "run"}, {Head: "class", Text: true}, {Head: "reason", Text: true}}}
	const most = 20
	for i := range f.Failed[:min(most, len(f.Failed))] {
		r := &f.Failed[i]
		name := r.Cell.String()
		sec.Table.Rows = append(sec.Table.Rows, GridRow{Cells: textCells(name, r.Contender(),
			strconv.Itoa(r.Index), r.Class, r.Reason)})
	}
	if n := len(f.Failed) - most; n > 0 {
		more := format.Count(n, "more is", "more are") + " in the file."
		sec.Notes = append([]string{more}, sec.Notes...)
	}
	return sec
}

// NoiseSection counts the runs by how the host disturbed them, told apart from what runs did to
// themselves.
func NoiseSection(s *view.Source) Section {
	sec := Section{
		Lead: []string{"The grade is made of what came from outside alone (CPU used by others, " +
			"steal, throttling). Run-queue delay and preemptions are a run's own doing. Median of " +
			"the runs [lowest–highest]; attempts that were run again are counted and left out."},
		Table: &Grid{Keys: 1, Cols: append([]Column{
			{Head: "model", Text: true}, {Head: "clean (runs)"}, {Head: "noisy (runs)"},
			{Head: "void (runs)"}, {Head: "not graded (runs)"}, {Head: "run again (runs)"}},
			metricColumns(metric.OfTable(metric.Noise, ""))...)},
	}
	if s.Header.Kind == results.Published {
		return absent("The publication does not say.")
	}
	kept := s.Kept()
	for _, m := range s.Models() {
		sec.Table.Rows = append(sec.Table.Rows, noiseRow(m, s.Runs, kept))
	}
	if text := s.RerunText(); text != "" {
		sec.Notes = append(sec.Notes, text)
	}
	return orAbsent(s, sec)
}

func noiseRow(model string, all, kept []*results.Run) GridRow {
	of := func(runs []*results.Run) []*results.Run {
		return slices.DeleteFunc(slices.Clone(runs), func(r *results.Run) bool {
			return r.Model != model || r.AA
		})
	}
	runs := of(kept)
	grades := map[string]int{}
	for _, r := range runs {
		grades[r.Grade()]++
	}
	graded := grades["clean"] + grades["noisy"] + grades["void"]
	texts := []string{model, strconv.Itoa(grades["clean"]), strconv.Itoa(grades["noisy"]),
		strconv.Itoa(grades["void"]), strconv.Itoa(len(runs) - graded),
		strconv.Itoa(len(of(all)) - len(runs))}
	for _, m := range metric.OfTable(metric.Noise, "") {
		texts = append(texts, view.Spread(view.SampleOf(runs, m.In(m.Shown))))
	}
	return GridRow{Cells: textCells(texts...)}
}
