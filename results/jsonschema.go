package results

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"
)

// JSONSchema returns the JSON Schema (draft 2020-12) of one record of a result file, which is one
// line of it. It is made from the types and from what the reader asks of each record; what records
// say of each other it cannot hold.
func JSONSchema() ([]byte, error) {
	record := func(kind string, t reflect.Type, required []string) map[string]any {
		s := objectSchema(t)
		s["properties"].(map[string]any)["type"] = map[string]any{"const": kind}
		s["required"] = append([]string{"type"}, required...)
		return s
	}
	header := record(TypeHeader, reflect.TypeFor[Header](), append([]string{"schema"}, headerNames...))
	properties := header["properties"].(map[string]any)
	properties["kind"].(map[string]any)["enum"] = []string{Measured, Traced, Predicted, Published}
	properties["schema"] = map[string]any{"type": "integer", "minimum": OldestSchema,
		"maximum": Schema, "description": "version of the format"}
	text, err := json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "A record of a result file of mtbench: one line of JSON Lines",
		"oneOf": []any{header,
			record(TypeRun, reflect.TypeFor[Run](), publishedNames),
			record(TypeFailed, reflect.TypeFor[Failed](), failedNames),
			record(TypeFrontier, reflect.TypeFor[Frontier](), frontierNames),
			record(TypeWhatIf, reflect.TypeFor[WhatIf](), whatIfNames)},
	}, "", " ")
	return append(text, '\n'), err
}

// objectSchema is the schema of a struct. Names that it does not have are allowed: files of later
// builds of the same schema have more.
func objectSchema(t reflect.Type) map[string]any {
	properties := map[string]any{}
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		s := valueSchema(f.Type)
		if f.Type.Kind() == reflect.Slice && !strings.Contains(options, "omitempty") {
			nullableSchema(s) // a list of none may be written so
		}
		doc := f.Tag.Get("doc")
		if unit := f.Tag.Get("unit"); unit != "" {
			doc += " [" + unit + "]"
		}
		if s["description"] = doc; doc == "" {
			delete(s, "description")
		}
		properties[name] = s
	}
	return map[string]any{"type": "object", "properties": properties}
}

// valueSchema is the schema of one value.
func valueSchema(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case reflect.TypeFor[Duration]():
		return map[string]any{"type": "number"}
	case reflect.TypeFor[States]():
		return nullableSchema(map[string]any{"type": "object",
			"additionalProperties": map[string]any{"type": "number"}})
	}
	switch t.Kind() {
	case reflect.Pointer:
		return nullableSchema(valueSchema(t.Elem()))
	case reflect.Struct:
		return objectSchema(t)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": valueSchema(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": valueSchema(t.Elem())}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{"type": "integer"}
}

// nullableSchema lets null stand in place of the value of s.
func nullableSchema(s map[string]any) map[string]any {
	if kind, ok := s["type"].(string); ok {
		s["type"] = slices.Sorted(slices.Values([]string{kind, "null"}))
	}
	return s
}
