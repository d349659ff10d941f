package series

import (
	"slices"
	"time"

	"mtbench/internal/pilot"
	"mtbench/internal/verdict"
	"mtbench/results"
	"mtbench/workloads"
)

// Defaults is the matrix that `mtbench run` makes with no flag: the published table's cases and one
// thread. Memory, rates, downtime limit and bound are derived from a pilot on the host (package
// pilot), so that the runs fit into the budget; what the link takes at once is 16 pages, the most
// threads of the published table.
func Defaults() Settings {
	return Settings{
		Matrix: results.Matrix{
			Models: []string{"locked", "lockless"}, Threads: []int{1, 4, 8, 16},
			Waits: []bool{false, true}, AA: 0.1, Reruns: 2,
			Equal: verdict.DefaultEqual,
		},
		Scenario: results.Scenario{
			VCPUs: 16, DirtyOfPool: pilot.DirtyOfPool, Pattern: "uniform", WriteBytes: 64,
			Content: "mixed", Codec: "zlib", Level: -1,
			LinkOfPool: pilot.LinkOfPool, LinkBurst: 64 << 10, Flush: string(workloads.FlushSync),
			DecompressThreads: 16, Destination: workloads.Process, Machine: workloads.Kernel,
			Sealed: true, Account: true,
		},
		DowntimeOpen: true, Budget: 4 * time.Minute,
	}
}

// DefaultExtras are what the default matrix measures besides: the model that refuses every page, in
// one case, for whether compression pays at all. How many threads wait beside it makes no
// difference.
func DefaultExtras() []results.Cell {
	return []results.Cell{{Model: "null", Threads: pilot.Threads}}
}

// Trim drops the default extras that what the user has changed leaves no room for: an extra belongs
// to a cell of the default models. Those that the user named stay, and are refused if they do not
// fit.
func Trim(s *Settings, changed func(flag string) bool) {
	switch {
	case changed("extra"):
	case changed("models"), changed("round-robin"), changed("build"):
		s.Matrix.Extra = nil
	default:
		cases := s.Matrix.AllCases()
		s.Matrix.Extra = slices.DeleteFunc(slices.Clone(s.Matrix.Extra), func(e results.Cell) bool {
			return !slices.Contains(cases, e.Case())
		})
	}
}

// Quicken makes a first look of s, of so few cases that the time is enough to prove something: what
// the user has changed stays.
func Quicken(s *Settings, changed func(flag string) bool) {
	if !changed("threads") {
		s.Matrix.Threads = []int{4}
	}
	if !changed("extra") {
		s.Matrix.Extra = nil
	}
	if !changed("budget") {
		s.Budget = 25 * time.Second
	}
	if !changed("aa") {
		s.Matrix.AA = 0
	}
}
