package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"mtbench/internal/verdict"
	"mtbench/report"
)

// changeFormats are the formats of `mtbench compare`, the default first. The last line of each
// counts the standings; that of the terminal is the verdict on standard error.
var changeFormats = []string{"terminal", "markdown", "json"}

func writeChanges(w io.Writer, list *verdict.ChangeList, format string) error {
	switch format {
	case "markdown":
		return markdownChanges(w, list)
	case "json":
		return jsonChanges(w, list)
	}
	return terminalChanges(w, list)
}

func terminalChanges(w io.Writer, list *verdict.ChangeList) error {
	var b strings.Builder
	metric := ""
	for i := range list.Changes {
		c := &list.Changes[i]
		if c.Metric.Name != metric {
			metric = c.Metric.Name
			fmt.Fprintf(&b, "\n%s (%s): %s\n", metric, c.Metric.Unit, c.Metric.Doc)
			if list.Paired {
				fmt.Fprintf(&b, "  %s against %s, in pairs of runs\n", clean(list.New), clean(list.Old))
			}
		}
		mark := string(c.Standing)
		if c.Regression && !list.Paired {
			mark = "REGRESSION"
		}
		fmt.Fprintf(&b, "  %-22s %-14s %-10s %s\n", c.Cell, clean(list.Of(c)), mark, clean(c.String()))
	}
	if len(list.Faults) > 0 {
		b.WriteString("\ncases that cannot be judged\n")
	}
	for _, f := range list.Faults {
		fmt.Fprintf(&b, "  %-22s %-14s %-10s %s\n", f.Cell, clean(f.Model),
			strings.ToUpper(string(f.Standing)),
			clean(f.Why))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markdownChanges writes one table, and a line of counts.
func markdownChanges(w io.Writer, list *verdict.ChangeList) error {
	var b strings.Builder
	row := func(metric, cell, model, standing, found string) {
		md := report.MarkdownCell
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", md(metric), md(cell), md(model), standing,
			md(clean(found)))
	}
	b.WriteString("| figure | case | model | standing | found |\n|---|---|---|---|---|\n")
	for i := range list.Changes {
		c := &list.Changes[i]
		standing := string(c.Standing)
		if c.Regression {
			standing = "**" + standing + "**"
		}
		row(c.Metric.Name, c.Cell.String(), list.Of(c), standing, c.String())
	}
	for _, f := range list.Faults {
		row("all", f.Cell.String(), f.Model, "**"+string(f.Standing)+"**", f.Why)
	}
	fmt.Fprintf(&b, "\n%s\n", standingWords(list))
	_, err := io.WriteString(w, b.String())
	return err
}

// changeRecord is a line of the JSON format for one figure of one case.
type changeRecord struct {
	Type     string   `json:"type"` // "change"
	Metric   string   `json:"metric"`
	Unit     string   `json:"unit"`
	Model    string   `json:"model"`
	Case     string   `json:"case"`
	Standing string   `json:"standing"`
	OldRuns  int      `json:"old_runs"`
	NewRuns  int      `json:"new_runs"`
	Ratio    *float64 `json:"ratio"` // new over old; null where there is none
	Low      *float64 `json:"ratio_low"`
	High     *float64 `json:"ratio_high"`
	Found    string   `json:"found"`
}

// faultRecord is a line for a case that cannot be judged.
type faultRecord struct {
	Type     string `json:"type"` // "fault"
	Model    string `json:"model"`
	Case     string `json:"case"`
	Standing string `json:"standing"`
	Why      string `json:"why"`
}

// countsRecord is the last line.
type countsRecord struct {
	Type      string  `json:"type"` // "counts"
	Old       string  `json:"old"`
	New       string  `json:"new"`
	Threshold float64 `json:"threshold"`
	Worse     int     `json:"worse"`
	Better    int     `json:"better"`
	Equal     int     `json:"equal"`
	Unproved  int     `json:"unproved"`
	Undecided int     `json:"undecided"`
	Failed    int     `json:"failed"`
	Missing   int     `json:"missing"`
}

// jsonChanges writes JSON Lines: a record a figure and case, one a fault, and the counts.
func jsonChanges(w io.Writer, list *verdict.ChangeList) error {
	out := json.NewEncoder(w)
	for i := range list.Changes {
		c := &list.Changes[i]
		r := changeRecord{Type: "change", Metric: c.Metric.Name, Unit: c.Metric.Unit, Model: c.Model,
			Case: c.Cell.String(), Standing: string(c.Standing), OldRuns: c.BaseN, NewRuns: c.OtherN,
			Found: clean(c.String())}
		if c.BaseN > 0 && c.OtherN > 0 && !c.Unsized() {
			r.Ratio, r.Low, r.High = ratioOf(c.Change.Estimate), ratioOf(c.Change.Lo),
				ratioOf(c.Change.Hi)
		}
		if err := out.Encode(&r); err != nil {
			return err
		}
	}
	for _, f := range list.Faults {
		r := faultRecord{"fault", f.Model, f.Cell.String(), string(f.Standing), clean(f.Why)}
		if err := out.Encode(&r); err != nil {
			return err
		}
	}
	n := list.Count()
	return out.Encode(&countsRecord{"counts", list.Old, list.New, list.Threshold, n[verdict.Worse],
		n[verdict.Better], n[verdict.Same], n[verdict.Unproved], n[verdict.Undecided],
		n[verdict.FailedIn], n[verdict.Missing]})
}

// ratioOf is the ratio of its log; nil where there is none.
func ratioOf(log float64) *float64 {
	r := math.Exp(log)
	if math.IsNaN(r) || math.IsInf(r, 0) || math.IsInf(log, 0) {
		return nil
	}
	return &r
}
