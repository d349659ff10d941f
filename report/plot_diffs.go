package report

import (
	"math"
	"slices"

	"mtbench/results"
)

// diffs compares every model of the file with its first, case by case.
func (s *plotSource) diffs() []plotDiff {
	models := s.models()
	if len(models) < 2 {
		return nil
	}
	cells := s.cells()
	var out []plotDiff
	for _, m := range models[1:] {
		for _, w := range s.waits() {
			for _, n := range s.threads() {
				base := cells[plotCell{models[0], n, w}]
				runs := cells[plotCell{m, n, w}]
				if len(base) > 0 && len(runs) > 0 {
					out = append(out, s.diff(base, runs))
				}
			}
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

func (s *plotSource) diff(base, runs []*results.Run) plotDiff {
	d := plotDiff{base: base[0].Model, model: runs[0].Model,
		threads: base[0].Threads, wait: base[0].Wait, planned: s.header.Matrix.Pairs}
	for _, r := range runs {
		i := slices.IndexFunc(base, func(b *results.Run) bool { return b.Pair == r.Pair })
		if i < 0 {
			continue
		}
		ratio, figure := pairOf(base[i], r)
		d.pairs = append(d.pairs, plotPair{ratio, r.Index, runText(r, figure)})
	}
	d.n = len(d.pairs)
	var logs []float64
	for _, p := range d.pairs {
		logs = append(logs, logOr(p.ratio))
	}
	mid, lo, hi := plotCentre(logs)
	d.ratio, d.lo, d.hi = math.Exp(mid), math.Exp(lo), math.Exp(hi)
	switch {
	case lo > hi:
		d.verdict = tooFew
	case lo > 0:
		d.verdict = faster
	case hi < 0:
		d.verdict = slower
	default:
		d.verdict = tied
	}
	return d
}
