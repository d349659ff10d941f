package results

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"unique"
)

// States is the wall time of a thread by reason, in milliseconds: in a file an object, in memory a
// short list. A file holds hundreds of thousands of them, which as maps would be a third of it.
type States []State

// State is one reason and its time.
type State struct {
	Name string
	MS   float64
}

// Of returns the time of a reason; 0 where there is none.
func (s States) Of(name string) float64 {
	for i := range s {
		if s[i].Name == name {
			return s[i].MS
		}
	}
	return 0
}

// Set gives a reason its time.
func (s *States) Set(name string, ms float64) {
	for i := range *s {
		if (*s)[i].Name == name {
			(*s)[i].MS = ms
			return
		}
	}
	*s = append(*s, State{name, ms})
}

// MarshalJSON writes the reasons in the order of their names.
func (s States) MarshalJSON() ([]byte, error) {
	sorted := slices.Clone(s)
	slices.SortFunc(sorted, func(a, b State) int { return cmp.Compare(a.Name, b.Name) })
	out := []byte{'{'}
	for i := range sorted {
		name, err := json.Marshal(sorted[i].Name)
		if err != nil {
			return nil, err
		}
		ms, err := json.Marshal(sorted[i].MS)
		if err != nil {
			return nil, err // NaN
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, name...), ':'), ms...)
	}
	return append(out, '}'), nil
}

// UnmarshalJSON reads an object of numbers. The text is valid JSON: the decoder has seen to that.
func (s *States) UnmarshalJSON(text []byte) error {
	text = bytes.TrimSpace(text)
	if string(text) == "null" {
		return nil
	}
	if text[0] != '{' {
		return notNumbers(text)
	}
	list := make(States, 0, bytes.Count(text, []byte{':'}))
	for at := 1; ; at++ {
		from := bytes.IndexByte(text[at:], '"')
		if from < 0 {
			break
		}
		at += from
		end := stringEnd(text, at)
		name, err := stateName(text[at : end+1])
		if err != nil {
			return err
		}
		value := text[end+1+bytes.IndexByte(text[end+1:], ':')+1:]
		length := bytes.IndexAny(value, ",}")
		ms, err := strconv.ParseFloat(string(bytes.TrimSpace(value[:length])), 64)
		if err != nil {
			return notNumbers(bytes.TrimSpace(value))
		}
		list = append(list, State{name, ms})
		at = len(text) - len(value) + length
	}
	*s = list
	return nil
}

// stateName unquotes a name; each is kept once, however many threads have it.
func stateName(quoted []byte) (string, error) {
	name := string(quoted[1 : len(quoted)-1])
	if bytes.IndexByte(quoted, '\\') >= 0 || !plain(quoted) {
		if err := json.Unmarshal(quoted, &name); err != nil {
			return "", err
		}
	}
	return unique.Make(name).Value(), nil
}

// notNumbers is the decoder's own error for a value that is not a number.
func notNumbers(value []byte) error {
	kind := map[byte]string{'"': "string", '{': "object", '[': "array", 't': "bool", 'f': "bool",
		'n': "null"}[value[0]]
	return &json.UnmarshalTypeError{Value: cmp.Or(kind, "number"), Field: "states_ms"}
}
