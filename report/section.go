package report

import (
	"iter"
	"maps"
	"math"
	"strconv"
	"strings"
)

// section is one part of a report before it has a format. All its strings are as they stand in
// the file: the writer of a format makes them harmless for that format.
type section struct {
	id    string   // short, fixed: the anchor of a page
	title string   // what is shown
	lead  []string // sentences before the table: how to read it
	table *grid    // nil if there is none
	notes []string // sentences after it
	warn  bool     // the lead is a warning
}

// absentSection stands where data is missing and names the command that would bring it.
func absentSection(id, title, why string) section {
	return section{id: id, title: title, lead: []string{why}}
}

// grid is a table before it has a format.
type grid struct {
	cols []column
	rows []gridRow
	keys int // the first columns that name a row; repeated where a table is split by width
}

// column is a heading, unit included, and how its cells stand.
type column struct {
	head string
	text bool // words: to the left, may be wrapped

	beside bool // stays with the column before it where a table is split

	// Where the room is narrow, if not nil.
	narrow  string
	shorten *strings.Replacer
}

// caseColumn names the case: "4 threads, wait off", or "4, off" where there is little room.
func caseColumn() column {
	return column{head: "case", text: true, narrow: "threads, wait",
		shorten: strings.NewReplacer(" threads, wait ", ", ", " thread, wait ", ", ")}
}

type gridRow struct {
	cells []cell
	rule  bool // a line is drawn above: a new case begins
}

// cell is one figure or word. The tone is for colour and never says what the text does not.
type cell struct {
	text string
	tone tone
}

type tone uint8

const (
	plain tone = iota
	good
	bad
)

func textCells(texts ...string) []cell {
	cells := make([]cell, len(texts))
	for i, t := range texts {
		cells[i].text = t
	}
	return cells
}

// The figures of a table.

const (
	none   = "–" // a figure that has no meaning here
	cannot = "CAN'T COMPLETE"
)

var nan = math.NaN() // a figure that is not there

// mostFixed is from where a figure has an exponent: no cell is sixty digits wide.
const mostFixed = 1e15

func short(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// fixedOrSmall is a rate: two decimals, or two digits where it is smaller than that.
func fixedOrSmall(v float64) string {
	switch {
	case math.Abs(v) >= 100:
		return whole(v)
	case v != 0 && math.Abs(v) < 0.1:
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
	return fixed(v, 2)
}

// whole is a figure without decimals where it is large, with three digits where it is small.
func whole(v float64) string {
	switch {
	case math.IsNaN(v):
		return none
	case math.IsInf(v, 1):
		return "∞"
	case math.Abs(v) >= mostFixed:
		return short(v)
	case math.Abs(v) >= 99.95: // with three digits it is 100
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return sig(v)
}

// fixed is a figure with as many decimals as are asked for.
func fixed(v float64, decimals int) string {
	switch {
	case math.IsNaN(v):
		return none
	case math.Abs(v) >= mostFixed:
		return short(v)
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-") // no −0.0
	}
	return s
}

// spread is "median [lowest–highest]"; where all are the same there is no spread.
func spread(s sample) string {
	if len(s) == 0 || s.low() == s.high() {
		return whole(s.median())
	}
	return whole(s.median()) + " [" + whole(s.low()) + "–" + whole(s.high()) + "]"
}

// rangeText is the letter's way of writing the compression threads: lowest~highest.
func rangeText(low, high sample) string {
	if len(low) == 0 || len(high) == 0 {
		return none
	}
	return fixed(low.median(), 1) + "~" + fixed(high.median(), 1)
}

func (c plotCell) caseText() string { return threadsWord(c.threads) + ", " + waitWord(c.wait) }

func keysOf[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
