package plot

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// HandOver returns the pictures of a hand-over file: CPU a page over offered load, which model is
// best where, and latencies. A file without runs has none.
func HandOver(h *view.HandOver) []Plot {
	if len(h.Cases()) == 0 {
		return nil
	}
	all := []Plot{handOverCPU(h), handOverMap(h), handOverLatency(h)}
	for i := range all {
		all[i].Title = format.CleanText(all[i].Title, 400)
	}
	return all
}

// handOverStyle is the look of a model of a hand-over file.
func handOverStyle(h *view.HandOver, model string) modelStyle {
	return looks(h.Models(), func(m string) view.Contender {
		return view.Contender{Name: m, Color: view.Orange}
	})[model]
}

// handOverCPU is CPU a page over the offered load, a panel a work and count of threads.
func handOverCPU(h *view.HandOver) Plot {
	p := Plot{ID: "handover-cpu", Question: "What does a page cost in CPU when little is to do?",
		Caption: "CPU time of the submitter and the workers a page over the offered load, medians; the " +
			"work itself is in it (dashed), the submitter's pacing is not. A line that rises to the left " +
			"spends CPU on waiting: on wake-ups, or on polling."}
	p.Title = handOverCPUFinding(h)
	p.Build = func(size Size) *figure {
		fig := &figure{height: 190, foot: h.HostFoot()}
		cases := withoutLoad(h.Cases())
		for _, c := range cases {
			fig.panels = append(fig.panels, handOverCPUPanel(h, c, size.panelWidth(len(cases))))
		}
		return fig
	}
	return p
}

// withoutLoad are the cases apart from their load.
func withoutLoad(cases []results.HandOverCell) (list []results.HandOverCell) {
	for _, c := range cases {
		c.Load = 0
		if !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

func handOverCPUFinding(h *view.HandOver) string {
	regrets := h.Regrets()
	best := slices.MinFunc(regrets, func(a, b view.Regret) int {
		return cmp.Compare(view.Worst(a.CPU).By, view.Worst(b.CPU).By)
	})
	worst := slices.MaxFunc(regrets, func(a, b view.Regret) int {
		return cmp.Compare(view.Worst(a.CPU).By, view.Worst(b.CPU).By)
	})
	return fmt.Sprintf("%s takes at most %s× the CPU a page of the cheapest in any case, %s up to "+
		"%s×", best.Model, format.Sig(view.Worst(best.CPU).By), worst.Model,
		format.Sig(view.Worst(worst.CPU).By))
}

// fullLoad is where the axis of load ends and the names begin, in percent.
const fullLoad = 100

func handOverCPUPanel(h *view.HandOver, c results.HandOverCell, wide vg.Length) *panel {
	head := results.Plural(c.Threads, "thread") + ", " + results.WorkText(c.WorkNS)
	p := &panel{Plot: newPlot(head+settingsText(c), "offered load (% of the ceiling)",
		"CPU a page (µs, log scale)")}
	loads := h.From.Header.Grid.Loads
	var values []float64
	lines := map[string][]runMark{}
	for _, m := range h.Models() {
		for _, load := range slices.Sorted(slices.Values(loads)) {
			at := c.Of(m)
			at.Load = load
			if us := h.Median(at, view.HandOverCPU) / 1000; us > 0 {
				values = append(values, us)
				lines[m] = append(lines[m], runMark{x: float64(load), y: us})
			}
		}
	}
	scale := scaleY{lo: slices.Min(values) / 1.4, hi: slices.Max(values) * 1.4, log: true}
	scale.apply(p.Plot)
	p.X.Tick.Marker = constantTicks([]float64{0, 25, 50, 75, 100}, tickLabel)
	if c.WorkNS > 0 && float64(c.WorkNS)/1000 > scale.lo {
		p.Add(rules{at: []float64{scale.pos(float64(c.WorkNS) / 1000)}, ink: inkFaint, width: 1,
			dashes: []vg.Length{vg.Points(4), vg.Points(3)}, to: fullLoad})
	}
	names := handOverLines(h, p, lines, scale)
	share := min(0.6, float64(names.room()/wide))
	p.X.Min, p.X.Max = 0, fullLoad/(1-share)
	return p
}

// settingsText is what a case says beyond threads, work and load.
func settingsText(c results.HandOverCell) string {
	text := ""
	if c.Depth != 0 {
		text += fmt.Sprintf(", depth %d", c.Depth)
	}
	if c.PollBudget != 0 {
		text += fmt.Sprintf(", polls %d", c.PollBudget)
	}
	return text
}

// handOverLines draws the curve of each model and its name at the end.
func handOverLines(h *view.HandOver, p *panel, lines map[string][]runMark,
	scale scaleY) (names endLabels) {
	for _, m := range h.Models() {
		points := lines[m]
		if len(points) == 0 {
			continue
		}
		style := handOverStyle(h, m)
		for k := range points {
			points[k].y = scale.pos(points[k].y)
			points[k].text = m
		}
		end := points[len(points)-1]
		p.Add(curve{style: style, alpha: 0.8, width: vg.Points(1), points: points, spots: &p.spots})
		names = append(names, endLabel{end.x, end.y, format.CleanText(m, 20), style})
	}
	p.Add(names)
	return names
}

// handOverMap says which model is best where: threads × work, a panel a load.
func handOverMap(h *view.HandOver) Plot {
	p := Plot{ID: "handover-map", Question: "Which model is best for which work and how many threads?",
		Caption: "The best model of each case by its median, and how many times as good it is as the " +
			"second: in CPU a page at each load, in pages a second where they come as fast as they are " +
			"taken. Near 1 the two are as good as each other."}
	p.Title = handOverMapFinding(h)
	p.Build = func(Size) *figure {
		fig := &figure{foot: h.HostFoot()}
		loads := slices.Sorted(slices.Values(h.From.Header.Grid.Loads))
		fig.height = vg.Length(70 + 34*len(h.From.Header.Grid.Threads))
		if slices.Contains(loads, 100) {
			fig.panels = append(fig.panels, handOverMapPanel(h, 100, false))
		}
		for _, load := range loads {
			fig.panels = append(fig.panels, handOverMapPanel(h, load, true))
		}
		return fig
	}
	return p
}

func handOverMapFinding(h *view.HandOver) string {
	wins := map[string]int{}
	for _, c := range h.Cases() {
		wins[h.Cheapest(c).Model]++
	}
	most := h.Models()[0]
	for _, m := range h.Models() {
		if wins[m] > wins[most] {
			most = m
		}
	}
	return fmt.Sprintf("%s takes the least CPU a page in %d of %d cases; %d models are the cheapest "+
		"somewhere", most, wins[most], len(h.Cases()), len(wins))
}

func handOverMapPanel(h *view.HandOver, load int, cpu bool) *panel {
	head := fmt.Sprintf("least CPU a page, load %d %%", load)
	if !cpu {
		head = fmt.Sprintf("most pages a second, load %d %%", load)
	}
	g := &h.From.Header.Grid
	works, threads := slices.Sorted(slices.Values(g.WorksNS)), slices.Sorted(slices.Values(g.Threads))
	p := &panel{Plot: newPlot(head, "work of a page", "threads")}
	var xs, ys plot.ConstantTicks
	for i, w := range works {
		xs = append(xs, plot.Tick{Value: float64(i), Label: results.WorkText(w)})
	}
	for i, n := range threads {
		ys = append(ys, plot.Tick{Value: float64(i), Label: fmt.Sprint(n)})
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = xs, ys
	p.X.Tick.Length, p.Y.Tick.Length = 0, 0
	p.X.Min, p.X.Max = -0.5, float64(len(works))-0.5
	p.Y.Min, p.Y.Max = -0.5, float64(len(threads))-0.5
	for x, w := range works {
		for y, n := range threads {
			c := results.HandOverCell{Threads: n, WorkNS: w, Load: load}
			p.Add(handOverBest(h, c, cpu, x, y)...)
		}
	}
	return p
}

// handOverBest fills the square of a case with its best model. Where depths or poll budgets are
// axes, it is that of the first of them.
func handOverBest(h *view.HandOver, c results.HandOverCell, cpu bool, x, y int) []plot.Plotter {
	for _, other := range h.Cases() {
		if other.Threads == c.Threads && other.WorkNS == c.WorkNS && other.Load == c.Load {
			c = other
			break
		}
	}
	best := h.Fastest(c)
	if cpu {
		best = h.Cheapest(c)
	}
	if best.Model == "" {
		return nil
	}
	style := handOverStyle(h, best.Model)
	cell := square{x: float64(x), y: float64(y), ink: style.ink}
	name := format.CleanText(best.Model, 16)
	return []plot.Plotter{cell,
		words{x: float64(x), y: float64(y), text: name, ink: InkText, size: plotFootSize,
			xalign: draw.XCenter, dy: 5},
		words{x: float64(x), y: float64(y), text: h.LeadText(c, cpu), ink: inkFaint,
			size: plotFootSize, xalign: draw.XCenter, dy: -6}}
}

// square fills the place of one case on a map.
type square struct {
	x, y float64
	ink  Ink
}

// Plot implements [plot.Plotter].
func (s square) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	r := vg.Rectangle{Min: vg.Point{X: tx(s.x-0.5) + 1, Y: ty(s.y-0.5) + 1},
		Max: vg.Point{X: tx(s.x+0.5) - 1, Y: ty(s.y+0.5) - 1}}
	c.SetColor(faded(s.ink, 0.25))
	c.Fill(r.Path())
}

// handOverLatency is the share of pages that take longer, over the time, in the case that tells
// most.
func handOverLatency(h *view.HandOver) Plot {
	p := Plot{ID: "handover-latency", Question: "How long is a page on its way, and its slowest?",
		Caption: "Share of the timed pages that took longer from Submit to Done, of all repeats " +
			"together, both axes logarithmic: a line that falls early and steeply is good, and its right " +
			"end is the slowest page. A result is taken out by a later Submit, so that a paced submitter " +
			"sees it no earlier than its next burst."}
	c, _ := h.Telling()
	p.Title = handOverLatencyFinding(h, c)
	p.Build = func(size Size) *figure {
		fig := &figure{height: 260, foot: h.HostFoot()}
		fig.panels = []*panel{handOverLatencyPanel(h, c, size.panelWidth(1))}
		return fig
	}
	return p
}

func handOverLatencyFinding(h *view.HandOver, c results.HandOverCell) string {
	p50 := func(r *results.HandOver) (float64, bool) {
		if r.Latency.P50 == nil {
			return 0, false
		}
		return *r.Latency.P50, true
	}
	quick, slow := "", ""
	low, high := math.Inf(1), math.Inf(-1)
	for _, m := range h.Models() {
		us := h.Median(c.Of(m), p50)
		if us < low {
			quick, low = m, us
		}
		if us > high {
			slow, high = m, us
		}
	}
	if quick == "" {
		return "No page was timed"
	}
	return fmt.Sprintf("With %s the median page is back after %s µs with %s, and after %s µs with %s",
		c, format.Sig(low), quick, format.Sig(high), slow)
}

func handOverLatencyPanel(h *view.HandOver, c results.HandOverCell, wide vg.Length) *panel {
	p := &panel{Plot: newPlot(c.String(), "submit to done (µs, log scale)",
		"pages that take longer (%, log scale)")}
	lines := map[string][]runMark{}
	left, right, low := math.Inf(1), 1.0, 50.0
	for _, m := range h.Models() {
		for _, at := range slowerThan(h.Buckets(c.Of(m))) {
			lines[m] = append(lines[m], runMark{x: math.Log10(at.x), y: at.y, text: m})
			left, right, low = min(left, at.x), max(right, at.x), min(low, at.y)
		}
	}
	if math.IsInf(left, 1) {
		left = 0.1
	}
	scale := scaleY{lo: low, hi: 100, log: true}
	scale.apply(p.Plot)
	marks := constantTicks(logTicks(left, right), tickLabel)
	for i := range marks {
		marks[i].Value = math.Log10(marks[i].Value)
	}
	p.X.Tick.Marker = marks
	names := handOverLines(h, p, lines, scale)
	p.X.Min = math.Log10(left) - 0.05
	p.X.Max = p.X.Min + (math.Log10(right)-p.X.Min)/(1-min(0.6, float64(names.room()/wide)))
	return p
}

// slowerThan is the share of pages in percent that take longer than the end of each bucket; the
// last, than which none does, is left out.
func slowerThan(buckets []results.Bucket) (list []runMark) {
	var all, so int64
	for _, b := range buckets {
		all += b.Pages
	}
	for _, b := range buckets {
		if so += b.Pages; so < all {
			list = append(list, runMark{x: b.UpTo, y: 100 * float64(all-so) / float64(all)})
		}
	}
	return list
}
