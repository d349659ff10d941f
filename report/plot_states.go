package report

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// stateGroup is what a reader tells apart in a bar: several states of the account together.
type stateGroup struct {
	name   string
	ink    plotInk
	on     plotInk // of words on it
	states []string
}

// stateGroups hold every state of internal/thread but the remainder, which is drawn last.
var stateGroups = []stateGroup{
	{"codec", inkCodec, inkOnDark, []string{"codec"}},
	{"copying", inkCopy, inkOnPale, []string{"copying"}},
	{"link (send, receive)", inkLink, inkOnDark, []string{"sending", "receiving"}},
	{"scan and bitmap", inkScan, inkOnPale, []string{"scanning", "writing"}},
	{"lock wait", inkLocks, inkOnDark, []string{"lock-global", "lock-slot", "lock-results"}},
	{"waking others", inkWaking, inkOnDark, []string{"waking"}},
	{"spinning", inkSpin, inkOnPale, []string{"spin-work", "spin-room"}},
	{"asleep for work or room", inkAsleep, inkOnPale,
		[]string{"wait-work", "wait-room", "joining"}},
	{"rate limit", inkPaced, inkOnPale, []string{"sleeping"}},
}

const restName = "remainder"

// kernelGroups are the parts of the second sum, the kernel's.
var kernelGroups = []stateGroup{
	{"on a CPU", inkCodec, inkOnDark, nil},
	{"runnable, waiting for a CPU", inkLocks, inkOnDark, nil},
	{"blocked", inkAsleep, inkOnPale, nil},
}

// barPart is one colour of a bar, in percent of wall time.
type barPart struct {
	group stateGroup
	share float64
}

// reasonParts are the shares by reason, the remainder last; they add up to 100.
func reasonParts(t *roleTime) []barPart {
	var parts []barPart
	for _, g := range stateGroups {
		ms := 0.0
		for _, s := range g.states {
			ms += t.states[s]
		}
		parts = append(parts, barPart{g, t.share(ms)})
	}
	rest := stateGroup{name: restName, ink: inkRest, on: inkOnDark}
	return append(parts, barPart{rest, t.share(t.remainder)})
}

func kernelParts(t *roleTime) []barPart {
	return []barPart{
		{kernelGroups[0], t.share(t.cpu)},
		{kernelGroups[1], t.share(t.delay)},
		{kernelGroups[2], t.share(t.blocked)},
	}
}

// bar is one row: a model in a case.
type bar struct {
	cell  plotCell
	parts []barPart
}

// barSet is a figure of stacked bars.
type barSet struct {
	src    *plotSource
	title  string
	panels []barPanel
	groups []stateGroup // for the legend
}

type barPanel struct {
	head          string
	process, role string
	wait          bool
}

// bars are the rows of a panel, from the top: threads rising, the models of one count together.
func (b *barSet) bars(bp barPanel, kernel bool) []bar {
	var out []bar
	cells := b.src.cells()
	for _, n := range b.src.threads() {
		for _, m := range b.src.models() {
			c := plotCell{m, n, bp.wait}
			t := roleTimeOf(cells[c], bp.process, bp.role)
			if t.threads == 0 || t.wall <= 0 {
				continue
			}
			if kernel && t.kernel {
				out = append(out, bar{c, kernelParts(&t)})
			} else if !kernel && t.reasons {
				out = append(out, bar{c, reasonParts(&t)})
			}
		}
	}
	return out
}

const barRow = vg.Length(15)

func (b *barSet) build(kernel bool) *figure {
	fig := &figure{title: b.title, foot: b.src.foot()}
	for _, g := range b.groups {
		fig.legend = append(fig.legend, legendFill(g.name, g.ink.rgb))
	}
	rows := 1
	for _, bp := range b.panels {
		bars := b.bars(bp, kernel)
		rows = max(rows, len(bars))
		fig.panels = append(fig.panels, barPanelOf(bp.head, bars))
	}
	fig.height = barRow*vg.Length(rows) + 56
	return fig
}

func barPanelOf(head string, bars []bar) *panel {
	p := &panel{Plot: newPlot(head, "wall time of its threads (%)", "")}
	n := max(1, len(bars))
	p.X.Min, p.X.Max = 0, 100
	p.Y.Min, p.Y.Max = -0.5, float64(n)-0.5
	p.X.Tick.Marker = constantTicks([]float64{0, 25, 50, 75, 100}, tickLabel)
	ticks := make(plot.ConstantTicks, 0, len(bars))
	for i, b := range bars {
		label := strconv.Itoa(b.cell.threads) + " · " + cleanText(b.cell.model, 12)
		ticks = append(ticks, plot.Tick{Value: float64(n - 1 - i), Label: label})
	}
	p.Y.Tick.Marker = ticks
	p.Y.Tick.Length = 0
	p.Y.LineStyle.Width = 0
	p.Add(stackedBars{bars})
	return p
}

// stackedBars draws the bars of a panel, the first at the top. A part that is wide enough says its
// percentage.
type stackedBars struct{ bars []bar }

// Plot implements [plot.Plotter].
func (s stackedBars) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	for i, b := range s.bars {
		y := ty(float64(len(s.bars) - 1 - i))
		at := 0.0
		for _, part := range b.parts {
			share := max(0, part.share)
			drawPart(c, part, tx(at), tx(math.Min(at+share, 100)), y)
			at += share
		}
	}
}

func drawPart(c draw.Canvas, part barPart, from, to, y vg.Length) {
	if to-from < 0.05 {
		return
	}
	r := vg.Rectangle{
		Min: vg.Point{X: from, Y: y - barRow*0.42}, Max: vg.Point{X: to, Y: y + barRow*0.42},
	}
	c.SetColor(part.group.ink.rgb)
	c.Fill(r.Path())
	if to-from < 17 {
		return
	}
	sty := plotText(part.group.on, plotFootSize, false)
	sty.XAlign, sty.YAlign = draw.XCenter, draw.YCenter
	mid := vg.Point{X: (from + to) / 2, Y: y}
	c.FillText(sty, mid, strconv.Itoa(int(math.Round(part.share))))
}

// statePlots are the bars of the source, of the destination, and of the kernel's account.
func statePlots(s *plotSource) []Plot {
	return []Plot{
		statePlot(s, "source", "Where does the time of the source's threads go?"),
		statePlot(s, "destination", "Where does the time of the destination's threads go?"),
		kernelPlot(s),
	}
}

func (s *plotSource) barPanels(process string) []barPanel {
	var out []barPanel
	for _, role := range []string{"main", "worker"} {
		for _, w := range s.waits() {
			head := "main thread, "
			if role == "worker" {
				head = "compression threads, "
				if process == "destination" {
					head = "decompression threads, "
				}
			}
			out = append(out, barPanel{head + waitWord(w), process, role, w})
		}
	}
	return out
}

func statePlot(s *plotSource, process, question string) Plot {
	p := Plot{
		ID: "time-" + process + s.tag, Question: question,
		Caption: "All threads of a role in all runs of a case together, by reason; what no reason " +
			"claims is the remainder, and a bar always closes to 100 %. Numbers are percent. Mean " +
			"shares, because medians of parts do not add up.",
	}
	legend := append([]stateGroup{}, stateGroups...)
	legend = append(legend, stateGroup{name: restName, ink: inkRest})
	set := &barSet{src: s, panels: s.barPanels(process), groups: legend}
	if !set.any(false) {
		p.Missing = "no run of the file accounts the time of the " + process + "’s threads; " +
			"mtbench run --account on" + destinationHint(process) + " does"
		return p
	}
	p.Title = predictedWord(s) + stateFinding(set, false, process)
	set.title = p.Title
	p.build = func(plotSize) *figure { return set.build(false) }
	return p
}

func destinationHint(process string) string {
	if process == "destination" {
		return " --destination process"
	}
	return ""
}

func (b *barSet) any(kernel bool) bool {
	for _, bp := range b.panels {
		if len(b.bars(bp, kernel)) > 0 {
			return true
		}
	}
	return false
}

func kernelPlot(s *plotSource) Plot {
	p := Plot{
		ID:       "time-kernel" + s.tag,
		Question: "Did the source's threads run, wait for a CPU, or sleep?",
		Caption: "The kernel's account of the same time: on a CPU, runnable but waiting for one " +
			"(more threads than CPUs), blocked. Shares of all threads of a role in all runs of a case.",
	}
	set := &barSet{src: s, panels: s.barPanels("source"), groups: kernelGroups}
	if !set.any(true) {
		p.Missing = "no run of the file has the kernel’s times (/proc/self/task/*/schedstat was " +
			"not readable); mtbench doctor says why"
		return p
	}
	p.Title = predictedWord(s) + stateFinding(set, true, "source")
	set.title = p.Title
	p.build = func(plotSize) *figure { return set.build(true) }
	return p
}

// stateFinding names the part in which the models differ most.
func stateFinding(b *barSet, kernel bool, process string) string {
	base, model, ok := b.src.twoModels()
	if !ok {
		return "Where the time of each thread goes, by case"
	}
	far, say := -1.0, ""
	for _, bp := range b.panels {
		bars := b.bars(bp, kernel)
		for i := range bars {
			for j := range bars {
				x, y := bars[i], bars[j]
				if x.cell.model != base || y.cell.model != model || x.cell.threads != y.cell.threads {
					continue
				}
				if part, d := widestPart(x, y); d > far {
					far, say = d, partSentence(bp, x, y, part, process)
				}
			}
		}
	}
	return say
}

func widestPart(x, y bar) (part int, distance float64) {
	distance = -1
	for k := range x.parts {
		if d := apart(x.parts[k].share, y.parts[k].share); d > distance {
			part, distance = k, d
		}
	}
	return part, distance
}

func partSentence(bp barPanel, x, y bar, k int, process string) string {
	who := "the main thread"
	if bp.role == "worker" {
		who = "a compression thread"
		if process == "destination" {
			who = "a decompression thread"
		}
	}
	return fmt.Sprintf("Largest difference, with %s: of the time of %s, “%s” takes %.0f %% "+
		"under %s and %.0f %% under %s", x.cell.caseText(), who, x.parts[k].group.name,
		x.parts[k].share, x.cell.model, y.parts[k].share, y.cell.model)
}
