package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"strings"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// RunKey names a run within its file: its index, with the attempt of one that was run again.
func RunKey(r *results.Run) string { return view.RunKey(r) }

// explainWidth is how wide an explanation is where nobody says.
const explainWidth = 100

// ExplainRuns writes each figure of runs of one file: its value, its unit, what it is and how not
// to read it. Of one run it is the run's own; of several the median, the lowest and the highest.
// Figures that none of them has are named at the end. width is that of the terminal; 0: unknown.
func ExplainRuns(w io.Writer, runs []*results.Run, width int) error {
	width = max(40, cmp.Or(width, explainWidth))
	var b strings.Builder
	b.WriteString(format.WrapWords(runsTitle(runs), width) + "\n")
	var without []string
	for _, m := range metric.All() {
		values := view.SampleOf(runs, m.Of)
		if len(values) == 0 {
			without = append(without, m.Name)
			continue
		}
		fmt.Fprintf(&b, "\n%s = %s%s\n", m.Name, valueText(values, &m), betterText(&m))
		indented(&b, m.Doc, width)
		if m.Misread != "" {
			indented(&b, "not to be read "+m.Misread, width)
		}
	}
	if len(without) > 0 {
		b.WriteString("\n" + format.WrapWords("Without a value: "+strings.Join(without, ", ")+".",
			width) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// runsTitle says which runs are explained.
func runsTitle(runs []*results.Run) string {
	first := runs[0]
	if len(runs) > 1 {
		keys := make([]string, len(runs))
		for i, r := range runs {
			keys[i] = view.RunKey(r)
		}
		return fmt.Sprintf("%d runs (%s): median, lowest and highest", len(runs),
			strings.Join(keys, ", "))
	}
	end := "completed in " + view.TimeOf(first)
	if !first.Completed {
		end = view.TimeOf(first)
	}
	return fmt.Sprintf("run %s: %s, %s, pair %d, noise %s: %s", view.RunKey(first),
		format.CleanText(first.Model, 24), first.Cell.String(), first.Pair,
		format.CleanText(first.Grade(), 12), end)
}

func valueText(values view.Sample, m *metric.Metric) string {
	unit := ""
	if m.Unit != "" {
		unit = " " + m.Unit
	}
	if len(values) == 1 {
		return figure(values[0]) + unit
	}
	return fmt.Sprintf("%s%s (%s to %s)", figure(values.Median()), unit, figure(values.Low()),
		figure(values.High()))
}

// figure is a value; a time that was never reached has none.
func figure(v float64) string {
	if math.IsInf(v, 1) {
		return "∞ (" + format.CannotComplete + ")"
	}
	return format.Sig(v)
}

func betterText(m *metric.Metric) string {
	if m.Better == metric.Neither {
		return ""
	}
	return ", " + m.Better.String() + " is better"
}

func indented(b *strings.Builder, text string, width int) {
	for line := range strings.Lines(format.WrapWords(text, width-4)) {
		b.WriteString("    " + strings.TrimRight(line, "\n") + "\n")
	}
}
