package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"mtbench/internal/verdict"
	"mtbench/results"
)

// plotSource is one file as plots see it: its runs by index, and how it marks what it says.
type plotSource struct {
	name   string        // of the file, without its directory
	tag    string        // appended to the names of pictures where there are several files
	from   *results.File // nil where several files are taken together
	header *results.Header
	runs   []*results.Run // by index
	extras []*results.Run // of models that ran in one case only: evidence for claims, and no more

	// What was computed once; runs do not change after the first question.
	keptRuns []*results.Run
	byCell   map[plotCell][]*results.Run
	compared []plotDiff

	compareds map[comparedBy][]verdict.Comparison
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
	last := map[place]int{}
	for _, r := range s.runs {
		last[placeOf(r)] = max(last[placeOf(r)], r.Attempt)
	}
	var out []*results.Run
	for _, r := range s.runs {
		if !r.AA && r.Attempt == last[placeOf(r)] {
			out = append(out, r)
		}
	}
	return out
}

// place is where a run stands in the plan; the attempts at one run share it.
type place struct {
	cell                  plotCell
	block, position, pair int
	aa                    bool
	side                  string
}

func placeOf(r *results.Run) place {
	return place{plotCell{r.Model, r.Threads, r.Wait}, r.Block, r.Position, r.Pair, r.AA, r.Side}
}

// lastOfPlaces is the last attempt at each place of a file.
func lastOfPlaces(f *results.File) map[place]int {
	last := map[place]int{}
	for i := range f.Runs {
		at := placeOf(&f.Runs[i])
		last[at] = max(last[at], f.Runs[i].Attempt)
	}
	return last
}

// superseded are the attempts in whose place a later one counts, each with the run that does.
func (s *plotSource) superseded() (attempts, kept []*results.Run) {
	by := map[place]*results.Run{}
	for _, r := range s.kept() {
		by[placeOf(r)] = r
	}
	for _, r := range s.runs {
		if k := by[placeOf(r)]; k != nil && k != r {
			attempts, kept = append(attempts, r), append(kept, k)
		}
	}
	return attempts, kept
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
func (s *plotSource) foot() string {
	what := "runs"
	if n := len(s.runs) - len(s.kept()); n > 0 {
		what += fmt.Sprintf(" (and %d not shown: %s)", n, s.setAsideText())
	}
	return s.hostFoot(len(s.kept()), what)
}

// setAsideText says which runs of the file figures are not made of.
func (s *plotSource) setAsideText() string {
	aa := 0
	for _, r := range s.runs {
		if r.AA {
			aa++
		}
	}
	var parts []string
	if aa > 0 {
		parts = append(parts, fmt.Sprintf("%d A/A", aa))
	}
	if again := len(s.runs) - len(s.kept()) - aa; again > 0 {
		parts = append(parts, count(again, "attempt", "attempts")+" that "+
			isAre(again)+" run again")
	}
	return strings.Join(parts, ", ")
}

func isAre(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// hostFoot is that line for n of what the picture shows.
func (s *plotSource) hostFoot(n int, what string) string {
	h := s.header
	src := fmt.Sprintf("%s on %s, %d CPUs", h.Kind, cleanText(h.Host.CPUModel, 48), h.Host.CPUs)
	if h.Kind == results.Published {
		src = "published figures, one run a case; how CPU was sampled is not stated"
	}
	if h.Kind == results.Traced {
		src = fmt.Sprintf("TRACED on %s, %d CPUs, evidence for nothing", cleanText(h.Host.CPUModel, 48),
			h.Host.CPUs)
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
	if math.Abs(v) >= mostFixed || math.Abs(v) < 1/mostFixed {
		return short(v)
	}
	digits := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return fmt.Sprintf("%.*f", max(0, digits), v)
}

// sigTrimmed is the same without zeros behind its decimals.
func sigTrimmed(v float64) string {
	s := sig(v)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
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
