package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"mtbench/internal/verdict"
	"mtbench/results"
)

// pairMetrics are the figures that are compared in pairs, cell by cell.
func pairMetrics() []string {
	return []string{"total_time", "cpu_per_page", "wait_wakes_per_page"}
}

// pairSections are the comparisons of every contender with the first: by how much and how sure.
func pairSections(f *results.File) []section {
	var all []section
	for _, name := range pairMetrics() {
		if m, ok := verdict.Lookup(name); ok {
			all = append(all, pairSection(f, m))
		}
	}
	return all
}

func pairSection(f *results.File, m verdict.Metric) section {
	sec := section{id: "pairs-" + m.Name, title: "In pairs: " + metricWord(m)}
	all := contendersOnly(verdict.CompareAll(f, m))
	if len(all) == 0 {
		return absentSection(sec.id, sec.title, "This file has no pairs of two models. "+
			"mtbench run --models locked,lockless measures them.")
	}
	sec.lead = []string{
		"Change from " + all[0].Base + " to the model: Hodges-Lehmann estimate on the log ratio of each pair, " +
			"95 % interval, signed-rank p after Holm over the cells. A figure is given only where it " +
			"is proved and above the floor. " + metricDoc(m),
		pairFloorText(&all[0]),
	}
	sec.table = &grid{keys: 2, cols: []column{
		caseColumn(), {head: "model", text: true}, {head: "change (%)"}, {head: "95 % interval (%)"}, {head: "p (Holm)"},
		{head: "pairs (n of m)"}, {head: "floor (%)"}, {head: "verdict", text: true},
	}}
	last := verdict.Cell{Threads: -1}
	byCell(all)
	for i := range all {
		c := &all[i]
		sec.table.rows = append(sec.table.rows, pairRow(c, c.Cell != last))
		last = c.Cell
	}
	return sec
}

// contendersOnly leaves out the harness baselines, which are part of no verdict, and the steps,
// which have a section of their own.
func contendersOnly(all []verdict.Comparison) []verdict.Comparison {
	return slices.DeleteFunc(all, func(c verdict.Comparison) bool {
		return isBaseline(c.Other) || isStep(c.Other) || isBaseline(c.Base)
	})
}

// byCell sorts as the table of cases is sorted: wait off first, threads rising.
func byCell(all []verdict.Comparison) {
	slices.SortStableFunc(all, func(a, b verdict.Comparison) int {
		if a.Cell.Wait != b.Cell.Wait {
			if b.Cell.Wait {
				return -1
			}
			return 1
		}
		return a.Cell.Threads - b.Cell.Threads
	})
}

func pairRow(c *verdict.Comparison, first bool) gridRow {
	name := ""
	if first {
		name = plotCell{threads: c.Cell.Threads, wait: c.Cell.Wait}.caseText()
	}
	cells := textCells(name, c.Other, none, none, none, pairsText(c), none, c.Word())
	if c.N() > 0 {
		cells[6].text = strings.TrimSuffix(verdict.FormatSize(c.Floor), " %")
	}
	if c.Decided() {
		cells[2].text = changeText(c.Change.Estimate)
		cells[3].text = intervalText(c.Change.Lo, c.Change.Hi)
		cells[4].text = fmt.Sprintf("%.2g", c.Adjusted)
		cells[7].tone = betterTone(c)
		cells[7].text += onlyText(c)
	} else {
		cells[7].text = c.String()
	}
	return gridRow{cells: cells, rule: first}
}

// changeText is a log ratio in percent, or as a multiple where it is large. An infinite one stands
// for pairs in which one side could not complete.
func changeText(log float64) string {
	switch {
	case math.IsInf(log, 1):
		return "∞"
	case math.IsInf(log, -1):
		return "-∞"
	case math.Exp(log) >= 10:
		return "×" + sig(math.Exp(log))
	}
	return fmt.Sprintf("%+.1f", 100*math.Expm1(log))
}

func intervalText(lo, hi float64) string { return "[" + changeText(lo) + ", " + changeText(hi) + "]" }

// onlyText says in words what an infinite estimate means.
func onlyText(c *verdict.Comparison) string {
	if !math.IsInf(c.Change.Estimate, 0) {
		return ""
	}
	return fmt.Sprintf(": %d of %d runs of %s complete, of %s %d", c.OtherCompleted, c.OtherN, c.Other,
		c.Base, c.BaseCompleted)
}

func pairsText(c *verdict.Comparison) string {
	text := strconv.Itoa(len(c.Pairs)) + " of " + strconv.Itoa(c.Planned)
	if c.Again > 0 {
		text += fmt.Sprintf(", %d run again", c.Again)
	}
	return text
}

func betterTone(c *verdict.Comparison) tone {
	switch {
	case c.State == verdict.LowerThan && c.Metric.Better == verdict.Lower,
		c.State == verdict.HigherThan && c.Metric.Better == verdict.Higher:
		return good
	case c.State == verdict.Equal || c.Metric.Better == verdict.Neither:
		return plain
	}
	return bad
}

func metricWord(m verdict.Metric) string {
	words := map[string]string{"total_time": "total time", "cpu_per_page": "CPU time a page",
		"wait_wakes_per_page": "wait-wakes a page"}
	if w := words[m.Name]; w != "" {
		return w
	}
	return m.Name
}

// metricDoc is what the metric is, as a sentence.
func metricDoc(m verdict.Metric) string {
	return "The figure: " + m.Doc + " (" + m.Unit + ")."
}

// pairFloorText says which differences this machine cannot tell, and how that is known.
func pairFloorText(c *verdict.Comparison) string {
	floor := c.FloorOf
	if !floor.Measured() {
		return sentence(upper(floorSentence(floor.For(c.N()), true, floor.Pairs)) +
			"; mtbench run makes more with more --pairs")
	}
	text := fmt.Sprintf("Differences under %s cannot be told apart on this machine with as many "+
		"pairs as the first case has (%s of a model with itself).",
		verdict.FormatSize(floor.For(c.N())), count(floor.Pairs, "A/A pair", "A/A pairs"))
	if floor.Discordant > 0 {
		text += fmt.Sprintf(" Of %s just one run completed.",
			count(floor.Discordant, "A/A pair", "A/A pairs"))
	}
	return text
}

// stepNames are the contenders of package models/steps; a test holds them to it.
const stepNames = "step0-locked,step1-depth,step2-results,step3-rings,step4-spin,step5-polls," +
	"step6-lockless"

// stepsSection attributes the difference of locked and lockless to the changes on the way.
func stepsSection(f *results.File) section {
	sec := section{
		id: "steps", title: "Where the gain comes from: locked to lockless, one change at a time",
		lead: []string{"Change of the total time by each step: mean log ratio over the rounds in " +
			"which every step completed, so that the steps multiply to the whole; Student's 95 % " +
			"interval; signed-rank p after Holm over the steps."},
	}
	metric, _ := verdict.Lookup("total_time")
	all := verdict.Attribute(f, metric)
	if len(all) == 0 {
		return absentSection(sec.id, sec.title, "This file has no steps. mtbench run --models "+
			stepNames+" measures them.")
	}
	sec.table = &grid{keys: 2, cols: []column{caseColumn(), {head: "step", text: true},
		{head: "change (%)"}, {head: "95 % interval (%)"}, {head: "p (Holm)"}, {head: "rounds (n)"},
		{head: "told apart?", text: true}}}
	for i := range all {
		a := &all[i]
		for j := range a.Steps {
			sec.table.rows = append(sec.table.rows, stepRow(a, &a.Steps[j], j == 0))
		}
		whole := stepRow(a, &a.Whole, false)
		whole.cells[1].text = "the whole way"
		sec.table.rows = append(sec.table.rows, whole)
	}
	return sec
}

func stepRow(a *verdict.Attribution, s *verdict.StepShare, first bool) gridRow {
	name, told := "", "no"
	if first {
		name = plotCell{threads: a.Cell.Threads, wait: a.Cell.Wait}.caseText()
	}
	if s.Proved() {
		told = "yes"
	}
	rounds := strconv.Itoa(a.Pairs)
	if a.Excluded > 0 {
		rounds += fmt.Sprintf(" (%d left out)", a.Excluded)
	}
	texts := []string{name, s.From + " → " + s.To, none, none, none, rounds, told}
	if a.Pairs >= 2 && !math.IsNaN(s.Change.Estimate) {
		texts[2] = changeText(s.Change.Estimate)
		texts[3] = intervalText(s.Change.Lo, s.Change.Hi)
		texts[4] = fmt.Sprintf("%.2g", s.Adjusted)
	}
	return gridRow{cells: textCells(texts...), rule: first}
}

// claimsSection holds the claims of the letter against all files together.
func claimsSection(files []*results.File) section {
	sec := section{
		id: "claims", title: "The claims of the letter",
		lead: []string{"Each claim of the cover letter of 2018-10-16 in each of its cases, which are " +
			"named by threads and wait. Outside its regime: this host has fewer CPUs than the case has threads, so that the verdict " +
			"says little about the letter's machine."},
	}
	claims, err := verdict.Shipped()
	if err != nil {
		return absentSection(sec.id, sec.title, "The shipped claims cannot be read: "+err.Error())
	}
	measured := slices.DeleteFunc(slices.Clone(files), func(f *results.File) bool {
		return f.Header.Kind == results.Published
	})
	if len(measured) == 0 {
		return absentSection(sec.id, sec.title, "There is nothing measured to hold them against. "+
			"mtbench run measures it.")
	}
	judged := verdict.EvaluateClaims(measured, claims)
	sec.notes = []string{tallyText(verdict.Count(judged)),
		"mtbench claims FILE gives each case with its finding, and the command for what is not " +
			"measured. P-values are adjusted over all cases of all claims on a figure, which are more " +
			"tests than the cells of a table of pairs."}
	sec.table = &grid{keys: 1, cols: []column{{head: "claim", text: true},
		{head: "says", text: true}, {head: "verdict, by case", text: true}}}
	for from := 0; from < len(judged); {
		to := from
		for to < len(judged) && judged[to].Claim == judged[from].Claim {
			to++
		}
		sec.table.rows = append(sec.table.rows, claimRow(judged[from:to]))
		from = to
	}
	return sec
}

// claimRow is one claim: its cases by what the files say of them.
func claimRow(judged []verdict.Judged) gridRow {
	claim := judged[0].Claim
	cells := textCells(claim.ID, claim.Says, claimCases(judged))
	supported, contradicted := 0, 0
	for i := range judged {
		switch judged[i].Outcome {
		case verdict.Supported:
			supported++
		case verdict.Contradicted:
			contradicted++
		}
	}
	switch {
	case contradicted > 0:
		cells[2].tone = bad
	case supported > 0:
		cells[2].tone = good
	}
	return gridRow{cells: cells}
}

// claimCases lists the cases of a claim by outcome: "supported: 4 off, 8 off; not measured: 16 on".
func claimCases(judged []verdict.Judged) string {
	var order []string
	by := map[string][]string{}
	for i := range judged {
		j := &judged[i]
		word := outcomeText(j)
		if by[word] == nil {
			order = append(order, word)
		}
		by[word] = append(by[word], strconv.Itoa(j.Cell.Threads)+" "+onOff(j.Cell.Wait))
	}
	var parts []string
	for _, word := range order {
		parts = append(parts, word+": "+strings.Join(by[word], ", "))
	}
	return strings.Join(parts, "; ")
}

func outcomeText(j *verdict.Judged) string {
	if j.OutsideRegime && j.Outcome != verdict.NotMeasured {
		return j.Outcome.String() + " (outside its regime)"
	}
	return j.Outcome.String()
}

func tallyText(t verdict.Tally) string {
	return fmt.Sprintf("%d supported, %d contradicted, %d not enough evidence, %d not measured; "+
		"%d of them outside their regime.", t.Supported, t.Contradicted, t.Unproven, t.NotMeasured,
		t.OutsideRegime)
}
