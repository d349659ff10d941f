package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mtbench/report"
	"mtbench/results"
)

type reportOptions struct {
	format string
	form   report.Format
	plots  []string
	only   []string
	dir    string

	details bool
	brief   bool

	where []string
	by    []string
	part  []results.Where // of where
}

// formatNames are the formats of `mtbench report`, the default first.
func formatNames() []string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, f.Name)
	}
	return names
}

func newReportCommand() *cobra.Command {
	o := &reportOptions{}
	cmd := &cobra.Command{
		Use:   "report FILE...",
		Short: "Make tables, plots and pages of result files",
		Long: `Reports what result files say; - is standard input. On a terminal the answer comes first: who
is faster, where, by how much and why, one row a case. --details adds every section that the files
have data for, and --only NAME shows one. A terminal gets it through a pager (MTBENCH_PAGER,
PAGER or less; cat for none). In a pipe COLUMNS sets the width.

With several files the report sets them side by side. With --output DIR it goes to a file in that
directory, whole, and plots with it.

--where and --by take any axis of a case:
` + columns(results.Keys()) + `.

The sections that --only chooses from:
` + columns(report.SectionNames()) + `

Of a file of "mtbench handover", which is reported by itself: ` +
			strings.Join(report.HandOverSections(), ", "),
		Example: `  mtbench report results.jsonl
  mtbench report results.jsonl --only cases
  mtbench report results.jsonl --format html -o report
  mtbench report results.jsonl --where threads=4,8 --by model,wait
  mtbench report results.jsonl --format markdown --plots svg,png -o report
  mtbench report results.jsonl --format benchfmt | benchstat -col /model -
  zcat results.jsonl.gz | mtbench report --only cases -`,
		Args: someFiles,
		RunE: func(cmd *cobra.Command, args []string) error { return runReport(cmd, o, args) },
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", formatNames()[0], strings.Join(formatNames(), ", "))
	f.StringSliceVar(&o.plots, "plots", nil, "draw plots as well: "+strings.Join(report.PlotFormats(),
		", "))
	f.StringSliceVar(&o.only, "only", nil, "terminal, markdown and asciidoc: these sections alone")
	f.StringArrayVar(&o.where, "where", nil,
		"only runs with KEY=VALUE[,VALUE...] on an axis; given again, both must hold")
	f.StringSliceVar(&o.by, "by", nil,
		"the runs by the values of these axes, in place of the sections")
	f.BoolVar(&o.details, "details", false, "terminal: every section that the files have data for")
	f.BoolVar(&o.brief, "brief", false,
		"markdown: a snippet to paste: the answer, its table, one picture (with --plots) and the "+
			"citation")
	f.StringVarP(&o.dir, "output", "o", "", "directory to write to; it is made if need be")
	return cmd
}

func runReport(cmd *cobra.Command, o *reportOptions, paths []string) error {
	if err := o.check(); err != nil {
		return badInput(err)
	}
	files, handOver, err := readReported(paths)
	if err != nil {
		return badInput(err)
	}
	if handOver != nil && len(o.by)+len(o.part) > 0 {
		return badInput(errors.New("--where and --by take files of runs; a file of mtbench handover is " +
			"reported as a whole"))
	}
	if handOver != nil {
		return reportHandover(cmd, o, handOver)
	}
	if err := o.checkOnly(report.SectionNames()); err != nil {
		return badInput(err)
	}
	for i := range files {
		if files[i], err = files[i].Only(o.part); err != nil {
			return badInput(err)
		}
	}
	r := report.New(files, contenders())
	if o.dir == "" {
		out := cmd.OutOrStdout()
		opts := optionsFor(out)
		opts.Only, opts.By = o.only, o.by
		opts.Brief = o.brief || o.form.Name == formatNames()[0] && !o.details && len(o.only) == 0
		opts.Index = opts.Brief
		if o.form.Name != formatNames()[0] {
			return o.form.Write(r, []io.Writer{out}, opts)
		}
		var text bytes.Buffer
		if err := o.form.Write(r, []io.Writer{&text}, opts); err != nil {
			return err
		}
		return paged(out, text.Bytes())
	}
	if err := makeDir(o.dir); err != nil {
		return badInput(fmt.Errorf("--output: %w", err))
	}
	links, err := o.draw(r)
	if err != nil {
		return err
	}
	return o.writeDir(cmd, r, report.Options{Plots: links, Only: o.only, By: o.by, Brief: o.brief})
}

// columns are lines of comma-separated words, each of at most 96 columns.
func columns(words []string) string {
	var b strings.Builder
	width := 0
	for i, word := range words {
		if i < len(words)-1 {
			word += ","
		}
		if width+1+len(word) > 96 {
			b.WriteString("\n")
			width = 0
		}
		if width > 0 {
			b.WriteString(" ")
			width++
		}
		b.WriteString(word)
		width += len(word)
	}
	return b.String()
}

// checkOnly refuses a section that a file of its kind does not have.
func (o *reportOptions) checkOnly(sections []string) error {
	for _, name := range o.only {
		if !slices.Contains(sections, name) {
			return fmt.Errorf("--only: there is no section %q; there are %s", name,
				strings.Join(sections, ", "))
		}
	}
	return nil
}

func makeDir(path string) error {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is a file, not a directory", path)
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return fmt.Errorf("the directory %s cannot be made: %w", path, results.Reason(err))
	}
	return nil
}

func (o *reportOptions) check() error {
	formats := report.Formats()
	at := slices.Index(formatNames(), o.format)
	if at < 0 {
		return fmt.Errorf("--format: %q is unknown; there are %s", o.format,
			strings.Join(formatNames(), ", "))
	}
	o.form = formats[at]
	for _, p := range o.plots {
		if !slices.Contains(report.PlotFormats(), p) {
			return fmt.Errorf("--plots: %q is unknown; there are %s", p,
				strings.Join(report.PlotFormats(), ", "))
		}
	}
	if o.brief && (o.format != "markdown" || len(o.only)+len(o.by) > 0 || o.details) {
		return errors.New("--brief goes with --format markdown alone, and not with --only, --by or " +
			"--details")
	}
	if len(o.only) > 0 && !o.form.Sectioned {
		return fmt.Errorf("--only goes with the formats terminal, markdown and asciidoc, not with %s",
			o.format)
	}
	if err := o.checkAxes(); err != nil {
		return err
	}
	if o.dir == "" && (len(o.plots) > 0 || len(o.form.Files) > 1) {
		return fmt.Errorf("plots and chart-json are several files: say where to with --output DIR")
	}
	return nil
}

// checkAxes looks at the axes that runs are chosen and put together by.
func (o *reportOptions) checkAxes() error {
	o.part = nil
	for _, text := range o.where {
		w, err := results.ParseWhere(text)
		if err != nil {
			return fmt.Errorf("--where: %w", err)
		}
		o.part = append(o.part, w)
	}
	for i, name := range o.by {
		key, err := results.ParseKey(name)
		if err != nil {
			return fmt.Errorf("--by: %w", err)
		}
		o.by[i] = key
	}
	switch {
	case len(o.by) > 0 && !o.form.Sectioned:
		return fmt.Errorf("--by goes with the formats terminal, markdown and asciidoc, not with %s",
			o.format)
	case len(o.by) > 0 && len(o.only) > 0:
		return errors.New("--by is in place of the sections that --only names; give one of them")
	}
	return nil
}

// readAll reads files. What is read lives as long as the command, so that the collector need not
// leave as much again free: 10,000 runs are reported within 300 MB.
func readAll(paths []string) ([]*results.File, error) {
	debug.SetGCPercent(50)
	var files []*results.File
	for i, p := range paths {
		if p == results.Stdin && slices.Contains(paths[:i], p) {
			return nil, &results.InputError{File: p, Msg: "stands for standard input and can be given once"}
		}
		f, err := results.Read(p)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// readReported reads what a report is made of: result files, or one of mtbench handover.
func readReported(paths []string) ([]*results.File, *results.HandOverFile, error) {
	if len(paths) != 1 {
		files, err := readDistinct(paths)
		return files, nil, err
	}
	debug.SetGCPercent(50) // see readAll
	f, h, err := results.ReadAny(paths[0])
	return []*results.File{f}, h, err
}

// readDistinct reads files that are evidence together: the same twice would count double.
func readDistinct(paths []string) ([]*results.File, error) {
	files, err := readAll(paths)
	if err != nil {
		return nil, err
	}
	seen := map[string]string{}
	for _, f := range files {
		if before, ok := seen[f.SHA256]; ok {
			return nil, &results.InputError{File: f.Path, Msg: "is given twice, or is a copy of " + before +
				": the same runs count once; leave one out"}
		}
		seen[f.SHA256] = f.Path
	}
	return files, nil
}

// optionsFor are those of the terminal, if w is one.
func optionsFor(w io.Writer) report.Options {
	if out, ok := w.(*output); ok {
		return terminalOptions(out.file)
	}
	return report.Options{}
}

// draw draws every plot that the files have data for, in each format asked for, and returns links
// to those of the first format.
func (o *reportOptions) draw(r *report.Report) ([]report.PlotLink, error) {
	if len(o.plots) == 0 {
		return nil, nil
	}
	return o.drawAll(r.Plots())
}

// drawAll is draw of some plots.
func (o *reportOptions) drawAll(plots []report.Plot) (links []report.PlotLink, err error) {
	if len(o.plots) == 0 {
		return nil, nil
	}
	for _, p := range plots {
		if p.Missing != "" {
			continue
		}
		links = append(links, report.PlotLink{Title: p.Title, Path: p.ID + "." + o.plots[0]})
		for _, format := range o.plots {
			err := toFile(filepath.Join(o.dir, p.ID+"."+format), func(w io.Writer) error {
				return p.Render(w, format)
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return links, nil
}

// writeDir writes the files of the format, and names them when all are there.
func (o *reportOptions) writeDir(cmd *cobra.Command, r *report.Report, opts report.Options) error {
	texts := make([]bytes.Buffer, len(o.form.Files))
	var open []io.Writer
	for i := range texts {
		open = append(open, &texts[i])
	}
	if err := o.form.Write(r, open, opts); err != nil {
		return err
	}
	for i, name := range o.form.Files {
		if err := save(filepath.Join(o.dir, name), texts[i].Bytes()); err != nil {
			return err
		}
	}
	for _, name := range o.form.Files {
		if _, err := fmt.Fprintln(cmd.OutOrStdout(), clean(filepath.Join(o.dir, name))); err != nil {
			return err
		}
	}
	return nil
}

// toFile makes the text of a file before it makes the file.
func toFile(path string, write func(io.Writer) error) error {
	var text bytes.Buffer
	if err := write(&text); err != nil {
		return err
	}
	return save(path, text.Bytes())
}

// save writes a file, or writes one over, so that no half of it is ever seen.
func save(path string, text []byte) error {
	f, err := results.NewUnseen(path)
	if err != nil {
		return err
	}
	if _, err = f.Write(text); err == nil {
		err = f.Replace(path)
	}
	return errors.Join(err, f.Drop())
}
