package series

import (
	"slices"
	"time"

	"mtbench/internal/verdict"
	"mtbench/results"
	"mtbench/workloads"
)

// Defaults is the matrix that `mtbench run` makes with no flag: the published table's cases and a
// few smaller ones, within five minutes on two CPUs.
//
// The published regime is to be reachable, and no model is to be favoured:
//
//   - link: 4 threads that compress without waiting for anything send as much as the link still
//     carries of raw pages, so that about half of all pages find no free thread where CPUs are
//     plentiful. With pages compressed to about a third that is 4 × (1/3 + 1) ≈ 5.3 times one
//     thread's page rate.
//   - dirty rate: where the source has CPUs of its own it would lie between what one thread and all
//     CPUs drain, above 1x. On two CPUs that also carry the destination and the vCPUs, one thread and
//     sixteen both drain 0.25x to 0.5x, and a rate near that would only ask which model starves last.
//     At 0.1x a pipeline that is half as good as the best still completes within the bound, and one
//     that is worse does not.
//   - downtime limit: at the rates that the link reaches, a threshold just under 1 % of memory; the
//     letter's was about 0.3 %.
//   - burst: what the link takes at once is 16 pages, the most threads of the published table.
func Defaults() Settings {
	return Settings{
		Matrix: results.Matrix{
			Models: []string{"locked", "lockless"}, Threads: []int{1, 2, 4, 8, 16},
			Waits: []bool{false, true}, AA: 0.25, Reruns: 2,
		},
		Scenario: results.Scenario{
			Memory: 48 << 20, VCPUs: 16,
			DirtyRateMultiple: 0.1, Pattern: "uniform", WriteBytes: 64,
			Content: "mixed", Codec: "zlib", Level: -1,
			LinkMultiple: 5.3, LinkBurst: 64 << 10,
			DowntimeLimit: results.DurationOf(1.5), Flush: string(workloads.FlushSync),
			DecompressThreads: 16, Destination: workloads.Process, Machine: workloads.Kernel,
			Sealed: true, Limit: results.Duration(3 * time.Second), Account: true,
		},
		Budget: time.Hour,
	}
}

// DefaultExtras are what the default matrix measures besides: plain round robin, for the letter's word
// on searching all threads, in the cases for which that was said.
func DefaultExtras() []results.Cell {
	var extras []results.Cell
	for _, threads := range letterThreads {
		extras = append(extras, results.Cell{Model: "lockless-rr", Threads: threads})
	}
	return extras
}

// Trim drops the default extras that what the user has changed leaves no room for: an extra belongs to
// a cell of the default models. Those that the user named stay, and are refused if they do not fit.
func Trim(s *Settings, changed func(flag string) bool) {
	switch {
	case changed("extra"):
	case changed("models"), changed("round-robin"):
		s.Matrix.Extra = nil
	default:
		cases := s.Matrix.Cases()
		s.Matrix.Extra = slices.DeleteFunc(slices.Clone(s.Matrix.Extra), func(e results.Cell) bool {
			return !slices.Contains(cases, e.Case())
		})
	}
}

// Quicken makes a first look of s: what the user has changed stays.
func Quicken(s *Settings, changed func(flag string) bool) {
	if !changed("threads") {
		s.Matrix.Threads = []int{1, 4}
	}
	if !changed("pairs") {
		s.Matrix.Pairs = 2
	}
	if !changed("memory") {
		s.Memory = 24 << 20
	}
	if !changed("aa") {
		s.Matrix.AA = 0
	}
	if !changed("limit") {
		s.Limit = results.DurationOf(1500)
	}
}

// narrow says whether the intervals of cell c are all as narrow as Matrix.Until asks.
func (n *Series) narrow(runs []results.Run, c results.Cell) bool {
	width := verdict.Width(runs, n.Header.Matrix.Models, c)
	return width <= n.Header.Matrix.Until
}
