package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"mtbench/results"
)

// plotSource is one file as plots see it: its runs by index, and how it marks what it says.
type plotSource struct {
	name   string        // of the file, without its directory
	tag    string        // appended to the names of pictures where there are several files
	from   *results.File // nil where several files are taken together
	header *results.Header
	runs   []*results.Run // by index

	// What was computed once; runs do not change after the first question.
	keptRuns []*results.Run
	byCell   map[plotCell][]*results.Run
	compared []plotDiff
}

// plotCell is one model in one case.
type plotCell struct {
	model   string
	threads int
	wait    bool
}

// kept are the runs that figures are made of: an A/A block compares a model with itself, and a
// pair that was run again because the host was noisy counts by its last attempt.
func (s *plotSource) kept() []*results.Run {
	if s.keptRuns == nil {
		s.keptRuns = s.lastAttempts()
	}
	return s.keptRuns
}

func (s *plotSource) lastAttempts() []*results.Run {
	type place struct {
		cell            plotCell
		block, position int
		pair            int
	}
	at := func(r *results.Run) place {
		return place{plotCell{r.Model, r.Threads, r.Wait}, r.Block, r.Position, r.Pair}
	}
	last := map[place]int{}
	for _, r := range s.runs {
		if !r.AA {
			last[at(r)] = max(last[at(r)], r.Attempt)
		}
	}
	var out []*results.Run
	for _, r := range s.runs {
		if !r.AA && r.Attempt == last[at(r)] {
			out = append(out, r)
		}
	}
	return out
}

// models are the models of the file, in the order of its matrix.
func (s *plotSource) models() []string {
	var out []string
	have := map[string]bool{}
	for _, r := range s.runs {
		have[r.Model] = true
	}
	for _, m := range s.header.Matrix.Models {
		if have[m] && !slices.Contains(out, m) {
			out = append(out, m)
		}
		delete(have, m)
	}
	rest := make([]string, 0, len(have))
	for m := range have {
		rest = append(rest, m)
	}
	slices.Sort(rest)
	return append(out, rest...)
}

// threads are the thread counts of the file, lowest first.
func (s *plotSource) threads() []int {
	var out []int
	for _, r := range s.runs {
		if !slices.Contains(out, r.Threads) {
			out = append(out, r.Threads)
		}
	}
	slices.Sort(out)
	return out
}

// waits are the settings of compress-wait-thread in the file, off first.
func (s *plotSource) waits() []bool {
	var out []bool
	for _, want := range []bool{false, true} {
		if slices.ContainsFunc(s.runs, func(r *results.Run) bool { return r.Wait == want }) {
			out = append(out, want)
		}
	}
	return out
}

func waitWord(wait bool) string {
	if wait {
		return "wait on"
	}
	return "wait off"
}

// cells groups the kept runs.
func (s *plotSource) cells() map[plotCell][]*results.Run {
	if s.byCell == nil {
		s.byCell = s.grouped()
	}
	return s.byCell
}

func (s *plotSource) grouped() map[plotCell][]*results.Run {
	out := map[plotCell][]*results.Run{}
	for _, r := range s.kept() {
		c := plotCell{r.Model, r.Threads, r.Wait}
		out[c] = append(out[c], r)
	}
	return out
}

// foot is the line under every picture: where its figures come from.
func (s *plotSource) foot() string { return s.hostFoot(len(s.runs), "runs") }

// hostFoot is that line for n of what the picture shows.
func (s *plotSource) hostFoot(n int, what string) string {
	h := s.header
	src := fmt.Sprintf("%s on %s, %d CPUs", h.Kind, cleanText(h.Host.CPUModel, 48), h.Host.CPUs)
	if h.Kind == results.Published {
		src = "published figures, one run a case; how CPU was sampled is not stated"
	}
	if h.Kind == results.Predicted {
		src = fmt.Sprintf("PREDICTED in virtual time for %d CPUs, not measured", h.Host.CPUs)
	}
	return fmt.Sprintf("%s · %d %s · %s", src, n, what, cleanText(s.name, 48))
}

// runText says which run a mark is.
func runText(r *results.Run, figure string) string {
	return fmt.Sprintf("run %s · %s · %s · %s · pair %d: %s", runKey(r),
		cleanText(r.Model, 24), threadsWord(r.Threads), waitWord(r.Wait), r.Pair, figure)
}

func threadsWord(n int) string {
	if n == 1 {
		return "1 thread"
	}
	return fmt.Sprintf("%d threads", n)
}

// sig is a figure with three significant digits and no exponent.
func sig(v float64) string {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return fmt.Sprint(v)
	}
	digits := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return fmt.Sprintf("%.*f", max(0, digits), v)
}

// timeText is a time in the unit that suits it.
func timeText(ms float64) string {
	if ms < 1000 {
		return sig(ms) + " ms"
	}
	return sig(ms/1000) + " s"
}

// plotCentre is the median of xs and the interval of its 95 % by order statistics, which asks
// nothing of the distribution; fewer than 6 runs have none, and then lo > hi.
func plotCentre(xs []float64) (median, lo, hi float64) {
	if len(xs) == 0 {
		return math.NaN(), 1, 0
	}
	s := slices.Sorted(slices.Values(xs))
	n := len(s)
	median = (s[(n-1)/2] + s[n/2]) / 2
	k := signOrder(n)
	if k < 0 {
		return median, 1, 0
	}
	return median, s[k], s[n-1-k]
}

// signOrder is the largest k such that the k-th lowest and the k-th highest (from 0) of n hold
// the median with probability ≥ 0.95; -1 if n is too small.
func signOrder(n int) int {
	k, below := -1, 0.0
	logHalf := float64(n) * math.Log(0.5)
	for i := range n / 2 {
		below += math.Exp(logBinomial(n, i) + logHalf)
		if 2*below > 0.05 {
			break
		}
		k = i
	}
	return k
}

func logBinomial(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// byIndex sorts runs by their place in the series; one that was made again stands by the first.
func byIndex(runs []*results.Run) {
	slices.SortStableFunc(runs, func(a, b *results.Run) int { return cmp.Compare(a.Index, b.Index) })
}

// byTime are the runs in the order they were made.
func byTime(runs []*results.Run) []*results.Run {
	return slices.SortedStableFunc(slices.Values(runs), func(a, b *results.Run) int {
		return a.Started.Compare(b.Started)
	})
}

// runKey names a run within its file: its index, and the attempt if it was run again.
func runKey(r *results.Run) string {
	if r.Attempt == 0 {
		return strconv.Itoa(r.Index)
	}
	return fmt.Sprintf("%d-%d", r.Index, r.Attempt+1)
}
