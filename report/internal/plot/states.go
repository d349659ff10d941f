package plot

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
)

// groupInk is how a group looks.
type groupInk struct {
	ink Ink
	on  Ink // of words on it
}

var groupInks = map[view.TimeGroup]groupInk{
	view.InCodec:     {inkCodec, inkOnDark},
	view.InCopying:   {inkCopy, inkOnPale},
	view.InLink:      {inkLink, inkOnDark},
	view.InScan:      {inkScan, inkOnPale},
	view.InLocks:     {inkLocks, inkOnDark},
	view.InWaking:    {inkWaking, inkOnDark},
	view.InSpinning:  {inkSpin, inkOnPale},
	view.InSleep:     {inkAsleep, inkOnPale},
	view.InPacing:    {inkPaced, inkOnPale},
	view.InRemainder: {inkRest, inkOnDark},
	view.OnCPU:       {inkCodec, inkOnDark},
	view.ForCPU:      {inkLocks, inkOnDark},
	view.InBlocked:   {inkAsleep, inkOnPale},
}

const barRow = vg.Length(15)

func barsFigure(b *view.BarSet, kernel bool) *figure {
	fig := &figure{foot: b.Src.Foot()}
	groups := view.ReasonGroups()
	if kernel {
		groups = view.KernelGroups()
	}
	for _, g := range groups {
		fig.legend = append(fig.legend, legendFill(g.Name(), groupInks[g].ink.Rgb))
	}
	rows := 1
	for _, bp := range b.Panels {
		bars := b.Bars(bp, kernel)
		rows = max(rows, len(bars))
		fig.panels = append(fig.panels, barPanelOf(bp.Head, bars))
	}
	fig.height = barRow*vg.Length(rows) + 56
	return fig
}

func barPanelOf(head string, bars []view.Bar) *panel {
	p := &panel{Plot: newPlot(head, "wall time of its threads (%)", "")}
	n := max(1, len(bars))
	p.X.Min, p.X.Max = 0, 100
	p.Y.Min, p.Y.Max = -0.5, float64(n)-0.5
	p.X.Tick.Marker = constantTicks([]float64{0, 25, 50, 75, 100}, tickLabel)
	ticks := make(plot.ConstantTicks, 0, len(bars))
	for i, b := range bars {
		label := strconv.Itoa(b.Cell.Threads) + " · " + format.CleanText(b.Cell.Model, 12)
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
type stackedBars struct{ bars []view.Bar }

// Plot implements [plot.Plotter].
func (s stackedBars) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	for i, b := range s.bars {
		y := ty(float64(len(s.bars) - 1 - i))
		at := 0.0
		for _, part := range b.Parts {
			share := max(0, part.Share)
			drawPart(c, part, tx(at), tx(math.Min(at+share, 100)), y)
			at += share
		}
	}
}

func drawPart(c draw.Canvas, part view.BarPart, from, to, y vg.Length) {
	if to-from < 0.05 {
		return
	}
	r := vg.Rectangle{
		Min: vg.Point{X: from, Y: y - barRow*0.42}, Max: vg.Point{X: to, Y: y + barRow*0.42},
	}
	c.SetColor(groupInks[part.Group].ink.Rgb)
	c.Fill(r.Path())
	if to-from < 17 {
		return
	}
	sty := plotText(groupInks[part.Group].on, plotFootSize, false)
	sty.XAlign, sty.YAlign = draw.XCenter, draw.YCenter
	mid := vg.Point{X: (from + to) / 2, Y: y}
	c.FillText(sty, mid, strconv.Itoa(int(math.Round(part.Share))))
}

// statePlots are the bars of the source, of the destination, and of the kernel's account.
func statePlots(s *view.Source) []Plot {
	return []Plot{
		statePlot(s, "source", "Where does the time of the source's threads go?"),
		statePlot(s, "destination", "Where does the time of the destination's threads go?"),
		kernelPlot(s),
	}
}

func statePlot(s *view.Source, process, question string) Plot {
	p := Plot{
		ID: "time-" + process + s.Tag, Question: question,
		Caption: "All threads of a role in all runs of a case together, by reason; what no reason " +
			"claims is the remainder, and a bar always adds up to 100 %. Numbers are percent. Mean " +
			"shares, because medians of parts do not add up.",
	}
	set := &view.BarSet{Src: s, Panels: s.BarPanels(process)}
	if !set.Any(false) {
		p.Missing = "no run of the file accounts the time of the " + process + "’s threads; " +
			"mtbench run --account on" + destinationHint(process) + " does"
		return p
	}
	p.Title = view.SaidOf(s, view.StateFinding(set, false, process))
	p.Build = func(Size) *figure { return barsFigure(set, false) }
	return p
}

func destinationHint(process string) string {
	if process == "destination" {
		return " --destination process"
	}
	return ""
}

func kernelPlot(s *view.Source) Plot {
	p := Plot{
		ID:       "time-kernel" + s.Tag,
		Question: "Did the " + s.Measured() + "'s threads run, wait for a CPU, or sleep?",
		Caption: "The kernel's account of the same time: on a CPU, runnable but waiting for one " +
			"(more threads than CPUs), blocked. Shares of all threads of a role in all runs of a case.",
	}
	side := s.Measured()
	set := &view.BarSet{Src: s, Panels: s.BarPanels(side)}
	if !set.Any(true) {
		p.Missing = "no run of the file has the kernel’s times (/proc/self/task/*/schedstat was " +
			"not readable); mtbench doctor says why"
		return p
	}
	p.Title = view.SaidOf(s, view.StateFinding(set, true, side))
	p.Build = func(Size) *figure { return barsFigure(set, true) }
	return p
}
