package plot

import (
	"fmt"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// cpuPlot is the CPU usage of the main thread and of each worker, by threads.
func cpuPlot(s *view.Source) Plot {
	p := Plot{
		ID:       "cpu" + s.Tag,
		Question: "How much CPU do the main thread and the compression threads use?",
		Caption: "CPU time over wall time, in percent of one CPU. Large marks are runs: for workers " +
			"the mean of the run's pool, with each worker as a small mark. High is not good by " +
			"itself: a thread that spins uses CPU too (see where the time goes).",
	}
	if !s.AnyRun(view.Shown(metric.MainCPU)) {
		p.Missing = "no run of the file has the CPU time of its threads; mtbench run " +
			"--machine kernel records it"
		return p
	}
	p.found(view.CPUFinding(s))
	p.Title = view.SaidOf(s, p.Title)
	p.Build = func(size Size) *figure {
		b := &byThreads{src: s, ylabel: "CPU (% of one)", top: 100}
		for _, l := range s.Lines() {
			b.panels = append(b.panels, threadPanel{head: "main thread, " + l.String(), line: l,
				value: view.Shown(metric.MainCPU), text: percentText("main", view.Shown(metric.MainCPU))})
		}
		for _, l := range s.Lines() {
			b.panels = append(b.panels, threadPanel{head: "compression threads, " + l.String(),
				line: l, value: view.Shown(metric.WorkerCPU), each: workersDrawn,
				text: percentText("workers", view.Shown(metric.WorkerCPU))})
		}
		fig := b.build(size)
		fig.height = 190
		return fig
	}
	return p
}

func workersDrawn(r *results.Run) []float64 { return view.WorkerPercents(r) }

func percentText(who string, value metric.Value) func(*results.Run) string {
	return func(r *results.Run) string {
		v, _ := value(r)
		return view.RunText(r, fmt.Sprintf("%s %.1f %% of a CPU", who, v))
	}
}

// busyPlot is busy-ratio by threads, with wait off.
func busyPlot(s *view.Source) Plot {
	p := Plot{
		ID:       "busy-ratio" + s.Tag,
		Question: "How many pages find no free compression thread and go out uncompressed?",
		Caption: "Busy pages over all pages of the run, wait off only: with wait on it is 0 by " +
			"construction. Low is not good by itself: fewer raw pages can mean a longer run. Near 100 %, " +
			"nearly " +
			"nothing was compressed, so that the case hardly tests the hand-over.",
	}
	if !s.AnyRun(view.BusyPercent) {
		p.Missing = "no run of the file was made with wait off; mtbench run --wait off,on " +
			"makes them"
		return p
	}
	p.Title = view.SaidOf(s, view.BusyFinding(s))
	p.Build = func(size Size) *figure {
		b := &byThreads{src: s, ylabel: "busy pages (% of all)", linear: true}
		for _, l := range s.Lines() {
			if l.Wait() {
				continue
			}
			b.panels = append(b.panels, threadPanel{head: l.Head(), line: l, value: view.BusyPercent,
				text: func(r *results.Run) string {
					v, _ := view.BusyPercent(r)
					return view.RunText(r, fmt.Sprintf("%.2f %% of %d pages busy", v, r.Pages))
				}})
		}
		return b.build(size)
	}
	return p
}

// wakesPlot is the futex calls a page: the letter's diagnosis as a figure.
func wakesPlot(s *view.Source) Plot {
	p := Plot{
		ID:       "wait-wakes" + s.Tag,
		Question: "How often does handing a page over go to the kernel?",
		Caption: "FUTEX_WAIT and FUTEX_WAKE calls of main and compression threads at the source, " +
			"over pages sent. The letter gives these as the reason for locked's time; how much time they " +
			"cost " +
			"is in the bars of where the time goes.",
	}
	wakes := view.Shown(metric.WaitWakesPerPage)
	if !s.AnyRun(wakes) {
		p.Missing = "no run of the file counted its futex calls; mtbench run --machine kernel does"
		return p
	}
	p.Title = view.SaidOf(s, view.WakesFinding(s))
	p.Build = func(size Size) *figure {
		b := &byThreads{src: s, ylabel: "futex calls a page"}
		for _, l := range s.Lines() {
			b.panels = append(b.panels, threadPanel{
				head: l.Head(), line: l,
				value: wakes,
				text: func(r *results.Run) string {
					v, _ := wakes(r)
					return view.RunText(r, format.Sig(v)+" futex calls a page")
				}})
		}
		return b.build(size)
	}
	return p
}
