package report

import (
	"io"

	"mtbench/report/internal/page"
	"mtbench/report/internal/plot"
	"mtbench/results"
)

// Plot is one picture: one question, and what the data answers.
type Plot = plot.Plot

// PlotFormats returns the formats that a plot can be rendered in. SVG and PNG are the same bytes
// whenever they are made of the same file by the same build; PDF carries the time of its making.
func PlotFormats() []string { return plot.Formats() }

// Plots returns the plots of a report over files, in the order a reader wants them: first who wins,
// then why, then how far it can be trusted. A plot whose data no file has says so in Missing.
func Plots(files []*results.File) []Plot { return plot.All(files) }

// TotalTimePlot returns the one plot that a series ends with: total time by threads, every model.
func TotalTimePlot(f *results.File) Plot { return plot.TotalTime(f) }

// PageOptions are what a page may be told; the zero value is right for files on disk.
type PageOptions = page.Options

// HTML writes the report of files as one page that needs nothing else: it makes no request, works
// without its script, and is the same bytes whenever it is made of the same files by one build.
func HTML(w io.Writer, files []*results.File, opts PageOptions) error {
	return page.Write(w, files, opts)
}
