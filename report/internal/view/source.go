// Package view holds what a report says of a file, before it has a form: the runs by cell, what
// their figures and pairs come to, and the sentences that say so.
package view

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"mtbench/internal/verdict"
	"mtbench/report/internal/format"
	"mtbench/results"
)

// Source is one file as plots see it: its runs by index, and how it marks what it says.
type Source struct {
	Name   string        // of the file, without its directory
	File   int           // its number among Files, from 0
	Files  int           // how many are shown together
	Known  []Contender   // what is known of models
	Tag    string        // appended to the names of pictures where there are several files
	From   *results.File // nil where several files are taken together
	Header *results.Header
	Runs   []*results.Run // by index
	Extras []*results.Run // of models that ran in one case only: evidence for claims, and no more

	// OfModel is the model whose two builds are compared, in the place of models; empty in any other
	// file. From is then a part of whole, with the builds as named.
	OfModel string
	whole   *results.File
	named   map[string]string

	// What was computed once; runs do not change after the first question.
	keptRuns []*results.Run
	byCell   map[results.Cell][]*results.Run
	figured  map[results.Cell]*Figures
	compared []Diff
	summed   *Summary

	compareds map[string][]verdict.Comparison // by metric
}

// Kept are the runs that figures are made of: an A/A block compares a model with itself, and a
// pair that was run again because the host was noisy counts by its last attempt.
func (s *Source) Kept() []*results.Run {
	if s.keptRuns == nil {
		s.keptRuns = s.lastAttempts()
	}
	return s.keptRuns
}

func (s *Source) lastAttempts() []*results.Run {
	last := map[place]int{}
	for _, r := range s.Runs {
		last[PlaceOf(r)] = max(last[PlaceOf(r)], r.Attempt)
	}
	var out []*results.Run
	for _, r := range s.Runs {
		if !r.AA && r.Attempt == last[PlaceOf(r)] {
			out = append(out, r)
		}
	}
	return out
}

// place is where a run stands in the plan; the attempts at one run share it.
type place struct {
	cell                  results.Cell
	block, position, pair int
	aa                    bool
	side                  string
}

func PlaceOf(r *results.Run) place {
	return place{r.Cell, r.Block, r.Position, r.Pair, r.AA, r.Side}
}

// LastOfPlaces is the last attempt at each place of a file.
func LastOfPlaces(f *results.File) map[place]int {
	last := map[place]int{}
	for i := range f.Runs {
		at := PlaceOf(&f.Runs[i])
		last[at] = max(last[at], f.Runs[i].Attempt)
	}
	return last
}

// superseded are the attempts in whose place a later one counts, each with the run that does.
func (s *Source) superseded() (attempts, kept []*results.Run) {
	by := map[place]*results.Run{}
	for _, r := range s.Kept() {
		by[PlaceOf(r)] = r
	}
	for _, r := range s.Runs {
		if k := by[PlaceOf(r)]; k != nil && k != r {
			attempts, kept = append(attempts, r), append(kept, k)
		}
	}
	return attempts, kept
}

// Models are the models of the file, in the order of its matrix.
func (s *Source) Models() []string {
	var out []string
	have := map[string]bool{}
	for _, r := range s.Runs {
		have[r.Model] = true
	}
	for _, m := range s.Header.Matrix.Models {
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

// Threads are the thread counts of the file, lowest first.
func (s *Source) Threads() []int {
	var out []int
	for _, r := range s.Runs {
		if !slices.Contains(out, r.Threads) {
			out = append(out, r.Threads)
		}
	}
	slices.Sort(out)
	return out
}

// Waits are the settings of compress-wait-thread in the file, off first.
func (s *Source) Waits() []bool {
	var out []bool
	for _, want := range []bool{false, true} {
		if slices.ContainsFunc(s.Runs, func(r *results.Run) bool { return r.Wait == want }) {
			out = append(out, want)
		}
	}
	return out
}

// Cells groups the kept runs.
func (s *Source) Cells() map[results.Cell][]*results.Run {
	if s.byCell == nil {
		s.byCell = s.grouped()
	}
	return s.byCell
}

func (s *Source) grouped() map[results.Cell][]*results.Run {
	out := map[results.Cell][]*results.Run{}
	for _, r := range s.Kept() {
		c := r.Cell
		out[c] = append(out[c], r)
	}
	return out
}

// Foot is the line under every picture: where its figures come from.
func (s *Source) Foot() string {
	what := "runs"
	if n := len(s.Runs) - len(s.Kept()); n > 0 {
		what += fmt.Sprintf(" (and %d not shown: %s)", n, s.setAsideText())
	}
	return s.HostFoot(len(s.Kept()), what)
}

// setAsideText says which runs of the file figures are not made of.
func (s *Source) setAsideText() string {
	aa := 0
	for _, r := range s.Runs {
		if r.AA {
			aa++
		}
	}
	var parts []string
	if aa > 0 {
		parts = append(parts, fmt.Sprintf("%d A/A", aa))
	}
	if again := len(s.Runs) - len(s.Kept()) - aa; again > 0 {
		parts = append(parts, format.Count(again, "attempt", "attempts")+" that "+
			format.IsAre(again)+" run again")
	}
	return strings.Join(parts, ", ")
}

// HostFoot is that line for n of what the picture shows.
func (s *Source) HostFoot(n int, what string) string {
	h := s.Header
	src := fmt.Sprintf("%s on %s, %d CPUs", h.Kind, format.CleanText(h.Host.CPUModel, 48), h.Host.CPUs)
	if h.Kind == results.Published {
		src = "published figures, one run a case; how CPU was sampled is not stated"
	}
	if h.Kind == results.Traced {
		src = fmt.Sprintf("TRACED on %s, %d CPUs, no evidence",
			format.CleanText(h.Host.CPUModel, 48),
			h.Host.CPUs)
	}
	if h.Kind == results.Predicted {
		src = fmt.Sprintf("PREDICTED in virtual time for %d CPUs, not measured", h.Host.CPUs)
	}
	return fmt.Sprintf("%s · %d %s · %s", src, n, what, format.CleanText(s.Name, 48))
}

// RunText says which run a mark is.
func RunText(r *results.Run, figure string) string {
	return fmt.Sprintf("run %s · %s · %s · %s · pair %d: %s", RunKey(r),
		format.CleanText(r.Model, 24), format.ThreadsWord(r.Threads), format.WaitWord(r.Wait), r.Pair,
		figure)
}

// Centre is the median of xs and the interval of its 95 % by order statistics, which asks
// nothing of the distribution; fewer than 6 runs have none, and then lo > hi.
func Centre(xs []float64) (median, lo, hi float64) {
	if len(xs) == 0 {
		return math.NaN(), 1, 0
	}
	s := slices.Sorted(slices.Values(xs))
	n := len(s)
	median = (s[(n-1)/2] + s[n/2]) / 2
	k := SignOrder(n)
	if k < 0 {
		return median, 1, 0
	}
	return median, s[k], s[n-1-k]
}

// SignOrder is the largest k such that the k-th lowest and the k-th highest (from 0) of n hold
// the median with probability ≥ 0.95; -1 if n is too small.
func SignOrder(n int) int {
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

// ByTime are the runs in the order they were made.
func ByTime(runs []*results.Run) []*results.Run {
	return slices.SortedStableFunc(slices.Values(runs), func(a, b *results.Run) int {
		return a.Started.Compare(b.Started)
	})
}

// RunKey names a run within its file: its index, and the attempt if it was run again.
func RunKey(r *results.Run) string {
	if r.Attempt == 0 {
		return strconv.Itoa(r.Index)
	}
	return fmt.Sprintf("%d-%d", r.Index, r.Attempt+1)
}

// SourceOf is a file as plots see it; i of n tells the pictures of several files apart.
func SourceOf(f *results.File, i, n int) *Source {
	s := &Source{File: i, Files: n, Name: filepath.Base(f.Path), From: f, Header: &f.Header,
		compareds: map[string][]verdict.Comparison{}}
	if n > 1 {
		s.Tag = fmt.Sprintf("-%d", i+1)
	}
	for j := range f.Runs {
		if r := &f.Runs[j]; f.Header.Matrix.IsExtra(r.Model) {
			s.Extras = append(s.Extras, r)
		} else {
			s.Runs = append(s.Runs, r)
		}
	}
	byIndex(s.Runs)
	return s
}

const NoRuns = "the file holds no run that ended; mtbench run makes some"

// SourcesOf are the files as plots and tables see them: one a file, or of a series of two builds
// one a model.
func SourcesOf(files []*results.File, known []Contender) []*Source {
	var srcs []*Source
	for i, f := range files {
		models := modelsOfBuilds(f)
		for _, model := range models {
			s := ofBuilds(f, model, known)
			s.File, s.Files = i, len(files)
			srcs = append(srcs, s)
		}
		if len(models) == 0 {
			s := SourceOf(f, i, len(files))
			s.Known = known
			srcs = append(srcs, s)
		}
	}
	for i, s := range srcs {
		if s.Tag = ""; len(srcs) > 1 {
			s.Tag = fmt.Sprintf("-%d", i+1)
		}
	}
	return srcs
}
