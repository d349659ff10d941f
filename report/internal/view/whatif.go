package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"mtbench/report/internal/format"
	"mtbench/results"
)

// WhatIfFactors are those that a what-if tries of each cost, in the order of its columns.
func WhatIfFactors() []float64 { return []float64{0, 0.5, 2} }

// leastEffect is the change below which a cost is not named, however little chance does.
var leastEffect = math.Log(1.02)

// WhatIf is what the costs of a host do to one model in one case.
type WhatIf struct {
	results.Cell
	Time, CPU float64     // µs a compressed page, as it is
	Chance    float64     // how far other seeds take the time: a log ratio
	Rows      []WhatIfRow // what does more than chance, the largest effect first
	Others    int         // costs that do not
}

// WhatIfRow is one cost in one cell. Changes are log ratios to the cell as it is, NaN where a
// factor was not tried.
type WhatIfRow struct {
	*results.WhatIf
	Time, CPU []float64 // by WhatIfFactors
	Effect    float64   // the largest of Time, whichever way
}

// WhatIfs returns the cells of the file's what-if, in its order.
func (s *Source) WhatIfs() []*WhatIf {
	if s.From == nil {
		return nil
	}
	by := map[results.Cell]*WhatIf{}
	var list []*WhatIf
	for i := range s.From.WhatIf {
		r := &s.From.WhatIf[i]
		w := by[r.Cell]
		switch {
		case r.AsIs() && w == nil:
			w = whatIfOf(r)
			by[r.Cell], list = w, append(list, w)
		case w != nil:
			w.add(r)
		}
	}
	for _, w := range list {
		slices.SortStableFunc(w.Rows, func(a, b WhatIfRow) int { return cmp.Compare(b.Effect, a.Effect) })
	}
	return list
}

func whatIfOf(asIs *results.WhatIf) *WhatIf {
	w := &WhatIf{Cell: asIs.Cell, Time: asIs.Points[0].Time, CPU: asIs.Points[0].CPU}
	for _, p := range asIs.Points {
		w.Chance = max(w.Chance, math.Abs(math.Log(p.Time/w.Time)))
	}
	return w
}

// add takes a cost that does more than chance among the rows.
func (w *WhatIf) add(r *results.WhatIf) {
	row := WhatIfRow{WhatIf: r}
	for _, f := range WhatIfFactors() {
		time, cpu := math.NaN(), math.NaN()
		if p := pointAt(r, f); p != nil {
			time, cpu = math.Log(p.Time/w.Time), math.Log(p.CPU/w.CPU)
			row.Effect = max(row.Effect, math.Abs(time))
		}
		row.Time, row.CPU = append(row.Time, time), append(row.CPU, cpu)
	}
	if row.Effect <= max(w.Chance, leastEffect) {
		w.Others++
		return
	}
	w.Rows = append(w.Rows, row)
}

func pointAt(r *results.WhatIf, factor float64) *results.WhatIfPoint {
	for i := range r.Points {
		if r.Points[i].Factor == factor {
			return &r.Points[i]
		}
	}
	return nil
}

// Name is the cost as sentences have it.
func (r *WhatIfRow) Name() string { return costName(r.WhatIf) }

func costName(r *results.WhatIf) string {
	return format.CleanText(r.What, 60) + " (" + format.CleanText(r.Cost, 24) + ")"
}

// Text says in one sentence what the time of the cell is: the cost without which it would be
// shortest.
func (w *WhatIf) Text() string {
	who := fmt.Sprintf("With %s, ", w.String())
	model := format.CleanText(w.Model, 24)
	best, gain := (*WhatIfRow)(nil), 0.0
	for i := range w.Rows {
		if t := w.Rows[i].Time[0]; t < gain {
			best, gain = &w.Rows[i], t
		}
	}
	if best == nil {
		return who + fmt.Sprintf("no single cost is part of %s's time: without any of them a page takes "+
			"as long", model)
	}
	text := who + fmt.Sprintf("%.0f %% of %s's time is %s: a page takes %s µs, and %s without it",
		-100*math.Expm1(gain), model, best.Name(), format.Sig(w.Time),
		format.Sig(w.Time*math.Exp(gain)))
	if first := &w.Rows[0]; first != best {
		text += fmt.Sprintf("; most depends on %s: %s", first.Name(), first.changes())
	}
	return text
}

// changes says what each factor does.
func (r *WhatIfRow) changes() string {
	var words []string
	for i, name := range []string{"without it", "at half of it", "at twice it"} {
		if !math.IsNaN(r.Time[i]) {
			words = append(words, fmt.Sprintf("%s %s", WhatIfChange(r.Time[i]), name))
		}
	}
	return strings.Join(words, ", ")
}

// WhatIfChange writes the change of a time: in percent, or as a multiple from two on.
func WhatIfChange(log float64) string {
	switch f := math.Exp(log); {
	case math.IsNaN(log):
		return format.None
	case f >= 2:
		return "×" + format.Sig(f)
	}
	if percent := math.Round(100 * math.Expm1(log)); percent != 0 {
		return fmt.Sprintf("%+.0f %%", percent)
	}
	return "0 %"
}

// Decider is a cost and what it does to the result: with two models to the ratio of their times,
// with one to its time.
type Decider struct {
	Cost string
	Name string
	Case results.Cell // in which it does most
	From float64      // the lowest log of the result there
	To   float64      // the highest
	Span float64      // the most that it moves the result, a log ratio
	Turn []string     // where another model is then ahead
}

// Deciders ranks the costs by what halving and doubling them, and the ends of an assumed range, do
// to the result.
func (s *Source) Deciders() []Decider {
	by := map[string]*Decider{}
	var order []string
	for _, pair := range s.whatIfPairs() {
		for i := range s.From.WhatIf {
			r := &s.From.WhatIf[i]
			if r.AsIs() || r.Cell != pair.model.Cell {
				continue
			}
			d := by[r.Cost]
			if d == nil {
				d = &Decider{Cost: r.Cost, Name: costName(r)}
				by[r.Cost], order = d, append(order, r.Cost)
			}
			pair.judge(s, r, d)
		}
	}
	var list []Decider
	for _, name := range order {
		list = append(list, *by[name])
	}
	slices.SortStableFunc(list, func(a, b Decider) int { return cmp.Compare(b.Span, a.Span) })
	return list
}

// whatIfPair is a model with the first one of its case; base is nil where it is alone.
type whatIfPair struct{ base, model *WhatIf }

func (s *Source) whatIfPairs() (pairs []whatIfPair) {
	cells := s.WhatIfs()
	for _, w := range cells {
		i := slices.IndexFunc(cells, func(x *WhatIf) bool { return x.Case() == w.Case() })
		if cells[i] != w {
			pairs = append(pairs, whatIfPair{cells[i], w})
		}
	}
	if len(pairs) == 0 {
		for _, w := range cells {
			pairs = append(pairs, whatIfPair{nil, w})
		}
	}
	return pairs
}

// result is the log of the model's time over the base's, or of its time alone.
func (p whatIfPair) result(model, base float64) float64 {
	if p.base == nil {
		return math.Log(model)
	}
	return math.Log(model / base)
}

// judge sees what the points of r do to the result of the pair.
func (p whatIfPair) judge(s *Source, r *results.WhatIf, d *Decider) {
	other := s.whatIfOf(p.base, r.Cost)
	asIs := p.result(p.model.Time, p.baseTime())
	low, high := asIs, asIs
	for _, x := range r.Points {
		at := 0.0
		if p.base != nil {
			b := (*results.WhatIfPoint)(nil)
			if other != nil {
				b = pointAt(other, x.Factor)
			}
			if b == nil {
				continue
			}
			at = b.Time
		}
		if v := p.result(x.Time, at); x.Factor > 0 || r.Cost == idleSleep {
			low, high = min(low, v), max(high, v)
			if p.turns(asIs, v) {
				d.Turn = append(d.Turn, fmt.Sprintf("%s× with %s", format.SigTrimmed(x.Factor),
					r.Cell.String()))
			}
		}
	}
	if span := max(high-asIs, asIs-low); span > d.Span {
		d.Case, d.From, d.To, d.Span = r.Case(), low, high, span
	}
}

// idleSleep is the cost that is a property: its only point is without it.
const idleSleep = "idle_sleep"

func (p whatIfPair) baseTime() float64 {
	if p.base == nil {
		return 0
	}
	return p.base.Time
}

// turns reports whether another model is ahead at v than at asIs, both by more than chance.
func (p whatIfPair) turns(asIs, v float64) bool {
	if p.base == nil {
		return false
	}
	least := max(p.base.Chance, p.model.Chance, leastEffect)
	return math.Abs(asIs) > least && math.Abs(v) > least && (asIs > 0) != (v > 0)
}

func (s *Source) whatIfOf(w *WhatIf, cost string) *results.WhatIf {
	for i := range s.From.WhatIf {
		if r := &s.From.WhatIf[i]; w != nil && r.Cell == w.Cell && r.Cost == cost {
			return r
		}
	}
	return nil
}

// DecidedText names the two costs that decide the result, and those that turn it. Empty without a
// what-if.
func (s *Source) DecidedText() string {
	list := s.Deciders()
	if len(list) < 2 {
		return ""
	}
	var words, turns []string
	for _, d := range list[:2] {
		words = append(words, s.deciderText(&d))
	}
	for _, d := range list {
		if len(d.Turn) > 0 {
			turns = append(turns, d.Name+" at "+strings.Join(d.Turn, ", "))
		}
	}
	text := "Two costs decide the result: " + strings.Join(words, "; and ") + "."
	if s.whatIfPairs()[0].base == nil {
		return text
	}
	if len(turns) == 0 {
		return text + " None of the costs, halved, doubled or at an end of its range, puts another " +
			"model ahead."
	}
	return text + " Another model is then ahead: " + strings.Join(turns, "; ") + "."
}

func (s *Source) deciderText(d *Decider) string {
	what := "the time of a page"
	for _, p := range s.whatIfPairs() {
		if p.base != nil && p.model.Case() == d.Case {
			what = fmt.Sprintf("the time of %s over that of %s", format.CleanText(p.model.Model, 24),
				format.CleanText(p.base.Model, 24))
		}
	}
	return fmt.Sprintf("%s, which takes %s from %s to %s with %s", d.Name, what,
		format.Sig(math.Exp(d.From)), format.Sig(math.Exp(d.To)), d.Case.String())
}
