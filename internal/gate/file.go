package gate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"mtbench/results"
)

// Schema is the version of the file of expected figures that this build writes and reads.
const Schema = 1

// The types of its records.
const (
	typeHeader = "gate"
	typeCase   = "case"
)

// Limits of a file.
const (
	maxBytes = 8 << 20
	maxCases = 10_000
	maxLimit = 0.1
	maxName  = 100 // bytes of a model's
	maxValue = 1 << 53
)

// Header is the first line of a file.
type Header struct {
	Type     string           `json:"type"` // "gate"
	Schema   int              `json:"schema"`
	Limits   Limits           `json:"limits"`
	Profile  string           `json:"profile_sha256"` // of what the figures rest on
	Workload results.Scenario `json:"workload"`
}

// Limits are how far a figure may be from what was expected, as a part of it, 0 to 0.1.
type Limits struct {
	Counters float64 `json:"counters"` // 0: not at all
	Times    float64 `json:"times"`
}

// Of is the limit of a figure.
func (l Limits) Of(k Kind) float64 {
	if k == Time {
		return l.Times
	}
	return l.Counters
}

// header is that of a file that this build makes.
func header() Header {
	return Header{Type: typeHeader, Schema: Schema, Limits: Limits{Counters: 0, Times: 0.005},
		Profile: profileSum(), Workload: scenario("process")}
}

func (e *Expected) write(w io.Writer) error {
	out := json.NewEncoder(w)
	err := out.Encode(e.Header)
	for i := range e.Cases {
		err = errors.Join(err, out.Encode(&e.Cases[i]))
	}
	return err
}

// Write writes the file of e. One that is there is replaced if it is such a file itself, of any
// version; anything else is not overwritten.
func (e *Expected) Write(path string) error {
	text, err := e.Text()
	if err != nil {
		return err
	}
	f, err := results.NewUnseen(path)
	if err != nil {
		return err
	}
	if _, err = f.Write(text); err == nil {
		err = f.Replace(path)
	}
	return errors.Join(err, f.Drop())
}

// MayWrite says why the file of the path is not to be written. An empty one may be.
func MayWrite(path string) error {
	text, err := readAll(path)
	if errors.Is(err, os.ErrNotExist) {
		info, err := os.Stat(filepath.Dir(path))
		if err != nil || !info.IsDir() {
			return fmt.Errorf("there is no directory %s", filepath.Dir(path))
		}
		return nil
	}
	var h Header
	first, _, _ := bytes.Cut(text, []byte("\n"))
	if err != nil || len(text) > 0 && (json.Unmarshal(first, &h) != nil || h.Type != typeHeader) {
		return fmt.Errorf("%s exists and holds no expected figures; it is not overwritten", path)
	}
	return nil
}

// Read reads a file that Write wrote. A file that is none is a *results.InputError.
func Read(path string) (*Expected, error) {
	text, err := readAll(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, &results.InputError{File: path,
			Msg: "there is no such file; mtbench gate --write makes one"}
	}
	if err != nil {
		return nil, &results.InputError{File: path,
			Msg: fmt.Sprintf("cannot be read: %v", results.Reason(err))}
	}
	return parse(path, text)
}

func readAll(path string) ([]byte, error) {
	f, err := results.Open(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxBytes+1))
}

// parse reads the text of a file.
func parse(file string, text []byte) (*Expected, error) {
	if len(text) > maxBytes {
		return nil, &results.InputError{File: file,
			Msg: fmt.Sprintf("more than %d bytes; no file of expected figures is that long", maxBytes)}
	}
	e, seen, line := &Expected{}, map[Key]bool{}, 0
	for one := range bytes.Lines(text) {
		line++
		var err error
		switch {
		case line == 1:
			err = e.readHeader(one)
		case line-1 > maxCases:
			err = fmt.Errorf("more than %d cases", maxCases)
		default:
			err = e.readCase(one, seen)
		}
		if err != nil {
			return nil, &results.InputError{File: file, Line: line, Msg: err.Error()}
		}
	}
	if len(e.Cases) == 0 {
		return nil, &results.InputError{File: file,
			Msg: "it holds no case; mtbench gate --write makes a file of expected figures"}
	}
	return e, nil
}

func (e *Expected) readHeader(line []byte) error {
	h := &e.Header
	// The type and the schema come first: a file of another version has other fields.
	if err := json.Unmarshal(line, h); err != nil || h.Type != typeHeader {
		return fmt.Errorf("not a file of expected figures: its first line has no \"type\":%q", typeHeader)
	}
	switch {
	case h.Schema != Schema:
		return fmt.Errorf("schema %d; this build reads %d: make the file anew with mtbench gate --write",
			h.Schema, Schema)
	case !(h.Limits.Counters >= 0 && h.Limits.Counters <= maxLimit),
		!(h.Limits.Times >= 0 && h.Limits.Times <= maxLimit):
		return fmt.Errorf("limits of %v for counters and %v for times; they are parts, 0 to %v",
			h.Limits.Counters, h.Limits.Times, maxLimit)
	}
	return strict(line, &Header{})
}

func (e *Expected) readCase(line []byte, seen map[Key]bool) error {
	var c Case
	if err := strict(line, &c); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	if seen[c.Key] {
		return fmt.Errorf("%s is there twice", c.Key)
	}
	seen[c.Key] = true
	e.Cases = append(e.Cases, c)
	return nil
}

// strict reads one JSON object and refuses fields that it does not know.
func strict(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return fmt.Errorf("%s is a %s; it has to be another kind of value", kind.Field, kind.Value)
	case err != nil:
		return fmt.Errorf("no such record: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if d.More() {
		return errors.New("more than one record on a line")
	}
	return nil
}

func (c *Case) check() error {
	switch {
	case c.Type != typeCase:
		return fmt.Errorf("type is %q; after the first line every one is a %q", c.Type, typeCase)
	case c.Model == "" || len(c.Model) > maxName:
		return fmt.Errorf("a model's name of %d bytes; it has 1 to %d", len(c.Model), maxName)
	}
	names := map[string]bool{}
	for _, f := range Figures() {
		names[f.Name] = true
	}
	for name, v := range c.Figures {
		switch {
		case !names[name]:
			return fmt.Errorf("there is no figure %q", name)
		case v < 0 || v > maxValue:
			return fmt.Errorf("%s is %d; it is 0 to %d", name, v, int64(maxValue))
		}
	}
	return nil
}
