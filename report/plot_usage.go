package report

import (
	"fmt"
	"math"

	"mtbench/results"
)

// cpuPlot is the CPU usage of the main thread and of each worker, by threads.
func cpuPlot(s *plotSource) Plot {
	p := Plot{
		ID:       "cpu" + s.tag,
		Question: "How much CPU do the main thread and the compression threads use?",
		Caption: "CPU time over wall time, in percent of one CPU. Large marks are runs: for workers " +
			"the mean of the run's pool, with each worker as a small mark. High is not good by " +
			"itself: a thread that spins uses CPU too (see where the time goes).",
	}
	if !s.anyRun(mainCPU) {
		p.Missing = "no run of the file has the CPU time of its threads; mtbench run " +
			"--machine kernel records it"
		return p
	}
	p.Title = predictedWord(s) + cpuFinding(s)
	p.build = func(size plotSize) *figure {
		b := &byThreads{src: s, ylabel: "CPU (% of one)", top: 100, title: p.Title}
		for _, w := range s.waits() {
			b.panels = append(b.panels, threadPanel{head: "main thread, " + waitWord(w), wait: w,
				value: mainCPU, text: percentText("main", mainCPU)})
		}
		for _, w := range s.waits() {
			b.panels = append(b.panels, threadPanel{head: "compression threads, " + waitWord(w),
				wait: w, value: workerMean, each: workersDrawn,
				text: percentText("workers", workerMean)})
		}
		fig := b.build(size)
		fig.height = 190
		return fig
	}
	return p
}

func workersDrawn(r *results.Run) []float64 { return workerCPU(r) }

func percentText(who string, value func(*results.Run) (float64, bool)) func(*results.Run) string {
	return func(r *results.Run) string {
		v, _ := value(r)
		return runText(r, fmt.Sprintf("%s %.1f %% of a CPU", who, v))
	}
}

// anyRun tells whether some run of the file has a figure.
func (s *plotSource) anyRun(value func(*results.Run) (float64, bool)) bool {
	for _, r := range s.kept() {
		if _, ok := value(r); ok {
			return true
		}
	}
	return false
}

// twoModels are the models that titles speak of: the base and the main contender.
func (s *plotSource) twoModels() (base, model string, ok bool) {
	models := s.contenders()
	if len(models) < 2 {
		return "", "", false
	}
	return models[0], mainModel(models), true
}

// mainOr is the main contender; empty where there is one model only.
func (s *plotSource) mainOr() string {
	_, model, _ := s.twoModels()
	return model
}

// contrast is the case in which the medians of a figure of two models lie furthest apart.
type contrast struct {
	cell         plotCell // of the model
	base, model  string
	baseV, other float64
}

// widest finds it among the cases whose difference by metric is proved, or, where none is, among
// all; distance says how far apart two medians are.
func (s *plotSource) widest(metric string, value func(*results.Run) (float64, bool),
	distance func(a, b float64) float64) (contrast, bool) {
	proved := func(c plotCell) bool { return s.hedge(metric, c) == "" }
	if c, ok := s.widestWhere(proved, value, distance); ok {
		return c, true
	}
	return s.widestWhere(func(plotCell) bool { return true }, value, distance)
}

func (s *plotSource) widestWhere(in func(plotCell) bool, value func(*results.Run) (float64, bool),
	distance func(a, b float64) float64) (contrast, bool) {
	base, model, ok := s.twoModels()
	if !ok {
		return contrast{}, false
	}
	cells := s.cells()
	best, found := contrast{base: base, model: model}, false
	far := -1.0
	for _, w := range s.waits() {
		for _, n := range s.threads() {
			a := sampleOf(cells[plotCell{base, n, w}], value).median()
			b := sampleOf(cells[plotCell{model, n, w}], value).median()
			d := distance(a, b)
			if !math.IsNaN(d) && d > far && in(plotCell{model, n, w}) {
				far, found = d, true
				best.cell, best.baseV, best.other = plotCell{model, n, w}, a, b
			}
		}
	}
	return best, found
}

func apart(a, b float64) float64 { return math.Abs(a - b) }

// timesApart is the larger over the smaller; a figure of 0 is as far as it gets.
func timesApart(a, b float64) float64 {
	lo, hi := math.Min(a, b), math.Max(a, b)
	if hi == 0 {
		return 1
	}
	return hi / math.Max(lo, 1e-6)
}

// onlyModel is what a title says of a file with one contender: the range of the medians.
func (s *plotSource) onlyModel(what, unit string, scale float64,
	value func(*results.Run) (float64, bool)) string {
	lo, hi := math.Inf(1), math.Inf(-1)
	s.each(s.models(), func(c *cellFigures) {
		if med := sampleOf(c.runs, value).median(); !math.IsNaN(med) {
			lo, hi = math.Min(lo, med), math.Max(hi, med)
		}
	})
	if lo > hi {
		return what + ": no figures"
	}
	return fmt.Sprintf("%s: medians from %s to %s%s", what, sig(lo*scale), sig(hi*scale), unit)
}

func cpuFinding(s *plotSource) string {
	c, ok := s.widest("worker_cpu", workerMean, apart)
	if !ok {
		return s.onlyModel("CPU of a compression thread", " % of one", 1, workerMean)
	}
	cells := s.cells()
	base := c.cell
	base.model = c.base
	return fmt.Sprintf("With %s, a compression thread uses %s %% of a CPU under %s and %s %% under "+
		"%s; the main thread %s %% and %s %%%s", c.cell.caseText(), sig(c.baseV), c.base,
		sig(c.other), c.model, sig(sampleOf(cells[base], mainCPU).median()),
		sig(sampleOf(cells[c.cell], mainCPU).median()), s.hedge("worker_cpu", c.cell))
}

// busyPlot is busy-ratio by threads, with wait off.
func busyPlot(s *plotSource) Plot {
	p := Plot{
		ID:       "busy-ratio" + s.tag,
		Question: "How many pages find no free compression thread and go out uncompressed?",
		Caption: "Busy pages over all pages of the run, wait off only: with wait on it is 0 by " +
			"construction. Low is not good by itself: fewer raw pages can mean a longer run. Near 100 %, nearly " +
			"nothing was compressed, so that the case hardly tests the hand-over.",
	}
	if !s.anyRun(busyRatio) {
		p.Missing = "no run of the file was made with wait off; mtbench run --wait off,on " +
			"makes them"
		return p
	}
	p.Title = predictedWord(s) + busyFinding(s)
	p.build = func(size plotSize) *figure {
		b := &byThreads{src: s, ylabel: "busy pages (% of all)", linear: true, title: p.Title}
		b.panels = []threadPanel{{head: "compress-wait-thread off", value: busyPercent,
			text: func(r *results.Run) string {
				v, _ := busyPercent(r)
				return runText(r, fmt.Sprintf("%.2f %% of %d pages busy", v, r.Pages))
			}}}
		return b.build(size)
	}
	return p
}

func busyPercent(r *results.Run) (float64, bool) {
	v, ok := busyRatio(r)
	return 100 * v, ok
}

func busyFinding(s *plotSource) string {
	c, ok := s.widest("busy_ratio", busyPercent, apart)
	if !ok {
		return s.onlyModel("Pages that find no free thread", " %", 1, busyPercent)
	}
	return fmt.Sprintf("Busy pages differ most with %s: %s %% under %s, %s %% under %s%s",
		threadsWord(c.cell.threads), sig(c.baseV), c.base, sig(c.other), c.model,
		s.hedge("busy_ratio", c.cell))
}

// wakesPlot is the futex calls a page: the letter's diagnosis as a figure.
func wakesPlot(s *plotSource) Plot {
	p := Plot{
		ID:       "wait-wakes" + s.tag,
		Question: "How often does handing a page over go to the kernel?",
		Caption: "FUTEX_WAIT and FUTEX_WAKE calls of main and compression threads at the source, " +
			"over pages sent. The letter blames these for locked's time; how much time they cost " +
			"is in the bars of where the time goes.",
	}
	if !s.anyRun(wakesAPage) {
		p.Missing = "no run of the file counted its futex calls; mtbench run --machine kernel does"
		return p
	}
	p.Title = predictedWord(s) + wakesFinding(s)
	p.build = func(size plotSize) *figure {
		b := &byThreads{src: s, ylabel: "futex calls a page", title: p.Title}
		for _, w := range s.waits() {
			b.panels = append(b.panels, threadPanel{
				head: "compress-wait-thread " + waitWord(w)[len("wait "):], wait: w,
				value: wakesAPage,
				text: func(r *results.Run) string {
					v, _ := wakesAPage(r)
					return runText(r, sig(v)+" futex calls a page")
				}})
		}
		return b.build(size)
	}
	return p
}

// wakesAPage are the futex calls of main and workers of the source a page.
func wakesAPage(r *results.Run) (float64, bool) {
	main, ok := waitWakesOf(r, "main")
	workers, also := waitWakesOf(r, "worker")
	if r.Pages == 0 || !ok && !also {
		return 0, false
	}
	return (main.waits + main.wakes + workers.waits + workers.wakes) / float64(r.Pages), true
}

func wakesFinding(s *plotSource) string {
	c, ok := s.widest("wait_wakes_per_page", wakesAPage, timesApart)
	if !ok {
		return s.onlyModel("Futex calls a page", "", 1, wakesAPage)
	}
	more, fewer, hi, lo := c.base, c.model, c.baseV, c.other
	if lo > hi {
		more, fewer, hi, lo = fewer, more, lo, hi
	}
	times := ""
	if lo > 0 {
		times = fmt.Sprintf(": %s× fewer", sig(hi/lo))
	}
	return fmt.Sprintf("%s makes %s futex calls a page with %s, %s %s%s%s",
		more, sig(hi), c.cell.caseText(), fewer, sig(lo), times,
		s.hedge("wait_wakes_per_page", c.cell))
}
