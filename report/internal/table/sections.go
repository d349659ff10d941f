package table

import (
	"strconv"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// factsSection is what stands behind the summary.
func factsSection(p *view.Summary) Section {
	sec := Section{ID: "facts", Title: "How sure, and why"}
	for _, f := range p.Facts {
		sec.Lead = append(sec.Lead, f.Head+": "+f.Text)
	}
	return sec
}

// SectionsOf is the report of some files before it has a format: each file's sections, and with
// several files a table that sets them side by side.
func SectionsOf(files []*results.File) []Section { return SectionsFrom(files, view.SourcesOf(files)) }

func SectionsFrom(files []*results.File, srcs []*view.Source) []Section {
	var all []Section
	for i, s := range srcs {
		all = append(all, fileSections(s, i, len(files))...)
	}
	if len(files) > 1 {
		all = append(all, filesSection(files))
	}
	return append(all, claimsSection(files))
}

func fileSections(s *view.Source, i, n int) []Section {
	f := s.From
	cmps := s.Comparisons()
	all := []Section{HeadSection(s, f)}
	if n > 1 {
		all[0].Title = "File " + strconv.Itoa(i+1) + " of " + strconv.Itoa(n) + ", " + all[0].Title
	}
	if view.HasSummary(f) {
		sum := view.SummaryOf(s, f)
		all[0].Lead = sum.Lead()
		all = append(all, factsSection(&sum))
	}
	if warning, crowded := crowdSection(s); crowded {
		all = append(all, warning)
	}
	all = append(all, CasesSection(s, cmps))
	if f.Header.Kind != results.Published {
		all = append(all, directionSection(s, cmps))
		all = append(all, pairSections(f)...)
		all = append(all, stepsSection(f), baselineSection(s), waitsSection(s),
			reasonsSection(s, "main", "the main thread"),
			reasonsSection(s, "worker", "the workers (compression threads)"),
			kernelSection(s), scalingSection(s), frontierSection(f), NoiseSection(s),
			failedSection(s, f))
	}
	for j := range all {
		all[j].ID += s.Tag
	}
	return all
}

// filesSection sets the medians of several files side by side, by file number. A percentage is not
// here: mtbench compare gives one, with its interval.
func filesSection(files []*results.File) Section {
	sec := Section{
		ID: "files", Title: "The files side by side: total time (ms)",
		Lead: []string{"Median [lowest–highest run] of each file. Whether a change is one is " +
			"answered by mtbench compare OLD NEW, with an interval."},
		Table: &Grid{Keys: 2, Cols: []Column{caseColumn(), {Head: "model", Text: true}}},
	}
	sources := make([]*view.Source, len(files))
	for i, f := range files {
		sources[i] = view.SourceOf(f, i, len(files))
		head := strconv.Itoa(i+1) + ": " + sources[i].Name + kindMark(f.Header.Kind) + " (ms)"
		sec.Table.Cols = append(sec.Table.Cols, Column{Head: head})
	}
	union := unionOf(sources)
	eachCase(union, union.Models(), func(c *view.Figures, first bool) {
		cells := textCells(caseName(c, first), c.Model)
		for _, s := range sources {
			cells = append(cells, fileCell(s, c.Cell))
		}
		sec.Table.Rows = append(sec.Table.Rows, GridRow{Cells: cells, Rule: first})
	})
	return orAbsent(union, sec)
}

// unionOf has the runs of all sources: the cells that any of them has.
func unionOf(sources []*view.Source) *view.Source {
	u := &view.Source{Header: sources[0].Header}
	for _, s := range sources {
		u.Runs = append(u.Runs, s.Runs...)
	}
	return u
}

func fileCell(s *view.Source, c view.Cell) Cell {
	runs := s.Cells()[c]
	if len(runs) == 0 {
		return Cell{Text: format.None}
	}
	f := s.FiguresOf(c, runs)
	if f.Unfinished == len(runs) {
		return resultCell(f)
	}
	return Cell{Text: timeSpread(f)}
}

func kindMark(kind string) string {
	if kind == results.Measured {
		return ""
	}
	return ", " + kind
}
