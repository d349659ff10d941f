package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"mtbench/report/internal/format"
	"mtbench/report/internal/page"
	"mtbench/report/internal/plot"
	"mtbench/report/internal/table"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// HandOver is the report of a hand-over file.
type HandOver struct{ view *view.HandOver }

// NewHandOver returns the report of a file.
func NewHandOver(f *results.HandOverFile) *HandOver { return &HandOver{view.HandOverOf(f)} }

// HandOverSections returns the names that Options.Only takes for a hand-over file.
func HandOverSections() []string { return table.HandOverNames() }

// HandOverFormats returns the formats of a hand-over file, the default first.
func HandOverFormats() []string { return handOverWriters().names() }

// handOverWriters are the formats, the default first.
func handOverWriters() handOverForms {
	return handOverForms{{"terminal", (*HandOver).terminal}, {"markdown", (*HandOver).markdown},
		{"asciidoc", (*HandOver).asciidoc}, {"html", (*HandOver).html}, {"csv", (*HandOver).csv}}
}

type handOverForms []struct {
	name  string
	write func(*HandOver, *bytes.Buffer, Options) error
}

func (forms handOverForms) names() (names []string) {
	for _, f := range forms {
		names = append(names, f.name)
	}
	return names
}

// Write writes the report in one of [HandOverFormats].
func (h *HandOver) Write(w io.Writer, form string, opts Options) error {
	forms := handOverWriters()
	at := slices.Index(forms.names(), form)
	if at < 0 {
		return fmt.Errorf("a hand-over file has the formats %s, not %s",
			strings.Join(forms.names(), ", "), form)
	}
	var out bytes.Buffer
	if err := forms[at].write(h, &out, opts); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}

func (h *HandOver) terminal(out *bytes.Buffer, opts Options) error {
	if opts.Width <= 0 {
		opts.Width = DefaultWidth
	}
	for _, sec := range h.sections(opts) {
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		if err := terminalSection(out, &sec, opts); err != nil {
			return err
		}
	}
	if opts.Index {
		index(out, table.HandOver(h.view), format.CleanLine(h.view.From.Path), opts)
	}
	return nil
}

func (h *HandOver) markdown(out *bytes.Buffer, opts Options) error {
	for _, sec := range h.sections(opts) {
		markdownSection(out, &sec)
		if sec.Pictures {
			markdownPlots(out, opts.Plots)
		}
	}
	return nil
}

func (h *HandOver) asciidoc(out *bytes.Buffer, opts Options) error {
	out.WriteString(asciidocHead)
	for _, sec := range h.sections(opts) {
		asciidocSection(out, &sec)
	}
	return nil
}

func (h *HandOver) html(out *bytes.Buffer, _ Options) error {
	return page.WriteHandOver(out, h.view)
}

// csv writes a row for each run, in the order of the file, as [Report] does for a series. Failed
// runs have a row with the reason.
func (h *HandOver) csv(out *bytes.Buffer, _ Options) error {
	f := h.view.From
	w := csv.NewWriter(out)
	fields := scalarFields(reflect.TypeFor[results.HandOver](), "", nil)
	head := []string{"file", "host", "failed_reason"}
	for _, field := range fields {
		head = append(head, withUnit(field.name, field.unit))
	}
	rows := [][]string{head}
	lead := func(reason string) []string {
		return []string{format.CsvText(filepath.Base(f.Path)), format.CsvText(f.Header.Host.Name),
			format.CsvText(reason)}
	}
	for i := range f.Runs {
		rows = append(rows, append(lead(""), csvValues(&f.Runs[i], fields)...))
	}
	for i := range f.Failed {
		rows = append(rows, append(lead(f.Failed[i].Reason), csvShared(&f.Failed[i], fields)...))
	}
	return w.WriteAll(rows)
}

// sections are those that are wanted.
func (h *HandOver) sections(opts Options) []table.Section {
	return slices.DeleteFunc(table.HandOver(h.view), func(s table.Section) bool {
		return !opts.shows(&s.Spec)
	})
}

// Plots returns the pictures of the file.
func (h *HandOver) Plots() []Plot { return plot.HandOver(h.view) }
