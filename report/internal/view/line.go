package view

import (
	"slices"
	"strings"

	"mtbench/results"
)

// Line is what a line over threads has in common: every axis of a case but the threads.
type Line struct{ of results.Cell }

// LineOf is the line on which a cell lies.
func LineOf(c results.Cell) Line {
	c.Model, c.Threads = "", 0
	return Line{c}
}

// At is the cell of a model on the line.
func (l Line) At(model string, threads int) results.Cell {
	c := l.of
	c.Model, c.Threads = model, threads
	return c
}

// Wait is compress-wait-thread of the line.
func (l Line) Wait() bool { return l.of.Wait }

// String names the line: "wait on", "wait off, memory 4 MiB".
func (l Line) String() string {
	_, text, _ := strings.Cut(l.At("", 1).String(), ", ")
	return text
}

// Head names the line where it stands alone, as over a panel.
func (l Line) Head() string {
	return strings.Replace(l.String(), "wait ", "compress-wait-thread ", 1)
}

// Lines are those of the file, in the order of their axes: wait off first.
func (s *Source) Lines() []Line {
	var cells []results.Cell
	for _, r := range s.Runs {
		if c := LineOf(r.Cell).of; !slices.Contains(cells, c) {
			cells = append(cells, c)
		}
	}
	slices.SortFunc(cells, results.Cell.Compare)
	lines := make([]Line, len(cells))
	for i, c := range cells {
		lines[i] = Line{c}
	}
	return lines
}
