package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// HeadSection says what the report is about: host, workload, command, digest.
func HeadSection(s *view.Source, f *results.File) Section {
	h := &f.Header
	sec := Section{ID: "head", Title: "mtbench: " + view.KindWord(h.Kind) + " " + s.Name}
	sec.Table = &Grid{Keys: 1, Cols: []Column{{Head: "what", Text: true}, {Head: "value", Text: true}}}
	row := func(what, value string) {
		if strings.Trim(value, " ,") != "" {
			sec.Table.Rows = append(sec.Table.Rows, GridRow{Cells: textCells(what, value)})
		}
	}
	row("host", view.HostText(&h.Host))
	row("scenario", scenarioText(&h.Scenario))
	row("rates", ratesText(h))
	row("command", strings.Join(h.Argv, " "))
	row("seed", seedText(h))
	row("built from", strings.Trim(h.Version+" "+h.Revision+" "+h.Go, " "))
	row("records", recordsText(f))
	row("sha256", f.SHA256)
	sec.Notes = append(sec.Notes, h.Notes...)
	return sec
}

func scenarioText(s *results.Scenario) string {
	parts := []string{
		"guest " + format.BytesText(float64(s.MemoryBytes)), format.Count(s.VCPUs, "vCPU", "vCPUs"),
		"pattern " + s.Pattern, "content " + s.Content,
		"codec " + s.Codec + " level " + strconv.Itoa(s.Level),
		"destination " + s.Destination + " (" + format.Count(s.DecompressThreads, "thread", "threads") + ")",
		"machine " + s.Machine,
	}
	if s.Flush != "" {
		parts = append(parts, "flush "+s.Flush)
	}
	if s.Sealed {
		parts = append(parts, "sealed")
	}
	if s.Pin {
		parts = append(parts, "pinned")
	}
	return strings.Join(parts, ", ")
}

func ratesText(h *results.Header) string {
	if h.Kind == results.Published {
		return ""
	}
	s := &h.Scenario
	text := "dirty " + format.PerSecond(s.DirtyRate, "pages/s", "none") +
		format.Multiple(s.DirtyRateMultiple) +
		", link " + format.BytesPerSecond(s.LinkBandwidth) + format.Multiple(s.LinkMultiple) +
		", max-bandwidth " + format.BytesPerSecond(s.MaxBandwidth) +
		", downtime limit " + format.Trimmed(s.DowntimeLimitMS) + " ms, bound " + format.Trimmed(s.LimitMS) + " ms"
	if h.Host.PageServiceU > 0 {
		text += ", 1x = a page in " + format.Sig(h.Host.PageServiceU) + " µs on one thread"
	}
	return text
}

func seedText(h *results.Header) string {
	if h.Kind == results.Published {
		return ""
	}
	return strconv.FormatUint(h.Seed, 10)
}

func recordsText(f *results.File) string {
	last, again := view.LastOfPlaces(f), 0
	for i := range f.Runs {
		if f.Runs[i].Attempt != last[view.PlaceOf(&f.Runs[i])] {
			again++
		}
	}
	text := format.Count(len(f.Runs)-again, "run", "runs")
	if f.Header.Matrix.Runs > len(f.Runs)-again {
		text += fmt.Sprintf(" of %d planned", f.Header.Matrix.Runs)
	}
	if again > 0 {
		text += fmt.Sprintf(", and %s that %s run again", format.Count(again, "attempt", "attempts"),
			format.IsAre(again))
	}
	if len(f.Failed) > 0 {
		text += ", " + strconv.Itoa(len(f.Failed)) + " failed"
	}
	if f.Truncated {
		text += "; the last line was cut off and is left out"
	}
	return text
}

// crowdSection is the plain warning where more threads want to run than there are CPUs.
func crowdSection(s *view.Source) (Section, bool) {
	text := s.CrowdText()
	return Section{ID: "crowd", Title: "More threads than CPUs", Warn: true, Lead: []string{text}},
		text != ""
}

// failedSection lists the runs that have no figures, each with its reason, and how the others
// ended.
func failedSection(s *view.Source, f *results.File) Section {
	sec := Section{ID: "failed", Title: "Failed runs"}
	if len(f.Failed) == 0 {
		sec.Lead = []string{"None is recorded."}
		if len(s.Runs) == 0 {
			sec.Lead = []string{"None, and no other run is in this file either."}
			return sec
		}
	}
	if all := slices.Concat(s.Runs, s.Extras); len(all) > 0 {
		e := view.EndingsOf(all)
		sec.Notes = []string{fmt.Sprintf("Of the %s that ended: %s.", format.Count(len(all), "run", "runs"),
			e.Text())}
		sec.Warn = e.Differs+e.Silent > 0
	}
	if len(f.Failed) == 0 {
		return sec
	}
	sec.Lead = []string{"These runs crashed, hung or delivered other memory: they have no figures."}
	sec.Table = &Grid{Keys: 2, Cols: []Column{caseColumn(), {Head: "model", Text: true},
		{Head: "run"}, {Head: "class", Text: true}, {Head: "reason", Text: true}}}
	const most = 20
	for i := range f.Failed[:min(most, len(f.Failed))] {
		r := &f.Failed[i]
		name := view.Cell{Threads: r.Threads, Wait: r.Wait}.CaseText()
		sec.Table.Rows = append(sec.Table.Rows, GridRow{Cells: textCells(name, r.Model,
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
		ID: "noise", Title: "Noise: what disturbed the runs, and what they did to themselves",
		Lead: []string{"The grade is made of what came from outside alone (CPU used by others, " +
			"steal, throttling). Run-queue delay and preemptions are a run's own doing. Median of " +
			"the runs [lowest–highest]; attempts that were run again are counted and left out."},
		Table: &Grid{Keys: 1, Cols: append([]Column{
			{Head: "model", Text: true}, {Head: "clean (runs)"}, {Head: "noisy (runs)"},
			{Head: "void (runs)"}, {Head: "not graded (runs)"}, {Head: "run again (runs)"}},
			metricColumns(metric.OfTable(metric.Noise, ""))...)},
	}
	if s.Header.Kind == results.Published {
		return absentSection(sec.ID, sec.Title, "The publication does not say.")
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
		grades[r.Noise.Grade]++
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
