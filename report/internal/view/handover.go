package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"mtbench/report/internal/format"
	"mtbench/results"
)

// HandOver is what a hand-over file comes to: medians of the repeats of a cell, and of those the
// regret of each model.
type HandOver struct {
	From *results.HandOverFile

	by map[results.HandOverCell][]*results.HandOver
}

// HandOverOf is the view of a file.
func HandOverOf(f *results.HandOverFile) *HandOver {
	h := &HandOver{From: f, by: map[results.HandOverCell][]*results.HandOver{}}
	for i := range f.Runs {
		r := &f.Runs[i]
		h.by[r.HandOverCell] = append(h.by[r.HandOverCell], r)
	}
	return h
}

// Models are the contenders of the file, in the order of its grid.
func (h *HandOver) Models() []string { return h.From.Header.Grid.Models }

// Cases are those of the grid that have a run, in their order.
func (h *HandOver) Cases() []results.HandOverCell {
	return slices.DeleteFunc(h.From.Header.Grid.Cases(), func(c results.HandOverCell) bool {
		return !slices.ContainsFunc(h.Models(), func(m string) bool { return len(h.by[c.Of(m)]) > 0 })
	})
}

// Runs are the repeats of a cell.
func (h *HandOver) Runs(c results.HandOverCell) []*results.HandOver { return h.by[c] }

// HandOverFigure is a figure of a run; false where the run has none.
type HandOverFigure func(*results.HandOver) (float64, bool)

// handOverRate is pages a second.
func handOverRate(r *results.HandOver) (float64, bool) { return r.Rate, r.Rate > 0 }

// HandOverCPU is CPU ns a page.
func HandOverCPU(r *results.HandOver) (float64, bool) { return r.CPUNS, r.CPUNS > 0 }

// Median is that of a figure over the repeats of a cell that have it; NaN for none.
func (h *HandOver) Median(c results.HandOverCell, of HandOverFigure) float64 {
	var all Sample
	for _, r := range h.by[c] {
		if v, ok := of(r); ok {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	return all.Median()
}

// Repeats is the least and the most runs that a cell with runs has.
func (h *HandOver) Repeats() (least, most int) {
	least = math.MaxInt
	for _, runs := range h.by {
		least, most = min(least, len(runs)), max(most, len(runs))
	}
	if most == 0 {
		return 0, 0
	}
	return least, most
}

// NoiseText says how the host disturbed the runs, in one sentence; with a warning before it where
// most are of no use.
func (h *HandOver) NoiseText() string {
	g := gradesOf(h.From.Runs, func(r results.HandOver) string {
		if r.Noise == nil {
			return ""
		}
		return r.Noise.Grade
	})
	if g.runs() == g.unknown {
		return "What disturbed the runs from outside is not known."
	}
	text := format.Sentence("O" + strings.TrimPrefix(g.text(), "o") + h.outsideText())
	if w := g.warning("measurement"); w != "" {
		return w + " " + text
	}
	return text
}

// outsideText says how much CPU others used while the runs were made, by wall time.
func (h *HandOver) outsideText() string {
	used, wall := 0.0, 0.0
	for _, r := range h.From.Runs {
		if r.Noise != nil && r.Noise.OutsideCPU != nil {
			used, wall = used+*r.Noise.OutsideCPU*r.WallMS, wall+r.WallMS
		}
	}
	if wall == 0 {
		return ""
	}
	return fmt.Sprintf("; others used %s CPUs meanwhile", format.Fixed(used/wall, 2))
}

// Factor is how far a cell is from the best of its case, 1 and more.
type Factor struct {
	results.HandOverCell
	By float64
}

// Regret is what it costs to have chosen a model without knowing the case: its factors to the best
// of each case.
type Regret struct {
	Model     string
	Rate, CPU []Factor // of each case that the model has, the worst first
}

// Regrets are those of all models that have a run, the least regret of pages a second first. A
// cell's figure is its median.
func (h *HandOver) Regrets() []Regret {
	var all []Regret
	for _, m := range h.Models() {
		r := Regret{Model: m}
		for _, c := range h.Cases() {
			if len(h.by[c.Of(m)]) == 0 {
				continue
			}
			rate, cpu := h.factors(c.Of(m))
			r.Rate, r.CPU = appendFactor(r.Rate, rate), appendFactor(r.CPU, cpu)
		}
		if len(r.Rate) > 0 {
			all = append(all, r.sorted())
		}
	}
	slices.SortStableFunc(all, func(a, b Regret) int {
		return cmp.Compare(a.Rate[0].By, b.Rate[0].By)
	})
	return all
}

func (r Regret) sorted() Regret {
	for _, list := range [][]Factor{r.Rate, r.CPU} {
		slices.SortStableFunc(list, func(a, b Factor) int { return cmp.Compare(b.By, a.By) })
	}
	return r
}

func appendFactor(list []Factor, f Factor) []Factor {
	if math.IsNaN(f.By) {
		return list
	}
	return append(list, f)
}

// factors are how many times as fast the fastest of a cell's case is, and how many times as much
// CPU the cell takes a page as the cheapest.
func (h *HandOver) factors(c results.HandOverCell) (rate, cpu Factor) {
	fastest, cheapest := h.best(c, handOverRate, false), h.best(c, HandOverCPU, true)
	return Factor{c, h.Median(fastest, handOverRate) / h.Median(c, handOverRate)},
		Factor{c, h.Median(c, HandOverCPU) / h.Median(cheapest, HandOverCPU)}
}

// Fastest is the cell of a case with the most pages a second.
func (h *HandOver) Fastest(c results.HandOverCell) results.HandOverCell {
	return h.best(c, handOverRate, false)
}

// Cheapest is the cell of a case with the least CPU a page.
func (h *HandOver) Cheapest(c results.HandOverCell) results.HandOverCell {
	return h.best(c, HandOverCPU, true)
}

func (h *HandOver) best(c results.HandOverCell, of HandOverFigure, low bool) results.HandOverCell {
	best, is := results.HandOverCell{}, math.NaN()
	for _, m := range h.Models() {
		v := h.Median(c.Of(m), of)
		if math.IsNaN(v) || low && v >= is || !low && v <= is {
			continue
		}
		best, is = c.Of(m), v
	}
	return best
}

// Worst is the first of factors that are sorted; NaN for none.
func Worst(list []Factor) Factor {
	if len(list) == 0 {
		return Factor{By: math.NaN()}
	}
	return list[0]
}

// MedianFactor is the median of factors that are sorted; NaN for none.
func MedianFactor(list []Factor) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	return (list[(len(list)-1)/2].By + list[len(list)/2].By) / 2
}

// Buckets are the histograms of a cell's repeats, added up.
func (h *HandOver) Buckets(c results.HandOverCell) []results.Bucket {
	pages := map[float64]int64{}
	for _, r := range h.by[c] {
		for _, b := range r.Buckets {
			pages[b.UpTo] += b.Pages
		}
	}
	var all []results.Bucket
	for upTo, n := range pages {
		all = append(all, results.Bucket{UpTo: upTo, Pages: n})
	}
	slices.SortFunc(all, func(a, b results.Bucket) int { return cmp.Compare(a.UpTo, b.UpTo) })
	return all
}

// Telling is the case with a run whose latencies say most: the middle work, the most threads, and
// the middle load, below 100 % where there is one; false if there is no case.
func (h *HandOver) Telling() (results.HandOverCell, bool) {
	cases := h.Cases()
	if len(cases) == 0 {
		return results.HandOverCell{}, false
	}
	works, loads, threads := map[int64]bool{}, map[int]bool{}, 0
	for _, c := range cases {
		works[c.WorkNS], loads[c.Load], threads = true, true, max(threads, c.Threads)
	}
	if len(loads) > 1 {
		delete(loads, 100)
	}
	work, load := middle(works), middle(loads)
	for _, c := range cases {
		if c.WorkNS == work && c.Load == load && c.Threads == threads {
			return c, true
		}
	}
	return cases[0], true
}

// middle is the middle of some values, of two the upper one.
func middle[T int | int64](set map[T]bool) T {
	var all []T
	for v := range set {
		all = append(all, v)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// BusiestCase is the one of a hand-over without work at one thread, offered as fast as it is taken;
// false if the file has none.
func (h *HandOver) BusiestCase() (results.HandOverCell, bool) {
	for _, c := range h.Cases() {
		if c.WorkNS == 0 && c.Load == 100 && c.Threads == slices.Min(h.From.Header.Grid.Threads) {
			return c, true
		}
	}
	return results.HandOverCell{}, false
}

// HostFoot is the line below a picture.
func (h *HandOver) HostFoot() string {
	host := &h.From.Header.Host
	return format.CleanText(host.CPUModel, 48) + ", " + format.Count(host.CPUs, "CPU", "CPUs") +
		" · " + format.Count(len(h.From.Runs), "run", "runs")
}

// LeadText is how many times as good the best of a case is as the second; empty where there is
// none.
func (h *HandOver) LeadText(c results.HandOverCell, cpu bool) string {
	second := math.Inf(1)
	best := h.Fastest(c).Model
	if cpu {
		best = h.Cheapest(c).Model
	}
	for _, m := range h.Models() {
		if m == best || len(h.by[c.Of(m)]) == 0 {
			continue
		}
		rate, by := h.factors(c.Of(m))
		if !cpu {
			by = rate
		}
		second = math.Min(second, by.By)
	}
	if math.IsInf(second, 1) || math.IsNaN(second) {
		return ""
	}
	return format.Sig(second) + "×"
}
