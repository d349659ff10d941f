package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/report/internal/format"
	"mtbench/results"
)

// Outcome is what a comparison of two models in one case comes to.
type Outcome int

const (
	TooFew   Outcome = iota // not enough pairs to tell anything
	Unproven                // enough pairs, but neither a difference nor equality is proved
	Tied                    // equal within the margin that the series fixed
	Faster                  // the model is faster than the base
	Slower
	HostMoved // the host differed between the sides: nothing is said of the models
)

// Diff compares a model with the base of the file in one case, on pairs. Ratios are those of
// tables, claims and [verdict.Comparison]: the model's time over the base's, under 1 where the
// model is faster.
type Diff struct {
	Base, Model string
	Case        results.Cell
	Threads     int
	Wait        bool
	N, planned  int    // pairs
	needed      int    // pairs without which no verdict is possible
	family      string // why so many are needed: the tests that Holm adjusts over
	Ratio       float64
	Lo, Hi      float64 // interval of ratio
	Signs       string  // how many pairs go which way
	AtBound     int     // pairs of which a run did not complete
	Busy        float64 // the higher busy-ratio of the two; 0 where there is none
	Pairs       []Pair
	Verdict     Outcome
	Sureness    string  // adjusted evidence, as [verdict.Comparison.Sureness] writes it
	Floor       float64 // log ratio by which a model differs from itself (A/A); 0 or +Inf = not known
	margin      float64 // log ratio within which the two count as equal
	Assumed     bool    // the floor is an assumption: the file has too few A/A pairs
	AaPairs     int     // A/A pairs that the file has
}

// Pair is one pair, its ratio as in [Diff]. +Inf and 0 stand for a pair in which only one side
// completed.
type Pair struct {
	Ratio float64
	Run   string // runKey of the model's run
	Text  string
}

func (d *Diff) where() string {
	return d.Case.String()
}

// Finding is what data answers: a title of two lines at most, and the figures behind it.
type Finding struct{ Title, Detail string }

// Text is the whole finding as one sentence without its full stop.
func (f Finding) Text() string {
	if f.Detail == "" {
		return f.Title
	}
	return f.Title + ": " + f.Detail
}

// DiffFinding says what the comparisons of one model with the base come to.
func DiffFinding(diffs []Diff) Finding {
	if len(diffs) == 0 {
		return Finding{}
	}
	by := map[Outcome][]Diff{}
	for _, d := range diffs {
		by[d.Verdict] = append(by[d.Verdict], d)
	}
	base, model := diffs[0].Base, diffs[0].Model
	if len(by[TooFew]) == len(diffs) {
		return Finding{fmt.Sprintf("Too few pairs to compare %s with %s", model, base),
			fmt.Sprintf("at most %s a case, and at least %s are needed%s",
				format.Count(MostPairs(diffs), "pair", "pairs"),
				format.Count(neededPairs(diffs), "pair", "pairs"), diffs[0].family)}
	}
	if len(by[Faster])+len(by[Slower])+len(by[HostMoved]) == 0 {
		return Finding{Title: fmt.Sprintf("%s against %s: no difference is proved in any of %s",
			model, base, format.CasesWord(len(diffs)))}
	}
	return Finding{strings.Join(findingParts(by, len(diffs), base, model), "; "),
		strings.Join(slices.Concat(extremes(by), boundPart(by)), "; ")}
}

// findingParts count the cases that a comparison comes to.
func findingParts(by map[Outcome][]Diff, n int, base, model string) []string {
	var parts []string
	if w := by[Faster]; len(w) > 0 {
		parts = append(parts, fmt.Sprintf("%s is faster than %s for equal work in %d of %s",
			model, base, len(w), format.CasesWord(n)))
	}
	if l := by[Slower]; len(l) > 0 {
		who := fmt.Sprintf("slower in %d", len(l))
		if len(parts) == 0 {
			who = fmt.Sprintf("%s is slower than %s for equal work in %d of %s",
				model, base, len(l), format.CasesWord(n))
		}
		parts = append(parts, who)
	}
	for _, rest := range []struct {
		of   Outcome
		text string
	}{
		{Tied, "equal within " + marginText(by[Tied]) + " in %d"},
		{Unproven, "unproved in %d"},
		{HostMoved, "the host changed between the two sides in %d"},
		{TooFew, "too few pairs in %d"},
	} {
		if t := by[rest.of]; len(t) > 0 {
			parts = append(parts, fmt.Sprintf(rest.text, len(t)))
		}
	}
	return parts
}

// extremes quote the largest difference of each direction.
func extremes(by map[Outcome][]Diff) (parts []string) {
	for _, side := range []struct {
		of   Outcome
		sign float64
	}{{Faster, 1}, {Slower, -1}} {
		if ds := by[side.of]; len(ds) > 0 {
			parts = append(parts, extreme(ds, side.sign))
		}
	}
	return parts
}

// boundPart says in how many cases a run stands at its bound, whatever the case comes to.
func boundPart(by map[Outcome][]Diff) []string {
	n := 0
	for _, ds := range by {
		for _, d := range ds {
			if d.AtBound > 0 {
				n++
			}
		}
	}
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("in %s some runs do not complete and count by their bound",
		format.CasesWord(n))}
}

// marginText is the widest margin within which cases count as equal.
func marginText(ds []Diff) string {
	most := 0.0
	for _, d := range ds {
		most = max(most, d.margin)
	}
	return verdict.FormatSize(most)
}

// FloorSentence says by how much a model differs from itself, which is printed and changes no
// verdict: size is a log ratio, pairs are the A/A pairs of the file.
func FloorSentence(size float64, assumed bool, pairs int) string {
	if !assumed {
		return fmt.Sprintf("as many pairs of a model with itself differ by up to %s here (%s; this "+
			"changes "+
			"no verdict)", verdict.FormatSize(size), format.Count(pairs, "A/A pair", "A/A pairs"))
	}
	return "how much a model differs from itself is " + AssumedText(size, pairs)
}

// AssumedText is the floor of a file that has too few A/A pairs to measure one.
func AssumedText(size float64, pairs int) string {
	has := format.Count(pairs, "A/A pair", "A/A pairs")
	if pairs == 0 {
		has = "no A/A pair"
	}
	return fmt.Sprintf("taken as %s %% (assumed: the file has %s)",
		format.SigTrimmed(100*math.Expm1(size)), has)
}

// extreme names the largest difference of cases that all go one way, sign > 0 where the model is
// faster, and the cases in which only one side completes, which have no ratio.
func extreme(ds []Diff, sign float64) string {
	var ratios, alone, unsized []Diff
	for _, d := range ds {
		switch {
		case math.IsNaN(d.Ratio):
			unsized = append(unsized, d)
		case d.Ratio == 0 || math.IsInf(d.Ratio, 1):
			alone = append(alone, d)
		default:
			ratios = append(ratios, d)
		}
	}
	var parts []string
	if len(ratios) > 0 {
		parts = append(parts, largest(ratios, sign))
	}
	if len(alone) > 0 {
		who := alone[0].Model
		if sign < 0 {
			who = alone[0].Base
		}
		parts = append(parts, fmt.Sprintf("only %s completes %s", who, placesWord(alone)))
	}
	if len(unsized) > 0 {
		parts = append(parts, fmt.Sprintf("%s with no ratio, for neither completes in many pairs",
			placesWord(unsized)))
	}
	return strings.Join(parts, ", and ")
}

func placesWord(ds []Diff) string {
	if len(ds) == 1 {
		return "with " + ds[0].where()
	}
	return fmt.Sprintf("in %d of them", len(ds))
}

// mostlyRaw is the busy-ratio from which a case says little about handing pages over: nine pages in
// ten find no thread free and go out raw.
const mostlyRaw = 0.9

// handsOver are the cases in which most pages are handed over, or all of them where none is so.
func handsOver(ds []Diff) []Diff {
	var out []Diff
	for _, d := range ds {
		if d.Busy < mostlyRaw {
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		return ds
	}
	return out
}

// largest quotes the largest difference of cases that go one way, with its interval, its pairs by
// sign, and what keeps it from being an answer about handing over. A case of which most pages are
// raw is quoted only where there is no other.
func largest(all []Diff, sign float64) string {
	ds := handsOver(all)
	d := slices.MaxFunc(ds, func(a, b Diff) int {
		return cmp.Compare(-sign*math.Log(a.Ratio), -sign*math.Log(b.Ratio))
	})
	word := map[float64]string{1: "at best ", -1: "at worst "}[sign]
	if len(all) == 1 {
		word = ""
	}
	of := "× the time"
	if metric.OfEqualWork(d.Case) == metric.WallPerCompressed {
		of += " per compressed page"
	}
	text := fmt.Sprintf("%s%s%s [%s, %s] (%s, %s: %s)", word, format.Sig(d.Ratio), of,
		format.RatioText(d.Lo), format.RatioText(d.Hi), d.where(),
		format.Count(d.N, "pair", "pairs"), d.Signs)
	return text + rawPart(&d, len(all)-len(ds))
}

// rawPart says of a quoted case that most of its pages are raw, or in how many others they are.
func rawPart(d *Diff, others int) string {
	switch {
	case d.Busy >= mostlyRaw:
		return fmt.Sprintf(", where %.0f %% of the pages of one of the two find no thread free: no "+
			"answer about handing them over", 100*d.Busy)
	case others > 0:
		return fmt.Sprintf(" beside %s in which nine pages in ten find no thread free",
			format.CasesWord(others))
	}
	return ""
}

func MostPairs(ds []Diff) int {
	n := 0
	for _, d := range ds {
		n = max(n, d.N)
	}
	return n
}

func neededPairs(ds []Diff) int {
	n := 0
	for _, d := range ds {
		n = max(n, d.needed)
	}
	return n
}

// pairText says what equal work took the two runs of a pair.
func pairText(p verdict.Pair, c results.Cell, base, model string) string {
	stuck := func(v float64) bool { return math.IsInf(v, 1) }
	switch {
	case stuck(p.Base) && stuck(p.Other):
		return "neither completed"
	case stuck(p.Other):
		return "only " + format.CleanText(base, 24) + " completed"
	case stuck(p.Base):
		return "only " + format.CleanText(model, 24) + " completed"
	}
	return fmt.Sprintf("%s against %s, %s×", WorkText(c, p.Other), WorkText(c, p.Base),
		format.Sig(math.Exp(p.LogRatio)))
}

// WorkText writes a time of equal work in a case.
func WorkText(c results.Cell, v float64) string {
	if metric.OfEqualWork(c) == metric.MigrationTime {
		return format.TimeText(v)
	}
	return format.Sig(v) + " µs a compressed page"
}

// workWord is what the time of a case is the time of.
func workWord(c results.Cell) string {
	if metric.OfEqualWork(c) == metric.MigrationTime {
		return "the time of %s without setup"
	}
	return "the time of %s per compressed page"
}

// EqualWorkText says which times are compared.
const EqualWorkText = "Times are compared for equal work: with wait on the time without setup, " +
	"with wait off the wall time per compressed page. Total time with wait off is of unequal work: " +
	"a model that compresses less ends sooner. Where few pages are compressed, the time of a " +
	"compressed page is mostly that of raw ones."

// TestText says by which test a comparison was judged.
func TestText(c *verdict.Comparison) string {
	how := "Hodges-Lehmann estimate on the log ratio of each pair, 95 % interval, signed-rank p " +
		"after " +
		"Holm over the cases (a fixed number of pairs)."
	if c.Sequential() {
		how = "centre of the log ratios of the pairs with an interval that holds at any stop (95 %). " +
			"Evidence e is adjusted over the cases, and 20 proves. The test is sequential: the evidence " +
			"decides how many pairs a case has."
	}
	return fmt.Sprintf("%s Equal is by two one-sided tests within %s.", how,
		verdict.FormatSize(c.Margin()))
}
