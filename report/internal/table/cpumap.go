package table

import (
	"fmt"
	"math"
	"strings"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// cpuMapSpecs is the section on CPU by thread over time.
func cpuMapSpecs() []Spec {
	return []Spec{{Name: "cpu-over-time", Of: cpuMapSection,
		Title: "CPU by thread over time (heat map)"}}
}

// mapColumns is how many steps of time a heat map has at most, and mapShades its shades.
const (
	mapColumns = 64
	mapShades  = " ░▒▓█"
)

// cpuMapSection shows one run of each cell whose threads were sampled.
func cpuMapSection(s *view.Source) (Section, bool) {
	sec := Section{}
	cost, wall := 0.0, 0.0
	s.Each(s.Contenders(), func(c *view.Figures) {
		for _, r := range c.Runs {
			if r.CPUTimeline == nil || len(r.CPUTimeline.MS) < 2 {
				continue
			}
			cost, wall = cost+r.CPUTimeline.CostMS, wall+r.TotalTimeMS
			sec.Verbatim = append(sec.Verbatim, cpuMap(c.Cell, r)...)
			return
		}
	})
	if len(sec.Verbatim) == 0 {
		return Section{}, false
	}
	sec.Lead = []string{"The first run of each model and case; a row a thread, time from left to " +
		"right. A blank is a thread that uses no CPU, █ one that uses more than 80 % of a CPU, and " +
		"░▒▓ stand for up to 20, 50 and 80 %.",
		fmt.Sprintf("The sampler took %s %% of one CPU during these runs.", format.Sig(100*cost/wall))}
	return sec, true
}

// cpuMap is the heat map of one run.
func cpuMap(c results.Cell, r *results.Run) []string {
	t := r.CPUTimeline
	to := len(t.MS) - 1
	for to > 1 && t.MS[to-1] >= r.TotalTimeMS {
		to--
	}
	lines := []string{fmt.Sprintf("%s, %s: %s to %s ms", format.CleanText(c.Model, 24), c,
		format.Sig(t.MS[0]), format.Sig(t.MS[to]))}
	for _, th := range t.Threads {
		if th.Role == "other" {
			continue
		}
		lines = append(lines, fmt.Sprintf("  %-11.11s %-15.15s |%s|", format.CleanText(th.Process, 11),
			format.CleanText(th.Name, 15), shades(t.MS[:to+1], th.CPUMS[:to+1])))
	}
	return append(lines, "")
}

// shades is a row: the share of a CPU in each step of time.
func shades(ms, cpu []float64) string {
	n := min(len(ms)-1, mapColumns)
	var b strings.Builder
	for i := range n {
		a, z := i*(len(ms)-1)/n, (i+1)*(len(ms)-1)/n
		b.WriteRune(shade((cpu[z] - cpu[a]) / (ms[z] - ms[a])))
	}
	return b.String()
}

func shade(share float64) rune {
	ink := []rune(mapShades)
	switch {
	case math.IsNaN(share) || share < 0.01:
		return ink[0]
	case share <= 0.2:
		return ink[1]
	case share <= 0.5:
		return ink[2]
	case share <= 0.8:
		return ink[3]
	}
	return ink[4]
}
