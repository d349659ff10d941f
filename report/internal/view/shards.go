package view

import (
	"fmt"
	"slices"
	"strings"

	"mtbench/report/internal/format"
	"mtbench/results"
)

// ShardText says of a merged file what its hosts mean for its verdicts, and what it lacks.
func (s *Source) ShardText() string {
	h := s.Header
	text := "All shards were made by one host."
	if n := len(h.Hosts()); n > 1 {
		text = fmt.Sprintf("%d hosts made this series, each its own cases. Both runs of a pair, and the "+
			"floor of a case, are of one host. Compare the models within a case; two cases of different "+
			"hosts also differ by their hosts.", n)
	}
	var names []string
	for _, missing := range h.MissingParts() {
		names = append(names, missing.String())
	}
	if len(names) > 0 {
		text += " Missing: shard " + strings.Join(names, ", ") + "; no verdict is given for its cases."
	}
	return text
}

// crowded reports whether a case of so many threads has more runnable threads than its host has
// CPUs.
func (s *Source) crowded(threads int) bool {
	return slices.ContainsFunc(s.Runs, func(r *results.Run) bool {
		return r.Threads == threads && s.Header.Crowded(r.Cell)
	})
}

// HostsText names the host of a file, or how many there are.
func HostsText(h *results.Header) string {
	if n := len(h.Hosts()); n > 1 {
		return format.Count(n, "host", "hosts") + " (see the section shards)"
	}
	return HostText(&h.Host)
}
