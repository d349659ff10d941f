package results

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Where is one condition on the axes of a cell: the runs whose coordinate is one of the values.
type Where struct {
	Key    string // model, or the name of an axis
	Values []string
}

// Keys are what a condition, or a pivot, may name: every axis of a cell.
func Keys() []string {
	keys := []string{"build"}
	for _, a := range Axes() {
		keys = append(keys, a.Name)
	}
	return keys
}

// ParseKey reads the name of an axis, in which - stands for _ too.
func ParseKey(s string) (string, error) {
	key := strings.ReplaceAll(strings.TrimSpace(s), "-", "_")
	if key == "pin" {
		key = "placement"
	}
	if !slices.Contains(Keys(), key) {
		return "", fmt.Errorf("there is no axis %q; there are %s", s, strings.Join(Keys(), ", "))
	}
	return key, nil
}

// ParseWhere reads a condition: "threads=4,8".
func ParseWhere(s string) (Where, error) {
	name, list, ok := strings.Cut(s, "=")
	if !ok || list == "" {
		return Where{}, fmt.Errorf("%q is not a condition; write for example threads=4,8", s)
	}
	key, err := ParseKey(name)
	if err != nil {
		return Where{}, err
	}
	w := Where{Key: key}
	for value := range strings.SplitSeq(list, ",") {
		value = strings.TrimSpace(value)
		if key == "memory" {
			bytes, err := ParseSize(value)
			if err != nil {
				return Where{}, err
			}
			value = sizeWord(bytes)
		}
		w.Values = append(w.Values, value)
	}
	return w, nil
}

// Coordinate returns the value of a cell of the header's file on an axis, as its flag takes it:
// the scenario's where the cell has none of its own, and "default" where that is the model's.
func (h *Header) Coordinate(c Cell, key string) string {
	switch key {
	case "model":
		return c.Model
	case "build":
		return cmp.Or(c.Build, "default")
	}
	in := h.Scenario.In(c)
	whole := c
	whole.Varied = Varied{Memory: in.Memory, Content: in.Content, Codec: in.Codec, Level: in.Level,
		Placement: in.Placement}
	for _, a := range Axes() {
		if a.Name == key {
			if value := a.Value(whole); value != "" {
				return value
			}
		}
	}
	if key == "placement" {
		return NotPinned
	}
	return "default"
}

// Only is the part of f for which every condition holds: its runs, failed runs and searches, and a
// matrix of their cells. A condition that nothing meets is an error with the values that there are.
func (f *File) Only(conditions []Where) (*File, error) {
	if len(conditions) == 0 {
		return f, nil
	}
	cells := f.cells()
	for _, w := range conditions {
		if !slices.ContainsFunc(cells, func(c Cell) bool { return f.Header.meets(c, w) }) {
			return nil, &InputError{File: f.Path, Msg: fmt.Sprintf("has no run with %s=%s; %s is %s", w.Key,
				strings.Join(w.Values, ","), w.Key, strings.Join(f.values(cells, w.Key), ", "))}
		}
	}
	meets := func(c Cell) bool {
		return !slices.ContainsFunc(conditions, func(w Where) bool { return !f.Header.meets(c, w) })
	}
	part := *f
	part.Runs = keep(f.Runs, func(r *Run) bool { return meets(r.Cell) })
	part.Failed = keep(f.Failed, func(r *Failed) bool { return meets(r.Cell) })
	part.Frontier = keep(f.Frontier, func(r *Frontier) bool { return meets(r.Cell) })
	part.WhatIf = keep(f.WhatIf, func(r *WhatIf) bool { return meets(r.Cell) })
	if len(part.Runs)+len(part.Failed)+len(part.Frontier)+len(part.WhatIf) == 0 {
		return nil, &InputError{File: f.Path, Msg: "has no run for which all conditions hold"}
	}
	part.Header.Matrix = f.Header.Matrix.only(part.cells())
	part.Header.Notes = append(slices.Clone(f.Header.Notes), "only a part of the file is shown ("+
		words(conditions)+"): corrections for many tests count the cases of the part alone")
	return &part, nil
}

func keep[T any](list []T, ok func(*T) bool) []T {
	var part []T
	for i := range list {
		if ok(&list[i]) {
			part = append(part, list[i])
		}
	}
	return part
}

// cells are the cells of all records.
func (f *File) cells() []Cell {
	var cells []Cell
	for i := range f.Runs {
		cells = append(cells, f.Runs[i].Cell)
	}
	for i := range f.Failed {
		cells = append(cells, f.Failed[i].Cell)
	}
	for i := range f.Frontier {
		cells = append(cells, f.Frontier[i].Cell)
	}
	for i := range f.WhatIf {
		cells = append(cells, f.WhatIf[i].Cell)
	}
	return cells
}

func (h *Header) meets(c Cell, w Where) bool {
	return slices.Contains(w.Values, h.Coordinate(c, w.Key))
}

// values are what the cells have on an axis, in their order.
func (f *File) values(cells []Cell, key string) []string {
	sorted := slices.SortedFunc(slices.Values(cells), Cell.Compare)
	var values []string
	for _, c := range sorted {
		if v := f.Header.Coordinate(c, key); !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values
}

func words(conditions []Where) string {
	var all []string
	for _, w := range conditions {
		all = append(all, w.Key+"="+strings.Join(w.Values, ","))
	}
	return strings.Join(all, " ")
}

// only is the matrix with those values alone that the cells have.
func (m Matrix) only(cells []Cell) Matrix {
	m.Models = had(m.Models, cells, func(c *Cell) string { return c.Model })
	m.Builds = slices.DeleteFunc(slices.Clone(m.Builds), func(b Build) bool {
		return !slices.ContainsFunc(cells, func(c Cell) bool { return c.Build == b.Name })
	})
	m.Threads = had(m.Threads, cells, func(c *Cell) int { return c.Threads })
	m.Self = m.Self && slices.ContainsFunc(cells, func(c Cell) bool { return c.WhenFull == FullSelf })
	m.Waits = slices.DeleteFunc(slices.Clone(m.Waits), func(wait bool) bool {
		return !slices.ContainsFunc(cells, func(c Cell) bool {
			return c.WhenFull != FullSelf && c.Wait == wait
		})
	})
	m.Depths = had(m.Depths, cells, func(c *Cell) int { return c.Depth })
	m.PollBudgets = had(m.PollBudgets, cells, func(c *Cell) int { return c.PollBudget })
	m.Batches = had(m.Batches, cells, func(c *Cell) int { return c.Batch })
	m.CodecStates = had(m.CodecStates, cells, func(c *Cell) CodecState { return c.CodecState })
	m.Memories = had(m.Memories, cells, func(c *Cell) int64 { return c.Memory })
	m.Contents = had(m.Contents, cells, func(c *Cell) string { return c.Content })
	m.Codecs = had(m.Codecs, cells, func(c *Cell) string { return c.Codec })
	m.Levels = had(m.Levels, cells, func(c *Cell) int { return c.Level })
	m.Placements = had(m.Placements, cells, func(c *Cell) string { return c.Placement })
	m.Extra = slices.DeleteFunc(slices.Clone(m.Extra), func(e Cell) bool {
		return !slices.Contains(cells, e)
	})
	return m
}

// had are the values of an axis that some cell has.
func had[T comparable](axis []T, cells []Cell, of func(*Cell) T) []T {
	return slices.DeleteFunc(slices.Clone(axis), func(v T) bool {
		return !slices.ContainsFunc(cells, func(c Cell) bool { return of(&c) == v })
	})
}
