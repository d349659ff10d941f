package report

import (
	"fmt"
	"slices"
	"strings"

	"mtbench/results"
)

// pageSummary is what a reviewer quotes, and what stands behind it.
type pageSummary struct {
	Of      string   // the file, where there are several
	Warning string   // of most runs being void; else empty
	Verdict []string // two sentences
	Settle  settle   // what would decide what is open
	Facts   []pageFact
}

// pageFact is one answer to a question that a reader has.
type pageFact struct{ Head, Text string }

// summaryOf is the summary of one file; the published figures have none of their own.
func summaryOf(s *plotSource, f *results.File) pageSummary {
	diffs := s.diffs()
	sum := pageSummary{Of: s.name, Warning: s.voidText(), Settle: s.settle(f)}
	first := strings.TrimRight(timeTitle(s, diffs), ".") + ", on " + s.hostWord()
	sum.Verdict = []string{sentence(first), letterSentence(s)}
	add := func(head, text string) {
		if text != "" {
			sum.Facts = append(sum.Facts, pageFact{head, text})
		}
	}
	if text := pairsFinding(s, diffs); text != plotFinding(diffsOf(diffs, s.mainOr())) {
		add("By how much", sentence(text))
	}
	add("How sure", s.sureText(f, diffs))
	add("Why", s.whyText())
	add("Does it complete", strings.TrimSpace(s.completionText()+" "+s.rerunText()))
	if warning, crowded := crowdSection(s); crowded {
		add("Not told by this host", warning.lead[0])
	}
	return sum
}

// lead is the summary at the top of a text.
func (p *pageSummary) lead() []string {
	var lead []string
	for _, text := range append([]string{p.Warning}, append(p.Verdict, p.Settle.text())...) {
		if text != "" {
			lead = append(lead, text)
		}
	}
	return lead
}

// factsSection is what stands behind the summary.
func (p *pageSummary) factsSection() section {
	sec := section{id: "facts", title: "How sure, and why"}
	for _, f := range p.Facts {
		sec.lead = append(sec.lead, f.Head+": "+f.Text)
	}
	return sec
}

// hasSummary says whether a file has something to sum up.
func hasSummary(f *results.File) bool {
	return f.Header.Kind != results.Published && len(f.Runs) > 0
}

func sentence(s string) string {
	s = cleanText(strings.TrimRight(s, ".;"), 900)
	if s == "" {
		return ""
	}
	return strings.ReplaceAll(s, " %", "\u00a0%") + "." // a figure keeps its unit
}

func (s *plotSource) hostWord() string {
	h := s.header.Host
	word := "a host of " + count(h.CPUs, "CPU", "CPUs")
	if s.header.Kind == results.Predicted {
		word = "a virtual host of " + count(h.CPUs, "CPU", "CPUs")
	}
	if h.CPUModel != "" {
		word += " (" + cleanText(h.CPUModel, 60) + ")"
	}
	return word
}

// letterSentence says whether the letter's main claim, less total time with lockless, holds here.
func letterSentence(s *plotSource) string {
	letter := letterOf()
	cmps := s.comparisons()
	n := map[string]int{}
	cases := 0
	for _, w := range s.waits() {
		for _, threads := range s.threads() {
			for _, a := range cmps.agreements(threads, w, letter) {
				if a.figure == "total time (ms)" {
					n[a.answer().text]++
					cases++
				}
			}
		}
	}
	const said = "The published letter (QEMU patch series of 2018-10-16) reports less total time " +
		"with lockless in each of its six cases"
	if cases == 0 {
		return said + "; none of them is in this file, so it says nothing about the letter."
	}
	return fmt.Sprintf("%s; of the %d that are in this file, %s.%s", said, cases,
		agreementText(n), starvedText(s))
}

// agreementText puts first what weighs most.
func agreementText(n map[string]int) string {
	parts := []struct {
		word string
		n    int
	}{{"it contradicts the letter in", n[opposite]}, {"it agrees in", n[agrees]},
		{"it cannot tell in", n[untold.String()]}}
	slices.SortStableFunc(parts, func(a, b struct {
		word string
		n    int
	}) int {
		return b.n - a.n
	})
	var out []string
	for _, p := range parts {
		if p.n > 0 {
			out = append(out, fmt.Sprintf("%s %d", p.word, p.n))
		}
	}
	return strings.Join(out, ", ")
}

// starvedText says in one sentence that the host is not the letter's.
func starvedText(s *plotSource) string {
	if _, crowded := crowdSection(s); !crowded {
		return ""
	}
	threads := s.threads()
	most := threads[len(threads)-1]
	return fmt.Sprintf(" CPU starved: up to %d compression threads (%d runnable threads in all) on "+
		"%s; the letter had 64.", most, runnable(&s.header.Scenario, most),
		count(s.header.Host.CPUs, "CPU", "CPUs"))
}

// sureText is what the reader may lean on.
func (s *plotSource) sureText(f *results.File, diffs []plotDiff) string {
	var parts []string
	if most := mostPairs(diffs); most > 0 {
		least := most
		for _, d := range diffs {
			least = min(least, d.n)
		}
		pairs := count(most, "pair", "pairs")
		if least < most {
			pairs = fmt.Sprintf("%d to %d pairs", least, most)
		}
		parts = append(parts, fmt.Sprintf("%s a case, intervals of 95\u00a0%%, p adjusted "+
			"over all cases (Holm)", pairs))
	}
	if text := floorText(diffs); text != "" {
		parts = append(parts, text)
	}
	parts = append(parts, s.gradesText(), verifiedText(s))
	if len(f.Failed) > 0 {
		parts = append(parts, count(len(f.Failed), "run", "runs")+" failed and have no figures")
	}
	return sentence(strings.Join(parts, "; "))
}

// floorText is the A/A floor of the file, from the case with the smallest.
func floorText(diffs []plotDiff) string {
	d, ok := leastFloor(diffs)
	if !ok {
		return ""
	}
	return floorSentence(d.floor, d.assumed, d.aaPairs)
}

func verifiedText(s *plotSource) string {
	if len(s.kept()) == 0 {
		return ""
	}
	return "how they ended: " + endingsOf(s.kept()).text()
}
