package results

import (
	"reflect"
	"strings"
	"time"
)

// Field is one name of the format, as the reference page shows it.
type Field struct {
	Record   string // the type of the record
	Path     string // dotted from the record; [] after a list, * for the keys of a map
	Type     string // JSON type: bool, integer, number, string, time, object, list of …
	Unit     string // empty for what has none
	Doc      string
	Misread  string // how not to take it; empty where there is no common way
	Nullable bool   // null where the figure has no meaning in a run
	Optional bool   // absent where it is empty or zero
}

// Fields lists every name of the format in the order of the records, from the tags of the types.
func Fields() []Field {
	var all []Field
	all = appendFields(all, TypeHeader, "", reflect.TypeFor[Header]())
	all = appendFields(all, TypeRun, "", reflect.TypeFor[Run]())
	all = appendFields(all, TypeFailed, "", reflect.TypeFor[Failed]())
	all = appendFields(all, TypeFrontier, "", reflect.TypeFor[Frontier]())
	all = appendFields(all, TypeWhatIf, "", reflect.TypeFor[WhatIf]())
	all = appendFields(all, TypeHandOverHeader, "", reflect.TypeFor[HandOverHeader]())
	all = appendFields(all, TypeHandOver, "", reflect.TypeFor[HandOver]())
	return appendFields(all, TypeHandOverFailed, "", reflect.TypeFor[HandOverFailed]())
}

func appendFields(all []Field, record, prefix string, t reflect.Type) []Field {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous { // its fields are the record's own
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			all = appendFields(all, record, prefix, inner)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		kind, inner, suffix := describe(f.Type)
		all = append(all, Field{
			Record: record, Path: prefix + name, Type: kind,
			Unit: f.Tag.Get("unit"), Doc: f.Tag.Get("doc"),
			Misread:  f.Tag.Get("misread"),
			Nullable: f.Type.Kind() == reflect.Pointer && options == "",
			Optional: strings.Contains(options, "omitempty"),
		})
		if inner != nil {
			all = appendFields(all, record, prefix+name+suffix+".", inner)
		}
	}
	return all
}

// describe names the JSON type of t. For an object, inner is the struct whose fields follow and
// suffix what joins their path.
func describe(t reflect.Type) (name string, inner reflect.Type, suffix string) {
	switch t {
	case reflect.TypeFor[time.Time]():
		return "time (RFC 3339)", nil, ""
	case reflect.TypeFor[Duration]():
		return "number", nil, ""
	case reflect.TypeFor[States]():
		return "object of number", nil, ""
	}
	switch t.Kind() {
	case reflect.Pointer:
		return describe(t.Elem())
	case reflect.Struct:
		return "object", t, ""
	case reflect.Slice:
		name, inner, suffix = describe(t.Elem())
		return "list of " + name, inner, "[]" + suffix
	case reflect.Map:
		name, inner, suffix = describe(t.Elem())
		return "object of " + name, inner, ".*" + suffix
	case reflect.Bool:
		return "bool", nil, ""
	case reflect.String:
		return "string", nil, ""
	case reflect.Float64:
		return "number", nil, ""
	}
	return "integer", nil, ""
}
