package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mtbench/internal/calibrate"
	"mtbench/results"
)

// addHostFlag adds --host, whose help and completion name the hosts.
func addHostFlag(cmd *cobra.Command, o *predictOptions) {
	names, says, err := calibrate.HostNames()
	if err != nil {
		panic(err) // what is shipped is tested
	}
	cmd.Flags().StringVar(&o.host, "host", "", "host by name ("+strings.Join(names, ", ")+
		"), or the file of a profile: each cost with its source, or assumed and varied over a range")
	err = cmd.RegisterFlagCompletionFunc("host",
		func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var list []string
			for i, name := range names {
				list = append(list, cobra.CompletionWithDesc(name, says[i]))
			}
			return list, cobra.ShellCompDirectiveDefault // files, too
		})
	if err != nil {
		panic(err) // the flag exists
	}
}

// source returns what a prediction draws its figures from: a calibration, or a host by name.
func (o *predictOptions) source() (*calibrate.Calibration, results.CalibrationRef, error) {
	switch {
	case o.calibration == "" && o.host == "":
		return nil, results.CalibrationRef{}, errors.New("a prediction needs a --calibration; make " +
			"one with: mtbench calibrate; or give a --host by name")
	case o.calibration != "" && o.host != "":
		return nil, results.CalibrationRef{}, errors.New("--calibration and --host: one of the two " +
			"says what the host takes")
	case o.calibration != "":
		c, ref, err := calibrate.Read(o.calibration)
		if err != nil {
			err = fmt.Errorf("--calibration: %w", err)
		}
		return c, ref, err
	}
	h, err := calibrate.LoadHost(o.host)
	if err != nil {
		return nil, results.CalibrationRef{}, fmt.Errorf("--host: %w", err)
	}
	return h.Calibration()
}

// modelOf is the CPU model of the predicted host.
func (o *predictOptions) modelOf(c *calibrate.Calibration) string {
	if o.host != "" {
		return "as host " + o.host + " has it"
	}
	return c.Host.CPUModel + " (as calibrated)"
}

// from is what the figures are drawn from, as a sentence names it.
func (o *predictOptions) from() string {
	if o.host != "" {
		return "host " + o.host
	}
	return o.calibration
}
