package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"mtbench/internal/predict"
	"mtbench/internal/series"
	"mtbench/results"
)

func (o *predictOptions) predictLetter(cmd *cobra.Command) error {
	if cmd.Flags().Changed("scale") && o.scale < 1 {
		return badInput(fmt.Errorf("--scale: 1/%d of the memory; it must be 1 or more", o.scale))
	}
	if o.refit < 0 || o.refit > 20 {
		return badInput(fmt.Errorf("--refit: %d is not between 0 and 20", o.refit))
	}
	h, err := predict.Letter()
	if err != nil {
		return err
	}
	if o.scale > 0 {
		h.Scale = o.scale
	}
	if o.refit > 0 {
		h, err = h.Fit(cmd.Context(), o.refit, o.settings.Seed, func(knob string, misfit float64) {
			fmt.Fprintf(cmd.ErrOrStderr(), "mtbench: %s: misfit %.3f\n", knob, misfit)
		})
		if err != nil {
			return interruptedOr(cmd, err, "interrupted while fitting; nothing was written")
		}
	}
	l := &letter{host: h, seed: o.settings.Seed, output: o.output}
	return l.run(cmd)
}

// letter is the prediction of the letter's rows.
type letter struct {
	host     predict.LetterHost
	seed     uint64
	output   string
	progress series.Progress
	kept     int // runs that are in the file
}

func (l *letter) run(cmd *cobra.Command) error {
	rows, err := predict.LetterRows()
	if err != nil {
		return err
	}
	hosts := []predict.LetterHost{l.host}
	if l.host.Scale > 1 {
		hosts = append(hosts, l.host.Smaller())
	}
	l.progress = newProgress(os.Stderr)
	l.progress.Begin(len(hosts)*len(rows), 0)
	err = l.keep(cmd.Context(), rows)
	var smaller []predict.Row
	if err == nil && len(hosts) > 1 {
		smaller = slices.Clone(rows)
		err = hosts[1].Predict(cmd.Context(), smaller, l.seed, l.tell)
	}
	l.progress.End()
	if err != nil {
		return interruptedOr(cmd, err, "interrupted after %d of %d runs, which are in %s", l.kept,
			len(rows), l.output)
	}
	w := cmd.OutOrStdout()
	if err := predict.WriteLetter(w, l.host, rows, smaller); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nresults  %s\n", l.output)
	return err
}

// keep predicts rows into the result file, each run as soon as it is there.
func (l *letter) keep(ctx context.Context, rows []predict.Row) error {
	file, err := results.Create(l.output, results.Header{
		Kind: results.Predicted, Version: release, Revision: revision(), Go: runtime.Version(),
		Created: time.Now(), Argv: os.Args, Seed: l.seed, Scenario: l.host.Scenario(),
		Host: results.Host{Name: "the letter's host, virtual", OS: "virtual time",
			CPUModel: "64 CPUs in round figures", CPUs: 64},
		Matrix: results.Matrix{Models: []string{"locked", "lockless"}, Threads: []int{4, 8, 16},
			Waits: []bool{false, true}, Pairs: 1, Runs: len(rows)},
		Notes: []string{l.host.Describe()},
	})
	if err != nil {
		return badInput(err)
	}
	err = l.host.Predict(ctx, rows, l.seed, func(run *results.Run) error {
		l.kept++
		return errors.Join(file.Append(run), l.tell(run))
	})
	return errors.Join(err, file.Close())
}

func (l *letter) tell(run *results.Run) error {
	l.progress.Ran(slotOf(run), run, 0)
	return nil
}
