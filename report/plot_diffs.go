package report

import (
	"math"
	"slices"

	"mtbench/internal/verdict"
	"mtbench/results"
)

// diffs compares every contender of the file with its first by total time, case by case, in the
// words of plots. The figures are those of package verdict, as in every table.
func (s *plotSource) diffs() []plotDiff {
	if s.compared == nil {
		s.compared = s.compare()
	}
	return s.compared
}

func (s *plotSource) compare() []plotDiff {
	models := s.contenders()
	if len(models) < 2 {
		return nil
	}
	var out []plotDiff
	for _, m := range models[1:] {
		for _, c := range s.compareBy("total_time", models[0], s.contenderName(m)) {
			if c.N() > 0 || len(s.runsOf(models[0], c.Cell)) > 0 && len(s.runsOf(m, c.Cell)) > 0 {
				out = append(out, s.diffOf(&c, m))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b plotDiff) int {
		if a.wait != b.wait && a.model == b.model {
			return map[bool]int{false: -1, true: 1}[a.wait]
		}
		return 0
	})
	return out
}

// comparedBy names a comparison that was made.
type comparedBy struct{ metric, base, other string }

// compareBy compares two contenders cell by cell, once; nil where files are taken together.
func (s *plotSource) compareBy(metric, base, other string) []verdict.Comparison {
	m, ok := verdict.Lookup(metric)
	if s.from == nil || !ok {
		return nil
	}
	by := comparedBy{metric, base, other}
	all, done := s.compareds[by]
	if !done {
		all = verdict.Compare(s.from, m, base, other)
		s.compareds[by] = all
	}
	return all
}

// contenderName is what package verdict calls a model of this file.
func (s *plotSource) contenderName(model string) string {
	if s.header.Scenario.RoundRobin && model == "lockless" {
		return "lockless-rr"
	}
	return model
}

func (s *plotSource) runsOf(model string, c verdict.Cell) []*results.Run {
	return s.cells()[plotCell{model, c.Threads, c.Wait}]
}

// diffOf turns a comparison round: from how much longer the model takes to how much faster it is.
func (s *plotSource) diffOf(c *verdict.Comparison, model string) plotDiff {
	d := plotDiff{base: c.Base, model: model, threads: c.Cell.Threads, wait: c.Cell.Wait,
		n: c.N(), planned: c.Planned, needed: c.Required(), family: max(1, c.Tests, c.Family),
		ratio: math.Exp(-c.Change.Estimate), lo: math.Exp(-c.Change.Hi), hi: math.Exp(-c.Change.Lo),
		floor: c.Floor, margin: c.Margin(), assumed: !c.FloorOf.Measured(), aaPairs: c.FloorOf.Pairs}
	switch c.State {
	case verdict.LowerThan:
		d.verdict = faster
	case verdict.HigherThan:
		d.verdict = slower
	case verdict.Equal:
		d.verdict = tied
	default:
		d.verdict = unproven
		if c.N() < d.needed {
			d.verdict = tooFew
		}
	}
	for _, p := range c.Pairs {
		d.pairs = append(d.pairs, s.pairOf(p, c, model))
	}
	return d
}

// pairOf is a pair with the model's run that it is about.
func (s *plotSource) pairOf(p verdict.Pair, c *verdict.Comparison, model string) plotPair {
	out := plotPair{ratio: math.Exp(-p.LogRatio)}
	for _, r := range s.runsOf(model, c.Cell) {
		if r.Pair == p.Index {
			out.run, out.text = runKey(r), runText(r, pairText(p, c.Base, model))
		}
	}
	return out
}

// diffsOf are the comparisons of one model.
func diffsOf(diffs []plotDiff, model string) []plotDiff {
	var out []plotDiff
	for _, d := range diffs {
		if d.model == model {
			out = append(out, d)
		}
	}
	return out
}
