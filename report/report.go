// Package report writes result files in formats that people and other programs read: a terminal's
// tables, Markdown, an HTML page, CSV, the Go benchmark format and JSON of charts. It shows records
// and runs nothing. What it shows is made in its rooms: format (numbers and harmless strings), view
// (runs by cell, findings and sentences), table (sections), plot (pictures) and page (HTML).
package report

import (
	"fmt"
	"io"

	"mtbench/report/internal/plot"
	"mtbench/report/internal/table"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// Contender is what a report knows of a model beside its runs: its kind, and how it looks.
type Contender = view.Contender

// Kind says which part a model takes in a report.
type Kind = view.Kind

// The kinds of contenders.
const (
	Model    = view.Model
	Baseline = view.Baseline
	Step     = view.Step
)

// Colors and Markers return what a contender may look like, the common look last.
func Colors() []string  { return view.Colors() }
func Markers() []string { return view.Markers() }

// Report is what result files come to. What it computes of them it computes once, whatever is
// written; it is for one goroutine.
type Report struct {
	files   []*results.File
	sources []*view.Source
}

// New returns the report of files, in their order. A model that known does not have is a Model in
// the common look.
func New(files []*results.File, known []Contender) *Report {
	return &Report{files, view.SourcesOf(files, known)}
}

// Options are what a format may be told; the zero value is right for a file or a pipe.
type Options struct {
	Width int  // columns of the terminal; 0 = [DefaultWidth]
	Color bool // tones by ANSI colour; never alone in meaning
	Brief bool // the answer alone: who wins, where, by how much and why
	Index bool // terminal, after the answer: a line that names the other sections

	// Only are the sections to write, by name ([SectionNames]); empty = all.
	Only []string

	// By are axes ([results.Keys]): the runs by their values, in place of the sections.
	By []string

	// Plots are links to pictures, for Markdown: paths relative to where the text will stand.
	Plots []PlotLink
}

// DefaultWidth is for a pipe or a file, which have no width of their own.
const DefaultWidth = 120

// PlotLink is one picture of a Markdown report.
type PlotLink struct {
	Title string // also what is read aloud in its place
	Path  string // relative
}

// SectionNames returns the names that Options.Only takes, in the order of a report. The pages of
// several files have the sections of each.
func SectionNames() []string { return table.Names() }

// sections are those of the report, or the pivot alone that opts ask for.
func (r *Report) sections(opts *Options) []table.Section {
	if len(opts.By) == 0 {
		return table.Sections(r.sources)
	}
	pivot := table.Pivot(r.sources, opts.By)
	opts.Only, opts.Brief, opts.Index = []string{pivot.Name}, false, false
	return []table.Section{pivot}
}

// shows says whether a section is wanted.
func (o *Options) shows(spec *table.Spec) bool {
	for _, name := range o.Only {
		if name == spec.Name {
			return true
		}
	}
	return len(o.Only) == 0 && (spec.Brief || !o.Brief)
}

// whole says whether every section is written.
func (o *Options) whole() bool { return len(o.Only) == 0 && !o.Brief }

// Format is one form of a report.
type Format struct {
	Name      string
	Files     []string // what it is called in a directory; most are one file
	Sectioned bool     // Options.Only chooses among its sections

	write func(r *Report, w []io.Writer, opts Options) error
}

// Formats returns the formats of a report, the default first.
func Formats() []Format {
	return []Format{terminalFormat(), markdownFormat(), asciidocFormat(), htmlFormat(), csvFormat(),
		benchFormat(), chartFormat()}
}

// Write writes the report; w are as many as f.Files.
func (f *Format) Write(r *Report, w []io.Writer, opts Options) error {
	if len(w) != len(f.Files) {
		return fmt.Errorf("the format %s is %d files, not %d", f.Name, len(f.Files), len(w))
	}
	return f.write(r, w, opts)
}

// oneFile makes the writer of a format that is one file.
func oneFile(write func(*Report, io.Writer, Options) error) func(*Report, []io.Writer,
	Options) error {
	return func(r *Report, w []io.Writer, opts Options) error { return write(r, w[0], opts) }
}

// Plot is one picture: one question, and what the data answers.
type Plot = plot.Plot

// PlotFormats returns the formats that a plot can be rendered in. They are the same
// bytes whenever they are made of the same file by the same build.
func PlotFormats() []string { return plot.Formats() }

// Plots returns the plots of the report, in the order a reader wants them: first who wins, then
// why, then how far it can be trusted. A plot whose data no file has says so in Missing.
func (r *Report) Plots() []Plot { return plot.All(r.sources) }

// TimePlot returns the one plot that a series ends with: time of equal work by threads, every
// model; of a series of two builds, both builds in each model.
func (r *Report) TimePlot() Plot { return plot.Time(r.sources) }
