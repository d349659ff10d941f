package report

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"strings"

	"mtbench/report/internal/format"
	"mtbench/report/internal/table"
)

func markdownFormat() Format {
	return Format{Name: "markdown", Files: []string{"report.md"}, Sectioned: true,
		write: oneFile((*Report).markdown)}
}

// markdown writes the report for a pull request or a design document: GitHub's tables,
// the pictures of opts.Plots behind the table of cases, and what is seldom asked folded away.
func (r *Report) markdown(w io.Writer, opts Options) error {
	var out bytes.Buffer
	shown := false
	for _, sec := range r.sections(&opts) {
		if !opts.shows(&sec.Spec) || opts.leavesOut(&sec) {
			continue
		}
		markdownSection(&out, &sec)
		if sec.Pictures && !shown {
			shown = true
			markdownPlots(&out, opts.Plots)
		}
	}
	if opts.Brief {
		r.markdownEnd(&out, opts.Plots)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// markdownEnd ends what is pasted elsewhere: one picture, and how each file is cited.
func (r *Report) markdownEnd(out *bytes.Buffer, plots []PlotLink) {
	markdownPlots(out, plots[:min(1, len(plots))])
	for _, s := range r.sources {
		c := Cite(s.From)
		for _, text := range append([]string{c.Text}, c.Missing...) {
			fmt.Fprintf(out, "<sub>%s</sub>\n\n", format.MarkdownLine(text))
		}
	}
}

func markdownSection(out *bytes.Buffer, sec *table.Section) {
	title := format.MarkdownLine(sec.Title)
	switch {
	case sec.Level == table.Heading:
		fmt.Fprintf(out, "# %s\n\n", title)
	case sec.Warn:
		fmt.Fprintf(out, "> **Warning: %s.** ", title)
	case sec.Level == table.Open:
		fmt.Fprintf(out, "## %s\n\n", title)
	default:
		fmt.Fprintf(out, "<details><summary>%s</summary>\n\n", title)
		defer out.WriteString("</details>\n\n")
	}
	for _, text := range sec.Lead {
		out.WriteString(format.MarkdownText(text) + "\n\n")
	}
	if sec.Table != nil && len(sec.Table.Rows) > 0 {
		markdownTable(out, sec.Table)
	}
	markdownVerbatim(out, sec.Verbatim)
	for _, text := range sec.Notes {
		out.WriteString(format.MarkdownText(text) + "\n\n")
	}
}

// markdownVerbatim writes lines as a block of code; no line can end it.
func markdownVerbatim(out *bytes.Buffer, lines []string) {
	if len(lines) == 0 {
		return
	}
	out.WriteString("```\n")
	for _, line := range lines {
		line = strings.ReplaceAll(format.CleanText(line, mostVerbatim), "```", "'''")
		out.WriteString(line + "\n")
	}
	out.WriteString("```\n\n")
}

func markdownTable(out *bytes.Buffer, g *table.Grid) {
	line := func(texts []string) { out.WriteString("| " + strings.Join(texts, " | ") + " |\n") }
	heads, under := make([]string, len(g.Cols)), make([]string, len(g.Cols))
	for i, col := range g.Cols {
		heads[i], under[i] = format.MarkdownLine(col.Head), "---:"
		if col.Text {
			under[i] = ":---"
		}
	}
	line(heads)
	line(under)
	for _, row := range g.Rows {
		texts := make([]string, len(row.Cells))
		for i, c := range row.Cells {
			texts[i] = format.MarkdownLine(c.Text)
			if c.Tone == table.Bad {
				texts[i] = "**" + texts[i] + "**"
			}
		}
		line(texts)
	}
	out.WriteByte('\n')
}

func markdownPlots(out *bytes.Buffer, plots []PlotLink) {
	for _, p := range plots {
		fmt.Fprintf(out, "![%s](%s)\n\n", format.MarkdownLine(p.Title), &url.URL{Path: p.Path})
	}
}
