package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/spf13/cobra"

	"mtbench/internal/calibrate"
	"mtbench/internal/series"
)

// newChildCommand is what a series starts its runs with.
func newChildCommand() *cobra.Command {
	return childCommand(series.ChildCommand, func() error {
		return series.Child(os.Stdin, thisBuild())
	})
}

// newDestinationCommand is what ssh starts on the host of a destination.
func newDestinationCommand() *cobra.Command {
	var copied string
	cmd := childCommand(series.DestinationCommand, nil)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		err := series.ServeDestination(cmd.Context(), os.Stdin, os.Stdout, series.Build{
			Version: release, Revision: revision()}, copied)
		if err != nil {
			return withStatus(statusInternal, "%w", err)
		}
		return nil
	}
	cmd.Flags().StringVar(&copied, "remove", "", "directory of the copy of this program")
	return cmd
}

// calibrationCommand is what a calibration is started with.
const calibrationCommand = "internal-calibration"

// newCalibrationChildCommand calibrates in a process in which nothing else goes on.
func newCalibrationChildCommand() *cobra.Command {
	return childCommand(calibrationCommand, func() error {
		return series.AnswerAlone(os.Stdin, func(job json.RawMessage) (any, error) {
			var p calibrate.Plan
			if err := json.Unmarshal(job, &p); err != nil {
				return nil, err
			}
			return calibrate.Calibrate(context.Background(), p)
		})
	})
}

// calibrateAlone makes a calibration in a process of its own, as runs are made.
func calibrateAlone(ctx context.Context, p calibrate.Plan) (*calibrate.Calibration, error) {
	answer, err := series.Alone(ctx, []string{calibrationCommand}, p)
	if err != nil {
		return nil, err
	}
	var c calibrate.Calibration
	if err := json.Unmarshal(answer, &c); err != nil {
		return nil, err
	}
	return &c, c.Check()
}

func childCommand(name string, do func() error) *cobra.Command {
	return &cobra.Command{
		Use:    name,
		Hidden: true,
		Args:   noArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := do(); err != nil {
				return withStatus(statusInternal, "%w", err)
			}
			return nil
		},
	}
}
