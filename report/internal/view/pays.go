package view

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/report/internal/format"
)

// raw is the contender that compresses nothing.
const raw = "null"

// PaysText says where sending every page raw is faster than a model and by how much; empty where it
// was not tried. The work is unequal by intent, and the sentence says so.
func (s *Source) PaysText() string {
	var faster, slower []string
	for _, m := range s.Ranked() {
		all := s.compareBy(metric.MigrationTime, raw, s.contenderName(m))
		for i := range all {
			if c := &all[i]; c.N() > 0 {
				text, pays := payText(c, m)
				if pays {
					slower = append(slower, text)
				} else {
					faster = append(faster, text)
				}
			}
		}
	}
	switch {
	case len(faster)+len(slower) == 0:
		return ""
	case len(faster) == 0:
		return format.Sentence("Sending every page raw (" + raw +
			") is faster nowhere that it was tried: " +
			Named(slower) + rawTrap)
	}
	text := "Sending every page raw (" + raw + ") is faster than " + Named(faster)
	if len(slower) > 0 {
		text += "; it is not faster than " + Named(slower)
	}
	return format.Sentence(text + rawTrap)
}

const rawTrap = " (time without setup; of unequal work: raw compresses nothing and puts more " +
	"bytes on the link)"

// payText compares a model with raw in one case, and says whether compression pays there.
func payText(c *verdict.Comparison, model string) (text string, pays bool) {
	took, without := pairMedians(c.Pairs)
	sure := "observed, not proved"
	switch c.State {
	case verdict.LowerThan, verdict.HigherThan:
		sure = "proved"
	case verdict.Equal:
		sure = c.Word()
	}
	how := fmt.Sprintf("%s against %s", timeOrNever(without), timeOrNever(took))
	if ratio := without / took; format.Finite(ratio) && ratio > 0 {
		how = fmt.Sprintf("%s×, %s", format.Sig(ratio), how)
	}
	return fmt.Sprintf("%s with %s (%s; n = %s, %s)", format.CleanText(model, 24), c.Cell.String(),
		how,
		format.Count(c.N(), "pair", "pairs"), sure), took <= without
}

func timeOrNever(ms float64) string {
	if math.IsInf(ms, 1) {
		return strings.ToLower(format.CannotComplete)
	}
	return format.TimeText(ms)
}

// pairMedians are the medians of both sides of pairs.
func pairMedians(pairs []verdict.Pair) (other, base float64) {
	var others, bases Sample
	for _, p := range pairs {
		others, bases = append(others, p.Other), append(bases, p.Base)
	}
	slices.Sort(others)
	slices.Sort(bases)
	return others.Median(), bases.Median()
}
