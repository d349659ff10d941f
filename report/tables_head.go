package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mtbench/results"
)

// headSection says what the report is about: host, workload, command, digest.
func headSection(s *plotSource, f *results.File) section {
	h := &f.Header
	sec := section{id: "head", title: "mtbench: " + kindWord(h.Kind) + " " + s.name}
	sec.table = &grid{keys: 1, cols: []column{{head: "what", text: true}, {head: "value", text: true}}}
	row := func(what, value string) {
		if strings.Trim(value, " ,") != "" {
			sec.table.rows = append(sec.table.rows, gridRow{cells: textCells(what, value)})
		}
	}
	row("host", hostText(&h.Host))
	row("scenario", scenarioText(&h.Scenario))
	row("rates", ratesText(h))
	row("command", strings.Join(h.Argv, " "))
	row("seed", seedText(h))
	row("built from", strings.Trim(h.Version+" "+h.Revision+" "+h.Go, " "))
	row("records", recordsText(f))
	row("sha256", f.SHA256)
	sec.notes = append(sec.notes, h.Notes...)
	return sec
}

func kindWord(kind string) string {
	switch kind {
	case results.Traced:
		return "TRACED, evidence for nothing:"
	case results.Predicted:
		return "PREDICTED in virtual time, not measured:"
	case results.Published:
		return "published figures:"
	}
	return "measured series"
}

func hostText(h *results.Host) string {
	parts := []string{h.Name, h.CPUModel, count(h.CPUs, "CPU", "CPUs")}
	if h.QuotaCPUs > 0 {
		parts = append(parts, "quota "+trimmed(h.QuotaCPUs)+" CPUs")
	}
	if h.MemoryBytes > 0 {
		parts = append(parts, bytesText(float64(h.MemoryBytes))+" memory")
	}
	parts = append(parts, h.OS, "kernel "+h.Kernel, h.Virtual)
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

func scenarioText(s *results.Scenario) string {
	parts := []string{
		"guest " + bytesText(float64(s.MemoryBytes)), count(s.VCPUs, "vCPU", "vCPUs"),
		"pattern " + s.Pattern, "content " + s.Content,
		"codec " + s.Codec + " level " + strconv.Itoa(s.Level),
		"destination " + s.Destination + " (" + count(s.DecompressThreads, "thread", "threads") + ")",
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
	text := "dirty " + perSecond(s.DirtyRate, "pages/s", "none") +
		multiple(s.DirtyRateMultiple) +
		", link " + bytesPerSecond(s.LinkBandwidth) + multiple(s.LinkMultiple) +
		", max-bandwidth " + bytesPerSecond(s.MaxBandwidth) +
		", downtime limit " + trimmed(s.DowntimeLimitMS) + " ms, bound " + trimmed(s.LimitMS) + " ms"
	if h.Host.PageServiceU > 0 {
		text += ", 1x = a page in " + sig(h.Host.PageServiceU) + " µs on one thread"
	}
	return text
}

func multiple(m float64) string {
	if m == 0 {
		return ""
	}
	return " (" + trimmed(m) + "x)"
}

func perSecond(v float64, unit, zero string) string {
	if v == 0 {
		return zero
	}
	return trimmed(v) + " " + unit
}

func bytesPerSecond(v float64) string {
	if v == 0 {
		return "unlimited"
	}
	return bytesText(v) + "/s"
}

func bytesText(v float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	return trimmed(v) + " " + units[i]
}

// trimmed has at most two decimals and no zeros behind them.
func trimmed(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fixed(v, 2), "0"), ".")
}

func seedText(h *results.Header) string {
	if h.Kind == results.Published {
		return ""
	}
	return strconv.FormatUint(h.Seed, 10)
}

func recordsText(f *results.File) string {
	last, again := lastOfPlaces(f), 0
	for i := range f.Runs {
		if f.Runs[i].Attempt != last[placeOf(&f.Runs[i])] {
			again++
		}
	}
	text := count(len(f.Runs)-again, "run", "runs")
	if f.Header.Matrix.Runs > len(f.Runs)-again {
		text += fmt.Sprintf(" of %d planned", f.Header.Matrix.Runs)
	}
	if again > 0 {
		text += fmt.Sprintf(", and %s that %s run again", count(again, "attempt", "attempts"),
			isAre(again))
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
func crowdSection(s *plotSource) (section, bool) {
	h := s.header
	cpus := float64(h.Host.CPUs)
	if h.Host.QuotaCPUs > 0 {
		cpus = min(cpus, h.Host.QuotaCPUs)
	}
	if h.Kind == results.Published || cpus <= 0 {
		return section{}, false
	}
	var crowded []int
	for _, n := range s.threads() {
		if float64(runnable(&h.Scenario, n)) > cpus {
			crowded = append(crowded, n)
		}
	}
	if len(crowded) == 0 {
		return section{}, false
	}
	most := crowded[len(crowded)-1]
	return section{id: "crowd", title: "More threads than CPUs", warn: true, lead: []string{
		fmt.Sprintf("With %s, more threads are runnable than the host has CPUs: up to %d "+
			"(%d compression, 1 main, %s%s) on %s CPUs. Times and CPU shares then contain waiting "+
			"for a CPU, spinning takes CPU from compression, and the letter's machine (64 CPUs) "+
			"was another regime. Compare the models with each other, not with the letter.",
			threadsList(crowded), runnable(&h.Scenario, most), most,
			count(h.Scenario.VCPUs, "vCPU", "vCPUs"), destinationText(&h.Scenario), trimmed(cpus)),
	}}, true
}

func runnable(s *results.Scenario, threads int) int {
	n := threads + 1 + s.VCPUs
	if s.Destination == "process" {
		n += s.DecompressThreads + 1
	}
	return n
}

func destinationText(s *results.Scenario) string {
	if s.Destination != "process" {
		return ""
	}
	return fmt.Sprintf(", %d at the destination", s.DecompressThreads+1)
}

// threadsList is "1 thread", "1 and 4 threads" or "1, 4 and 8 threads".
func threadsList(ns []int) string {
	if len(ns) == 1 {
		return threadsWord(ns[0])
	}
	texts := make([]string, len(ns))
	for i, n := range ns {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts[:len(ns)-1], ", ") + " and " + texts[len(ns)-1] + " threads"
}

// endings counts how runs ended.
type endings struct {
	equal   int // both memories byte for byte
	differs int // verified is false, though the run is no failed one
	stated  int // nothing to compare, and the record says why
	silent  int // nothing was compared, and the record does not say why
	bound   int // CAN'T COMPLETE
}

func endingsOf(runs []*results.Run) (e endings) {
	for _, r := range runs {
		switch {
		case r.Verified != nil && *r.Verified:
			e.equal++
		case r.Verified != nil:
			e.differs++
		case !r.Completed:
			e.bound++
		case r.UnverifiedReason != "":
			e.stated++
		default:
			e.silent++
		}
	}
	return e
}

// text says it of the runs that there are.
func (e endings) text() string {
	var parts []string
	for _, p := range []struct {
		n    int
		text string
	}{
		{e.equal, "with both memories equal byte for byte"}, {e.bound, "at the bound (CAN'T COMPLETE)"},
		{e.stated, "unverifiable for a stated reason"},
		{e.differs, "with memories that DIFFER"},
		{e.silent, "unverified WITHOUT a stated reason"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.text))
		}
	}
	return strings.Join(parts, ", ")
}

// failedSection lists the runs that have no figures, each with its reason, and how the others
// ended.
func failedSection(s *plotSource, f *results.File) section {
	sec := section{id: "failed", title: "Failed runs"}
	if len(f.Failed) == 0 {
		sec.lead = []string{"None is recorded."}
		if len(s.runs) == 0 {
			sec.lead = []string{"None, and no other run is in this file either."}
			return sec
		}
	}
	if all := slices.Concat(s.runs, s.extras); len(all) > 0 {
		e := endingsOf(all)
		sec.notes = []string{fmt.Sprintf("Of the %s that ended: %s.", count(len(all), "run", "runs"),
			e.text())}
		sec.warn = e.differs+e.silent > 0
	}
	if len(f.Failed) == 0 {
		return sec
	}
	sec.lead = []string{"These runs crashed, hung or delivered other memory: they have no figures."}
	sec.table = &grid{keys: 2, cols: []column{caseColumn(), {head: "model", text: true},
		{head: "run"}, {head: "class", text: true}, {head: "reason", text: true}}}
	const most = 20
	for i := range f.Failed[:min(most, len(f.Failed))] {
		r := &f.Failed[i]
		name := plotCell{threads: r.Threads, wait: r.Wait}.caseText()
		sec.table.rows = append(sec.table.rows, gridRow{cells: textCells(name, r.Model,
			strconv.Itoa(r.Index), r.Class, r.Reason)})
	}
	if n := len(f.Failed) - most; n > 0 {
		more := count(n, "more is", "more are") + " in the file."
		sec.notes = append([]string{more}, sec.notes...)
	}
	return sec
}

// noiseSection counts the runs by how the host disturbed them, told apart from what runs did to
// themselves.
func noiseSection(s *plotSource) section {
	sec := section{
		id: "noise", title: "Noise: what disturbed the runs, and what they did to themselves",
		lead: []string{"The grade is made of what came from outside alone (CPU used by others, " +
			"steal, throttling). Run-queue delay and preemptions are a run's own doing. Median of " +
			"the runs [lowest–highest]; attempts that were run again are counted and left out."},
		table: &grid{keys: 1, cols: []column{
			{head: "model", text: true}, {head: "clean (runs)"}, {head: "noisy (runs)"},
			{head: "void (runs)"}, {head: "not graded (runs)"}, {head: "run again (runs)"},
			{head: "others' CPU (CPUs)"}, {head: "steal (%)"}, {head: "run delay (ms)"},
			{head: "preempted (per run)"}, {head: "collector pause (ms)"},
		}},
	}
	if s.header.Kind == results.Published {
		return absentSection(sec.id, sec.title, "The publication does not say.")
	}
	kept := s.kept()
	for _, m := range s.models() {
		sec.table.rows = append(sec.table.rows, noiseRow(m, s.runs, kept))
	}
	if text := s.rerunText(); text != "" {
		sec.notes = append(sec.notes, text)
	}
	return orAbsent(s, sec)
}

func noiseRow(model string, all, kept []*results.Run) gridRow {
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
	for _, figure := range []func(*results.Run) (float64, bool){
		outsideCPU, stealPercent, runDelay, preempted, gcPause,
	} {
		texts = append(texts, spread(sampleOf(runs, figure)))
	}
	return gridRow{cells: textCells(texts...)}
}

func outsideCPU(r *results.Run) (float64, bool) { return deref(r.Noise.OutsideCPU, 1) }

func stealPercent(r *results.Run) (float64, bool) { return deref(r.Noise.Steal, 100) }

func runDelay(r *results.Run) (float64, bool) { return deref(r.Self.RunDelayMS, 1) }

func gcPause(r *results.Run) (float64, bool) { return r.Self.GCPauseMS, true }

func preempted(r *results.Run) (float64, bool) {
	if r.Self.Involuntary == nil {
		return 0, false
	}
	return float64(*r.Self.Involuntary), true
}

func deref(v *results.Number, times float64) (float64, bool) {
	if v == nil {
		return 0, false
	}
	return *v * times, true
}
