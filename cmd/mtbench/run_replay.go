package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"mtbench/internal/content"
	"mtbench/internal/series"
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
