package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"unique"
)

// parser reads a record by itself: it knows of the file what its header says, and nothing of other
// records. It is a value, so that each thread has its own.
type parser struct {
	path            string
	kind            string // of the file; empty at the header
	downtimeLimitMS float64
	line            int // number of the line
	plans           plans
}

func (r *reader) parser() parser {
	h := &r.file.Header
	return parser{path: r.file.Path, kind: h.Kind, downtimeLimitMS: h.Scenario.DowntimeLimit.MS(),
		plans: r.plans}
}

// parsed is a line and what it holds.
type parsed struct {
	line   []byte
	whole  bool  // it ends with a newline
	number int   // from 1
	upTo   int64 // bytes of the file up to its end
	record any   // *Header, *Run, *Failed, *Frontier, *WhatIf; nil: the writer was killed in it
	err    error
}

// parseAll parses the lines of batch by as many threads as there are CPUs. Each line is one
// thread's, and all have ended when it returns.
func parseAll(batch []parsed, by parser) {
	workers := min(runtime.GOMAXPROCS(0), len(batch))
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := w; i < len(batch); i += workers {
				by.parse(&batch[i])
			}
		})
	}
	all.Wait()
}

// parse reads one record. A last line without a newline that is no whole JSON object is the trace
// of a killed writer; the same in any other place is a damaged file.
func (p parser) parse(to *parsed) {
	p.line = to.number
	if p.cutOff(to) {
		return
	}
	to.record, to.err = p.record(bytes.TrimSuffix(to.line, []byte("\n")))
}

// cutOff reports whether a line is the trace of a killed writer; the first never is.
func (p parser) cutOff(line *parsed) bool {
	return p.line > 1 && !line.whole && !json.Valid(line.line)
}

// shape is that of a line which may be a record of any file: its strings have a limit.
func (p parser) shape(line []byte) (shape, error) {
	sh := shapeOf(line)
	if sh.longest > MaxStringBytes {
		return sh, p.here("a string of %d bytes; the most is %d", sh.longest, MaxStringBytes)
	}
	if sh.doubt != "" {
		return sh, p.here("%s", sh.doubt)
	}
	return sh, nil
}

func (p parser) record(line []byte) (any, error) {
	sh, err := p.shape(line)
	if err != nil {
		return nil, err
	}
	kind, err := strconv.Unquote(string(sh.values["type"]))
	if err != nil {
		return nil, p.noRecord(line)
	}
	if (p.line == 1) != (kind == TypeHeader) {
		return nil, p.misplaced(kind)
	}
	switch kind {
	case TypeHeader:
		return p.header(line, sh)
	case TypeRun:
		return p.run(line, sh)
	case TypeFailed:
		return p.failed(line, sh)
	case TypeFrontier:
		return p.frontier(line, sh)
	case TypeWhatIf:
		return p.whatIf(line, sh)
	}
	return nil, p.here("record type %s: this build knows header, run, failed, frontier and "+
		"what-if", quote(kind))
}

// noRecord says what a line is that has no type.
func (p parser) noRecord(line []byte) error {
	var object map[string]any
	if err := json.Unmarshal(line, &object); err != nil || object == nil {
		return p.noObject(err)
	}
	return p.here("no record of a result file: it has no \"type\"")
}

func (p parser) noObject(err error) error {
	if p.line == 1 {
		return p.here("not a result file: its first line is not a JSON object, " +
			"and a result file begins with a header record")
	}
	return p.here("not a JSON object%s", detail(err))
}

func (p parser) misplaced(kind string) error {
	if kind == TypeHandOverHeader {
		return p.here("a file of mtbench handover: mtbench report takes one by itself, and nothing " +
			"else does")
	}
	if p.line == 1 {
		return p.here("no header: the first record is of type %s, and a result file begins with "+
			"a header", quote(kind))
	}
	return p.here("a second header: a file holds one series; give two files to compare two")
}

func (p parser) header(line []byte, sh shape) (any, error) {
	schema, err := strconv.Atoi(string(sh.values["schema"]))
	if err != nil {
		return nil, p.here("not a result file of mtbench: its header has no schema number")
	}
	if schema < OldestSchema || schema > Schema {
		return nil, p.otherSchema(schema)
	}
	h := &Header{}
	if err := p.decode(line, h, sh, headerNames); err != nil {
		return nil, err
	}
	if msg := firstOf(p.plans.wrong(h), h.Matrix.wrongBuilds(), h.wrongParts()); msg != "" {
		return nil, p.here("%s", msg)
	}
	switch h.Kind {
	case Measured, Traced, Predicted, Published:
		return h, nil
	}
	return nil, p.here("kind %s: it is one of measured, traced, predicted, published", quote(h.Kind))
}

func (p parser) otherSchema(schema int) error {
	who := "a newer"
	if schema < OldestSchema {
		who = "an older"
	}
	return p.here("schema %d: written by %s mtbench; this build reads %d to %d", schema, who,
		OldestSchema, Schema)
}

func (p parser) run(line []byte, sh shape) (any, error) {
	names := runNames
	if p.kind == Published {
		names = publishedNames
	}
	run := &Run{}
	if err := p.decode(line, run, sh, names); err != nil {
		return nil, err
	}
	run.normal()
	if msg := run.wrong(p.kind, p.plans); msg != "" {
		return nil, p.here("%s", msg)
	}
	if run.DowntimeLimitMS == 0 {
		run.DowntimeLimitMS = p.downtimeLimitMS
	}
	// Decoding leaves room for as much again: of thousands of runs that is most of the memory.
	run.Timeline, run.ThreadUsage = fitted(run.Timeline), fitted(run.ThreadUsage)
	run.share()
	return run, nil
}

// share keeps the few words that all threads of all runs are named by once.
func (r *Run) share() {
	for i := range r.ThreadUsage {
		u := &r.ThreadUsage[i]
		for _, word := range []*string{&u.Process, &u.Name, &u.Role} {
			*word = unique.Make(*word).Value()
		}
	}
}

// fitted is list without room to grow.
func fitted[T any](list []T) []T {
	if len(list) == cap(list) {
		return list
	}
	return append(make([]T, 0, len(list)), list...)
}

func (p parser) failed(line []byte, sh shape) (any, error) {
	failed := &Failed{}
	if err := p.decode(line, failed, sh, failedNames); err != nil {
		return nil, err
	}
	failed.normal()
	if msg := firstOf(failed.Cell.wrong(), p.plans.wrong(failed)); msg != "" {
		return nil, p.here("%s", msg)
	}
	return failed, nil
}

func (p parser) frontier(line []byte, sh shape) (any, error) {
	frontier := &Frontier{}
	if err := p.decode(line, frontier, sh, frontierNames); err != nil {
		return nil, err
	}
	frontier.normal()
	if msg := frontier.wrong(p.plans); msg != "" {
		return nil, p.here("%s", msg)
	}
	return frontier, nil
}

func (p parser) whatIf(line []byte, sh shape) (any, error) {
	w := &WhatIf{}
	if err := p.decode(line, w, sh, whatIfNames); err != nil {
		return nil, err
	}
	if msg := w.wrong(p.plans); msg != "" {
		return nil, p.here("%s", msg)
	}
	return w, nil
}

// decode reads a record that must have some names.
func (p parser) decode(line []byte, to any, sh shape, names []string) error {
	err := json.Unmarshal(line, to)
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return p.noObject(err)
	}
	if wrong := (*json.UnmarshalTypeError)(nil); err != nil && !errors.As(err, &wrong) {
		return p.badTime(sh) // the only values that read themselves
	}
	if err != nil {
		return p.here("a field is not what it should be%s", detail(err))
	}
	var missing []string
	for _, name := range names {
		if _, ok := sh.values[name]; !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return p.here("the record has no %s", strings.Join(missing, ", "))
	}
	if null := nulls(sh, names); null != "" {
		return p.here("%s is null; it must be given", null)
	}
	return nil
}

func (p parser) badTime(sh shape) error {
	for _, name := range []string{"created", "started"} {
		if value, ok := sh.values[name]; ok {
			return p.here("%s is %s; a time is written as in \"2026-01-02T15:04:05Z\"", name,
				quote(strings.Trim(string(value), `"`)))
		}
	}
	return p.here("a field is not what it should be")
}

func (p parser) here(format string, args ...any) error {
	return &InputError{File: p.path, Line: p.line, Msg: fmt.Sprintf(format, args...)}
}

func detail(err error) string {
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrong):
		return fmt.Sprintf(": %s is a %s", wrong.Field, wrong.Value)
	case errors.As(err, &syntax):
		return fmt.Sprintf(": %s at byte %d of the line", syntax.Error(), syntax.Offset)
	case err != nil:
		return ": " + err.Error()
	}
	return ""
}
