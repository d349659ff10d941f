package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"mtbench/internal/calibrate"
	"mtbench/internal/codec"
	"mtbench/internal/host"
	"mtbench/results"
)

// checkCalibrate refuses what could only fail when the result file is there.
func (o *runOptions) checkCalibrate() error {
	if o.calibrate == "" {
		return nil
	}
	c, err := codec.Lookup(o.settings.Codec)
	if err != nil {
		return nil // that is said of --codec
	}
	plan := calibrate.Plan{Codec: o.settings.Codec, Level: codec.LevelOf(c, o.settings.Level),
		Host: host.Local().Describe()}
	if err := plan.Check(); err != nil {
		return fmt.Errorf("--calibrate: %w", err)
	}
	if err := writable(o.calibrate); err != nil {
		return fmt.Errorf("--calibrate: %w", err)
	}
	return nil
}

// calibrations makes one calibration after the other in dir, for what the series of h compresses;
// of few samples, for tests.
func calibrations(ctx context.Context, dir string, h results.Header, few bool) func() error {
	n := 0
	return func() error {
		if _, err := os.Stat(dir); err != nil {
			return fmt.Errorf("the directory of the calibrations, %s, is gone: %w", dir, results.Reason(err))
		}
		n++
		c, err := calibrateAlone(ctx, calibrate.Plan{Content: h.Scenario.Content, Codec: h.Scenario.Codec,
			Level: h.Scenario.Level, Seed: h.Seed + uint64(n), Host: h.Host, Quick: few})
		if err != nil {
			return err
		}
		return c.Write(filepath.Join(dir, fmt.Sprintf("%02d.json", n)))
	}
}
