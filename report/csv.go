package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

func csvFormat() Format {
	return Format{Name: "csv", Files: []string{"runs.csv"}, write: oneFile((*Report).csv)}
}

// csv writes a row for each run, in the order of the files: every field of a run's record
// that is one value, its unit in the heading, and behind them the figures that the tables show.
// A/A runs (column aa) and attempts that were run again (column kept is false) are there too.
// Failed runs have a row with class and reason. Null is an empty cell.
func (r *Report) csv(w io.Writer, _ Options) error {
	out := csv.NewWriter(w)
	fields := scalarFields(reflect.TypeFor[results.Run](), "", nil)
	derived := csvMetrics()
	if err := out.Write(csvHead(fields, derived)); err != nil {
		return err
	}
	for _, f := range r.files {
		last := view.LastOfPlaces(f)
		for i := range f.Runs {
			run := &f.Runs[i]
			kept := run.Attempt == last[view.PlaceOf(run)]
			if err := out.Write(csvRun(f, run, kept, fields, derived)); err != nil {
				return err
			}
		}
		for i := range f.Failed {
			if err := out.Write(csvFailed(f, &f.Failed[i], fields, derived)); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// csvField is one column that stands in the record.
type csvField struct {
	name, unit string
	index      []int // of the field, for reflect
}

// scalarFields are the fields of t that hold one value, those of its structs included.
func scalarFields(t reflect.Type, prefix string, at []int) []csvField {
	var fields []csvField
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		index := append(append([]int{}, at...), i)
		switch {
		case f.Anonymous: // its fields are the record's own
			fields = append(fields, scalarFields(f.Type, prefix, index)...)
		case f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]():
			fields = append(fields, scalarFields(f.Type, prefix+name+".", index)...)
		case f.Type == reflect.TypeFor[*results.CPUTimeline](): // a table of its own
		case f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct:
			fields = append(fields, scalarFields(f.Type.Elem(), prefix+name+".", index)...)
		case f.Type.Kind() != reflect.Slice && name != "main_cpu_percent":
			fields = append(fields, csvField{prefix + name, f.Tag.Get("unit"), index})
		}
	}
	return fields
}

// csvMetrics are the columns that are made of a run.
func csvMetrics() []metric.Metric {
	return slices.DeleteFunc(metric.All(), func(m metric.Metric) bool { return m.CSV.Name == "" })
}

func csvHead(fields []csvField, derived []metric.Metric) []string {
	head := []string{"file", "kind", "host", "failed_class", "failed_reason", "kept"}
	for _, f := range fields {
		head = append(head, withUnit(f.name, f.unit))
	}
	for _, m := range derived {
		head = append(head, withUnit(m.CSV.Name, m.CSV.Unit))
	}
	return head
}

// withUnit is a heading of letters, digits and _ alone, so that any reader takes it for a name
// without quoting: the figure, and behind it its unit where the name does not end with it. Counts
// have none.
func withUnit(name, unit string) string {
	name = strings.ReplaceAll(name, ".", "_")
	unit = unitWord(unit)
	said := strings.ReplaceAll(name, "_a_", "_per_") + "s"
	if unit == "" || strings.HasSuffix(strings.TrimSuffix(said, "s"), unit) ||
		strings.HasSuffix(said, unit) || strings.HasPrefix(name, unit) {
		return name
	}
	return name + "_" + unit
}

// unitWord is a unit as a part of a name: "pages_per_second" of "pages/s".
func unitWord(unit string) string {
	switch {
	case unit == "count" || unit == "polls":
		return ""
	case strings.HasPrefix(unit, "ratio") || strings.HasPrefix(unit, "×"):
		return "ratio"
	case strings.HasPrefix(unit, "percent"):
		return "percent"
	}
	unit = strings.TrimPrefix(unit, "calls") // what is called is the name
	unit = strings.ToLower(strings.NewReplacer("µ", "u", " ", "_").Replace(unit))
	if per, ok := strings.CutSuffix(unit, "/s"); ok {
		return per + "_per_second"
	}
	return strings.TrimPrefix(strings.ReplaceAll(unit, "/", "_per_"), "_")
}

func csvLead(f *results.File, class, reason, kept string) []string {
	return []string{format.CsvText(filepath.Base(f.Path)), format.CsvText(f.Header.Kind),
		format.CsvText(f.Header.Host.Name), format.CsvText(class), format.CsvText(reason), kept}
}

func csvRun(f *results.File, r *results.Run, kept bool, fields []csvField,
	derived []metric.Metric) []string {
	row := append(csvLead(f, "", "", strconv.FormatBool(kept)), csvValues(r, fields)...)
	for _, d := range derived {
		text := ""
		if figure, ok := d.In(d.CSV)(r); ok {
			text = strconv.FormatFloat(figure, 'g', 6, 64)
		}
		row = append(row, text)
	}
	return row
}

// csvFailed is the row of a run without figures: of the record's fields, those that a failed run
// has too.
func csvFailed(f *results.File, r *results.Failed, fields []csvField,
	derived []metric.Metric) []string {
	row := append(csvLead(f, r.Class, r.Reason, ""), csvShared(r, fields)...)
	return append(row, make([]string, len(derived))...)
}

// csvValues are the fields of the record that r points to; a field of a part that it has not is
// empty.
func csvValues(r any, fields []csvField) (row []string) {
	v := reflect.ValueOf(r).Elem()
	for _, field := range fields {
		text := ""
		if value, err := v.FieldByIndexErr(field.index); err == nil {
			text = csvValue(value)
		}
		row = append(row, text)
	}
	return row
}

// csvShared are the fields, of another record, that the record r points to has by the same name.
func csvShared(r any, fields []csvField) (row []string) {
	v := reflect.ValueOf(r).Elem()
	names := map[string]reflect.Value{}
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names[name] = v.FieldByIndex(f.Index)
	}
	for _, field := range fields {
		text := ""
		if value, ok := names[field.name]; ok {
			text = csvValue(value)
		}
		row = append(row, text)
	}
	return row
}

func csvValue(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch x := v.Interface().(type) {
	case string:
		return format.CsvText(x)
	case time.Time:
		return x.UTC().Format(time.RFC3339Nano)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	default:
		return fmt.Sprint(x)
	}
}
