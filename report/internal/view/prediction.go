package view

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mtbench/report/internal/format"
)

// PredictedFinding says what the predicted runs of one model against the base come to. Virtual time
// has no noise: the runs of a case differ only by their seeds and by costs drawn from their ranges.
// So a prediction is not judged as a measurement is; what counts is whether all runs agree.
func PredictedFinding(diffs []Diff) Finding {
	var less, more, same []Diff
	for _, d := range diffs {
		switch {
		case d.Ratio < 1:
			less = append(less, d)
		case d.Ratio > 1:
			more = append(more, d)
		default: // equal, or neither completes
			same = append(same, d)
		}
	}
	if len(diffs) == 0 {
		return Finding{}
	}
	base, model := diffs[0].Base, diffs[0].Model
	var parts []string
	for _, side := range []struct {
		of   []Diff
		word string
	}{{less, "less"}, {more, "more"}} {
		if n := len(side.of); n > 0 && len(parts) == 0 {
			parts = append(parts, fmt.Sprintf("%s takes %s time than %s for equal work in %d of %s",
				model, side.word, base, n, format.CasesWord(len(diffs))))
		} else if n > 0 {
			parts = append(parts, fmt.Sprintf("%s time in %d", side.word, n))
		}
	}
	if len(parts) == 0 {
		return Finding{Title: fmt.Sprintf("%s and %s do not differ in any of %s", model, base,
			format.CasesWord(len(diffs)))}
	}
	if n := len(same); n > 0 {
		parts = append(parts, fmt.Sprintf("no difference in %d", n))
	}
	return Finding{strings.Join(parts, "; "), strings.Join(slices.Concat(predictedSizes(diffs),
		agreement(diffs)), "; ")}
}

// predictedSizes is the range of the predicted ratios, and where only one of the two completes.
func predictedSizes(diffs []Diff) (parts []string) {
	low, high := math.Inf(1), math.Inf(-1)
	alone := map[string]int{}
	for _, d := range diffs {
		switch {
		case d.Ratio == 0:
			alone[d.Model]++
		case math.IsInf(d.Ratio, 1):
			alone[d.Base]++
		case !math.IsNaN(d.Ratio):
			low, high = min(low, d.Ratio), max(high, d.Ratio)
		}
	}
	switch {
	case format.Sig(low) == format.Sig(high) && low <= high:
		parts = append(parts, format.Sig(low)+"× the time")
	case low < high:
		parts = append(parts, fmt.Sprintf("%s× to %s× the time", format.Sig(low), format.Sig(high)))
	}
	for _, who := range []string{diffs[0].Model, diffs[0].Base} {
		if n := alone[who]; n > 0 {
			parts = append(parts, fmt.Sprintf("only %s completes in %d", who, n))
		}
	}
	return parts
}

// agreement says in how many cases the predicted runs go one way.
func agreement(diffs []Diff) []string {
	whole := 0
	for _, d := range diffs {
		agree, all := d.Agreeing()
		whole += one(agree == all && all > 0)
	}
	if whole == len(diffs) {
		return []string{"all runs of each case agree"}
	}
	return []string{fmt.Sprintf("all runs agree in %d of %s", whole, format.CasesWord(len(diffs)))}
}
