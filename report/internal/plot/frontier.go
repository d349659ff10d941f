package plot

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// frontierSet are the searches of one file.
type frontierSet struct {
	src     *view.Source
	records []*results.Frontier
}

func frontierSetOf(f *results.File, s *view.Source) *frontierSet {
	set := &frontierSet{src: s}
	for i := range f.Frontier {
		set.records = append(set.records, &f.Frontier[i])
	}
	return set
}

// frontierPlot is the highest dirty rate at which a migration completes, by threads.
func frontierPlot(f *results.File, s *view.Source) Plot {
	p := Plot{
		ID:       "frontier" + s.Tag,
		Question: "Up to which dirty rate does a migration still complete?",
		Caption: "Each mark is one search: the highest rate of page writes that completed, with a " +
			"line up to the lowest that did not. The bar is the median of the searches. It holds for " +
			"this guest, bound and downtime limit, and for a stream that is discarded.",
	}
	set := frontierSetOf(f, s)
	if len(set.records) == 0 {
		p.Missing = "the file holds no frontier; mtbench frontier finds it"
		return p
	}
	if set.scanned() {
		p.Missing = "the searches of this file differ in more than threads and wait; mtbench report " +
			"FILE --only frontier lists them"
		return p
	}
	p.Title = view.SaidOf(s, set.finding())
	p.Build = func(Size) *figure { return set.figure() }
	return p
}

// scanned tells whether the searches have axes that the picture does not.
func (s *frontierSet) scanned() bool {
	return slices.ContainsFunc(s.records, func(r *results.Frontier) bool {
		return r.Cell != results.Cell{Model: r.Model, Threads: r.Threads, Wait: r.Wait}
	})
}

func (s *frontierSet) models() []string {
	var out []string
	for _, m := range s.src.Header.Matrix.Models {
		if s.has(m) && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	for _, r := range s.records {
		if !slices.Contains(out, r.Model) {
			out = append(out, r.Model)
		}
	}
	return out
}

func (s *frontierSet) has(model string) bool {
	return slices.ContainsFunc(s.records, func(r *results.Frontier) bool { return r.Model == model })
}

func (s *frontierSet) threads() []int {
	var out []int
	for _, r := range s.records {
		out = append(out, r.Threads)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (s *frontierSet) of(c results.Cell) []*results.Frontier {
	return slices.DeleteFunc(slices.Clone(s.records), func(r *results.Frontier) bool {
		return r.Cell != c
	})
}

// reached is the highest rate that completed, 0 if none did, in thousands of pages a second.
func reached(r *results.Frontier) float64 {
	if r.Highest == nil {
		return 0
	}
	return *r.Highest / 1000
}

func (s *frontierSet) median(c results.Cell) float64 {
	var xs []float64
	for _, r := range s.of(c) {
		xs = append(xs, reached(r))
	}
	med, _, _ := view.Centre(xs)
	return med
}

// finding is the case in which the two main models lie furthest apart.
func (s *frontierSet) finding() string {
	models := s.src.WithoutBaselines(s.models())
	if len(models) < 2 {
		return fmt.Sprintf("The highest dirty rate that %s still completes at",
			strings.Join(s.models(), " and "))
	}
	base, model := models[0], s.src.MainModel(models)
	far, say := -1.0, ""
	for _, w := range []bool{false, true} {
		for _, n := range s.threads() {
			a, b := s.median(results.Cell{Model: base, Threads: n, Wait: w}),
				s.median(results.Cell{Model: model, Threads: n, Wait: w})
			if d := view.TimesApart(a, b); !math.IsNaN(d) && d > far {
				far = d
				say = fmt.Sprintf("Furthest apart with %s: %s completes up to %s thousand page "+
					"writes a second, %s up to %s", results.Cell{Model: model, Threads: n, Wait: w}.String(), base,
					format.Sig(a),
					model, format.Sig(b))
			}
		}
	}
	return say
}

func (s *frontierSet) figure() *figure {
	fig := &figure{height: 240, foot: s.src.HostFoot(len(s.records), "searches")}
	values := []float64{0}
	for _, r := range s.records {
		values = append(values, reached(r))
		if r.Lowest != nil {
			values = append(values, *r.Lowest/1000)
		}
	}
	scale := scaleOf(values, false, true)
	for _, m := range s.models() {
		fig.legend = append(fig.legend, legendOf(styleOf(s.src, m), format.CleanText(m, 24)))
	}
	fig.legend = append(fig.legend, s.medianLegend())
	for _, w := range []bool{false, true} {
		if slices.ContainsFunc(s.records, func(r *results.Frontier) bool { return r.Wait == w }) {
			fig.panels = append(fig.panels, s.panel(w, scale))
		}
	}
	return fig
}

// medianLegend names an interval where some case has searches enough for one.
func (s *frontierSet) medianLegend() legendEntry {
	for _, r := range s.records {
		if view.SignOrder(len(s.of(r.Cell))) >= 0 {
			return legendWhisker("median, 95 % interval")
		}
	}
	return legendMedian()
}

func (s *frontierSet) panel(wait bool, scale scaleY) *panel {
	p := &panel{Plot: newPlot("compress-wait-thread "+format.WaitWord(wait)[len("wait "):],
		"compression threads", "page writes (thousands/s)")}
	threadAxis(p.Plot, s.threads())
	scale.apply(p.Plot)
	models := s.models()
	for i, m := range models {
		offset, half := slot(i, len(models))
		dots := runDots{style: styleOf(s.src, m), radius: 2.6, alpha: 0.7}
		up := centres{style: styleOf(s.src, m)}
		mid := centres{style: styleOf(s.src, m), half: half * 0.95, join: true}
		for at, n := range s.threads() {
			found := s.of(results.Cell{Model: m, Threads: n, Wait: wait})
			var xs []float64
			for j, r := range found {
				x := float64(at) + offset + half*0.7*jitter(j)
				dots.marks = append(dots.marks, runMark{x: x, y: reached(r)})
				up.marks = append(up.marks, upTo(r, x)...)
				xs = append(xs, reached(r))
			}
			mid.marks = append(mid.marks, middle(xs, float64(at)+offset, scale)...)
		}
		p.Add(up, dots, mid)
	}
	return p
}

// upTo is the line from the highest rate that completed to the lowest that did not.
func upTo(r *results.Frontier, x float64) []centreMark {
	if r.Lowest == nil {
		return nil
	}
	return []centreMark{{x: x, y: reached(r), lo: reached(r), hi: *r.Lowest / 1000, alone: true}}
}
