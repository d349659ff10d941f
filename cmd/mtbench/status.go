package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"mtbench/results"
)

// The exit statuses of mtbench.
const (
	statusOK           = 0
	statusInternal     = 1
	statusUsage        = 2   // refused before anything was started
	statusRegression   = 10  // a regression, a contradicted claim, or a figure that moved (gate)
	statusEvidence     = 11  // not enough evidence
	statusIncomparable = 12  // files that cannot be compared
	statusMemory       = 20  // memory differs or pages were lost
	statusChild        = 21  // a child ended without handing over a record
	statusInterrupted  = 130 // what was finished is kept
)

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

// badInput is for whatever the user can put right.
func badInput(err error) error {
	if err == nil {
		return nil
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
