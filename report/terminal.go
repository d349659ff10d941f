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

	"mtbench/report/internal/format"
	"mtbench/report/internal/table"
)

func terminalFormat() Format {
	return Format{Name: "terminal", Files: []string{"report.txt"}, Sectioned: true,
		write: oneFile((*Report).Terminal)}
}

// Terminal writes the report for a terminal, or for a pipe. What result files contain
// cannot move the cursor or colour anything: control characters are taken out.
func (r *Report) Terminal(w io.Writer, opts Options) error {
	if opts.Width <= 0 {
		opts.Width = DefaultWidth
	}
	var out bytes.Buffer
	all := r.sections(&opts)
	if err := shownSections(&out, all, opts); err != nil {
		return err
	}
	var err error
	switch {
	case opts.whole():
		err = endWhole(&out, all, opts)
	case opts.Index:
		index(&out, all, r.sources[0].From.Path, opts)
	}
	if err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

func shownSections(out *bytes.Buffer, all []table.Section, opts Options) error {
	for i := range all {
		sec := &all[i]
		if !opts.shows(&sec.Spec) || sec.Absent && opts.whole() || opts.leavesOut(sec) {
			continue
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		if err := terminalSection(out, sec, opts); err != nil {
			return err
		}
	}
	return nil
}

// leavesOut says whether a section that belongs to the answer is not shown in it, for the file has
// no data for it. The answer itself is never left out.
func (o *Options) leavesOut(sec *table.Section) bool {
	return o.Brief && sec.Absent && sec.Level != table.Heading
}

// endWhole ends a report of all sections: with what the files lack, and with the answer again, so
// that it is the first thing on the screen and the last.
func endWhole(out *bytes.Buffer, all []table.Section, opts Options) error {
	paragraphs(out, []string{"", "Not in the files:"}, opts)
	for i := range all {
		if sec := &all[i]; sec.Absent {
			paragraphs(out, []string{sec.ID + ": " + strings.Join(sec.Lead, " ")}, opts)
		}
	}
	opts.Brief = true
	out.WriteByte('\n')
	for i := range all {
		if sec := &all[i]; opts.shows(&sec.Spec) && !sec.Absent {
			if err := terminalSection(out, sec, opts); err != nil {
				return err
			}
		}
	}
	return nil
}

// index names the sections that were not asked for, and those that the files lack.
func index(out *bytes.Buffer, all []table.Section, path string, opts Options) {
	var there, missing []string
	for i := range all {
		switch sec := &all[i]; {
		case opts.shows(&sec.Spec) && !opts.leavesOut(sec),
			slices.Contains(slices.Concat(there, missing), sec.Name):
		case sec.Absent:
			missing = append(missing, sec.Name)
		default:
			there = append(there, sec.Name)
		}
	}
	more := "More: mtbench report " + path + " --details, or --only NAME: " +
		strings.Join(there, ", ") + "."
	if len(missing) > 0 {
		more += " Without data here (--only NAME says which command brings it): " +
			strings.Join(missing, ", ") + "."
	}
	paragraphs(out, []string{more}, opts)
}

func terminalSection(out *bytes.Buffer, sec *table.Section, opts Options) error {
	title := format.CleanLine(sec.Title)
	if sec.Warn {
		title = "WARNING: " + title
	}
	fmt.Fprintln(out, paintTitle(format.WrapWords(title, opts.Width), sec.Warn, opts))
	paragraphs(out, sec.Lead, opts)
	if sec.Table != nil && len(sec.Table.Rows) > 0 {
		if err := terminalTable(out, sec.Table, opts); err != nil {
			return err
		}
	}
	for _, line := range sec.Verbatim {
		line = format.CleanText(line, mostVerbatim)
		if twwidth.Width(line) > opts.Width {
			line = format.WrapWords(line, opts.Width)
		}
		fmt.Fprintln(out, line)
	}
	paragraphs(out, sec.Notes, opts)
	return nil
}

func paragraphs(out *bytes.Buffer, texts []string, opts Options) {
	for _, text := range texts {
		out.WriteString(format.WrapWords(format.CleanLine(text), min(100, opts.Width)))
		out.WriteByte('\n')
	}
}

// mostVerbatim is the most characters of a line that is shown to be copied.
const mostVerbatim = 4000

// terminalTable prints g, in several tables below each other where it is wider than the terminal:
// each begins with the columns that name the rows.
func terminalTable(out *bytes.Buffer, g *table.Grid, opts Options) error {
	clean := cleanGrid(g, opts.Width < narrowWidth)
	if g.Whole {
		fit, widths := fitted(clean, opts.Width)
		return drawTable(out, part(fit, fit.Keys, len(fit.Cols), widths, opts.Width), opts)
	}
	for i, part := range split(clean, opts.Width) {
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
func cleanGrid(g *table.Grid, narrow bool) *table.Grid {
	c := &table.Grid{Keys: g.Keys, Cols: make([]table.Column, len(g.Cols)),
		Rows: make([]table.GridRow, len(g.Rows))}
	for i, col := range g.Cols {
		c.Cols[i] = table.Column{Head: format.CleanLine(col.Head), Text: col.Text, Beside: col.Beside,
			Drop: col.Drop}
		if narrow && col.Narrow != "" {
			c.Cols[i].Head = col.Narrow
		}
	}
	for i, row := range g.Rows {
		c.Rows[i] = table.GridRow{Rule: row.Rule, Cells: make([]table.Cell, len(row.Cells))}
		for j, cl := range row.Cells {
			text := format.CleanLine(cl.Text)
			if short := g.Cols[j].Shorten; narrow && short != nil {
				text = short.Replace(text)
			}
			c.Rows[i].Cells[j] = table.Cell{Text: text, Tone: cl.Tone}
		}
	}
	return c
}

// fitted is g without the columns that say they are the first to go, as many as must, and the
// widths of the others. Where that is not enough, words are wrapped.
func fitted(g *table.Grid, limit int) (*table.Grid, []int) {
	for drop := 1; !shrink(fullWidths(g), limit, nil); drop++ {
		at := slices.IndexFunc(g.Cols, func(c table.Column) bool { return c.Drop == drop })
		if at < 0 {
			break
		}
		g = withoutColumn(g, at)
	}
	widths := fullWidths(g)
	shrink(widths, limit, func(i int) int {
		if !g.Cols[i].Text {
			return widths[i]
		}
		return leastWord
	})
	return g, widths
}

func withoutColumn(g *table.Grid, at int) *table.Grid {
	less := &table.Grid{Keys: g.Keys, Cols: slices.Delete(slices.Clone(g.Cols), at, at+1)}
	for _, row := range g.Rows {
		less.Rows = append(less.Rows, table.GridRow{Rule: row.Rule,
			Cells: slices.Delete(slices.Clone(row.Cells), at, at+1)})
	}
	return less
}

// The least columns that a heading or text is wrapped to.
const (
	leastHead = 11
	leastText = 18
	leastWord = 8 // of a table that is not split
)

// widths is the width of each column. Figures are as wide as the widest, headings are wrapped.
// Words give way where that makes the table fit limit; where even that does not, they get a third
// of it.
func widths(g *table.Grid, limit int) []int {
	widths := fullWidths(g)
	for i := range g.Keys {
		widths[i] = min(widths[i], mostKey(g, limit))
	}
	if shrink(widths, limit, func(i int) int {
		if i < g.Keys || !g.Cols[i].Text {
			return widths[i]
		}
		return max(leastText, headWidth(g.Cols[i].Head))
	}) {
		return widths
	}
	for i, col := range g.Cols {
		if col.Text && i >= g.Keys {
			widths[i] = min(widths[i], max(leastText, limit/3))
		}
	}
	return widths
}

// fullWidths are those of columns that nothing is taken from.
func fullWidths(g *table.Grid) []int {
	widths := make([]int, len(g.Cols))
	for i, col := range g.Cols {
		widths[i] = headWidth(col.Head)
		for _, row := range g.Rows {
			widths[i] = max(widths[i], twwidth.Width(row.Cells[i].Text))
		}
	}
	return widths
}

// mostKey is the most columns of one that names the rows: it stands in every part of a table.
func mostKey(g *table.Grid, limit int) int {
	if g.Keys == 1 {
		return max(leastText, limit*2/5)
	}
	return max(leastText, limit/4)
}

// shrink takes from the widest column that is wider than least until the table fits limit; it
// changes nothing and says false if it cannot. Without least it takes nothing.
func shrink(widths []int, limit int, least func(i int) int) bool {
	tried := slices.Clone(widths)
	total := -1
	for _, w := range tried {
		total += w + edge
	}
	for ; total > limit; total-- {
		widest := -1
		for i := range tried {
			if least != nil && tried[i] > least(i) && (widest < 0 || tried[i] > tried[widest]) {
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
	for line := range strings.SplitSeq(format.WrapWords(head, leastHead), "\n") {
		n = max(n, twwidth.Width(line))
	}
	return n
}

// edge is what a column takes beside its text: a blank on each side and a line.
const edge = 3

// split cuts g into tables that fit limit columns; a column that stands beside another goes with
// it.
func split(g *table.Grid, limit int) []*table.Grid {
	widths := widths(g, limit)
	keys := 0
	for i := range g.Keys {
		keys += widths[i] + edge
	}
	var parts []*table.Grid
	for from := g.Keys; from < len(g.Cols); {
		to, total := from, keys
		for to < len(g.Cols) {
			next, wide := together(g, to, widths)
			if to > from && total+wide-1 > limit {
				break
			}
			to, total = next, total+wide
		}
		room := max(leastText, limit-keys-edge)
		parts = append(parts, withoutEmptyBlocks(part(g, from, to, widths, room)))
		from = to
	}
	return parts
}

// together is the end of the columns from i on that are not parted, and how wide they are.
func together(g *table.Grid, i int, widths []int) (end, wide int) {
	end, wide = i+1, widths[i]+edge
	for end < len(g.Cols) && g.Cols[end].Beside {
		wide += widths[end] + edge
		end++
	}
	return end, wide
}

// part is the table of the key columns and the columns from ≤ i < to, its words wrapped.
func part(g *table.Grid, from, to int, widths []int, room int) *table.Grid {
	p := &table.Grid{Keys: g.Keys}
	pick := func(i int) bool { return i < g.Keys || i >= from && i < to }
	width := func(i int) int {
		if to-from == 1 && i == from {
			return min(max(widths[i], leastText), room)
		}
		return widths[i]
	}
	for i, col := range g.Cols {
		if pick(i) {
			p.Cols = append(p.Cols, table.Column{Head: format.WrapWords(col.Head, width(i)), Text: col.Text})
		}
	}
	for _, row := range g.Rows {
		r := table.GridRow{Rule: row.Rule}
		for i, c := range row.Cells {
			if pick(i) {
				r.Cells = append(r.Cells, table.Cell{Text: format.WrapWords(c.Text, width(i)), Tone: c.Tone})
			}
		}
		p.Rows = append(p.Rows, r)
	}
	return p
}

// withoutEmptyBlocks leaves out the cases of which a part of a table says nothing.
func withoutEmptyBlocks(g *table.Grid) *table.Grid {
	var kept []table.GridRow
	for from := 0; from < len(g.Rows); {
		to := from + 1
		for to < len(g.Rows) && !g.Rows[to].Rule {
			to++
		}
		block := g.Rows[from:to]
		if slices.ContainsFunc(block, func(r table.GridRow) bool { return !empty(r, g.Keys) }) {
			kept = append(kept, block...)
		}
		from = to
	}
	g.Rows = kept
	return g
}

func empty(r table.GridRow, keys int) bool {
	return !slices.ContainsFunc(r.Cells[keys:], func(c table.Cell) bool { return c.Text != "" })
}

func drawTable(out *bytes.Buffer, g *table.Grid, opts Options) error {
	align := make(tw.Alignment, len(g.Cols))
	heads := make([]string, len(g.Cols))
	for i, col := range g.Cols {
		heads[i], align[i] = col.Head, tw.AlignRight
		if col.Text {
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
	for _, row := range g.Rows {
		if err := table.Append(paintRow(row, opts)); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return fmt.Errorf("the table cannot be drawn: %w", err)
	}
	return nil
}

func paintRow(row table.GridRow, opts Options) []string {
	texts := make([]string, len(row.Cells))
	for i, c := range row.Cells {
		texts[i] = paint(c.Text, c.Tone, opts)
	}
	return texts
}

// paint colours each line by itself: a table cuts a cell at its line ends.
func paint(text string, t table.Tone, opts Options) string {
	if !opts.Color || t == table.Plain || text == "" {
		return text
	}
	code := "\x1b[32m"
	if t == table.Bad {
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
		return paint(title, table.Bad, opts)
	case opts.Color:
		return "\x1b[1m" + title + "\x1b[0m"
	}
	return title
}
