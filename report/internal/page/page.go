// Package page writes the report as one HTML page that needs nothing else.
package page

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed" // template, style and script of the page
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"mtbench/report/internal/format"
	"mtbench/report/internal/plot"
	"mtbench/report/internal/table"
	"mtbench/report/internal/view"
	"mtbench/results"
)

//go:embed page.html.tmpl
var pageTemplate string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// Options are what a page may be told; the zero value is right for files on disk.
type Options struct {
	// Raw are the bytes of each file, to embed; where nil they are read from the file's path.
	Raw [][]byte
}

// page is what the template shows. Strings are escaped by the template where they stand; those of
// type template.X are made in this package of escaped parts.
type page struct {
	Title     string
	Policy    string
	CSS       template.CSS
	JS        template.JS
	Kinds     []string
	Summaries []view.Summary
	Several   bool
	Top       []pageSection // the published table
	Plots     []pagePlot
	Missing   []pagePlot
	Rest      []pageSection
	Absent    []pageSection // that the files have no data for
	Answer    []string      // where no file has a summary
	Files     []pageFile
	RunHeads  []string
}

type pageSection struct {
	ID, Title   string
	Lead, Notes []string
	Heads       []pageHead
	Rows        []pageRow
	Warn        bool
}

type pageHead struct {
	Text string
	Word bool
}

type pageRow struct {
	Rule  bool
	Cells []pageCell
}

type pageCell struct {
	Text, Tone string
	Word, Long bool
	Can        bool // says CAN'T COMPLETE, which may be broken into lines
}

type pagePlot struct {
	ID, Question, Title, Caption, Missing string
	Wide, Narrow                          template.HTML
}

type pageFile struct {
	Name, Kind, Command, SHA256, Created string

	Cite    view.Citation
	Head    pageSection
	Parts   []pagePart
	Records pageRecords
	Runs    []pageRun
	Left    int // runs that the table leaves out
	Notes   []string
}

type pagePart struct {
	Title    string
	Settings []pageSetting
}

// Write writes the report of files as one page that needs nothing else: it makes no request, works
// without its script, and is the same bytes whenever it is made of the same files by one build.
func Write(w io.Writer, srcs []*view.Source, opts Options) error {
	return fill(w, pageName, pageOf(srcs, opts))
}

// WriteHandOver writes the report of a hand-over file as such a page: the answer, the pictures, and
// every other section.
func WriteHandOver(w io.Writer, h *view.HandOver) error {
	p := &page{Title: "mtbench: hand-over by itself"}
	p.addPlots(plot.HandOver(h))
	for _, sec := range table.HandOver(h) {
		out := pageSectionOf(sec)
		out.ID = sec.Name
		if sec.Level == table.Heading {
			p.Top = append(p.Top, out)
		} else {
			p.Rest = append(p.Rest, out)
		}
	}
	p.allow()
	return fill(w, "handover", p)
}

// pageName is the template of the page of result files; that of a hand-over file is in it.
const pageName = "page"

func fill(w io.Writer, name string, p *page) error {
	t, err := template.New(pageName).Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("page template: %w", err)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, p); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

func pageOf(srcs []*view.Source, opts Options) *page {
	p := &page{Several: len(srcs) > 1, RunHeads: pageRunHeads()}
	p.addPlots(plot.All(srcs))
	for i, s := range srcs {
		if sum := s.Summary(); sum != nil {
			p.Summaries = append(p.Summaries, *sum)
		}
		p.Kinds = append(p.Kinds, view.KindWord(s.Header.Kind)+" "+format.CleanText(s.Name, 80))
		p.Files = append(p.Files, pageFileOf(s.Whole(), i, s, rawOf(opts, s.File)))
	}
	p.addSections(srcs)
	p.Title = "mtbench: hand-over models compared"
	if len(p.Summaries) == 1 {
		p.Title = "mtbench: " + strings.TrimSuffix(p.Summaries[0].Verdict[0], ".")
	}
	p.allow()
	return p
}

// allow makes the page's policy: its own style and script, and nothing else.
func (p *page) allow() {
	p.Policy = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " +
		hashSource(string(p.CSS)) + "; script-src " + hashSource(string(p.JS))
}

func rawOf(opts Options, i int) []byte {
	if i < len(opts.Raw) {
		return opts.Raw[i]
	}
	return nil
}

// hashSource allows one inline text in the page's policy and no other.
func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (p *page) addPlots(pictures []plot.Plot) {
	styles := newPageStyles()
	for _, pic := range pictures {
		out := pagePlot{ID: pic.ID, Question: pic.Question, Title: pic.Title,
			Caption: pic.About(), Missing: pic.Missing}
		if pic.Build == nil {
			p.Missing = append(p.Missing, out)
			continue
		}
		out.Wide, out.Narrow = inline(pic, plot.Wide, styles), inline(pic, plot.Narrow, styles)
		p.Plots = append(p.Plots, out)
	}
	css := strings.NewReplacer("/*LIGHT*/", inkCSS(false), "/*DARK*/", inkCSS(true)).
		Replace(pageCSS)
	p.CSS = template.CSS("\n" + css + styles.css())
	p.JS = template.JS("\n" + pageJS)
}

// addSections puts what a reader wants first at the top and the rest under the plots. What is said
// of several files together goes before what is said of each.
func (p *page) addSections(srcs []*view.Source) {
	all := table.Sections(srcs)
	slices.SortStableFunc(all, func(a, b table.Section) int {
		return cmp.Compare(min(len(a.File), 1), min(len(b.File), 1))
	})
	for _, sec := range all {
		if sec.Level == table.Heading { // its sentences stand above everything
			if len(p.Summaries) == 0 {
				p.Answer = append(p.Answer, cleanAll(sec.Lead)...)
			}
			sec.Title, sec.Lead = "The answer, a row a case", nil
		}
		sec.Title = fileTitle(&sec)
		switch {
		case sec.Place == table.Apart, sec.Level == table.Heading && sec.Absent:
		case sec.Absent:
			p.Absent = append(p.Absent, pageSectionOf(sec))
		case sec.Place == table.Top:
			p.Top = append(p.Top, pageSectionOf(sec))
		default:
			p.Rest = append(p.Rest, pageSectionOf(sec))
		}
	}
}

// fileTitle names the file that a section is of, where there are several.
func fileTitle(sec *table.Section) string {
	if sec.File == "" {
		return sec.Title
	}
	return sec.Title + " · " + sec.File
}

func pageSectionOf(sec table.Section) pageSection {
	out := pageSection{ID: sec.ID, Title: format.CleanText(sec.Title, 200), Warn: sec.Warn}
	out.Lead, out.Notes = cleanAll(sec.Lead), cleanAll(sec.Notes)
	if sec.Table == nil {
		return out
	}
	for _, c := range sec.Table.Cols {
		out.Heads = append(out.Heads, pageHead{format.CleanText(c.Head, 120), c.Text})
	}
	for _, r := range sec.Table.Rows {
		out.Rows = append(out.Rows, pageRowOf(sec.Table, r))
	}
	return out
}

func cleanAll(texts []string) (out []string) {
	for _, text := range texts {
		out = append(out, format.CleanText(text, 2000))
	}
	return out
}

// longCell is the length from which a cell of words may be broken into lines.
const longCell = 40

func pageRowOf(g *table.Grid, r table.GridRow) pageRow {
	tones := map[table.Tone]string{table.Good: "good", table.Bad: "bad"}
	row := pageRow{Rule: r.Rule}
	for i, c := range r.Cells {
		word := i < len(g.Cols) && g.Cols[i].Text
		text := format.CleanText(c.Text, 500)
		row.Cells = append(row.Cells, pageCell{Text: text, Tone: tones[c.Tone], Word: word,
			Long: len(text) > longCell, Can: strings.Contains(text, format.CannotComplete)})
	}
	return row
}

func pageFileOf(f *results.File, i int, s *view.Source, raw []byte) pageFile {
	h := &f.Header
	out := pageFile{Name: format.CleanText(s.Name, 80), Kind: h.Kind,
		Command: format.CleanText(view.RepeatCommand(h), 2000), SHA256: f.SHA256,
		Cite:    view.CitationOf(f),
		Created: h.Created.UTC().Format("2006-01-02 15:04 UTC"),
		Head:    pageSectionOf(table.Settings(s)), Records: recordsOf(f, raw),
		Parts: []pagePart{{"Scenario", settingsOf(h.Scenario)}, {"Matrix", settingsOf(h.Matrix)},
			{"Host", settingsOf(h.Host)}}}
	out.Left = max(0, len(s.Runs)-maxPageRuns)
	for _, r := range s.Runs[:len(s.Runs)-out.Left] {
		out.Runs = append(out.Runs, pageRunOf(i, r))
	}
	return out
}
