package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/results"
)

type compareOptions struct {
	metrics   []string
	threshold float64
}

func newCompareCommand() *cobra.Command {
	o := &compareOptions{threshold: verdict.DefaultThreshold}
	cmd := &cobra.Command{
		Use:   "compare OLD NEW",
		Short: "Find regressions between two result files",
		Long: `Sets two result files of the same workload against each other, case by case and model by
model. By default it judges counters (wait-wakes, switches and locks a page) and completion,
which hardly depend on how busy a machine was; name others with --metrics. A change is a
regression if it is proved after correction for the number of cases, for the worse, and larger
than --threshold.

Exit status 10: a regression. 11: no case has runs enough to prove one. 12: the files cannot be
compared, and why.`,
		Example: `  mtbench compare old.jsonl new.jsonl
  mtbench compare old.jsonl new.jsonl --metrics total_time,cpu_per_page --threshold 10%`,
		Args: twoFiles,
		RunE: func(cmd *cobra.Command, args []string) error { return runCompare(cmd, o, args) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.metrics, "metrics", nil, "what may regress (default: counters and completion)")
	f.Var(percentValue{&o.threshold}, "threshold", "how much worse a regression is, at least")
	return cmd
}

func runCompare(cmd *cobra.Command, o *compareOptions, paths []string) error {
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
	list, err := compareFiles(files, metrics, o.threshold)
	if err != nil {
		return err
	}
	for _, warning := range list.Warnings {
		fmt.Fprintf(cmd.ErrOrStderr(), "mtbench: warning: %s\n", clean(warning))
	}
	if err := writeChanges(cmd.OutOrStdout(), list); err != nil {
		return err
	}
	return compareStatus(cmd.ErrOrStderr(), list)
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

func compareFiles(files []*results.File, metrics []metric.Metric, threshold float64) (
	*verdict.ChangeList, error) {
	list, err := verdict.CompareFiles(files[0], files[1],
		verdict.ChangeOptions{Metrics: metrics, Threshold: threshold})
	var no *verdict.IncomparableError
	if errors.As(err, &no) {
		return nil, &statusError{statusIncomparable, err}
	}
	return list, err
}

func writeChanges(w io.Writer, list *verdict.ChangeList) error {
	var b strings.Builder
	metric := ""
	for i := range list.Changes {
		c := &list.Changes[i]
		if c.Metric.Name != metric {
			metric = c.Metric.Name
			fmt.Fprintf(&b, "\n%s (%s): %s\n", metric, c.Metric.Unit, c.Metric.Doc)
		}
		mark := ""
		if c.Regression {
			mark = "REGRESSION "
		}
		fmt.Fprintf(&b, "  %-22s %-14s %s%s\n", c.Cell, clean(c.Model), mark, clean(c.String()))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// compareStatus says the verdict in words, as the last line on standard error, and sets the status.
func compareStatus(w io.Writer, list *verdict.ChangeList) error {
	worse := list.Regressions()
	switch {
	case len(worse) > 0:
		c := worse[0]
		return withStatus(statusRegression, "%d regressions of more than %s, the first: %s of %s with %s",
			len(worse), percent(list.Threshold), c.Metric.Name, clean(c.Model), c.Cell)
	case !list.Provable():
		return withStatus(statusEvidence, "not enough evidence: no case has runs enough to prove a "+
			"change")
	}
	_, err := fmt.Fprintf(w, "mtbench: no regression of more than %s in %d comparisons\n",
		percent(list.Threshold), len(list.Changes))
	return err
}
