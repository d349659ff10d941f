package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"mtbench/report"
	"mtbench/results"
)

// explainRuns writes the figures of one run of a file, or of the runs that meet all conditions.
func explainRuns(cmd *cobra.Command, args []string, key string, conditions []string) error {
	if len(args) != 1 {
		return badInput(fmt.Errorf("--run and --where explain runs of one result file; %d given",
			len(args)))
	}
	f, err := readRunsOf(args[0], conditions)
	if err != nil {
		return badInput(err)
	}
	var runs []*results.Run
	for i := range f.Runs {
		if r := &f.Runs[i]; key == "" || report.RunKey(r) == key {
			runs = append(runs, r)
		}
	}
	switch {
	case len(f.Runs) == 0:
		return badInput(fmt.Errorf("%s: it has no run to explain; mtbench report shows what it has",
			clean(args[0])))
	case len(runs) == 0:
		return badInput(fmt.Errorf("--run: %s has no run %q; its runs are %s to %s, and mtbench report "+
			"--format csv lists them", clean(args[0]), key, report.RunKey(&f.Runs[0]),
			report.RunKey(&f.Runs[len(f.Runs)-1])))
	}
	out := cmd.OutOrStdout()
	return report.ExplainRuns(out, runs, optionsFor(out).Width)
}

// readRunsOf reads a file of runs and leaves those for which every condition holds.
func readRunsOf(path string, conditions []string) (*results.File, error) {
	files, err := readDistinct([]string{path})
	if err != nil {
		return nil, err
	}
	var part []results.Where
	var errs []error
	for _, text := range conditions {
		w, err := results.ParseWhere(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("--where: %w", err))
		}
		part = append(part, w)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return files[0].Only(part)
}
