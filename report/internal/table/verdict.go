package table

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// pairSections are the comparisons of every contender with the first: by how much and how sure.
func pairSections(f *results.File) []Section {
	var all []Section
	for _, m := range metric.All() {
		if m.Pairs != "" {
			all = append(all, PairSection(f, m))
		}
	}
	return all
}

func PairSection(f *results.File, m metric.Metric) Section {
	sec := Section{ID: "pairs-" + m.Name, Title: "In pairs: " + m.Pairs}
	all := contendersOnly(verdict.CompareAll(f, m))
	if len(all) == 0 {
		return absentSection(sec.ID, sec.Title, "This file has no pairs of two models. "+
			"mtbench run --models locked,lockless measures them.")
	}
	sec.Lead = []string{
		"Change from " + all[0].Base + " to the model: Hodges-Lehmann estimate on the log ratio of each pair, " +
			"95 % interval, signed-rank p after Holm over the cells. A figure is given only where it " +
			"is proved and above the floor. " + metricDoc(m),
		pairFloorText(&all[0]),
	}
	sec.Table = &Grid{Keys: 2, Cols: []Column{
		caseColumn(), {Head: "model", Text: true}, {Head: "change (%)"}, {Head: "95 % interval (%)"}, {Head: "p (Holm)"},
		{Head: "pairs (n of m)"}, {Head: "floor (%)"}, {Head: "verdict", Text: true},
	}}
	last := verdict.Cell{Threads: -1}
	byCell(all)
	for i := range all {
		c := &all[i]
		sec.Table.Rows = append(sec.Table.Rows, pairRow(c, c.Cell != last))
		last = c.Cell
	}
	return sec
}

// contendersOnly leaves out the harness baselines, which are part of no verdict, and the steps,
// which have a section of their own.
func contendersOnly(all []verdict.Comparison) []verdict.Comparison {
	return slices.DeleteFunc(all, func(c verdict.Comparison) bool {
		return view.IsBaseline(c.Other) || view.IsStep(c.Other) || view.IsBaseline(c.Base)
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

func pairRow(c *verdict.Comparison, first bool) GridRow {
	name := ""
	if first {
		name = view.Cell{Threads: c.Cell.Threads, Wait: c.Cell.Wait}.CaseText()
	}
	cells := textCells(name, c.Other, format.None, format.None, format.None, pairsText(c), format.None, c.Word())
	if c.N() > 0 {
		cells[6].Text = strings.TrimSuffix(verdict.FormatSize(c.Floor), " %")
	}
	if c.Decided() {
		cells[2].Text = format.ChangeText(c.Change.Estimate)
		cells[3].Text = format.IntervalText(c.Change.Lo, c.Change.Hi)
		cells[4].Text = fmt.Sprintf("%.2g", c.Adjusted)
		cells[7].Tone = betterTone(c)
		cells[7].Text += onlyText(c)
	} else {
		cells[7].Text = c.String()
	}
	return GridRow{Cells: cells, Rule: first}
}

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

func betterTone(c *verdict.Comparison) Tone {
	switch {
	case c.State == verdict.LowerThan && c.Metric.Better == metric.Lower,
		c.State == verdict.HigherThan && c.Metric.Better == metric.Higher:
		return Good
	case c.State == verdict.Equal || c.Metric.Better == metric.Neither:
		return Plain
	}
	return Bad
}

// metricDoc is what the metric is, as a sentence.
func metricDoc(m metric.Metric) string {
	return "The figure: " + m.Doc + " (" + m.Unit + ")."
}

// pairFloorText says which differences this machine cannot tell, and how that is known.
func pairFloorText(c *verdict.Comparison) string {
	floor := c.FloorOf
	if !floor.Measured() {
		return format.Sentence(format.Upper(view.FloorSentence(floor.For(c.N()), true, floor.Pairs)) +
			"; mtbench run makes more with more --pairs")
	}
	text := fmt.Sprintf("Differences under %s cannot be told apart on this machine with as many "+
		"pairs as the first case has (%s of a model with itself).",
		verdict.FormatSize(floor.For(c.N())), format.Count(floor.Pairs, "A/A pair", "A/A pairs"))
	if floor.Discordant > 0 {
		text += fmt.Sprintf(" Of %s just one run completed.",
			format.Count(floor.Discordant, "A/A pair", "A/A pairs"))
	}
	return text
}

// stepNames are the contenders of package models/steps; a test holds them to it.
const stepNames = "step0-locked,step1-depth,step2-results,step3-rings,step4-spin,step5-polls," +
	"step6-lockless"

// stepsSection attributes the difference of locked and lockless to the changes on the way.
func stepsSection(f *results.File) Section {
	sec := Section{
		ID: "steps", Title: "Where the gain comes from: locked to lockless, one change at a time",
		Lead: []string{"Change of the total time by each step: mean log ratio over the rounds in " +
			"which every step completed, so that the steps multiply to the whole; Student's 95 % " +
			"interval; signed-rank p after Holm over the steps."},
	}
	all := verdict.Attribute(f, metric.Get(metric.TotalTime))
	if len(all) == 0 {
		return absentSection(sec.ID, sec.Title, "This file has no steps. mtbench run --models "+
			stepNames+" measures them.")
	}
	sec.Table = &Grid{Keys: 2, Cols: []Column{caseColumn(), {Head: "step", Text: true},
		{Head: "change (%)"}, {Head: "95 % interval (%)"}, {Head: "p (Holm)"}, {Head: "rounds (n)"},
		{Head: "told apart?", Text: true}}}
	for i := range all {
		a := &all[i]
		for j := range a.Steps {
			sec.Table.Rows = append(sec.Table.Rows, stepRow(a, &a.Steps[j], j == 0))
		}
		whole := stepRow(a, &a.Whole, false)
		whole.Cells[1].Text = "the whole way"
		sec.Table.Rows = append(sec.Table.Rows, whole)
	}
	return sec
}

func stepRow(a *verdict.Attribution, s *verdict.StepShare, first bool) GridRow {
	name, told := "", "no"
	if first {
		name = view.Cell{Threads: a.Cell.Threads, Wait: a.Cell.Wait}.CaseText()
	}
	if s.Proved() {
		told = "yes"
	}
	rounds := strconv.Itoa(a.Pairs)
	if a.Excluded > 0 {
		rounds += fmt.Sprintf(" (%d left out)", a.Excluded)
	}
	texts := []string{name, s.From + " → " + s.To, format.None, format.None, format.None, rounds, told}
	if a.Pairs >= 2 && !math.IsNaN(s.Change.Estimate) {
		texts[2] = format.ChangeText(s.Change.Estimate)
		texts[3] = format.IntervalText(s.Change.Lo, s.Change.Hi)
		texts[4] = fmt.Sprintf("%.2g", s.Adjusted)
	}
	return GridRow{Cells: textCells(texts...), Rule: first}
}

// claimsSection holds the claims of the letter against all files together.
func claimsSection(files []*results.File) Section {
	sec := Section{
		ID: "claims", Title: "The claims of the letter",
		Lead: []string{"Each claim of the cover letter of 2018-10-16 in each of its cases, which are " +
			"named by threads and wait. Outside its regime: this host has fewer CPUs than the case has threads, so that the verdict " +
			"says little about the letter's machine."},
	}
	claims, err := verdict.Shipped()
	if err != nil {
		return absentSection(sec.ID, sec.Title, "The shipped claims cannot be read: "+err.Error())
	}
	measured := slices.DeleteFunc(slices.Clone(files), func(f *results.File) bool {
		return f.Header.Kind == results.Published
	})
	if len(measured) == 0 {
		return absentSection(sec.ID, sec.Title, "There is nothing measured to hold them against. "+
			"mtbench run measures it.")
	}
	judged := verdict.EvaluateClaims(measured, claims)
	sec.Notes = []string{tallyText(verdict.Count(judged)),
		"mtbench claims FILE gives each case with its finding, and the command for what is not " +
			"measured. P-values are adjusted over all cases of all claims on a figure, which are more " +
			"tests than the cells of a table of pairs."}
	sec.Table = &Grid{Keys: 1, Cols: []Column{{Head: "claim", Text: true},
		{Head: "says", Text: true}, {Head: "verdict, by case", Text: true}}}
	for from := 0; from < len(judged); {
		to := from
		for to < len(judged) && judged[to].Claim == judged[from].Claim {
			to++
		}
		sec.Table.Rows = append(sec.Table.Rows, claimRow(judged[from:to]))
		from = to
	}
	return sec
}

// claimRow is one claim: its cases by what the files say of them.
func claimRow(judged []verdict.Judged) GridRow {
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
		cells[2].Tone = Bad
	case supported > 0:
		cells[2].Tone = Good
	}
	return GridRow{Cells: cells}
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
		by[word] = append(by[word], strconv.Itoa(j.Cell.Threads)+" "+format.OnOff(j.Cell.Wait))
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
