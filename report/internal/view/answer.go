package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/report/internal/format"
	"mtbench/results"
)

// Answer is what a reader who sees one screen takes away, as sentences.
type Answer struct {
	Void string   // most runs say nothing; empty if not
	Who  []string // who wins, where, by how much; what is open
	Why  []string // what was counted that explains it
	Warn []string // what a reader must know before leaning on it
	Sure string   // how sure, and how the runs ended
	Host string   // one line
	Next string   // the command that decides what is open; empty if nothing is
}

// Answer returns the answer of a file with runs.
func (s *Source) Answer() Answer {
	a := Answer{Void: s.VoidText(), Who: s.whoText(), Why: s.becauseText(), Sure: s.restsOn(),
		Host: s.hostLine(), Next: s.Settle(s.From).text()}
	for _, text := range []string{s.aloneLine(), s.crowdLine(), s.failedLine()} {
		if text != "" {
			a.Warn = append(a.Warn, text)
		}
	}
	return a
}

// whoText says in which cases the main contender is faster than the base and in which slower.
func (s *Source) whoText() []string {
	diffs := DiffsOf(s.Diffs(), s.mainOr())
	if len(diffs) == 0 {
		return []string{format.Sentence(TimeFinding(s, s.Diffs()).Text())}
	}
	if s.Predicted() != nil {
		return append([]string{format.Sentence(TimeFinding(s, diffs).Text())}, trapsText(diffs)...)
	}
	by := map[Outcome][]Diff{}
	for _, d := range diffs {
		by[d.Verdict] = append(by[d.Verdict], d)
	}
	word := PredictedWord(s)
	base, model := diffs[0].Base, diffs[0].Model
	var out []string
	for _, side := range []struct {
		of   Outcome
		word string
	}{{Faster, "faster"}, {Slower, "slower"}} {
		ds := by[side.of]
		if len(ds) == 0 {
			continue
		}
		start := fmt.Sprintf("%s%s is %s than %s in %d of %s", word, model, side.word, base, len(ds),
			format.CasesWord(len(diffs)))
		switch {
		case len(diffs) == 1:
			start = fmt.Sprintf("%s%s is %s than %s", word, model, side.word, base)
		case len(out) > 0:
			start = fmt.Sprintf("It is %s in %d", side.word, len(ds))
		}
		out = append(out, format.Sentence(start+inPlaces(ds, diffs)+": "+sizesText(ds)))
	}
	out = append(out, openText(by, len(out) > 0, word, base, model)...)
	return append(out, trapsText(diffs)...)
}

// openText says what no proof was found for.
func openText(by map[Outcome][]Diff, proved bool, word, base, model string) []string {
	open := append(slices.Clone(by[Unproven]), by[TooFew]...)
	var out []string
	if n := len(by[Tied]); n > 0 {
		text := fmt.Sprintf("The two are equal within %s in %d", marginText(by[Tied]), n)
		if !proved {
			text = fmt.Sprintf("%s%s and %s are equal within %s in %s", word, model, base,
				marginText(by[Tied]), format.CasesWord(n))
		}
		out = append(out, format.Sentence(text))
	}
	if n := len(by[HostMoved]); n > 0 {
		out = append(out, format.Sentence(fmt.Sprintf("In %s the host itself changed between the two "+
			"sides, so nothing is said there", format.CasesWord(n))))
	}
	if len(open) == 0 {
		return out
	}
	d := likeliest(open)
	text := fmt.Sprintf("Unproved in %s: ", format.CasesWord(len(open)))
	if !proved && len(out) == 0 {
		text = fmt.Sprintf("%sNothing is proved yet in any of %s: ", word, format.CasesWord(len(open)))
		if len(open) == 1 {
			text = word
		}
	}
	out = append(out, format.Sentence(text+d.soFar()))
	if few := by[TooFew]; len(few) > 0 && few[0].family != "" {
		out = append(out, fmt.Sprintf("A proof takes at least %s a case%s.",
			format.Count(neededPairs(few), "pair", "pairs"), few[0].family))
	}
	return out
}

// likeliest is the open case whose direction stands out most: most pairs that agree, then size.
func likeliest(ds []Diff) *Diff {
	at := slices.MaxFunc(handsOver(ds), func(a, b Diff) int {
		return cmp.Or(cmp.Compare(a.evidence(), b.evidence()), cmp.Compare(a.size(), b.size()))
	})
	return &at
}

// evidence orders open cases: by how many more pairs go with the direction than against it.
func (d *Diff) evidence() int {
	agree, all := d.Agreeing()
	return 2*agree - all
}

func (d *Diff) size() float64 {
	if v := math.Abs(math.Log(d.Ratio)); !math.IsNaN(v) {
		return v
	}
	return -1
}

// Agreeing counts the pairs that go the way of the estimate, of all.
func (d *Diff) Agreeing() (agree, all int) {
	lower := d.Ratio < 1
	for _, p := range d.Pairs {
		if p.Ratio < 1 && lower || p.Ratio > 1 && !lower {
			agree++
		}
	}
	return agree, len(d.Pairs)
}

// soFar is the direction of an open case, with what stands behind it.
func (d *Diff) soFar() string {
	agree, all := d.Agreeing()
	if all == 0 || math.IsNaN(d.Ratio) {
		return fmt.Sprintf("%s has no ratio (%s)", d.where(), format.Count(d.N, "pair", "pairs"))
	}
	if d.Ratio == 0 || math.IsInf(d.Ratio, 1) {
		who := d.Model
		if d.Ratio != 0 {
			who = d.Base
		}
		return fmt.Sprintf("only %s completes with %s (%d of %s, unproved)", who, d.where(), agree,
			format.Count(all, "pair", "pairs"))
	}
	return fmt.Sprintf("%s takes about %s× the time of %s with %s (%d of %s, unproved)", d.Model,
		format.Sig2(d.Ratio), d.Base, d.where(), agree, format.Count(all, "pair", "pairs"))
}

// sizesText is the range of the ratios of cases that go one way, and which cases have none. A case
// of which most pages go out raw counts only where there is no other: it says little about handing
// pages over.
func sizesText(all []Diff) string {
	finite := slices.DeleteFunc(slices.Clone(handsOver(all)), func(d Diff) bool {
		return d.Ratio == 0 || math.IsInf(d.Ratio, 0) || math.IsNaN(d.Ratio)
	})
	sign := map[bool]float64{true: 1, false: -1}[all[0].Verdict == Faster]
	if len(finite) == 0 {
		return extreme(all, sign)
	}
	byRatio := func(a, b Diff) int { return cmp.Compare(a.Ratio, b.Ratio) }
	least, most := slices.MinFunc(finite, byRatio), slices.MaxFunc(finite, byRatio)
	text := fmt.Sprintf("%s× to %s× the time", format.Sig(least.Ratio), format.Sig(most.Ratio))
	if len(finite) == 1 {
		text = fmt.Sprintf("%s× the time [%s, %s] with %s", format.Sig(least.Ratio),
			format.RatioText(least.Lo), format.RatioText(least.Hi), least.where())
	}
	var alone []Diff
	for _, d := range all {
		if d.Ratio == 0 || math.IsInf(d.Ratio, 0) {
			alone = append(alone, d)
		}
	}
	if len(alone) > 0 {
		text += ", and " + extreme(alone, sign)
	}
	return text
}

// trapsText says what keeps proved cases from being an answer about handing pages over.
func trapsText(ds []Diff) []string {
	raw, bound := 0, 0
	for _, d := range ds {
		raw += one(d.Busy >= mostlyRaw && (d.Verdict == Faster || d.Verdict == Slower))
		bound += one(d.AtBound > 0)
	}
	var out []string
	if raw > 0 {
		out = append(out, fmt.Sprintf("In %s nine pages in ten find no thread free: that says little "+
			"about handing them over.", format.CasesWord(raw)))
	}
	if bound > 0 {
		out = append(out, fmt.Sprintf("In %s some runs do not complete and count by their bound.",
			format.CasesWord(bound)))
	}
	return out
}

// inPlaces names the cases of ds among all, class by class: " (all of wait off; 1 thread, wait
// on)". Empty where ds are all, or where the cases have further axes and would be a list.
func inPlaces(ds, all []Diff) string {
	if len(ds) == len(all) {
		return ""
	}
	var parts []string
	for _, class := range classesOf(all) {
		mine, whole := inClass(ds, class), inClass(all, class)
		switch {
		case len(mine) == 0:
		case len(mine) == len(whole):
			parts = append(parts, "wait "+class)
		default:
			parts = append(parts, threadsOf(mine)+", wait "+class)
		}
	}
	return " (" + strings.Join(parts, "; ") + ")"
}

func classesOf(ds []Diff) (classes []string) {
	for _, d := range ds {
		if w := d.Case.WaitWord(); !slices.Contains(classes, w) {
			classes = append(classes, w)
		}
	}
	return classes
}

func inClass(ds []Diff, class string) (in []Diff) {
	for _, d := range ds {
		if d.Case.WaitWord() == class {
			in = append(in, d)
		}
	}
	return in
}

// threadsOf lists the threads of cases that differ in nothing else, or counts them.
func threadsOf(ds []Diff) string {
	var threads []int
	for _, d := range ds {
		if slices.Contains(threads, d.Threads) {
			return format.CasesWord(len(ds))
		}
		threads = append(threads, d.Threads)
	}
	return format.ThreadsList(threads)
}

// becauseText is why, in a few sentences: what steps attribute, or what was counted in the case
// that stands for each direction.
func (s *Source) becauseText() []string {
	if text := s.stepText(); text != "" {
		return []string{text}
	}
	var out []string
	diffs := DiffsOf(s.Diffs(), s.mainOr())
	for _, of := range []Outcome{Faster, Slower} {
		if d := s.telling(diffs, of); d != nil {
			out = append(out, s.reasonOf(d)...)
		}
	}
	if len(out) == 0 && len(diffs) > 0 {
		out = s.reasonOf(likeliest(diffs))
	}
	return out
}

// telling is the case that shows best why: of those in which a spinner takes CPU from its workers
// the one in which it takes most, else the one with the largest ratio. Nil where none has the
// outcome.
func (s *Source) telling(diffs []Diff, of Outcome) *Diff {
	var ds []Diff
	for _, d := range diffs {
		if d.Verdict == of {
			ds = append(ds, d)
		}
	}
	if len(ds) == 0 {
		return nil
	}
	d := slices.MaxFunc(handsOver(ds), func(a, b Diff) int {
		return cmp.Or(cmp.Compare(s.taken(&a), s.taken(&b)), cmp.Compare(a.size(), b.size()))
	})
	return &d
}

// taken is by how many points longer the workers of a model that spins wait for a CPU than those of
// the base, in a case in which the model is slower; else 0.
func (s *Source) taken(d *Diff) float64 {
	spin, ok := s.spinCaseOf(d.Case.Of(d.Model), d.Base)
	if !ok || d.Ratio < 1 {
		return 0
	}
	return spin.workerDelay - spin.workerBefore
}

// leastApart is by how many points shares of two models differ where they explain anything.
const leastApart = 10

// reasonOf is what was counted in a case that goes with its direction: a spinner that takes CPU
// from its workers, threads that are found free, calls to sleep and wake.
func (s *Source) reasonOf(d *Diff) []string {
	cell := d.Case.Of(d.Model)
	from := d.Case.Of(d.Base)
	faster := d.Ratio < 1
	if spin, ok := s.spinCaseOf(cell, d.Base); ok && !faster {
		return []string{format.Sentence(fmt.Sprintf("With %s, the main thread of %s spins %.0f %% of "+
			"the time; its workers wait for a CPU %.0f %% of theirs, those of %s %.0f %%", d.where(),
			d.Model, spin.spin, spin.workerDelay, d.Base, spin.workerBefore))}
	}
	cells := s.Cells()
	median := func(c results.Cell, v metric.Value) float64 { return SampleOf(cells[c], v).Median() }
	a, b := median(from, BusyPercent), median(cell, BusyPercent)
	if apart(a, b) >= leastApart && (b < a) == faster {
		return []string{format.Sentence(fmt.Sprintf("With %s, %s finds no free thread for %.0f %% of "+
			"the pages, %s for %.0f %%", d.where(), d.Model, b, d.Base, a))}
	}
	wakes := Shown(metric.WaitWakesPerPage)
	a, b = median(from, wakes), median(cell, wakes)
	if format.Finite(a) && format.Finite(b) && (b < a) == faster {
		return []string{format.Sentence(fmt.Sprintf("With %s, %s makes %s futex calls a page, %s %s",
			d.where(), d.Model, format.Sig(b), d.Base, format.Sig(a)))}
	}
	return nil
}

// stepText names the proved step that changes most, where the file has steps.
func (s *Source) stepText() string {
	var most *verdict.StepShare
	var at results.Cell
	for _, a := range verdict.Attribute(s.From, metric.Get(metric.EqualWorkTime)) {
		for i := range a.Steps {
			step := &a.Steps[i]
			if step.Proved() && (most == nil ||
				math.Abs(step.Change.Estimate) > math.Abs(most.Change.Estimate)) {
				most, at = step, a.Cell
			}
		}
	}
	if most == nil {
		return ""
	}
	return format.Sentence(fmt.Sprintf("The step that changes most is %s → %s: %s× the time with %s",
		most.From, most.To, format.Sig(math.Exp(most.Change.Estimate)), at.String()))
}

// crowdLine says in one sentence that the host has too few CPUs.
func (s *Source) crowdLine() string {
	if s.CrowdText() == "" {
		return ""
	}
	threads := s.Threads()
	return fmt.Sprintf("More threads than CPUs: up to %d on %s. Compare the models with each other, "+
		"not with another host.", s.Header.Scenario.Runnable(threads[len(threads)-1]),
		format.Trimmed(s.Header.Host.Usable()))
}

// aloneLine says whose the figures are where one side was measured.
func (s *Source) aloneLine() string {
	if !s.Header.Scenario.DestinationAlone() {
		return ""
	}
	return "Main thread, threads and times are the destination's. The source was not measured: its " +
		"figures are absent, not 0."
}

// failedLine counts the runs that have no figures.
func (s *Source) failedLine() string {
	n := len(s.From.Failed)
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s failed and %s no figures: --only failed.", format.Count(n, "run", "runs"),
		map[bool]string{true: "has", false: "have"}[n == 1])
}

// restsOn says on how many runs the answer rests and how they ended.
func (s *Source) restsOn() string {
	kept := s.Kept()
	if len(kept) == 0 {
		return ""
	}
	ends := EndingsOf(kept)
	text := format.Count(len(kept), "run", "runs") + ": " + ends.Text()
	if ends.equal == len(kept) {
		text = "All " + format.Count(len(kept), "run", "runs") + " delivered the memory byte for byte"
	}
	if g := s.grades(); g.noisy+g.void > 0 {
		text += fmt.Sprintf("; the host disturbed %d", g.noisy+g.void)
	}
	return format.Sentence(text)
}

// hostLine names the host so that it fits into a line: what matters most comes first.
func (s *Source) hostLine() string {
	h := &s.Header.Host
	profile := ""
	if c := s.Predicted(); c != nil {
		profile = format.CleanText(c.Profile, 40)
	}
	parts := []string{profile, format.CleanText(h.CPUModel, 40), format.Count(h.CPUs, "CPU", "CPUs")}
	if h.QuotaCPUs > 0 {
		parts = append(parts, "quota "+format.Trimmed(h.QuotaCPUs)+" CPUs")
	}
	parts = append(parts, format.CleanText(h.Virtual, 16))
	if s.Header.Kind == results.Predicted {
		parts = append(parts, "virtual time")
	}
	if h.MemoryBytes > 0 {
		parts = append(parts, strconv.FormatFloat(float64(h.MemoryBytes)/(1<<30), 'f', 0, 64)+" GiB")
	}
	if h.Kernel != "" {
		parts = append(parts, "kernel "+format.CleanText(h.Kernel, 24))
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

// ByCase sorts comparisons as the table of cases is sorted: wait off first, threads rising.
func ByCase(ds []Diff) {
	slices.SortStableFunc(ds, func(a, b Diff) int {
		return cmp.Or(cmp.Compare(a.Case.WaitWord(), b.Case.WaitWord()), a.Case.Compare(b.Case))
	})
}

// EqualTime is the median time of equal work of a model in a case, with its unit.
func (s *Source) EqualTime(model string, c results.Cell) string {
	med := SampleOf(s.runsOf(model, c), Shown(metric.EqualWorkTime)).Median()
	switch {
	case math.IsNaN(med):
		return format.None
	case math.IsInf(med, 1):
		return "∞"
	case metric.OfEqualWork(c) == metric.MigrationTime:
		return format.Whole(med) + " ms"
	}
	return format.Whole(med) + " µs"
}

// CompressedShare is the share of the pages of a model that were compressed, in percent.
func (s *Source) CompressedShare(model string, c results.Cell) string {
	share := SampleOf(s.runsOf(model, c), func(r *results.Run) (float64, bool) {
		all := r.PagesCompressed + r.PagesRaw
		return 100 * float64(r.PagesCompressed) / float64(max(all, 1)), all > 0
	})
	return format.Whole(share.Median())
}
