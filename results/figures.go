package results

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Every figure of a record, the field that has a unit, is between 0 and the limit of its unit.
// Beyond it no benchmark can be: the file was damaged or edited, and a table or a scale made from
// it would hide everything else.
func limitOf(unit string) float64 {
	switch unit {
	case "ms":
		return 1e9 // eleven days; a run's bound is a day
	case "bytes":
		return 1 << 60
	}
	return 1e15
}

// signed are figures that are a difference of others, of clocks of their own, and may be negative.
func signed(name string) bool {
	return name == "blocked_ms" || name == "remainder_ms" ||
		name == "poll_budget" || name == "poll_budgets"
}

// plans are what to look at in records, by their type. They are made once a file, for looking at
// tags takes longer than reading a record, and only read then, by as many threads as like to.
type plans map[reflect.Type]plan

func newPlans() plans {
	p := plans{}
	for _, t := range []reflect.Type{reflect.TypeFor[Header](), reflect.TypeFor[Run](),
		reflect.TypeFor[Failed](), reflect.TypeFor[Frontier](), reflect.TypeFor[WhatIf](),
		reflect.TypeFor[HandOverHeader](), reflect.TypeFor[HandOver](),
		reflect.TypeFor[HandOverFailed]()} {
		p[t] = planOf(t)
	}
	return p
}

// wrong says which figure of the record that rec points to cannot be, or nothing.
func (p plans) wrong(rec any) string {
	v := reflect.ValueOf(rec).Elem()
	return p[v.Type()].wrong(v, "")
}

// plan is what to look at in a struct.
type plan []step

type step struct {
	index  int
	name   string
	least  float64
	most   float64 // 0: no figure
	nested plan    // of a struct or of the structs of a list
}

func planOf(t reflect.Type) plan {
	var p plan
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		s := step{index: i, name: name}
		if unit := f.Tag.Get("unit"); unit != "" {
			s.most = limitOf(unit)
			if signed(name) {
				s.least = -s.most
			}
		}
		if _, inner, _ := describe(f.Type); inner != nil {
			s.nested = planOf(inner)
		}
		if s.most != 0 || s.nested != nil {
			p = append(p, s)
		}
	}
	return p
}

// wrong looks at each field of v; path is how messages call v, with its dot.
func (p plan) wrong(v reflect.Value, path string) string {
	for i := range p {
		s := &p[i]
		if msg := s.wrong(v.Field(s.index), path); msg != "" {
			return msg
		}
	}
	return ""
}

func (s *step) wrong(v reflect.Value, path string) string {
	if v.Type() == reflect.TypeFor[Duration]() {
		return s.named(path, Duration(v.Int()).MS())
	}
	if states, ok := reflect.TypeAssert[States](v); ok {
		return s.wrongStates(states, path)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return s.wrong(v.Elem(), path)
	case reflect.Struct:
		if s.name != "" { // else its fields are the record's own
			path += s.name + "."
		}
		return s.nested.wrong(v, path)
	case reflect.Slice:
		return s.wrongList(v, path)
	case reflect.Float64:
		return s.named(path, v.Float())
	case reflect.Int, reflect.Int64:
		return s.named(path, float64(v.Int()))
	}
	return ""
}

func (s *step) wrongStates(states States, path string) string {
	for i := range states {
		if msg := s.judge(states[i].MS); msg != "" {
			return path + s.name + "." + quote(states[i].Name) + msg
		}
	}
	return ""
}

func (s *step) wrongList(v reflect.Value, path string) string {
	element := step{name: s.name, least: s.least, most: s.most, nested: s.nested}
	for i := range v.Len() {
		msg := ""
		if s.nested != nil {
			msg = s.nested.wrong(v.Index(i), "")
		} else {
			msg = element.wrong(v.Index(i), "")
		}
		if msg == "" {
			continue
		}
		if s.nested != nil {
			msg = s.name + "[" + strconv.Itoa(i) + "]." + msg
		}
		return path + msg
	}
	return ""
}

func (s *step) named(path string, figure float64) string {
	if msg := s.judge(figure); msg != "" {
		return path + s.name + msg
	}
	return ""
}

// judge is the end of a sentence that begins with the figure's name, or nothing.
func (s *step) judge(figure float64) string {
	switch {
	case figure >= s.least && figure <= s.most:
		return ""
	case figure < s.least && s.least == 0:
		return fmt.Sprintf(" is %s; it cannot be negative", figureText(figure))
	}
	return fmt.Sprintf(" is %s; no run has more than %s", figureText(figure), figureText(s.most))
}

func figureText(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
