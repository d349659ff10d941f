package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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
		failOn: failOnDefault()}
	cmd := &cobra.Command{
		Use:   "compare OLD NEW | compare FILE",
		Short: "Find regressions between two result files, or between two builds in one",
		Long: `Sets two result files of the same workload against each other, case by case and model by
model. By default it judges counters (wait-wakes, switches and locks a page) and completion,
which hardly depend on how busy a machine was; name others with --metrics. A change is a
regression if it is proved after correction for the number of cases, for the worse, and larger
than --threshold; equal is within it. The last line counts what is worse, better, equal, unproved,
failed and missing.

One FILE is a series of two builds (mtbench run --build old=PATH --build new=PATH), whose runs were
made side by side in pairs: it is judged by time, model by model and case by case. Equal is what is
proved to be within the --equal of the series; worse and better are proved and not so small.

Exit status 10: something that --fail-on names is worse or failed. 11: something that it names is
unproved, undecided or missing, or no case has enough runs for a proof. 12: the files cannot be
compared, and why.`,
		Example: `  mtbench compare old.jsonl new.jsonl
  mtbench compare old.jsonl new.jsonl --metrics total_time,cpu_per_page --threshold 10%
  mtbench compare two-builds.jsonl --fail-on worse,undecided`,
		Args: oneOrTwoFiles,
		RunE: func(cmd *cobra.Command, args []string) error { return runCompare(cmd, o, args) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.metrics, "metrics", nil, "what may regress (default: counters and completion)")
	f.Var(percentValue{&o.threshold}, "threshold", "how much worse a regression is, at least")
	f.Var(percentValue{&o.pageCost}, "page-cost",
		"how far the time of a page on one thread may move between the files")
	f.StringSliceVar(&o.failOn, "fail-on", o.failOn, failOnHelp)
	f.StringVar(&o.format, "format", changeFormats[0], strings.Join(changeFormats, ", "))
	return cmd
}

// failOnHelp is what the flag says in every command that has it.
const failOnHelp = "what ends with a status other than 0: worse, better, equal, unproved (or " +
	"undecided), failed, missing, or none"

func failOnDefault() []string {
	return []string{string(verdict.Worse), string(verdict.FailedIn), string(verdict.Missing)}
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
	if len(files) == 1 {
		if err := onlyOfTwoFiles(cmd.Flags()); err != nil {
			return badInput(err)
		}
		return judgeBuilds(cmd, files[0], metrics, o.format, o.failOn)
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

// onlyOfTwoFiles refuses what says nothing of a series of two builds.
func onlyOfTwoFiles(f *pflag.FlagSet) error {
	for _, name := range []string{"threshold", "page-cost"} {
		if f.Changed(name) {
			return fmt.Errorf("--%s is for two files; within a series of two builds the --equal that it "+
				"was run with decides", name)
		}
	}
	return nil
}

// judgeBuilds says what a series of two builds comes to, and sets the status.
func judgeBuilds(cmd *cobra.Command, f *results.File, metrics []metric.Metric, format string,
	failOn []string) error {
	list, err := verdict.CompareBuilds(f, metrics)
	if err != nil {
		return incomparable(err)
	}
	if err := writeChanges(cmd.OutOrStdout(), list, format); err != nil {
		return err
	}
	return compareStatus(cmd.ErrOrStderr(), list, failOn)
}

// checkStandings refuses what no comparison comes to.
func checkStandings(names []string) error {
	for _, name := range names {
		if name != "none" && !slices.Contains((&verdict.ChangeList{}).Standings(),
			verdict.Standing(name)) && name != string(verdict.Undecided) {
			return fmt.Errorf("--fail-on: %q is unknown; there are worse, better, equal, unproved (or "+
				"undecided), failed, missing and none", name)
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
	return list, incomparable(err)
}

// incomparable gives an error its status.
func incomparable(err error) error {
	var no *verdict.IncomparableError
	if errors.As(err, &no) {
		return &statusError{statusIncomparable, err}
	}
	return err
}

// compareStatus counts what the comparison comes to, as the last line on standard error, and sets
// the status.
func compareStatus(w io.Writer, list *verdict.ChangeList, failOn []string) error {
	words, hit := standingWords(list), func(any ...verdict.Standing) bool {
		return slices.ContainsFunc(any, func(s verdict.Standing) bool {
			return list.Count()[s] > 0 && failsOn(failOn, s)
		})
	}
	if worse := list.Regressions(); len(worse) > 0 {
		words += "; the first that is worse" + firstWorse(list, &worse[0])
	}
	switch {
	case hit(verdict.Worse, verdict.Better, verdict.Same, verdict.FailedIn):
		return withStatus(statusRegression, "%s", words)
	case hit(verdict.Unproved, verdict.Undecided, verdict.Missing):
		return withStatus(statusEvidence, "%s", words)
	case !list.Provable() && !slices.Contains(failOn, "none"):
		return withStatus(statusEvidence,
			"not enough evidence, no case has runs enough to prove a change: %s", words)
	}
	_, err := fmt.Fprintf(w, "mtbench: %s\n", words)
	return err
}

// failsOn reports whether a standing is named; what is unproved between files is undecided between
// builds, and goes by both names.
func failsOn(failOn []string, s verdict.Standing) bool {
	open := []string{string(verdict.Unproved), string(verdict.Undecided)}
	if !slices.Contains(open, string(s)) {
		return slices.Contains(failOn, string(s))
	}
	return slices.Contains(failOn, open[0]) || slices.Contains(failOn, open[1])
}

// firstWorse names the first regression of a list.
func firstWorse(list *verdict.ChangeList, c *verdict.Change) string {
	if list.Paired {
		return fmt.Sprintf(": %s with %s, %s", c.Metric.Name, c.Cell,
			verdict.FormatChange(c.Change.Estimate))
	}
	return fmt.Sprintf(" by more than %s: %s of %s with %s", percent(list.Threshold), c.Metric.Name,
		clean(c.Model), c.Cell)
}

// standingWords counts the standings, and says that nothing regressed only where nothing is open.
func standingWords(list *verdict.ChangeList) string {
	n := list.Count()
	var parts []string
	for _, s := range list.Standings() {
		parts = append(parts, fmt.Sprintf("%d %s", n[s], s))
	}
	words := strings.Join(parts, ", ")
	open := n[verdict.Unproved] + n[verdict.Undecided]
	if n[verdict.Worse]+open+n[verdict.FailedIn]+n[verdict.Missing] == 0 {
		words = fmt.Sprintf("no regression of more than %s: %s", percent(list.Threshold), words)
	}
	return words
}
