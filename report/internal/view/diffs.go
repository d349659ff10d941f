package view

import (
	"math"
	"slices"

	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/report/internal/format"
	"mtbench/results"
)

// Diffs compares every contender of the file with its first by the time of equal work, case by
// case, in the words of plots. The figures are those of package verdict, as in every table.
func (s *Source) Diffs() []Diff {
	if s.compared == nil {
		s.compared = s.compare()
	}
	return s.compared
}

func (s *Source) compare() []Diff {
	models := s.Contenders()
	if len(models) < 2 {
		return nil
	}
	var out []Diff
	for _, m := range models[1:] {
		for _, c := range s.compareBy(metric.EqualWorkTime, models[0], s.contenderName(m)) {
			if c.N() > 0 || len(s.runsOf(models[0], c.Cell)) > 0 && len(s.runsOf(m, c.Cell)) > 0 {
				out = append(out, s.diffOf(&c, m))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Diff) int {
		if a.Wait != b.Wait && a.Model == b.Model {
			return map[bool]int{false: -1, true: 1}[a.Wait]
		}
		return 0
	})
	return out
}

// CompareAll compares every contender with the first by a metric, once.
func (s *Source) CompareAll(m metric.Metric) []verdict.Comparison {
	all, done := s.compareds[m.Name]
	if !done {
		all = s.comparedOfModel(verdict.CompareAll(s.Whole(), m))
		s.compareds[m.Name] = all
	}
	return all
}

// compareBy compares two contenders cell by cell; nil where files are taken together.
func (s *Source) compareBy(name, base, other string) []verdict.Comparison {
	m, ok := metric.Lookup(name)
	if s.From == nil || !ok {
		return nil
	}
	var of []verdict.Comparison
	for _, c := range s.CompareAll(m) {
		if c.Base == base && c.Other == other {
			of = append(of, c)
		}
	}
	if len(of) == 0 { // not against the first: a family of their own
		of = verdict.Compare(s.From, m, base, other)
	}
	return of
}

// contenderName is what package verdict calls a model of this file.
func (s *Source) contenderName(model string) string {
	if s.Header.Scenario.RoundRobin && model == "lockless" {
		return "lockless-rr"
	}
	return model
}

func (s *Source) runsOf(model string, c results.Cell) []*results.Run {
	return s.Cells()[c.Of(model)]
}

// diffOf is a comparison in the words of plots.
func (s *Source) diffOf(c *verdict.Comparison, model string) Diff {
	d := Diff{Base: c.Base, Model: model, Case: c.Cell.Case(), Threads: c.Cell.Threads,
		Wait: c.Cell.Wait,
		N:    c.N(), planned: c.Planned, needed: c.Required(),
		Ratio: math.Exp(c.Change.Estimate), Lo: math.Exp(c.Change.Lo), Hi: math.Exp(c.Change.Hi),
		Signs: c.Signs(), AtBound: c.OneBound + c.BothBound,
		Busy:  math.Max(s.busyOf(c.Base, c.Cell), s.busyOf(model, c.Cell)),
		Floor: c.Floor(), margin: c.Margin(), Assumed: !c.FloorOf.Measured(), AaPairs: c.FloorOf.Pairs,
		Sureness: c.Sureness()}
	if !c.Sequential() {
		d.family = " for " + format.Count(max(1, c.Tests, c.Family), "test", "tests")
	}
	switch {
	case c.Moved:
		d.Verdict = HostMoved
	case c.State == verdict.LowerThan:
		d.Verdict = Faster
	case c.State == verdict.HigherThan:
		d.Verdict = Slower
	case c.State == verdict.Equal:
		d.Verdict = Tied
	default:
		d.Verdict = Unproven
		if c.N() < d.needed {
			d.Verdict = TooFew
		}
	}
	for _, p := range c.Pairs {
		d.Pairs = append(d.Pairs, s.pairOf(p, c, model))
	}
	return d
}

// busyOf is the median busy-ratio of a model in a case; 0 where it has none.
func (s *Source) busyOf(model string, c results.Cell) float64 {
	if v := SampleOf(s.runsOf(model, c), Shown(metric.BusyRatio)).Median(); !math.IsNaN(v) {
		return v
	}
	return 0
}

// pairOf is a pair with the model's run that it is about.
func (s *Source) pairOf(p verdict.Pair, c *verdict.Comparison, model string) Pair {
	out := Pair{Ratio: math.Exp(p.LogRatio)}
	for _, r := range s.runsOf(model, c.Cell) {
		if r.Pair == p.Index {
			out.Run, out.Text = RunKey(r), RunText(r, pairText(p, c.Cell, c.Base, model))
		}
	}
	return out
}

// DiffsOf are the comparisons of one model.
func DiffsOf(diffs []Diff, model string) []Diff {
	var out []Diff
	for _, d := range diffs {
		if d.Model == model {
			out = append(out, d)
		}
	}
	return out
}
