package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/tw"

	"mtbench/results"
)

// Options are what a format may be told; the zero value is right for a file or a pipe.
type Options struct {
	Width int  // columns of the terminal; 0 = [DefaultWidth]
	Color bool // tones by ANSI colour; never alone in meaning
	Brief bool // only what a run ends with: the table of cases, and what is proved

	// Only are the sections to write, by name ([SectionNames]); empty = all.
	Only []string

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

// Terminal writes the report of files for a terminal, or for a pipe. What result files contain
// cannot move the cursor or colour anything: control characters are taken out.
func Terminal(w io.Writer, files []*results.File, opts Options) error {
	if opts.Width <= 0 {
		opts.Width = DefaultWidth
	}
	var out bytes.Buffer
	for _, sec := range sectionsOf(files) {
		if !opts.shows(sec.id) {
			continue
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		if err := terminalSection(&out, &sec, opts); err != nil {
			return err
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

// SectionNames are the names that Options.Only takes, in the order of a report. The pages of several
// files have the sections of each.
func SectionNames() []string {
	return []string{"head", "facts", "crowd", "cases", "direction", "pairs-total_time", "pairs-cpu_per_page",
		"pairs-wait_wakes_per_page", "steps", "baselines", "wait-wakes", "time-reasons-main",
		"time-reasons-worker", "time-kernel", "scaling", "frontier", "noise", "failed", "files",
		"claims"}
}

// shows says whether a section is wanted.
func (o *Options) shows(id string) bool {
	switch {
	case len(o.Only) > 0:
		return sectionIn(id, o.Only)
	case o.Brief:
		return sectionIn(id, []string{"head", "crowd", "cases", "pairs-total_time", "failed", "files"})
	}
	return true
}

// sectionIn says whether id is one of names; with several files a number is appended to it.
func sectionIn(id string, names []string) bool {
	base := strings.TrimRight(id, "0123456789")
	if base != id {
		base = strings.TrimSuffix(base, "-")
	}
	return slices.Contains(names, id) || slices.Contains(names, base)
}

func terminalSection(out *bytes.Buffer, sec *section, opts Options) error {
	title := cleanLine(sec.title)
	if sec.warn {
		title = "WARNING: " + title
	}
	fmt.Fprintln(out, paintTitle(wrapWords(title, opts.Width), sec.warn, opts))
	paragraphs(out, sec.lead, opts)
	if sec.table != nil && len(sec.table.rows) > 0 {
		if err := terminalTable(out, sec.table, opts); err != nil {
			return err
		}
	}
	paragraphs(out, sec.notes, opts)
	return nil
}

func paragraphs(out *bytes.Buffer, texts []string, opts Options) {
	for _, text := range texts {
		out.WriteString(wrapWords(cleanLine(text), min(100, opts.Width)))
		out.WriteByte('\n')
	}
}

// terminalTable prints g, in several tables below each other where it is wider than the terminal:
// each begins with the columns that name the rows.
func terminalTable(out *bytes.Buffer, g *grid, opts Options) error {
	clean := cleanGrid(g, opts.Width < narrowWidth)
	for i, part := range clean.split(opts.Width) {
		if i > 0 {
			out.WriteByte('\n')
		}
		if err := drawTable(out, part, opts); err != nil {
			return err
		}
	}
	return nil
}

// narrowWidth is where the long form of a case costs a column of figures.
const narrowWidth = 110

// cleanGrid is g with harmless strings, short ones where there is little room.
func cleanGrid(g *grid, narrow bool) *grid {
	c := &grid{keys: g.keys, cols: make([]column, len(g.cols)), rows: make([]gridRow, len(g.rows))}
	for i, col := range g.cols {
		c.cols[i] = column{head: cleanLine(col.head), text: col.text, beside: col.beside}
		if narrow && col.narrow != "" {
			c.cols[i].head = col.narrow
		}
	}
	for i, row := range g.rows {
		c.rows[i] = gridRow{rule: row.rule, cells: make([]cell, len(row.cells))}
		for j, cl := range row.cells {
			text := cleanLine(cl.text)
			if short := g.cols[j].shorten; narrow && short != nil {
				text = short.Replace(text)
			}
			c.rows[i].cells[j] = cell{text: text, tone: cl.tone}
		}
	}
	return c
}

// The least columns that a heading or text is wrapped to.
const (
	leastHead = 11
	leastText = 18
)

// widths is the width of each column. Figures are as wide as the widest, headings are wrapped. Words
// give way where that makes the table fit limit; where even that does not, they get a third of it.
func (g *grid) widths(limit int) []int {
	widths := make([]int, len(g.cols))
	for i, col := range g.cols {
		widths[i] = headWidth(col.head)
		for _, row := range g.rows {
			widths[i] = max(widths[i], twwidth.Width(row.cells[i].text))
		}
	}
	for i := range g.keys {
		widths[i] = min(widths[i], g.mostKey(limit))
	}
	if g.shrink(widths, limit) {
		return widths
	}
	for i, col := range g.cols {
		if col.text && i >= g.keys {
			widths[i] = min(widths[i], max(leastText, limit/3))
		}
	}
	return widths
}

// mostKey is the most columns of one that names the rows: it stands in every part of a table.
func (g *grid) mostKey(limit int) int {
	if g.keys == 1 {
		return max(leastText, limit*2/5)
	}
	return max(leastText, limit/4)
}

// shrink takes from the widest column of words until the table fits limit; it changes nothing and
// says false if it cannot.
func (g *grid) shrink(widths []int, limit int) bool {
	tried := slices.Clone(widths)
	total := -1
	for _, w := range tried {
		total += w + edge
	}
	for ; total > limit; total-- {
		widest := -1
		for i, col := range g.cols {
			least := max(leastText, headWidth(col.head))
			if i >= g.keys && col.text && tried[i] > least &&
				(widest < 0 || tried[i] > tried[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return false
		}
		tried[widest]--
	}
	copy(widths, tried)
	return true
}

// headWidth is the width of a heading that is wrapped between words to leastHead, or to its longest
// word.
func headWidth(head string) int {
	n := 0
	for word := range strings.FieldsSeq(head) {
		n = max(n, twwidth.Width(word))
	}
	if n > leastHead {
		return n
	}
	for line := range strings.SplitSeq(wrapWords(head, leastHead), "\n") {
		n = max(n, twwidth.Width(line))
	}
	return n
}

// edge is what a column takes beside its text: a blank on each side and a line.
const edge = 3

// split cuts g into tables that fit limit columns; a column that stands beside another goes with it.
func (g *grid) split(limit int) []*grid {
	widths := g.widths(limit)
	keys := 0
	for i := range g.keys {
		keys += widths[i] + edge
	}
	var parts []*grid
	for from := g.keys; from < len(g.cols); {
		to, total := from, keys
		for to < len(g.cols) {
			next, wide := g.together(to, widths)
			if to > from && total+wide-1 > limit {
				break
			}
			to, total = next, total+wide
		}
		room := max(leastText, limit-keys-edge)
		parts = append(parts, g.part(from, to, widths, room).withoutEmptyBlocks())
		from = to
	}
	return parts
}

// together is the end of the columns from i on that are not parted, and how wide they are.
func (g *grid) together(i int, widths []int) (end, wide int) {
	end, wide = i+1, widths[i]+edge
	for end < len(g.cols) && g.cols[end].beside {
		wide += widths[end] + edge
		end++
	}
	return end, wide
}

// part is the table of the key columns and the columns from ≤ i < to, its words wrapped.
func (g *grid) part(from, to int, widths []int, room int) *grid {
	p := &grid{keys: g.keys}
	pick := func(i int) bool { return i < g.keys || i >= from && i < to }
	width := func(i int) int {
		if to-from == 1 && i == from {
			return min(max(widths[i], leastText), room)
		}
		return widths[i]
	}
	for i, col := range g.cols {
		if pick(i) {
			p.cols = append(p.cols, column{head: wrapWords(col.head, width(i)), text: col.text})
		}
	}
	for _, row := range g.rows {
		r := gridRow{rule: row.rule}
		for i, c := range row.cells {
			if pick(i) {
				r.cells = append(r.cells, cell{text: wrapWords(c.text, width(i)), tone: c.tone})
			}
		}
		p.rows = append(p.rows, r)
	}
	return p
}

// withoutEmptyBlocks leaves out the cases of which a part of a table says nothing.
func (g *grid) withoutEmptyBlocks() *grid {
	var kept []gridRow
	for from := 0; from < len(g.rows); {
		to := from + 1
		for to < len(g.rows) && !g.rows[to].rule {
			to++
		}
		block := g.rows[from:to]
		if slices.ContainsFunc(block, func(r gridRow) bool { return !r.empty(g.keys) }) {
			kept = append(kept, block...)
		}
		from = to
	}
	g.rows = kept
	return g
}

func (r gridRow) empty(keys int) bool {
	return !slices.ContainsFunc(r.cells[keys:], func(c cell) bool { return c.text != "" })
}

func drawTable(out *bytes.Buffer, g *grid, opts Options) error {
	align := make(tw.Alignment, len(g.cols))
	heads := make([]string, len(g.cols))
	for i, col := range g.cols {
		heads[i], align[i] = col.head, tw.AlignRight
		if col.text {
			align[i] = tw.AlignLeft
		}
	}
	table := tablewriter.NewTable(out,
		tablewriter.WithHeaderAutoFormat(tw.Off), // it would spell (ms) as MS
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithAlignment(align),
		tablewriter.WithRendition(tw.Rendition{
			Symbols: tw.NewSymbols(tw.StyleLight),
			Borders: tw.Border{Left: tw.Off, Right: tw.Off, Top: tw.Off, Bottom: tw.Off},
		}),
	)
	table.Header(heads)
	for i, row := range g.rows {
		if row.rule && i > 0 {
			if err := table.Append(blankRow(len(g.cols))); err != nil {
				return err
			}
		}
		if err := table.Append(paintRow(row, opts)); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return fmt.Errorf("the table cannot be drawn: %w", err)
	}
	return nil
}

// blankRow parts two cases.
func blankRow(n int) []string { return make([]string, n) }

func paintRow(row gridRow, opts Options) []string {
	texts := make([]string, len(row.cells))
	for i, c := range row.cells {
		texts[i] = paint(c.text, c.tone, opts)
	}
	return texts
}

// paint colours each line by itself: a table cuts a cell at its line ends.
func paint(text string, t tone, opts Options) string {
	if !opts.Color || t == plain || text == "" {
		return text
	}
	code := "\x1b[32m"
	if t == bad {
		code = "\x1b[31m"
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = code + line + "\x1b[0m"
	}
	return strings.Join(lines, "\n")
}

func paintTitle(title string, warn bool, opts Options) string {
	switch {
	case warn:
		return paint(title, bad, opts)
	case opts.Color:
		return "\x1b[1m" + title + "\x1b[0m"
	}
	return title
}

// wrapWords breaks s between words so that lines have at most width columns; a longer word is
// broken where it must be.
func wrapWords(s string, width int) string {
	var out strings.Builder
	column := 0
	for i, word := range strings.Fields(s) {
		n := twwidth.Width(word)
		switch {
		case i == 0:
		case column+1+n <= width:
			out.WriteByte(' ')
			column++
		default:
			out.WriteByte('\n')
			column = 0
		}
		for n > width {
			head, tail := cutWidth(word, width)
			out.WriteString(head + "\n")
			word, n = tail, twwidth.Width(tail)
		}
		out.WriteString(word)
		column += n
	}
	return out.String()
}

// cutWidth cuts s behind as many characters as fit width columns, at least one.
func cutWidth(s string, width int) (head, tail string) {
	column := 0
	for i, r := range s {
		column += twwidth.Width(string(r))
		if column > width && i > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}
