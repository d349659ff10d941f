package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/results"
)

type compareOptions struct {
	metrics   []string
	threshold float64
	pageCost  float64
	failOn    []string
	format    string
}

func newCompareCommand() *cobra.Command {
	o := &compareOptions{threshold: verdict.DefaultThreshold, pageCost: verdict.DefaultPageCost,
		failOn: []string{string(verdict.Worse), string(verdict.FailedIn), string(verdict.Missing)}}
	cmd := &cobra.Command{
		Use:   "compare OLD NEW",
		Short: "Find regressions between two result files",
		Long: `Sets two result files of the same workload against each other, case by case and model by
model. By default it judges counters (wait-wakes, switches and locks a page) and completion,
which hardly depend on how busy a machine was; name others with --metrics. A change is a
regression if it is proved after correction for the number of cases, for the worse, and larger
than --threshold; equal is within it. The last line counts what is worse, better, equal, unproved,
failed and missing.

Exit status 10: something that --fail-on names, worse or failed. 11: something that it names, unproved
or missing; or no case has runs enough to prove anything. 12: the files cannot be compared, and why.`,
		Example: `  mtbench compare old.jsonl new.jsonl
  mtbench compare old.jsonl new.jsonl --metrics total_time,cpu_per_page --threshold 10%`,
		Args: twoFiles,
		RunE: func(cmd *cobra.Command, args []string) error { return runCompare(cmd, o, args) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.metrics, "metrics", nil, "what may regress (default: counters and completion)")
	f.Var(percentValue{&o.threshold}, "threshold", "how much worse a regression is, at least")
	f.Var(percentValue{&o.pageCost}, "page-cost",
		"how far the time of a page on one thread may move between the files")
	f.StringSliceVar(&o.failOn, "fail-on", o.failOn,
		"what ends with a status other than 0: worse, better, equal, unproved, failed, missing, or none")
	f.StringVar(&o.format, "format", changeFormats[0], strings.Join(changeFormats, ", "))
	return cmd
}

func runCompare(cmd *cobra.Command, o *compareOptions, paths []string) error {
	if !slices.Contains(changeFormats, o.format) {
		return badInput(fmt.Errorf("--format: %q is unknown; there are %s", o.format,
			strings.Join(changeFormats, ", ")))
	}
	metrics, err := lookupMetrics(o.metrics)
	if err != nil {
		return badInput(err)
	}
	files, err := readAll(paths)
	if err != nil {
		return badInput(err)
	}
	if err := haveRuns(files); err != nil {
		return badInput(err)
	}
	if err := checkStandings(o.failOn); err != nil {
		return badInput(err)
	}
	list, err := compareFiles(files, verdict.ChangeOptions{Metrics: metrics, Threshold: o.threshold,
		PageCost: o.pageCost})
	if err != nil {
		return err
	}
	for _, warning := range list.Warnings {
		fmt.Fprintf(cmd.ErrOrStderr(), "mtbench: warning: %s\n", clean(warning))
	}
	if err := writeChanges(cmd.OutOrStdout(), list, o.format); err != nil {
		return err
	}
	return compareStatus(cmd.ErrOrStderr(), list, o.failOn)
}

// checkStandings refuses what no comparison comes to.
func checkStandings(names []string) error {
	for _, name := range names {
		if name != "none" && !slices.Contains(verdict.Standings(), verdict.Standing(name)) {
			return fmt.Errorf("--fail-on: %q is unknown; there are worse, better, equal, unproved, "+
				"failed, missing and none", name)
		}
	}
	return nil
}

func lookupMetrics(names []string) ([]metric.Metric, error) {
	var metrics []metric.Metric
	for _, name := range names {
		m, ok := metric.Lookup(name)
		if !ok {
			return nil, fmt.Errorf("--metrics: there is no metric %q; mtbench claims --metrics lists them",
				name)
		}
		metrics = append(metrics, m)
	}
	return metrics, nil
}

func compareFiles(files []*results.File, o verdict.ChangeOptions) (*verdict.ChangeList, error) {
	list, err := verdict.CompareFiles(files[0], files[1], o)
	var no *verdict.IncomparableError
	if errors.As(err, &no) {
		return nil, &statusError{statusIncomparable, err}
	}
	return list, err
}

// compareStatus counts what the comparison comes to, as the last line on standard error, and sets
// the status.
func compareStatus(w io.Writer, list *verdict.ChangeList, failOn []string) error {
	words, hit := standingWords(list), func(any ...verdict.Standing) bool {
		return slices.ContainsFunc(any, func(s verdict.Standing) bool {
			return list.Count()[s] > 0 && slices.Contains(failOn, string(s))
		})
	}
	if worse := list.Regressions(); len(worse) > 0 {
		words += fmt.Sprintf("; the first that is worse by more than %s: %s of %s with %s",
			percent(list.Threshold),
			worse[0].Metric.Name, clean(worse[0].Model), worse[0].Cell)
	}
	switch {
	case hit(verdict.Worse, verdict.Better, verdict.Same, verdict.FailedIn):
		return withStatus(statusRegression, "%s", words)
	case hit(verdict.Unproved, verdict.Missing):
		return withStatus(statusEvidence, "%s", words)
	case !list.Provable() && !slices.Contains(failOn, "none"):
		return withStatus(statusEvidence,
			"not enough evidence, no case has runs enough to prove a change: %s", words)
	}
	_, err := fmt.Fprintf(w, "mtbench: %s\n", words)
	return err
}

// standingWords counts the standings, and says that nothing regressed only where nothing is open.
func standingWords(list *verdict.ChangeList) string {
	n := list.Count()
	var parts []string
	for _, s := range verdict.Standings() {
		parts = append(parts, fmt.Sprintf("%d %s", n[s], s))
	}
	words := strings.Join(parts, ", ")
	if n[verdict.Worse]+n[verdict.Unproved]+n[verdict.FailedIn]+n[verdict.Missing] == 0 {
		words = fmt.Sprintf("no regression of more than %s: %s", percent(list.Threshold), words)
	}
	return words
}
