package claims

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"mtbench/internal/metric"
	"mtbench/results"
)

// OfLetter is the published table of the cover letter of 2018, [results.Letter].
const OfLetter = "letter"

// FromFigures as at_least asks for the size that the figures of the claim have.
const FromFigures = "figures"

// Why a source does not carry a claim, whatever is measured.
const (
	PrintedTwice = "of a figure that the letter printed twice"
	TooFewDigits = "beyond the letter's digits"
)

// printed is a published table: one run a model and case.
type printed map[results.Cell]*results.Run

// letterTable reads the letter's table, the one home of its figures.
func letterTable() (printed, error) {
	f, err := results.Letter()
	if err != nil {
		return nil, err
	}
	table := printed{}
	for i := range f.Runs {
		table[f.Runs[i].Cell] = &f.Runs[i]
	}
	return table, nil
}

// halfDigit is half of the last digit that the letter prints of a metric, in the metric's unit: a
// figure is known no better.
func halfDigit(name string) float64 {
	switch name {
	case metric.TotalTime: // whole milliseconds
		return 0.5
	case metric.BusyRatio: // two decimals
		return 0.005
	}
	return 0.0005 // one decimal of percents of a CPU
}

// checkFigures reads the table and looks for what the claim takes of it.
func (c *Claim) checkFigures() (string, error) {
	switch {
	case c.Figures == "" && c.AtLeast == FromFigures:
		return "at_least", fmt.Errorf("at_least: %s needs a published table; write figures: %s",
			FromFigures, OfLetter)
	case c.Figures == "":
		return "", nil
	case c.Figures != OfLetter:
		return "figures", fmt.Errorf("there is no published table %q; there is %s", c.Figures, OfLetter)
	}
	table, err := letterTable()
	if err != nil {
		return "figures", errors.New("the letter's table cannot be read")
	}
	c.printed = table
	for _, cell := range c.Cells() {
		sized := c.AtLeast != FromFigures || c.Least(cell) > 0 && !math.IsInf(c.Least(cell), 0)
		if !c.inTable(cell) || !sized {
			return "figures", fmt.Errorf("the %s has no such figures of %s", c.Figures, cell)
		}
	}
	return "", nil
}

// contenders lists whose figures the claim takes in a case.
func (c *Claim) contenders(cell results.Cell) []results.Cell {
	if c.Paired() {
		return []results.Cell{c.BaseCell(cell).Of(c.Base), cell.Of(c.Other)}
	}
	return []results.Cell{cell.Of(c.Model)}
}

func (c *Claim) inTable(cell results.Cell) bool {
	for _, at := range c.contenders(cell) {
		if _, ok := c.figure(at); !ok {
			return false
		}
	}
	return true
}

// figure is the claim's metric as the table prints it.
func (c *Claim) figure(at results.Cell) (float64, bool) {
	r, m := c.printed[at], metric.Get(c.Metric)
	if r == nil {
		return 0, false
	}
	return m.Of(r)
}

// Least returns by how much the other differs from the base at least, as the size of a log ratio; 0
// where only the direction is claimed. Of figures it is negative where they go the other way.
func (c *Claim) Least(cell results.Cell) float64 {
	switch {
	case c.AtLeast == FromFigures:
		of := c.contenders(cell)
		base, _ := c.figure(of[0])
		other, _ := c.figure(of[1])
		return math.Log(other/base) * map[string]float64{Higher: 1, Lower: -1}[c.Relation]
	case c.Relation == Lower:
		return -math.Log1p(-c.AtLeastShare)
	}
	return math.Log1p(c.AtLeastShare)
}

// Bound returns the value of below and above; of a printed figure the end of what rounds to it that
// is easier to keep to. Other relations have none.
func (c *Claim) Bound(cell results.Cell) float64 {
	if c.Value != nil {
		return *c.Value
	}
	v, _ := c.figure(c.contenders(cell)[0])
	switch c.Relation {
	case Below:
		return v + halfDigit(c.Metric)
	case Above:
		return v - halfDigit(c.Metric)
	}
	return 0
}

// Doubt says why the claim says nothing in a case, whatever is measured: its source does not carry
// it.
func (c *Claim) Doubt(cell results.Cell) string {
	if c.printed == nil {
		return ""
	}
	for _, at := range c.contenders(cell) {
		if c.Metric == metric.MainCPU && printedTwice(c.printed[at]) {
			return PrintedTwice
		}
	}
	if !c.digitsTell(cell) {
		return TooFewDigits
	}
	return ""
}

// printedTwice reports whether the CPU usage of the main thread is that of a compression thread, to
// the digit: one of the two is a misprint, and nobody knows which.
func printedTwice(r *results.Run) bool {
	return r.MainCPUPercent != nil && slices.Contains(r.WorkerCPUPercent, *r.MainCPUPercent)
}

// digitsTell reports whether the claim holds for every pair of values that round to the printed
// ones.
func (c *Claim) digitsTell(cell results.Cell) bool {
	if !c.Paired() {
		return true
	}
	of, half := c.contenders(cell), halfDigit(c.Metric)
	base, _ := c.figure(of[0])
	other, _ := c.figure(of[1])
	lo, hi := (other-half)/(base+half), (other+half)/(base-half)
	switch c.Relation {
	case Lower:
		return hi < 1
	case Higher:
		return lo > 1
	}
	return max(hi, 1/lo) <= 1+c.WithinShare
}
