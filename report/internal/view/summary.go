package view

import (
	"fmt"
	"math"
	"strings"

	"mtbench/internal/verdict"
	"mtbench/report/internal/format"
	"mtbench/results"
)

// Summary is what a reviewer quotes, and what stands behind it.
type Summary struct {
	Of      string   // the file, where there are several
	Warning string   // of most runs being void; else empty
	Verdict []string // two sentences
	Settle  settle   // what would decide what is open
	Facts   []Fact
}

// Fact is one answer to a question that a reader has.
type Fact struct{ Head, Text string }

// Summary returns the summary of the file, made once; nil for published figures, which have none of
// their own, and where no run ended.
func (s *Source) Summary() *Summary {
	if s.summed == nil && s.Header.Kind != results.Published && len(s.From.Runs) > 0 {
		sum := s.summarize(s.From)
		s.summed = &sum
	}
	return s.summed
}

func (s *Source) summarize(f *results.File) Summary {
	diffs := s.Diffs()
	sum := Summary{Of: s.Name, Warning: s.VoidText(), Settle: s.Settle(f)}
	a := s.Answer()
	sum.Verdict = []string{strings.Join(a.Who, " "), s.onHost()}
	add := func(head, text string) {
		if text != "" {
			sum.Facts = append(sum.Facts, Fact{head, text})
		}
	}
	if f := PairsFinding(s, diffs); s.Predicted() == nil &&
		f != DiffFinding(DiffsOf(diffs, s.mainOr())) {
		add("By how much", format.Sentence(f.Text()))
	}
	if len(diffs) > 0 {
		add("Which time", EqualWorkText)
	}
	add("How sure", s.sureText(f, diffs))
	add("Why", s.whyText())
	add("Against the letter", letterSentence(s))
	add("Does compression pay", s.PaysText())
	add("Does it complete", strings.TrimSpace(s.completionText()+" "+s.RerunText()))
	add("What this host cannot show", s.CrowdText())
	return sum
}

// onHost names the host in a sentence.
func (s *Source) onHost() string {
	h := &s.Header.Host
	if n := len(s.Header.Hosts()); n > 1 {
		return fmt.Sprintf("Measured on %d hosts, each its own cases.", n)
	}
	word := "Measured on a host of "
	if s.Header.Kind == results.Predicted {
		word = "Predicted, not measured, on a virtual host of "
	}
	word += format.Count(h.CPUs, "CPU", "CPUs")
	if h.CPUModel != "" {
		word += " (" + format.CleanText(h.CPUModel, 60) + ")"
	}
	return format.Sentence(word)
}

// sureText is what the reader may lean on.
func (s *Source) sureText(f *results.File, diffs []Diff) string {
	var parts []string
	if most := MostPairs(diffs); most > 0 {
		least := most
		for _, d := range diffs {
			least = min(least, d.N)
		}
		pairs := format.Count(most, "pair", "pairs")
		if least < most {
			pairs = fmt.Sprintf("%d to %d pairs", least, most)
		}
		how := "p adjusted over all cases (Holm)"
		if f.Header.Matrix.Sequential() {
			how = "evidence that holds at any stop, adjusted over all cases"
		}
		parts = append(parts, fmt.Sprintf("%s a case, %s. Intervals are of 95\u00a0%% within "+
			"this one series: another day may lie outside of them", pairs, how))
	}
	if text := floorText(diffs); text != "" {
		parts = append(parts, text)
	}
	if text := s.firstText(f); text != "" {
		parts = append(parts, text)
	}
	parts = append(parts, s.GradesText(), verifiedText(s))
	if len(f.Failed) > 0 {
		parts = append(parts, format.Count(len(f.Failed), "run", "runs")+" failed and have no figures")
	}
	return sentencesOf(parts)
}

// sentencesOf makes each part a sentence.
func sentencesOf(parts []string) string {
	for i := range parts {
		parts[i] = format.Sentence(format.Upper(parts[i]))
	}
	return strings.Join(parts, " ")
}

// firstText is the effect of going first, which the drawn order keeps out of verdicts.
func (s *Source) firstText(f *results.File) string {
	effect, n := verdict.GoingFirst(f, s.CompareAll(verdict.Deciding()))
	if n < 6 { // of fewer there is no interval
		return ""
	}
	return fmt.Sprintf("the run that goes first, which is drawn for each pair, takes %s %s as long "+
		"as the "+
		"second (%d pairs)", format.Sig(math.Exp(effect.Estimate))+"×",
		fmt.Sprintf("[%s, %s]", format.RatioText(math.Exp(effect.Lo)),
			format.RatioText(math.Exp(effect.Hi))), n)
}

// floorText is the A/A floor of the file, from the case with the smallest.
func floorText(diffs []Diff) string {
	d, ok := LeastFloor(diffs)
	if !ok {
		return ""
	}
	return FloorSentence(d.Floor, d.Assumed, d.AaPairs)
}

func verifiedText(s *Source) string {
	if len(s.Kept()) == 0 {
		return ""
	}
	return "how they ended: " + EndingsOf(s.Kept()).Text()
}
