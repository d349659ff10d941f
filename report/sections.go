package report

import (
	"strconv"

	"mtbench/results"
)

// sectionsOf is the report of some files before it has a format: each file's sections, and with
// several files a table that sets them side by side.
func sectionsOf(files []*results.File) []section { return sectionsFrom(files, sourcesOf(files)) }

func sectionsFrom(files []*results.File, srcs []*plotSource) []section {
	var all []section
	for i, s := range srcs {
		all = append(all, fileSections(s, i, len(files))...)
	}
	if len(files) > 1 {
		all = append(all, filesSection(files))
	}
	return append(all, claimsSection(files))
}

func fileSections(s *plotSource, i, n int) []section {
	f := s.from
	cmps := s.comparisons()
	all := []section{headSection(s, f)}
	if n > 1 {
		all[0].title = "File " + strconv.Itoa(i+1) + " of " + strconv.Itoa(n) + ", " + all[0].title
	}
	if hasSummary(f) {
		sum := summaryOf(s, f)
		all[0].lead = sum.lead()
		all = append(all, sum.factsSection())
	}
	if warning, crowded := crowdSection(s); crowded {
		all = append(all, warning)
	}
	all = append(all, casesSection(s, cmps))
	if f.Header.Kind != results.Published {
		all = append(all, directionSection(s, cmps))
		all = append(all, pairSections(f)...)
		all = append(all, stepsSection(f), baselineSection(s), waitsSection(s),
			reasonsSection(s, "main", "the main thread"),
			reasonsSection(s, "worker", "the workers (compression threads)"),
			kernelSection(s), scalingSection(s), frontierSection(f), noiseSection(s),
			failedSection(s, f))
	}
	for j := range all {
		all[j].id += s.tag
	}
	return all
}

// filesSection sets the medians of several files side by side, by file number. A percentage is not
// here: mtbench compare gives one, with its interval.
func filesSection(files []*results.File) section {
	sec := section{
		id: "files", title: "The files side by side: total time (ms)",
		lead: []string{"Median [lowest–highest run] of each file. Whether a change is one is " +
			"answered by mtbench compare OLD NEW, with an interval."},
		table: &grid{keys: 2, cols: []column{caseColumn(), {head: "model", text: true}}},
	}
	sources := make([]*plotSource, len(files))
	for i, f := range files {
		sources[i] = sourceOf(f, i, len(files))
		head := strconv.Itoa(i+1) + ": " + sources[i].name + kindMark(f.Header.Kind) + " (ms)"
		sec.table.cols = append(sec.table.cols, column{head: head})
	}
	union := unionOf(sources)
	union.eachCase(union.models(), func(c *cellFigures, first bool) {
		cells := textCells(caseName(c, first), c.model)
		for _, s := range sources {
			cells = append(cells, fileCell(s, c.plotCell))
		}
		sec.table.rows = append(sec.table.rows, gridRow{cells: cells, rule: first})
	})
	return orAbsent(union, sec)
}

// unionOf has the runs of all sources: the cells that any of them has.
func unionOf(sources []*plotSource) *plotSource {
	u := &plotSource{header: sources[0].header}
	for _, s := range sources {
		u.runs = append(u.runs, s.runs...)
	}
	return u
}

func fileCell(s *plotSource, c plotCell) cell {
	runs := s.cells()[c]
	if len(runs) == 0 {
		return cell{text: none}
	}
	f := s.figures(c, runs)
	if f.unfinished == len(runs) {
		return resultCell(f)
	}
	return cell{text: timeSpread(f)}
}

func kindMark(kind string) string {
	if kind == results.Measured {
		return ""
	}
	return ", " + kind
}
