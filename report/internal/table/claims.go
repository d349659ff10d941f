package table

import (
	"slices"
	"strconv"
	"strings"

	"mtbench/internal/claims"
	"mtbench/internal/verdict"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

func claimSpecs() []Spec {
	return []Spec{{Name: "claims", Title: "The claims of the letter",
		All: claimsOf}}
}

// claimsOf leaves series of two builds out, which compare no models.
func claimsOf(srcs []*view.Source) (Section, bool) {
	ofModels := slices.DeleteFunc(slices.Clone(srcs), func(s *view.Source) bool {
		return s.OfModel != ""
	})
	return claimsSection(ofModels), len(ofModels) > 0 || len(srcs) == 0
}

// claimsSection holds the claims of the letter against all files together.
func claimsSection(srcs []*view.Source) Section {
	sec := Section{
		Lead: []string{"Each claim of the cover letter of 2018-10-16 in each of its cases, which are " +
			"named by threads and wait. Outside its regime: this host has fewer CPUs than the case has " +
			"threads, so that the verdict " +
			"says little about the letter's machine."},
	}
	list, err := claims.Shipped()
	if err != nil {
		return absent("The shipped claims cannot be read: " + err.Error())
	}
	var measured []*results.File
	for _, s := range srcs {
		if s.Header.Kind != results.Published {
			measured = append(measured, s.From)
		}
	}
	if len(measured) == 0 {
		return absent("There is nothing measured to hold them against. " +
			"mtbench run measures it.")
	}
	judged := verdict.EvaluateClaims(measured, list)
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
		if judged[i].Apart() != "" {
			continue
		}
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
	switch why := j.Apart(); {
	case why == j.Hollow && why != "":
		return why
	case why != "":
		return j.Outcome.String() + ", but " + why
	}
	if j.OutsideRegime && j.Outcome != verdict.NotMeasured {
		return j.Outcome.String() + " (outside its regime)"
	}
	return j.Outcome.String()
}

func tallyText(t verdict.Tally) string {
	return t.String() + "."
}
