package verdict

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"mtbench/internal/stats"
	"mtbench/results"
)

// Occasions are series of one program, one workload and one matrix, each made at another time on
// one host. An interval of a series covers what moves within it; what moves between two of them it
// cannot know.
type Occasions struct {
	Began []time.Time // of each series
	Cases []Occasion
}

// Occasion is what each of the series says of two models in a case by the figure that decides.
type Occasion struct {
	Cell        results.Cell
	Base, Other string
	Each        []*Comparison // one a series, in order; nil where it has no runs of the case
}

// OccasionsOf sets files side by side as occasions of one series. It returns false where the files
// are not: fewer than two that were measured, or of other hosts, programs, workloads or models.
func OccasionsOf(files []*results.File) (*Occasions, bool) {
	var of []*results.File
	for _, f := range files {
		if f.Header.Kind == results.Measured && f.Current("compared") == nil {
			of = append(of, f)
		}
	}
	if len(of) < 2 {
		return nil, false
	}
	o := &Occasions{}
	for _, f := range of {
		if f != of[0] && len(unlikeOccasions(of[0], f)) > 0 {
			return nil, false
		}
		o.Began = append(o.Began, f.Header.Created)
	}
	for i, f := range of {
		for _, c := range Decide(f) {
			o.add(i, len(of), &c)
		}
	}
	return o, len(o.Cases) > 0
}

// unlikeOccasions are the keys in which two series differ that would be one but for their time.
func unlikeOccasions(a, b *results.File) []string {
	x, y := &a.Header, &b.Header
	keys := workloadDifferences(a, b)
	for _, k := range []struct {
		key  string
		same bool
	}{
		{"binary_sha256", x.Binary == y.Binary},
		{"host", x.Host.Same(&y.Host)},
		{"matrix.models", slices.Equal(x.Matrix.Models, y.Matrix.Models)},
		{"created", !x.Created.Equal(y.Created)},
	} {
		if !k.same {
			keys = append(keys, k.key)
		}
	}
	return keys
}

// add files what series i of n says of a case.
func (o *Occasions) add(i, n int, c *Comparison) {
	at := slices.IndexFunc(o.Cases, func(x Occasion) bool {
		return x.Cell == c.Cell && x.Base == c.Base && x.Other == c.Other
	})
	if at < 0 {
		o.Cases = append(o.Cases, Occasion{Cell: c.Cell, Base: c.Base, Other: c.Other,
			Each: make([]*Comparison, n)})
		at = len(o.Cases) - 1
	}
	if c.N() > 0 {
		o.Cases[at].Each[i] = c
	}
}

// Apart is the least time between two series that follow one another.
func (o *Occasions) Apart() time.Duration {
	began := slices.SortedFunc(slices.Values(o.Began), time.Time.Compare)
	least := time.Duration(math.MaxInt64)
	for i := range began[1:] {
		least = min(least, began[i+1].Sub(began[i]))
	}
	return least
}

// Moved is by how much the ratio of the two models moved between the series: the log of the highest
// over the lowest estimate. False where fewer than two series have one.
func (o *Occasion) Moved() (float64, bool) {
	return spreadOf(o.Each, func(c *Comparison) float64 { return c.Change.Estimate })
}

// ModelMoved is by how much the figure itself moved, of the base or of the other model: the log of
// the highest over the lowest median.
func (o *Occasion) ModelMoved(other bool) (float64, bool) {
	return spreadOf(o.Each, func(c *Comparison) float64 {
		var logs []float64
		for _, p := range c.Pairs {
			v := p.Base
			if other {
				v = p.Other
			}
			logs = append(logs, math.Log(v))
		}
		slices.Sort(logs)
		return stats.Median(logs)
	})
}

// Within is half the width of the widest interval that one series gives, as a log ratio; infinite
// where one of them has an open end.
func (o *Occasion) Within() float64 {
	widest := 0.0
	for _, c := range o.Each {
		if c != nil {
			widest = max(widest, (c.Change.Hi-c.Change.Lo)/2)
		}
	}
	return widest
}

// apartText says in how many of the cases no interval can hold for two of the series.
func apartText(apart, cases int) string {
	if apart == 0 {
		return "In every case the intervals of the series overlap."
	}
	return fmt.Sprintf("The intervals of two series have nothing in common in %d of %d cases: there "+
		"one series alone is too sure.", apart, cases)
}

// disjoint reports whether the intervals of two of the series have nothing in common.
func (o *Occasion) disjoint() bool {
	low, high := math.Inf(1), math.Inf(-1) // of the lowest upper and the highest lower end
	for _, c := range o.Each {
		if c != nil {
			low, high = min(low, c.Change.Hi), max(high, c.Change.Lo)
		}
	}
	return low < high
}

// spreadOf is the greatest less the least of what the series have finite values of.
func spreadOf(each []*Comparison, value func(*Comparison) float64) (float64, bool) {
	lo, hi, n := math.Inf(1), math.Inf(-1), 0
	for _, c := range each {
		if c == nil {
			continue
		}
		if v := value(c); !math.IsInf(v, 0) && !math.IsNaN(v) {
			lo, hi, n = min(lo, v), max(hi, v), n+1
		}
	}
	return hi - lo, n > 1
}

// Agreement says how the verdicts of the series go together.
type Agreement int

// How verdicts of several series of one case go together.
const (
	SameVerdict  Agreement = iota // all prove the same
	SomeVerdict                   // those that prove something prove the same
	NoVerdict                     // none proves anything
	OtherVerdict                  // one proves what another does not agree with
)

func (a Agreement) String() string {
	return [...]string{"the same in each", "not proved in each", "proved in none",
		"not the same"}[a]
}

// Agreement compares the verdicts of the series of a case.
func (o *Occasion) Agreement() Agreement {
	seen := map[State]bool{}
	for _, c := range o.Each {
		if c == nil {
			seen[NotEnough] = true
			continue
		}
		seen[c.State] = true
	}
	open := seen[NotEnough]
	delete(seen, NotEnough)
	switch {
	case len(seen) == 0:
		return NoVerdict
	case len(seen) > 1:
		return OtherVerdict
	case open:
		return SomeVerdict
	}
	return SameVerdict
}

// Sentences say what the occasions come to.
func (o *Occasions) Sentences() []string {
	var same []string
	count := map[Agreement]int{}
	worst, at := 0.0, -1
	beyond := 0
	for i := range o.Cases {
		c := &o.Cases[i]
		count[c.Agreement()]++
		moved, ok := c.Moved()
		if !ok {
			continue
		}
		if at < 0 || moved > worst {
			worst, at = moved, i
		}
		if c.disjoint() {
			beyond++
		}
	}
	for _, a := range []Agreement{SameVerdict, SomeVerdict, OtherVerdict, NoVerdict} {
		if n := count[a]; n > 0 {
			same = append(same, fmt.Sprintf("%s in %d", a, n))
		}
	}
	said := []string{fmt.Sprintf("%d series of one build and one workload, at least %.0f min apart: "+
		"of %d cases the verdict is %s.", len(o.Began), o.Apart().Minutes(), len(o.Cases),
		strings.Join(same, ", "))}
	if at < 0 {
		return said
	}
	c := &o.Cases[at]
	return append(said, fmt.Sprintf("Between the series a ratio moved by at most %s (%s); within "+
		"one, the widest interval of that case is ± %s.", FormatSize(worst), c.Cell.Case(),
		FormatSize(c.Within())),
		apartText(beyond, len(o.Cases)))
}
