package view

import (
	"fmt"
	"math"
	"slices"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/results"
)

// Predicted returns what a predicted file drew its figures from; nil for any other.
func (s *Source) Predicted() *results.CalibrationRef {
	if s.Header.Kind != results.Predicted {
		return nil
	}
	return s.Header.Calibration
}

// CarriedText warns where a calibration of a virtual machine speaks for a larger host; empty where
// it does not.
func (s *Source) CarriedText() string {
	c := s.Predicted()
	if !c.Carried(s.Header.Host.CPUs) {
		return ""
	}
	return fmt.Sprintf("The calibration is of a virtual machine (%s) with %s, and is used here for "+
		"%d: each wake-up costs what that machine's does, and no cache line is further away. With many "+
		"threads that decides the result. mtbench predict --host takes a host by name instead.",
		format.CleanText(c.Virtual, 24), format.Count(c.CPUs, "CPU", "CPUs"), s.Header.Host.CPUs)
}

// HostLead says which host is predicted, and what of it is assumed.
func (s *Source) HostLead() string {
	c := s.Predicted()
	if c == nil || c.Profile == "" {
		return ""
	}
	assumed := 0
	for i := range c.Costs {
		assumed += one(c.Costs[i].Assumed())
	}
	return fmt.Sprintf("Host by name: %s, %s. Of the %s that its profile states, %d are assumed and "+
		"drawn from their range in each run but the first; every cost that it does not state was "+
		"measured on the virtual machine of the baseline.", format.CleanText(c.Profile, 40),
		format.CleanText(c.Says, 200), format.Count(len(c.Costs), "cost", "costs"), assumed)
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// HoldsText says whether the model that is ahead in the first run of a case, with the costs as they
// are stated, is so in all other runs, which draw them anew. Empty where nothing is drawn.
func (s *Source) HoldsText() string {
	var turned []string
	cases, runs := 0, 0
	for _, c := range s.rankedCases() {
		ahead, n := s.aheadIn(c)
		if n < 2 {
			continue
		}
		cases, runs = cases+1, n
		if first := ahead[0]; len(ahead) > 0 && !all(ahead, first) {
			turned = append(turned, fmt.Sprintf("with %s, %s is ahead in %d of %d runs only", c.String(),
				format.CleanText(first, 24), count(ahead, first), n))
		}
	}
	switch {
	case cases == 0:
		return ""
	case len(turned) == 0:
		return fmt.Sprintf("The answer holds: in each of %s the same model is ahead in all %d runs.",
			format.Count(cases, "case", "cases"), runs)
	}
	return format.Sentence(fmt.Sprintf("In %d of %s the same model is ahead in all runs; %s",
		cases-len(turned), format.Count(cases, "case", "cases"), Named(turned)))
}

func all(list []string, want string) bool { return count(list, want) == len(list) }

func count(list []string, want string) (n int) {
	for _, x := range list {
		n += one(x == want)
	}
	return n
}

// rankedCases are the cases of the file, in the order of its table.
func (s *Source) rankedCases() (list []results.Cell) {
	s.Each(s.Ranked(), func(c *Figures) {
		if k := c.Case(); !slices.Contains(list, k) {
			list = append(list, k)
		}
	})
	return list
}

// aheadIn names, pair by pair, the ranked model of a case that is soonest done with equal work.
func (s *Source) aheadIn(c results.Cell) (ahead []string, pairs int) {
	best, name := map[int]float64{}, map[int]string{}
	models := s.Ranked()
	if len(models) < 2 {
		return nil, 0
	}
	took := metric.Get(metric.EqualWorkTime)
	for _, m := range models {
		for _, r := range s.Cells()[c.Of(m)] {
			v, ok := took.Of(r)
			if old, there := best[r.Pair]; ok && !math.IsNaN(v) && (!there || v < old) {
				best[r.Pair], name[r.Pair] = v, m
			}
		}
	}
	for i := range len(name) {
		ahead = append(ahead, name[i])
	}
	return ahead, len(ahead)
}
