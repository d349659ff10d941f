package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"mtbench/internal/verdict"
)

// plotVerdict is what a comparison of two models in one case comes to.
type plotVerdict int

const (
	tooFew   plotVerdict = iota // not enough pairs to tell anything
	unproven                    // enough pairs, but neither a difference nor equality is proved
	tied                        // equal: any difference is below the A/A floor
	faster                      // the model is faster than the base
	slower
)

// plotDiff compares a model with the base of the file in one case, on pairs.
type plotDiff struct {
	base, model string
	threads     int
	wait        bool
	n, planned  int // pairs
	needed      int // pairs without which no verdict is possible
	family      int // tests that Holm adjusts over
	ratio       float64
	lo, hi      float64 // interval of ratio
	pairs       []plotPair
	verdict     plotVerdict
	floor       float64 // log ratio under which there is no verdict (A/A); 0 or +Inf = not known
	margin      float64 // log ratio within which the two count as equal
	assumed     bool    // the floor is an assumption: the file has too few A/A pairs
	aaPairs     int     // A/A pairs that the file has
}

// plotPair is one pair: total time of the base / total time of the model, > 1 where the model is
// faster. +Inf and 0 stand for a pair in which only one side completed.
type plotPair struct {
	ratio float64
	run   string // runKey of the model's run
	text  string
}

func (d *plotDiff) where() string {
	return fmt.Sprintf("%s, %s", threadsWord(d.threads), waitWord(d.wait))
}

// plotFinding says in a sentence what the comparisons of one model with the base come to.
func plotFinding(diffs []plotDiff) string {
	if len(diffs) == 0 {
		return ""
	}
	by := map[plotVerdict][]plotDiff{}
	for _, d := range diffs {
		by[d.verdict] = append(by[d.verdict], d)
	}
	base, model := diffs[0].base, diffs[0].model
	if len(by[tooFew]) == len(diffs) {
		return fmt.Sprintf("Not enough evidence to tell %s from %s: %s a case; at least %s are needed "+
			"for %s", model, base, count(mostPairs(diffs), "pair", "pairs"),
			count(neededPairs(diffs), "pair", "pairs"), count(diffs[0].family, "test", "tests"))
	}
	if len(by[faster])+len(by[slower]) == 0 {
		return fmt.Sprintf("%s and %s cannot be told apart in any of %s",
			model, base, casesWord(len(diffs)))
	}
	return strings.Join(findingParts(by, len(diffs), base, model), "; ")
}

func findingParts(by map[plotVerdict][]plotDiff, n int, base, model string) []string {
	var parts []string
	if w := by[faster]; len(w) > 0 {
		parts = append(parts, fmt.Sprintf("%s is faster than %s in %d of %s, %s",
			model, base, len(w), casesWord(n), extreme(w, 1)))
	}
	if l := by[slower]; len(l) > 0 {
		who := fmt.Sprintf("slower in %d, ", len(l))
		if len(parts) == 0 {
			who = fmt.Sprintf("%s is slower than %s in %d of %s, ",
				model, base, len(l), casesWord(n))
		}
		parts = append(parts, who+extreme(l, -1))
	}
	if t := by[tied]; len(t) > 0 {
		parts = append(parts, fmt.Sprintf("equal within %s in %d", marginText(t), len(t)))
	}
	if t := by[unproven]; len(t) > 0 {
		parts = append(parts, fmt.Sprintf("cannot be told apart in %d", len(t)))
	}
	if t := by[tooFew]; len(t) > 0 {
		parts = append(parts, fmt.Sprintf("too few pairs in %d", len(t)))
	}
	return parts
}

// marginText is the widest margin within which cases count as equal.
func marginText(ds []plotDiff) string {
	most := 0.0
	for _, d := range ds {
		most = max(most, d.margin)
	}
	return verdict.FormatSize(most)
}

// floorSentence says under which size a difference is no verdict, and how that is known: size is a
// log ratio, pairs are the A/A pairs of the file.
func floorSentence(size float64, assumed bool, pairs int) string {
	if !assumed {
		return fmt.Sprintf("differences under %s cannot be told apart on this machine (%s of a model "+
			"with itself)", verdict.FormatSize(size), count(pairs, "A/A pair", "A/A pairs"))
	}
	return "the least difference that this machine can tell is " + assumedText(size, pairs)
}

// assumedText is the floor of a file that has too few A/A pairs to measure one.
func assumedText(size float64, pairs int) string {
	has := count(pairs, "A/A pair", "A/A pairs")
	if pairs == 0 {
		has = "no A/A pair"
	}
	return fmt.Sprintf("taken as %s %% (assumed: the file has %s)", sigTrimmed(100*math.Expm1(size)), has)
}

func casesWord(n int) string {
	if n == 1 {
		return "1 case"
	}
	return fmt.Sprintf("%d cases", n)
}

// extreme names the largest difference of cases that all go one way, sign > 0 where the model is
// faster, and the cases in which only one side completes, which have no ratio.
func extreme(ds []plotDiff, sign float64) string {
	var ratios, alone []plotDiff
	for _, d := range ds {
		if d.ratio == 0 || math.IsInf(d.ratio, 1) {
			alone = append(alone, d)
		} else {
			ratios = append(ratios, d)
		}
	}
	var parts []string
	if len(ratios) > 0 {
		parts = append(parts, largest(ratios, sign))
	}
	if len(alone) > 0 {
		who := alone[0].model
		if sign < 0 {
			who = alone[0].base
		}
		parts = append(parts, fmt.Sprintf("only %s completes %s", who, placesWord(alone)))
	}
	return strings.Join(parts, ", and ")
}

func placesWord(ds []plotDiff) string {
	if len(ds) == 1 {
		return "with " + ds[0].where()
	}
	return fmt.Sprintf("in %d of them", len(ds))
}

func largest(ds []plotDiff, sign float64) string {
	d := slices.MaxFunc(ds, func(a, b plotDiff) int {
		return cmp.Compare(sign*math.Log(a.ratio), sign*math.Log(b.ratio))
	})
	word := "up to "
	if len(ds) == 1 {
		word = ""
	}
	if sign < 0 {
		return fmt.Sprintf("%s%s× the time (%s)", word, sig(1/d.ratio), d.where())
	}
	return fmt.Sprintf("%s%s× (%s)", word, sig(d.ratio), d.where())
}

func logOr(v float64) float64 {
	if v == 0 {
		return math.Inf(-1)
	}
	return math.Log(v)
}

func mostPairs(ds []plotDiff) int {
	n := 0
	for _, d := range ds {
		n = max(n, d.n)
	}
	return n
}

func neededPairs(ds []plotDiff) int {
	n := 0
	for _, d := range ds {
		n = max(n, d.needed)
	}
	return n
}

// pairText says what the two runs of a pair took.
func pairText(p verdict.Pair, base, model string) string {
	stuck := func(v float64) bool { return math.IsInf(v, 1) }
	switch {
	case stuck(p.Base) && stuck(p.Other):
		return "neither completed"
	case stuck(p.Other):
		return "only " + cleanText(base, 24) + " completed"
	case stuck(p.Base):
		return "only " + cleanText(model, 24) + " completed"
	}
	return fmt.Sprintf("%s against %s, %s×", timeText(p.Other), timeText(p.Base),
		sig(math.Exp(-p.LogRatio)))
}
