// Package table makes the sections of a report: a title, sentences, and a table of cells that has
// no format yet.
package table

import (
	"strings"
)

// Section is one part of a report before it has a format. All its strings are as they stand in
// the file: the writer of a format makes them harmless for that format.
type Section struct {
	Spec
	// the anchor of a page: the name, and the number of the file where there are several
	ID    string
	File  string   // that it is of, where there are several; empty: it is of all together
	Lead  []string // sentences before the table: how to read it
	Table *Grid    // nil if there is none

	Verbatim []string // lines to copy as they are, after the table

	Notes []string // sentences after it
	Warn  bool     // the lead is a warning

	Absent bool // the file has no data for it; the lead says why, and which command brings it
}

// absent stands where data is missing and names the command that would bring it.
func absent(why string) Section { return Section{Lead: []string{why}, Absent: true} }

// Grid is a table before it has a format.
type Grid struct {
	Cols []Column
	Rows []GridRow
	Keys int // the first columns that name a row; repeated where a table is split by width

	Whole bool // never split: where it is too wide, columns are left out as they say
}

// Column is a heading, unit included, and how its cells stand.
type Column struct {
	Head string
	Text bool // words: to the left, may be wrapped

	Beside bool // stays with the column before it where a table is split

	// Drop is when the column is left out of a [Grid.Whole] that is too wide: 1 first, then 2 …;
	// 0 never.
	Drop int

	// Where the room is narrow, if not nil.
	Narrow  string
	Shorten *strings.Replacer
}

// caseColumn names the case: "4 threads, wait off", or "4, off" where there is little room.
func caseColumn() Column {
	return Column{Head: "case", Text: true, Narrow: "threads, wait",
		Shorten: strings.NewReplacer(" threads, wait ", ", ", " thread, wait ", ", ")}
}

type GridRow struct {
	Cells []Cell
	Rule  bool // a line is drawn above: a new case begins
}

// Cell is one figure or word. The tone is for colour and never says what the text does not.
type Cell struct {
	Text string
	Tone Tone
}

type Tone uint8

const (
	Plain Tone = iota
	Good
	Bad
)

func textCells(texts ...string) []Cell {
	cells := make([]Cell, len(texts))
	for i, t := range texts {
		cells[i].Text = t
	}
	return cells
}
