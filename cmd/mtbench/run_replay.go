package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"mtbench/internal/content"
	"mtbench/internal/series"
	"mtbench/results"
	"mtbench/workloads"
)

// replayed makes a stream the workload of s: a guest of its pages, in its order, that nobody
// writes. The migration takes them once, by their numbers, which is the order of the stream.
func replayed(f *pflag.FlagSet, s *series.Settings, path string) error {
	var errs []error
	for _, name := range []string{"content", "memory", "dirty-rate", "vcpus"} {
		if f.Changed(name) {
			errs = append(errs, fmt.Errorf("--%s cannot be given with --replay: the stream is the guest",
				name))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	pages, err := content.StreamPages(path)
	if err != nil {
		return fmt.Errorf("--replay: %s: %w", path, err)
	}
	if least := int64(workloads.MinMemory / workloads.PageSize); pages < least {
		return fmt.Errorf("--replay: %s has %d pages; a guest has at least %d", path, pages, least)
	}
	s.Content, s.Memory = content.Stream(path), pages*workloads.PageSize
	s.VCPUs, s.DirtyRate, s.DirtyRateMultiple, s.DirtyOfPool = 1, 0, 0, 0
	return nil
}

// aloneLimit is the bound of a run of a destination alone, which no pilot derives.
const aloneLimit = 10 * time.Minute

// oneSide settles what is measured at one side alone. What shapes a migration means nothing there:
// the whole stream has arrived before the measured time.
func oneSide(f *pflag.FlagSet, s *series.Settings) error {
	if !s.DestinationAlone() {
		return fmt.Errorf("--sides: %q is unknown; there is %s, or leave it out for both", s.Sides,
			results.DestinationSide)
	}
	if !f.Changed("replay") {
		return errors.New("--sides " + s.Sides + " is fed with a recorded stream; add --replay FILE")
	}
	var errs []error
	for _, name := range []string{"link-bandwidth", "link-burst", "max-bandwidth", "downtime-limit",
		"flush", "decompress-threads"} {
		if f.Changed(name) {
			errs = append(errs, fmt.Errorf("--%s means nothing with --sides %s: the whole stream arrives "+
				"before the measured time, and --threads are the destination's", name, s.Sides))
		}
	}
	if !f.Changed("wait") {
		s.Matrix.Waits = []bool{true}
	}
	if !f.Changed("limit") {
		s.Limit = results.Duration(aloneLimit)
	}
	s.LinkBandwidth, s.LinkMultiple, s.LinkOfPool = 0, 0, 0
	return errors.Join(errs...)
}
