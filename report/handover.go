package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"mtbench/report/internal/format"
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
func HandOverFormats() []string { return []string{"terminal", "markdown"} }

// Write writes the report in one of [HandOverFormats].
func (h *HandOver) Write(w io.Writer, form string, opts Options) error {
	var out bytes.Buffer
	switch form {
	case "terminal":
		if err := h.terminal(&out, opts); err != nil {
			return err
		}
	case "markdown":
		h.markdown(&out, opts)
	default:
		return fmt.Errorf("a hand-over file has the formats %s, not %s",
			strings.Join(HandOverFormats(), " and "), form)
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

func (h *HandOver) markdown(out *bytes.Buffer, opts Options) {
	for _, sec := range h.sections(opts) {
		markdownSection(out, &sec)
		if sec.Pictures {
			markdownPlots(out, opts.Plots)
		}
	}
}

// sections are those that are wanted.
func (h *HandOver) sections(opts Options) []table.Section {
	return slices.DeleteFunc(table.HandOver(h.view), func(s table.Section) bool {
		return !opts.shows(&s.Spec)
	})
}

// Plots returns the pictures of the file.
func (h *HandOver) Plots() []Plot { return plot.HandOver(h.view) }
