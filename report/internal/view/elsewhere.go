package view

import (
	_ "embed"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/results"
)

//go:embed elsewhere.yaml
var elsewhere []byte

// Elsewhere is a published result of another project.
type Elsewhere struct {
	Project    string            `yaml:"project"`
	Who        string            `yaml:"who"` // and when
	Setting    string            `yaml:"setting"`
	Source     string            `yaml:"source"`
	Figures    []ElsewhereFigure `yaml:"figures"`
	Comparable string            `yaml:"comparable"`
	Apart      string            `yaml:"apart"` // what is not comparable
	Pair       *ElsewherePair    `yaml:"pair"`  // nil: no two cells of ours stand for it
}

// ElsewhereFigure is one figure as published.
type ElsewhereFigure struct {
	What   string    `yaml:"what"`
	Value  float64   `yaml:"value"`
	Unit   string    `yaml:"unit"`
	Letter *CellName `yaml:"letter"` // the value is the letter's total time of this case
}

// ElsewherePair names our two sides. The first figure is of the base, every other one of the other.
type ElsewherePair struct {
	Base   CellName `yaml:"base"`
	Other  CellName `yaml:"other"`
	Metric string   `yaml:"metric"`
}

// CellName names cells: a model or any, so many threads or any (0), and what happens if none is
// free.
type CellName struct {
	Model   string `yaml:"model"`
	Threads int    `yaml:"threads"`
	Wait    string `yaml:"wait"` // off, on or self
}

// anyModel stands for each model that is ranked; both sides are then the same one.
const anyModel = "any"

// PublishedElsewhere returns the published results of other projects that mtbench carries.
func PublishedElsewhere() ([]Elsewhere, error) { return parseElsewhere(elsewhere) }

func parseElsewhere(text []byte) ([]Elsewhere, error) {
	var file struct {
		Results []Elsewhere `yaml:"results"`
	}
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict()); err != nil {
		return nil, err
	}
	letter := LetterOf()
	for i := range file.Results {
		e := &file.Results[i]
		for k := range e.Figures {
			if f := &e.Figures[k]; f.Letter != nil {
				c := letter[f.Letter.cell(f.Letter.Model, f.Letter.Threads)]
				if c == nil {
					return nil, fmt.Errorf("%s: the letter has no case of %v", e.Who, *f.Letter)
				}
				f.Value = c.Total.Median()
			}
		}
		if err := e.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Who, err)
		}
	}
	return file.Results, nil
}

// check says what of the entry cannot be.
func (e *Elsewhere) check() error {
	for name, text := range map[string]string{"project": e.Project, "who": e.Who, "setting": e.Setting,
		"source": e.Source, "comparable": e.Comparable, "apart": e.Apart} {
		if text == "" || len(text) > 160 {
			return fmt.Errorf("%s has %d bytes; it has 1 to 160", name, len(text))
		}
	}
	if len(e.Figures) < 2 {
		return errors.New("a result has two figures at least")
	}
	for _, f := range e.Figures {
		if !(f.Value > 0 && f.Value < 1e9) || f.What == "" || f.Unit != e.Figures[0].Unit {
			return fmt.Errorf("figure %q of %v %s: it is above 0, and all have one unit", f.What, f.Value,
				f.Unit)
		}
	}
	if e.Pair == nil {
		return nil
	}
	return e.Pair.check(e)
}

func (p *ElsewherePair) check(e *Elsewhere) error {
	m, ok := metric.Lookup(p.Metric)
	switch {
	case !ok || m.Better == metric.Neither:
		return fmt.Errorf("metric %q is none that has a better side", p.Metric)
	case e.better() == 0:
		return errors.New("its figures have no direction, or more than one")
	case p.Base == p.Other || (p.Base.Threads == 0) != (p.Other.Threads == 0) ||
		(p.Base.Model == anyModel) != (p.Other.Model == anyModel):
		return errors.New("base and other are one cell, or only one of the two is any")
	}
	for _, c := range []CellName{p.Base, p.Other} {
		if !slices.Contains([]string{"off", "on", "self"}, c.Wait) || c.Model == "" {
			return fmt.Errorf("%v names no cell", c)
		}
	}
	return nil
}

// better is above 0 where the other side is better in every figure, below 0 where it is worse, and
// 0 where the figures do not agree.
func (e *Elsewhere) better() int {
	m := metric.Get(e.Pair.Metric)
	sum := 0
	for _, f := range e.Figures[1:] {
		sum += side(m.Better, e.Figures[0].Value, f.Value)
	}
	if sum != len(e.Figures)-1 && sum != 1-len(e.Figures) {
		return 0
	}
	return sum
}

// side is 1 where other is better than base, -1 where it is worse.
func side(better metric.Direction, base, other float64) int {
	switch {
	case base == other:
		return 0
	case (other > base) == (better == metric.Higher):
		return 1
	}
	return -1
}

// FiguresText are the figures as published.
func (e *Elsewhere) FiguresText() string {
	var words []string
	for _, f := range e.Figures {
		words = append(words, f.What+" "+format.Trimmed(f.Value))
	}
	return strings.Join(words, ", ") + " " + e.Figures[0].Unit
}

// cell is the named cell of a model and a number of threads.
func (c CellName) cell(model string, threads int) results.Cell {
	cell := results.Cell{Model: model, Threads: threads, Wait: c.Wait == "on"}
	if c.Wait == string(results.FullSelf) {
		cell.WhenFull = results.FullSelf
	}
	return cell
}

// Beside is a published result set beside the file.
type Beside struct {
	*Elsewhere
	Cases               int // that the file has of the pair; 0: none
	Agree, Other, Equal int // of these: the same direction, the other one, ranges that overlap
	Low, High           float64
}

// Besides sets every published result beside the file; none where the file has no two models, or
// self beside on, that any of them compares.
func (s *Source) Besides() ([]Beside, error) {
	all, err := PublishedElsewhere()
	if err != nil {
		return nil, err
	}
	var list []Beside
	found := false
	for i := range all {
		b := s.beside(&all[i])
		list, found = append(list, b), found || b.Cases > 0 && b.ofModels()
	}
	if !found {
		return nil, nil
	}
	return list, nil
}

// ofModels reports whether the pair is more than one model with off and on.
func (b *Beside) ofModels() bool {
	p := b.Pair
	return p.Base.Model != p.Other.Model || p.Other.Wait == string(results.FullSelf)
}

func (s *Source) beside(e *Elsewhere) Beside {
	b := Beside{Elsewhere: e, Low: math.Inf(1), High: math.Inf(-1)}
	if e.Pair == nil {
		return b
	}
	models := []string{e.Pair.Base.Model}
	if e.Pair.Base.Model == anyModel {
		models = s.Ranked()
	}
	threads := []int{e.Pair.Base.Threads}
	if threads[0] == 0 {
		threads = s.Threads()
	}
	for _, m := range models {
		for _, n := range threads {
			other, others := e.Pair.Other.Model, e.Pair.Other.Threads
			if other == anyModel {
				other = m
			}
			if others == 0 {
				others = n
			}
			b.set(s, e.Pair.Base.cell(m, n), e.Pair.Other.cell(other, others))
		}
	}
	return b
}

// set judges one case by its medians, where every run says the same.
func (b *Beside) set(s *Source, base, other results.Cell) {
	m := metric.Get(b.Pair.Metric)
	cells := s.Cells()
	x, y := SampleOf(runsLike(cells, base), m.Of), SampleOf(runsLike(cells, other), m.Of)
	ratio := y.Median() / x.Median()
	if len(x) == 0 || len(y) == 0 || math.IsNaN(ratio) {
		return
	}
	b.Cases++
	b.Low, b.High = min(b.Low, ratio), max(b.High, ratio)
	apart := x.High() < y.Low() || y.High() < x.Low()
	if s.Predicted() != nil { // the runs of a number have the same costs: they are a pair
		apart = oneSided(m.Of, runsLike(cells, base), runsLike(cells, other))
	}
	switch sign := side(m.Better, x.Median(), y.Median()); {
	case !apart || sign == 0:
		b.Equal++
	case (sign > 0) == (b.better() > 0):
		b.Agree++
	default:
		b.Other++
	}
}

// oneSided reports whether the other is on the same side in every pair.
func oneSided(of metric.Value, base, other []*results.Run) bool {
	below, n := 0, 0
	for _, a := range base {
		for _, b := range other {
			x, ok := of(a)
			y, there := of(b)
			if a.Pair == b.Pair && ok && there {
				n++
				below += one(y < x)
			}
		}
	}
	return below == 0 || below == n
}

// runsLike are the runs of a cell, whose policy may stand in the record or follow from wait.
func runsLike(cells map[results.Cell][]*results.Run, c results.Cell) []*results.Run {
	for k, runs := range cells {
		if k.Model == c.Model && k.Threads == c.Threads && k.Policy() == c.Policy() &&
			k.Depth == 0 && k.PollBudget == 0 && k.Batch == 0 && k.CodecState == "" {
			return runs
		}
	}
	return nil
}

// PairText names our pair.
func (b *Beside) PairText() string {
	p := b.Pair
	return fmt.Sprintf("%s against %s, %s", p.Other, p.Base, metric.Get(p.Metric).Shown.Name)
}

// String names the cells: "spmc, wait on".
func (c CellName) String() string {
	text := c.Model
	if c.Model == anyModel {
		text = "any model"
	}
	if c.Threads > 0 {
		text += ", " + results.Plural(c.Threads, "thread")
	}
	return text + ", wait " + c.Wait
}

// OursText is what our figures are to each other.
func (b *Beside) OursText() string {
	if b.Cases == 0 {
		return "not in this file"
	}
	low, high := format.Sig(b.Low), format.Sig(b.High)
	if low == high {
		return low + "×"
	}
	return low + "× to " + high + "×"
}

// AgreesText says in how many cases the direction is theirs.
func (b *Beside) AgreesText() string {
	var words []string
	for _, x := range []struct {
		n    int
		word string
	}{{b.Agree, "agrees"}, {b.Other, "is the other way"}, {b.Equal, "cannot be told"}} {
		if x.n == b.Cases && x.n > 0 {
			return x.word
		}
		if x.n > 0 {
			words = append(words, fmt.Sprintf("%s in %d of %d cases", x.word, x.n, b.Cases))
		}
	}
	return strings.Join(words, ", ")
}
