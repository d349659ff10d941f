package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mtbench/results"
)

// The exit statuses of mtbench; [statuses] says what each means.
const (
	statusOK           = 0
	statusInternal     = 1
	statusUsage        = 2
	statusRegression   = 10
	statusEvidence     = 11
	statusIncomparable = 12
	statusMemory       = 20
	statusChild        = 21
	statusInterrupted  = 130
)

// exitStatus is one status, and what it tells a script.
type exitStatus struct {
	status  int
	meaning string
	next    string // what to do about it
}

// statuses is the table of all exit statuses: `mtbench help status` and the docs print it.
func statuses() []exitStatus {
	return []exitStatus{
		{statusOK, "done; a gate passed", "nothing"},
		{statusInternal, "internal error, or standard output cannot be written", "report it"},
		{statusUsage, "usage or bad input; nothing was started", "the message says what would be right"},
		{statusRegression, "a regression, a contradicted claim, or a figure that moved",
			"look at the cells that the output names"},
		{statusEvidence, "not enough evidence", "more pairs: a larger --budget or --pairs"},
		{statusIncomparable, "files that cannot be compared", "measure both with the same settings"},
		{statusMemory, "memory differs or pages were lost", "a bug of the model: see the failed runs"},
		{statusChild, "a process of a run crashed, hung or broke its stream",
			"see the failed runs; finished runs are kept"},
		{statusInterrupted, "interrupted; what was finished is kept", "run --resume FILE goes on"},
	}
}

// statusTable is the table of exit statuses: a line each.
func statusTable() string {
	var b strings.Builder
	for _, s := range statuses() {
		fmt.Fprintf(&b, "  %3d  %s\n", s.status, s.meaning)
	}
	return b.String()
}

// statusHelp is the same with what to do about each.
func statusHelp() string {
	var b strings.Builder
	b.WriteString("mtbench ends with one of these statuses. Each means the same in every command.\n\n")
	for _, s := range statuses() {
		fmt.Fprintf(&b, "  %3d  %s\n       then: %s\n", s.status, s.meaning, s.next)
	}
	return b.String()
}

// newStatusTopic is help without a command: `mtbench help status`.
func newStatusTopic() *cobra.Command {
	return &cobra.Command{Use: "status", Short: "Exit statuses of all commands", Long: statusHelp()}
}

// statusError is an error with the status that the process ends with. Its text is the verdict, the
// last line on standard error.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

func withStatus(status int, format string, args ...any) error {
	return &statusError{status, fmt.Errorf(format, args...)}
}

// interruptedOr is the status and words of an interruption if there was one, else err.
func interruptedOr(cmd *cobra.Command, err error, format string, a ...any) error {
	if cmd.Context().Err() == nil {
		return err
	}
	return withStatus(statusInterrupted, format, a...)
}

// interruptedBefore is the status and words of a command that a signal has ended before it had
// anything to keep, as in the pilot: what failed with its context is no bad input.
func interruptedBefore(ctx context.Context, err error) error {
	if ctx.Err() == nil || statusOf(err) == statusInterrupted || !errors.Is(err, context.Canceled) {
		return err
	}
	return withStatus(statusInterrupted, "%s", nothingBegun)
}

// nothingBegun is the verdict of a command that a signal has ended before it had anything to keep.
const nothingBegun = "interrupted; nothing was begun"

// badInput is for whatever the user can put right. An interruption stays one.
func badInput(err error) error {
	if err == nil || statusOf(err) == statusInterrupted {
		return err
	}
	return &statusError{statusUsage, flagged(err)}
}

// statusOf is the status that the process ends with.
func statusOf(err error) int {
	var s *statusError
	var input *results.InputError
	switch {
	case err == nil:
		return statusOK
	case errors.As(err, &s):
		return s.status
	case errors.As(err, &input):
		return statusUsage
	}
	return statusInternal
}
