package series

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"mtbench/results"
)

// validateShard refuses a shard without a case, and one of whose workload every machine would make
// its own: what is derived from a host differs between hosts, and then nothing can be merged.
func (s *Settings) validateShard() error {
	shard := s.Matrix.Shard
	if shard == nil {
		return nil
	}
	if n := len(s.Matrix.AllCases()); shard.Of > n {
		return fmt.Errorf("--shard: %s has no case: the matrix has %s, so at most as many shards", shard,
			results.Plural(n, "case"))
	}
	open := s.ofHost()
	if len(open) == 0 || s.Like != nil {
		return nil
	}
	return fmt.Errorf("--shard: give %s as absolute values, since each host would derive its own and "+
		"shards of different workloads are not merged; mtbench run --dry-run prints those of this host",
		strings.Join(open, ", "))
}

// ofHost lists the flags whose values are derived from the host.
func (s *Settings) ofHost() []string {
	var open []string
	for _, f := range []struct {
		flag string
		open bool
	}{
		{"--memory", s.Memory == 0},
		{"--dirty-rate", s.DirtyRateMultiple != 0 || s.DirtyOfPool != 0},
		{"--link-bandwidth", s.LinkMultiple != 0 || s.LinkOfPool != 0},
		{"--max-bandwidth", s.MaxBandwidthMultiple != 0 || s.MaxBandwidthOfPool != 0},
		{"--downtime-limit", s.DowntimeOpen},
		{"--limit", s.Limit == 0},
	} {
		if f.open {
			open = append(open, f.flag)
		}
	}
	return open
}

// describeFixed are the flags that make the same workload on any host.
func describeFixed(sc *results.Scenario) string {
	if sc.DestinationAlone() {
		return fmt.Sprintf("--sides %s --limit %v, and the same file for --replay", sc.Sides,
			time.Duration(sc.Limit))
	}
	return fmt.Sprintf("--memory %d --dirty-rate %.0f --link-bandwidth %.0f --max-bandwidth %.0f "+
		"--downtime-limit %v --limit %v", sc.Memory, sc.DirtyRate, sc.LinkBandwidth, sc.MaxBandwidth,
		time.Duration(sc.DowntimeLimit), time.Duration(sc.Limit))
}

// describeShard says which part of the cases is made.
func describeShard(m results.Matrix) string {
	if m.Shard == nil {
		return "all cases"
	}
	return fmt.Sprintf("%s: %d of %d cases", m.Shard, len(m.Cases()), len(m.AllCases()))
}

// unmerged refuses to go on with a file that was made of others.
func unmerged(h *results.Header) error {
	if len(h.Parts) > 0 {
		return errors.New("it is merged of shards: go on with the file of a shard, and merge again")
	}
	return nil
}
