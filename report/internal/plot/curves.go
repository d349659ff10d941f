package plot

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// curvePoints is the most points of a curve that are drawn; more cannot be told apart.
const curvePoints = 160

const mib = 1 << 20

// convergencePlot is the dirty memory that remains over time, in the thread count that tells most.
func convergencePlot(s *view.Source) Plot {
	p := Plot{
		ID:       "convergence" + s.Tag,
		Question: "Why does one migration complete and another not?",
		Caption: "Dirty memory known to the migration, one line a run, at one thread count (the " +
			"other cases are in the file). A migration completes when a line gets under the " +
			"threshold: bandwidth × downtime limit. A line that stays level dirties as fast as it " +
			"drains. Lines end in the model’s mark, or in a cross if the run could not complete.",
	}
	threads, ok := tellingThreads(s)
	if !ok {
		p.Missing = "no run of the file has a timeline; mtbench run records one"
		return p
	}
	p.found(convergenceFinding(s, threads))
	p.Title = view.SaidOf(s, p.Title)
	p.Build = func(Size) *figure { return convergenceFigure(s, threads) }
	return p
}

// tellingThreads is the count at which most runs could not complete while others could; if all
// completed, 4 where it was run, else the highest.
func tellingThreads(s *view.Source) (int, bool) {
	best, most, any := 0, 0, false
	for _, n := range s.Threads() {
		stuck, done, lines := 0, 0, 0
		for _, r := range s.Kept() {
			if r.Threads != n {
				continue
			}
			if len(r.Timeline) > 1 {
				lines++
			}
			if r.Completed {
				done++
			} else {
				stuck++
			}
		}
		if lines == 0 {
			continue
		}
		telling := min(stuck, done)
		if !any || telling > most || most == 0 && telling == 0 && (best != 4) {
			best, most = n, telling
		}
		any = true
	}
	return best, any
}

func convergenceFigure(s *view.Source, threads int) *figure {
	drawn, stuck := 0, false
	for _, r := range s.Kept() {
		if r.Threads == threads && len(r.Timeline) > 0 {
			drawn, stuck = drawn+1, stuck || !r.Completed
		}
	}
	fig := &figure{height: 230,
		foot: s.HostFoot(drawn, fmt.Sprintf("of %d runs", len(s.Kept())))}
	fig.legend = allModels(s)
	if stuck {
		fig.legend = append(fig.legend, legendCross())
	}
	lo, hi, longest := curveRange(s, threads)
	for _, l := range s.Lines() {
		fig.panels = append(fig.panels, curvePanel(s, threads, l, lo, hi, longest))
	}
	return fig
}

// curveRange is the range of remaining memory in MiB, and the longest time in s.
func curveRange(s *view.Source, threads int) (lo, hi, longest float64) {
	lo, hi = math.Inf(1), 1.0/mib
	for _, r := range s.Kept() {
		if r.Threads != threads {
			continue
		}
		if r.ThresholdBytes > 0 {
			lo = math.Min(lo, float64(r.ThresholdBytes)/mib/3)
		}
		for _, pt := range r.Timeline {
			hi = math.Max(hi, float64(pt.RemainingBytes)/mib)
		}
		longest = math.Max(longest, r.TotalTimeMS/1000)
	}
	return math.Min(lo, hi/100), hi * 1.3, longest
}

func curvePanel(s *view.Source, threads int, line view.Line, lo, hi, longest float64) *panel {
	head := format.ThreadsWord(threads) + ", " + line.String()
	p := &panel{Plot: newPlot(head, "time since the start (s)",
		"dirty memory left (MiB, log scale)")}
	scale := scaleY{lo: lo, hi: hi, log: true}
	scale.apply(p.Plot)
	p.X.Min, p.X.Max = 0, longest*1.03
	p.X.Tick.Marker = constantTicks(niceTicks(0, longest, 5), tickLabel)
	var threshold []float64
	drawn := false
	for _, r := range s.Kept() {
		if r.Threads != threads || view.LineOf(r.Cell) != line || len(r.Timeline) == 0 {
			continue
		}
		if r.ThresholdBytes > 0 {
			threshold = append(threshold, float64(r.ThresholdBytes)/mib)
		}
		drawn = true
		p.Add(curve{style: styleOf(s, r.Model), alpha: 0.55, width: vg.Points(0.9),
			points: curveOf(r, scale), spots: &p.spots, cross: !r.Completed})
	}
	if med, _, _ := view.Centre(threshold); len(threshold) > 0 {
		p.Add(rules{at: []float64{scale.pos(med)}, ink: inkFaint, width: 1,
			dashes: []vg.Length{vg.Points(4), vg.Points(3)}})
		p.Add(words{x: longest * 1.03, y: scale.pos(med), text: "threshold", ink: inkFaint,
			size: plotFootSize, xalign: -1, dx: -3, dy: 7})
	} else if drawn {
		p.Add(words{x: longest * 1.03, y: scale.pos(hi),
			text: "no threshold: they ended before a rate was known",
			ink:  inkFaint, size: plotFootSize, xalign: -1, dx: -3, dy: -7})
	}
	return p
}

// curveOf thins the timeline of a run out and ends it where the run ended.
func curveOf(r *results.Run, scale scaleY) []runMark {
	var out []runMark
	step := (len(r.Timeline) + curvePoints - 1) / curvePoints
	text := view.RunText(r, view.TimeOf(r))
	for i := 0; i < len(r.Timeline); i += step {
		pt := r.Timeline[i]
		y := scale.pos(float64(pt.RemainingBytes) / mib)
		out = append(out, runMark{pt.MS / 1000, y, view.RunKey(r), text})
	}
	end := scale.pos(float64(r.RemainingBytes) / mib)
	if !r.Completed || out[len(out)-1].x < r.TotalTimeMS/1000 {
		out = append(out, runMark{r.TotalTimeMS / 1000, end, view.RunKey(r), text})
	}
	return out
}

func convergenceFinding(s *view.Source, threads int) view.Finding {
	var who, left []string
	for _, l := range s.Lines() {
		stuck := map[string]int{}
		runs := map[string]int{}
		for _, r := range s.Kept() {
			if r.Threads == threads && view.LineOf(r.Cell) == l {
				runs[r.Model]++
				if !r.Completed {
					stuck[r.Model]++
				}
			}
		}
		for _, m := range slices.Concat(s.Contenders(), s.Baselines()) {
			if stuck[m] > 0 {
				who = append(who, fmt.Sprintf("%s cannot complete in %d of %d runs with %s", m,
					stuck[m], runs[m], l.String()))
				left = append(left, fmt.Sprintf("with %s, %s ends with %s", l.String(), m,
					leftText(s, m, threads, l)))
			}
		}
	}
	with := "With " + format.ThreadsWord(threads)
	switch {
	case len(who) == 0:
		return view.Finding{Title: with + " every run completes"}
	case len(who) > mostStuck:
		return view.Finding{Title: fmt.Sprintf("%s, %s; so in %s", with, who[0],
			format.Count(len(who)-1, "case more", "cases more")),
			Detail: strings.Join(left[:mostStuck], "; ")}
	}
	return view.Finding{Title: with + ", " + strings.Join(who, "; "), Detail: strings.Join(left, "; ")}
}

// mostStuck is how many models a title names that could not complete.
const mostStuck = 2

// leftText says how far from done the runs ended that could not complete.
func leftText(s *view.Source, model string, threads int, line view.Line) string {
	var left, threshold []float64
	for _, r := range s.Cells()[line.At(model, threads)] {
		if !r.Completed {
			left = append(left, float64(r.RemainingBytes))
			threshold = append(threshold, float64(r.ThresholdBytes))
		}
	}
	dirty, _, _ := view.Centre(left)
	limit, _, _ := view.Centre(threshold)
	return fmt.Sprintf("%s dirty, and the threshold is %s", results.SizeText(int64(dirty)),
		results.SizeText(int64(limit)))
}

// driftPlot is each run against the median of its cell, in the order they were made.
func driftPlot(s *view.Source) Plot {
	p := Plot{
		ID:       "drift" + s.Tag,
		Question: "Did the machine change while the series ran?",
		Caption: "Total time of a run over the median of its case, in the order the runs were made; " +
			"A/A runs included, runs that could not complete left out. A ring is a run that the " +
			"noise rule graded noisy or void. A slope or a step means that the host changed; pairs " +
			"of neighbours cancel it, single medians do not.",
	}
	if s.Header.Kind != results.Measured {
		p.Missing = "only a measured series can drift; mtbench run measures one"
		return p
	}
	marks := driftMarks(s)
	if len(marks) < 6 {
		p.Missing = "fewer than 6 completed runs; mtbench run --pairs 6 makes enough"
		return p
	}
	p.Title = view.SaidOf(s, driftFinding(marks))
	p.Build = func(Size) *figure { return driftFigure(s, marks) }
	return p
}

type driftMark struct {
	runMark
	model string
	noisy bool
}

func driftMarks(s *view.Source) []driftMark {
	medians := map[results.Cell]float64{}
	s.Each(s.Models(), func(c *view.Figures) { medians[c.Cell] = c.Total.Median() })
	var out []driftMark
	for i, r := range view.ByTime(s.Runs) {
		med := medians[r.Cell]
		if !r.Completed || med <= 0 || math.IsInf(med, 1) {
			continue
		}
		ratio := r.TotalTimeMS / med
		noisy := r.Grade() == "noisy" || r.Grade() == "void"
		text := view.RunText(r, fmt.Sprintf("%s, %s× its median", format.TimeText(r.TotalTimeMS),
			format.Sig(ratio)))
		at := runMark{float64(i), 100 * (ratio - 1), view.RunKey(r), text}
		out = append(out, driftMark{at, r.Model, noisy})
	}
	return out
}

// driftFinding compares the first third of the series with the last.
func driftFinding(marks []driftMark) string {
	var ys []float64
	for _, m := range marks {
		ys = append(ys, m.y)
	}
	third := len(ys) / 3
	first, flo, fhi := view.Centre(ys[:third])
	last, llo, lhi := view.Centre(ys[len(ys)-third:])
	change := (1+last/100)/(1+first/100)*100 - 100
	if flo > fhi || llo > lhi {
		return fmt.Sprintf("Last third of the series %+.1f %% against the first: too few runs to "+
			"tell drift from noise", change)
	}
	if llo > fhi || lhi < flo {
		return fmt.Sprintf("The host drifted: runs of the last third took %+.1f %% against the "+
			"first third", change)
	}
	return fmt.Sprintf("No drift seen: runs of the last third of the series took %+.1f %% against "+
		"the "+
		"first, within the noise", change)
}

func driftFigure(s *view.Source, marks []driftMark) *figure {
	fig := &figure{height: 220,
		foot: s.HostFoot(len(marks), "completed runs, A/A and attempts run again included")}
	p := &panel{Plot: newPlot("", "runs, in the order they were made",
		"against the median of its case (%)")}
	reach := 5.0
	last := 1.0
	for _, m := range marks {
		reach = math.Max(reach, math.Abs(m.y)*1.08)
		last = math.Max(last, m.x)
	}
	p.Y.Min, p.Y.Max = math.Max(-100, -reach), reach
	ticks := niceTicks(p.Y.Min, p.Y.Max, 6)
	p.Y.Tick.Marker = constantTicks(ticks, signedLabel)
	p.X.Min, p.X.Max = -0.01*last-0.5, last*1.01+0.5
	p.X.Tick.Marker = constantTicks(niceTicks(0, math.Max(last, 6), 6), tickLabel)
	p.Add(rules{at: ticks, ink: inkGrid, width: 0.6}, rules{at: []float64{0}, ink: inkFaint, width: 1})
	fig.legend = allModels(s)
	for _, m := range s.Models() {
		p.Add(driftDots(s, marks, m, &p.spots))
	}
	if rings := noisyRings(marks); len(rings) > 0 {
		p.Add(rings)
		fig.legend = append(fig.legend, legendRing())
	}
	fig.panels = []*panel{p}
	return fig
}

func signedLabel(v float64) string {
	if v > 0 {
		return "+" + tickLabel(v)
	}
	return tickLabel(v)
}

func driftDots(s *view.Source, marks []driftMark, model string, spots *[]Spot) runDots {
	d := runDots{style: styleOf(s, model), radius: 2.4, alpha: 0.6, spots: spots}
	for _, m := range marks {
		if m.model == model {
			d.marks = append(d.marks, m.runMark)
		}
	}
	return d
}

func noisyRings(marks []driftMark) ringMarks {
	var out ringMarks
	for _, m := range marks {
		if m.noisy {
			out = append(out, m.runMark)
		}
	}
	return out
}
