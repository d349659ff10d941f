package table

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// headSpecs are the sections that say what the report is about, and what comes of it.
func headSpecs() []Spec {
	return []Spec{
		{Name: "settings", Title: "Host, workload, command and file", Place: Apart, Printed: true,
			Of: always(Settings)},
		{Name: "facts", Title: "How sure, and why", Level: Open, Place: Apart, Of: factsSection},
		{Name: "overcommit", Title: "More threads than CPUs", Level: Open, Place: Apart,
			Of: crowdSection},
	}
}

// Settings says what the report is about: host, workload, command, digest.
func Settings(s *view.Source) Section {
	f := s.Whole()
	h := &f.Header
	var sec Section
	sec.Table = &Grid{Keys: 1, Cols: []Column{{Head: "what", Text: true}, {Head: "value", Text: true}}}
	row := func(what, value string) {
		if strings.Trim(value, " ,") != "" {
			sec.Table.Rows = append(sec.Table.Rows, GridRow{Cells: textCells(what, value)})
		}
	}
	row("host", view.HostsText(h))
	row("destination", destinationText(h.DestinationHost))
	row("stream", streamText(f))
	row("scenario", scenarioText(h))
	row("rates", ratesText(h))
	row("command", view.RepeatCommand(h))
	row("seed", seedText(h))
	row("built from", builtFrom(h))
	row("builds", s.BuildsText())
	row("records", recordsText(f))
	row("sha256", f.SHA256)
	sec.Notes = append(sec.Notes, h.Notes...)
	return sec
}

// destinationText is the destination's host; "" where it is the source's.
func destinationText(d *results.DestinationHost) string {
	if d == nil {
		return ""
	}
	text := view.HostText(&d.Host) + ", sha256 " + d.Binary
	if d.Same {
		text += ": THE SAME MACHINE as the source's, with which it shares the CPUs"
	}
	return text
}

// streamText says over what connections the runs went; "" where none was TCP.
func streamText(f *results.File) string {
	controls := map[string]bool{}
	var again int64
	for i := range f.Runs {
		if c := f.Runs[i].TCP; c != nil {
			controls[c.Congestion] = true
			again += c.Retransmits
		}
	}
	if len(controls) == 0 {
		return ""
	}
	return fmt.Sprintf("TCP (%s), %d segments sent again in all runs; the grade of a run is the "+
		"worse of its two hosts'", strings.Join(slices.Sorted(maps.Keys(controls)), ", "), again)
}

// builtFrom names the program; that nobody can tell from which source is said.
func builtFrom(h *results.Header) string {
	revision := h.Revision
	if revision == "" && h.Kind != results.Published {
		revision = "REVISION UNKNOWN (go run records none; go build in a checkout does),"
	}
	text := strings.Join(strings.Fields(h.Version+" "+revision+" "+h.Go), " ")
	if h.Binary != "" {
		text += ", sha256 " + h.Binary
	}
	return text
}

func scenarioText(h *results.Header) string {
	s, scan := &h.Scenario, &h.Matrix.Scan
	parts := []string{
		"guest " + listed(scan.Memories, results.SizeText, results.SizeText(s.Memory)),
		format.Count(s.VCPUs, "vCPU", "vCPUs"),
		"pattern " + s.Pattern, "content " + listed(scan.Contents, same, s.Content),
		"codec " + codecText(h),
		"destination " + s.Destination + " (" + decompressText(s) + ")",
		"machine " + s.Machine,
	}
	if s.Flush != "" && !s.DestinationAlone() {
		parts = append(parts, "flush "+s.Flush)
	}
	if s.Sealed {
		parts = append(parts, "sealed")
	}
	if pin := listed(scan.Placements, same, s.Placement); pin != "" {
		parts = append(parts, "pinned by "+pin)
	}
	return strings.Join(parts, ", ")
}

// decompressText says how many threads the destination has.
func decompressText(s *results.Scenario) string {
	if s.DestinationAlone() {
		return "measured alone, with the threads of the case"
	}
	return format.Count(s.DecompressThreads, "thread", "threads")
}

// codecText is the codec with its level; of several codecs each has its default unless levels are
// an axis.
func codecText(h *results.Header) string {
	s, scan := &h.Scenario, &h.Matrix.Scan
	level := " level " + listed(scan.Levels, strconv.Itoa, strconv.Itoa(s.Level))
	if len(scan.Codecs) > 0 && len(scan.Levels) == 0 {
		level = ", each at its default level"
	}
	return listed(scan.Codecs, same, s.Codec) + level
}

// listed is the values of an axis, or one where there is no axis.
func listed[T any](axis []T, word func(T) string, one string) string {
	if len(axis) == 0 {
		return one
	}
	words := make([]string, len(axis))
	for i, v := range axis {
		words[i] = word(v)
	}
	return strings.Join(words, " or ")
}

func same(s string) string { return s }

func ratesText(h *results.Header) string {
	if h.Kind == results.Published {
		return ""
	}
	s := &h.Scenario
	if s.DestinationAlone() {
		return "bound " + format.Trimmed(s.Limit.MS()) + " ms; nothing is sent in the measured time"
	}
	text := "dirty " + format.PerSecond(s.DirtyRate, "pages/s", "none") +
		format.Multiple(s.DirtyRateMultiple) +
		", link " + results.RateText(s.LinkBandwidth) + format.Multiple(s.LinkMultiple) +
		", max-bandwidth " + results.RateText(s.MaxBandwidth) +
		", downtime limit " + format.Trimmed(s.DowntimeLimit.MS()) + " ms, bound " +
		format.Trimmed(s.Limit.MS()) + " ms"
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
	if n := len(f.StillFailed()); n > 0 {
		text += ", " + strconv.Itoa(n) + " failed"
	}
	if f.Truncated {
		text += "; the last line was cut off and is left out"
	}
	return text
}

// crowdSection is the plain warning where more threads want to run than there are CPUs.
func crowdSection(s *view.Source) (Section, bool) {
	text := s.CrowdText()
	return Section{Warn: true, Lead: []string{text}}, text != ""
}

// factsSection is what stands behind the summary.
func factsSection(s *view.Source) (Section, bool) {
	sum := s.Summary()
	if sum == nil {
		return Section{}, false
	}
	var sec Section
	for _, f := range sum.Facts {
		sec.Lead = append(sec.Lead, f.Head+": "+f.Text)
	}
	return sec, true
}
