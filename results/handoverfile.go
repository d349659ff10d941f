package results

import (
	"encoding/hex"
	"slices"
	"strconv"
)

// HandOverFile is a hand-over file as read.
type HandOverFile struct {
	Path      string // as it was named
	Header    HandOverHeader
	Runs      []HandOver       // in the order of the file
	Failed    []HandOverFailed // in the order of the file
	SHA256    string           // of all bytes of the file, uncompressed, in hex
	Truncated bool             // the last line was cut off in the middle of a write and is left out
}

// Kept says which runs of the plan the file holds, by their index.
func (f *HandOverFile) Kept() map[int]bool {
	kept := map[int]bool{}
	for _, r := range f.Runs {
		kept[r.Index] = true
	}
	for _, r := range f.Failed {
		kept[r.Index] = true
	}
	return kept
}

// CreateHandOver makes a hand-over file as [Create] makes a result file.
func CreateHandOver(path string, h HandOverHeader) (*Writer, error) {
	h.Type, h.Schema = TypeHandOverHeader, HandOverSchema
	return create(path, h)
}

// isHandOver reports whether the first record is that of a hand-over file, whose type is written
// first. It consumes nothing.
func (r *reader) isHandOver() bool {
	const begin = `{"type":"` + TypeHandOverHeader + `"`
	first, _ := r.in.Peek(len(begin))
	return string(first) == begin
}

// ReadHandOver reads a hand-over file, plain or compressed by gzip. Errors are those of [Read].
func ReadHandOver(path string) (*HandOverFile, error) {
	f, h, err := ReadAny(path)
	if f != nil {
		return nil, &InputError{File: path, Msg: "is a result file of mtbench run; one of mtbench " +
			"handover is needed"}
	}
	return h, err
}

// ResumeHandOver reads a file and opens it to go on, as [OpenResume] does.
func ResumeHandOver(path string) (*HandOverFile, *Writer, error) {
	return openToAppend(path, (*reader).handOver)
}

// handOver reads all records. Lines are few and short, so they are read one after the other.
func (r *reader) handOver() (*HandOverFile, error) {
	h := &HandOverFile{Path: r.file.Path}
	places := map[int]int{} // of the runs so far, with the line of each
	for {
		line, whole, err := r.next(nil)
		if err != nil {
			return nil, err
		}
		if len(line) == 0 {
			break
		}
		p := r.parser()
		record, err := p.handOver(&parsed{line: line, whole: whole, number: r.lines})
		if err != nil {
			return nil, err
		}
		if record == nil {
			h.Truncated = true
			break
		}
		p.line = r.lines
		if err := h.keep(p, record, places); err != nil {
			return nil, err
		}
		r.good, r.unterminated = r.total, !whole
	}
	if r.lines == 0 {
		return nil, r.wholeFile("is empty: a hand-over file begins with a header record; " +
			"mtbench handover --output makes one")
	}
	h.SHA256 = hex.EncodeToString(r.sum.Sum(nil))
	return h, nil
}

// keep takes a record in: it must not contradict those before it.
func (h *HandOverFile) keep(p parser, record any, places map[int]int) error {
	var cell HandOverCell
	index, repeat := 0, 0
	switch rec := record.(type) {
	case *HandOverHeader:
		h.Header = *rec
		return nil
	case *HandOver:
		cell, index, repeat = rec.HandOverCell, rec.Index, rec.Repeat
		h.Runs = append(h.Runs, *rec)
	case *HandOverFailed:
		cell, index, repeat = rec.HandOverCell, rec.Index, rec.Repeat
		h.Failed = append(h.Failed, *rec)
	}
	if before, ok := places[index]; ok {
		return p.here("run %d is in line %d already", index, before)
	}
	places[index] = p.line
	g := &h.Header.Grid
	if repeat < 0 || repeat >= g.Repeats || index < 0 || index >= g.Runs() || !g.has(cell) {
		return p.here("a run of %s (%s) that is not in the grid of the header", quote(cell.Model),
			cell.Case())
	}
	return nil
}

// handOver parses one record; nil where the writer was killed in it.
func (p parser) handOver(line *parsed) (any, error) {
	p.line = line.number
	if p.cutOff(line) {
		return nil, nil
	}
	sh, err := p.shape(line.line)
	if err != nil {
		return nil, err
	}
	kind, err := strconv.Unquote(string(sh.values["type"]))
	if err != nil || (p.line == 1) != (kind == TypeHandOverHeader) {
		return nil, p.here("no record of a hand-over file, which begins with one %s record and goes on "+
			"with records of type %s or %s", TypeHandOverHeader, TypeHandOver, TypeHandOverFailed)
	}
	switch kind {
	case TypeHandOverHeader:
		return p.handOverHeader(line.line, sh)
	case TypeHandOver:
		run := &HandOver{}
		if err := p.decode(line.line, run, sh, handOverNames); err != nil {
			return nil, err
		}
		if msg := run.wrong(p.plans); msg != "" {
			return nil, p.here("%s", msg)
		}
		return run, nil
	case TypeHandOverFailed:
		failed := &HandOverFailed{}
		if err := p.decode(line.line, failed, sh, handOverFailedNames); err != nil {
			return nil, err
		}
		if msg := firstOf(failed.HandOverCell.Check(), p.plans.wrong(failed)); msg != "" {
			return nil, p.here("%s", msg)
		}
		return failed, nil
	}
	return nil, p.here("record type %s: a hand-over file has %s and %s", quote(kind), TypeHandOver,
		TypeHandOverFailed)
}

func (p parser) handOverHeader(line []byte, sh shape) (any, error) {
	schema, err := strconv.Atoi(string(sh.values["schema"]))
	if err != nil || schema != HandOverSchema {
		return nil, p.here("schema %s of a hand-over file: this build reads %d",
			quote(string(sh.values["schema"])), HandOverSchema)
	}
	h := &HandOverHeader{}
	if err := p.decode(line, h, sh, handOverHeaderNames); err != nil {
		return nil, err
	}
	if msg := firstOf(p.plans.wrong(h), h.Grid.wrong()); msg != "" {
		return nil, p.here("%s", msg)
	}
	return h, nil
}

// has reports whether a cell is in the grid.
func (g *HandOverGrid) has(c HandOverCell) bool {
	return slices.Contains(g.Models, c.Model) && slices.Contains(g.Threads, c.Threads) &&
		slices.Contains(g.WorksNS, c.WorkNS) && slices.Contains(g.Loads, c.Load) &&
		(slices.Contains(g.Depths, c.Depth) || len(g.Depths) == 0 && c.Depth == 0) &&
		(slices.Contains(g.PollBudgets, c.PollBudget) || len(g.PollBudgets) == 0 && c.PollBudget == 0)
}
