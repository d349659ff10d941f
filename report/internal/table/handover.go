package table

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// HandOver returns the sections of a hand-over file: the answer, every cell, latencies, what failed
// and how it was measured.
func HandOver(h *view.HandOver) []Section {
	all := []Section{handOverHead(h), handOverCells(h), handOverLatency(h)}
	if len(h.From.Failed) > 0 {
		all = append(all, handOverFailed(h))
	}
	return append(all, handOverHow(h))
}

// HandOverNames returns the names of those sections, for --only.
func HandOverNames() []string {
	return []string{"regret", "cells", "latency", "failed", "how"}
}

// handOverHead is the answer: the regret of each model, and what a page costs without work.
func handOverHead(h *view.HandOver) Section {
	sec := Section{Spec: Spec{Name: "regret", Level: Heading, Brief: true, Pictures: true,
		Title: "Hand-over by itself: " + results.Plural(len(h.Models()), "model") + " in " +
			results.Plural(len(h.Cases()), "case")}}
	regrets := h.Regrets()
	if len(regrets) == 0 {
		sec.Lead = []string{"The file holds no run. mtbench handover --resume FILE makes them."}
		return sec
	}
	sec.Lead = []string{leastRegret(h, regrets), "Regret: how many times as good the best model " +
		"of a case is, in pages a second and in CPU a page; the worst case, and the median of all. " +
		handOverCount(h)}
	telling, _ := h.Telling()
	busiest, hasBusiest := h.BusiestCase()
	sec.Table = &Grid{Keys: 1, Cols: []Column{{Head: "model", Text: true},
		{Head: "pages/s"}, {Head: "median", Beside: true},
		{Head: "CPU"}, {Head: "median", Beside: true}, {Head: "p50/p99 µs"}}}
	sec.Notes = []string{"p50/p99: latency from submit to done, " + telling.String() + "."}
	if hasBusiest {
		sec.Table.Cols = append(sec.Table.Cols, Column{Head: "ns/page"})
		sec.Notes = append(sec.Notes, "ns/page: "+busiest.String()+".")
	}
	sec.Notes = append(sec.Notes, h.NoiseText())
	for _, r := range regrets {
		c := telling.Of(r.Model)
		texts := []string{r.Model, factorText(view.Worst(r.Rate).By),
			factorText(view.MedianFactor(r.Rate)), factorText(view.Worst(r.CPU).By),
			factorText(view.MedianFactor(r.CPU)),
			usText(h.Median(c, latency(p50))) + "/" + usText(h.Median(c, latency(p99)))}
		if hasBusiest {
			texts = append(texts, format.Whole(h.Median(busiest.Of(r.Model), pageNS)))
		}
		sec.Table.Rows = append(sec.Table.Rows, GridRow{Cells: textCells(texts...)})
	}
	return sec
}

// leastRegret is the sentence that answers: which model one takes who does not know the load, and
// what it costs at worst.
func leastRegret(h *view.HandOver, regrets []view.Regret) string {
	rate := regrets[0]
	cpu := rate
	for _, r := range regrets {
		if view.Worst(r.CPU).By < view.Worst(cpu.CPU).By {
			cpu = r
		}
	}
	text := fmt.Sprintf("Least regret in pages a second: %s, in no case more than %s × behind the "+
		"fastest (%s).", rate.Model, factorText(view.Worst(rate.Rate).By),
		view.Worst(rate.Rate).Case())
	return text + fmt.Sprintf(" Least regret in CPU a page: %s, in no case more than %s × the "+
		"cheapest (%s).", cpu.Model, factorText(view.Worst(cpu.CPU).By), view.Worst(cpu.CPU).Case())
}

// handOverCount says what the figures are medians of, and what is missing.
func handOverCount(h *view.HandOver) string {
	least, most := h.Repeats()
	n := strconv.Itoa(most)
	if least < most {
		n = fmt.Sprintf("%d to %d", least, most)
	}
	text := fmt.Sprintf("Figures are medians of n = %s runs a cell", n)
	planned := h.From.Header.Grid.Runs()
	if made := len(h.From.Runs); made < planned {
		text += fmt.Sprintf("; %d of %d planned runs are there, %d failed", made, planned,
			len(h.From.Failed))
	}
	return text + "."
}

// factorText is a factor to the best with two decimals while that says something.
func factorText(v float64) string {
	if v < 9.995 {
		return format.Fixed(v, 2)
	}
	return format.Whole(v)
}

func usText(v float64) string {
	if math.IsNaN(v) {
		return format.None
	}
	return format.Whole(v)
}

func pageNS(r *results.HandOver) (float64, bool) { return r.PageNS, true }

// A quantile of a latency.
func p50(l *results.Latency) *results.Number  { return l.P50 }
func p90(l *results.Latency) *results.Number  { return l.P90 }
func p99(l *results.Latency) *results.Number  { return l.P99 }
func p999(l *results.Latency) *results.Number { return l.P999 }
func top(l *results.Latency) *results.Number  { return l.Max }
func mean(l *results.Latency) *results.Number { return l.Mean }

type quantile func(*results.Latency) *results.Number

func latency(q quantile) view.HandOverFigure {
	return func(r *results.HandOver) (float64, bool) { return number(q(&r.Latency)) }
}

func begin(q quantile) view.HandOverFigure {
	return func(r *results.HandOver) (float64, bool) { return number(q(&r.Begin)) }
}

func service(q quantile) view.HandOverFigure {
	return func(r *results.HandOver) (float64, bool) { return number(q(&r.Service)) }
}

func number(n *results.Number) (float64, bool) {
	if n == nil {
		return 0, false
	}
	return *n, true
}

func of(value func(*results.HandOver) float64) view.HandOverFigure {
	return func(r *results.HandOver) (float64, bool) { return value(r), true }
}

// handOverColumn is a figure of a cell.
type handOverColumn struct {
	head string
	of   view.HandOverFigure
	text func(float64) string
}

// handOverGrid is a table of a row a cell, those of a case together.
func handOverGrid(h *view.HandOver, cols []handOverColumn) *Grid {
	g := &Grid{Keys: 2, Cols: []Column{{Head: "case", Text: true}, {Head: "model", Text: true}}}
	for _, c := range cols {
		g.Cols = append(g.Cols, Column{Head: c.head})
	}
	for _, c := range h.Cases() {
		name := c.String()
		for _, m := range h.Models() {
			if len(h.Runs(c.Of(m))) == 0 {
				continue
			}
			texts := []string{name, m}
			for _, col := range cols {
				texts = append(texts, col.text(h.Median(c.Of(m), col.of)))
			}
			g.Rows = append(g.Rows, GridRow{Rule: name != "", Cells: textCells(texts...)})
			name = ""
		}
	}
	return g
}

func handOverCells(h *view.HandOver) Section {
	sec := Section{Spec: Spec{Name: "cells", Title: "Every cell", Level: Folded}}
	sec.Lead = []string{"CPU is of the submitter and the workers, the work of a page included and " +
		"the submitter's pacing left out. Wakes are calls that wake a thread; switches are context " +
		"switches without those of pacing."}
	perPage := format.FixedOrSmall
	sec.Table = handOverGrid(h, []handOverColumn{
		{"pages/s", of(func(r *results.HandOver) float64 { return r.Rate }), format.Whole},
		{"ns/page", pageNS, format.Whole},
		{"CPU ns/page", view.HandOverCPU, format.Whole},
		{"submitter's CPU ns/page", of(func(r *results.HandOver) float64 { return r.SubmitterNS }),
			format.Whole},
		{"wakes/page", of(func(r *results.HandOver) float64 { return r.Wakes }), perPage},
		{"switches/page", of(func(r *results.HandOver) float64 { return r.Switches }), perPage},
	})
	return sec
}

func handOverLatency(h *view.HandOver) Section {
	sec := Section{Spec: Spec{Name: "latency", Title: "Latency of a page", Level: Folded}}
	sec.Lead = []string{"From the call of Submit to Done, where the submitter has the result back, " +
		"in µs. Of it, hand-over time ends when a worker begins the page, and service time is the " +
		"work as the worker saw it; the rest is the way back: a result is taken out by a later " +
		"Submit or Flush. A page that waits to be submitted because the pipeline is behind does " +
		"not wait in here: look at pages/s."}
	sec.Table = handOverGrid(h, []handOverColumn{
		{"hand-over p50", begin(p50), usText}, {"hand-over p99", begin(p99), usText},
		{"service mean", service(mean), usText},
		{"p50", latency(p50), usText}, {"p90", latency(p90), usText}, {"p99", latency(p99), usText},
		{"p99.9", latency(p999), usText}, {"max", latency(top), usText},
	})
	return sec
}

func handOverFailed(h *view.HandOver) Section {
	sec := Section{Spec: Spec{Name: "failed", Title: "Runs that failed", Level: Open}}
	sec.Table = &Grid{Keys: 2, Cols: []Column{{Head: "case", Text: true}, {Head: "model", Text: true},
		{Head: "why", Text: true}}}
	for _, f := range h.From.Failed {
		sec.Table.Rows = append(sec.Table.Rows, GridRow{Cells: textCells(f.Case().String(), f.Model,
			f.Reason)})
	}
	return sec
}

func handOverHow(h *view.HandOver) Section {
	hd := &h.From.Header
	sec := Section{Spec: Spec{Name: "how", Title: "How it was measured", Level: Open}}
	sec.Table = &Grid{Keys: 1, Cols: []Column{{Head: "what", Text: true}, {Head: "value", Text: true}}}
	row := func(what, value string) {
		sec.Table.Rows = append(sec.Table.Rows, GridRow{Cells: textCells(what, value)})
	}
	pin := "by the kernel"
	if hd.Pin != "" {
		pin = "pinned: " + hd.Pin
	}
	row("host", view.HostText(&hd.Host))
	row("threads placed", pin)
	row("a run", fmt.Sprintf("%s ms after warming up for a fifth of it, in a process of its own; the "+
		"models of a case run next to each other, in an order that is drawn for each round",
		format.Trimmed(hd.Grid.Time.MS())))
	row("load", fmt.Sprintf("100 %%: as fast as pages are taken. Below, pages come in bursts, those "+
		"that are due within %s µs together; the ceiling of a case is a page in %d ns, or in its work "+
		"over the workers that have a CPU, whichever is longer", format.Trimmed(hd.Quantum),
		results.HandOverPrice))
	row("clock", fmt.Sprintf("a reading takes %s ns; a timed page has four, which its figures "+
		"include; one page in 31 is timed below 10 µs of work, every page above",
		format.Trimmed(hd.ClockNS)))
	row("built from", handOverBuild(hd))
	row("command", strings.Join(hd.Argv, " "))
	row("sha256", h.From.SHA256)
	return sec
}

func handOverBuild(hd *results.HandOverHeader) string {
	revision := hd.Revision
	if revision == "" {
		revision = "REVISION UNKNOWN (go run records none; go build in a checkout does)"
	}
	return fmt.Sprintf("mtbench %s, %s, %s", hd.Version, revision, hd.Go)
}
