package report

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"strings"

	"mtbench/results"
)

// Markdown writes the report of files for a pull request or a design document: GitHub's tables,
// the pictures of opts.Plots behind the table of cases, and what is seldom asked folded away.
func Markdown(w io.Writer, files []*results.File, opts Options) error {
	var out bytes.Buffer
	shown := false
	for _, sec := range sectionsOf(files) {
		if !opts.shows(sec.id) {
			continue
		}
		markdownSection(&out, &sec)
		if sectionIn(sec.id, []string{"cases"}) && !shown {
			shown = true
			markdownPlots(&out, opts.Plots)
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

// isOpen tells the sections that are read first from those that are folded.
func isOpen(id string) bool {
	return sectionIn(id, []string{"head", "facts", "crowd", "cases", "direction", "pairs-total_time", "steps",
		"files"})
}

func markdownSection(out *bytes.Buffer, sec *section) {
	title := markdownLine(sec.title)
	switch {
	case strings.HasPrefix(sec.id, "head"):
		fmt.Fprintf(out, "# %s\n\n", title)
	case sec.warn:
		fmt.Fprintf(out, "> **Warning: %s.** ", title)
	case isOpen(sec.id):
		fmt.Fprintf(out, "## %s\n\n", title)
	default:
		fmt.Fprintf(out, "<details><summary>%s</summary>\n\n", title)
		defer out.WriteString("</details>\n\n")
	}
	for _, text := range sec.lead {
		out.WriteString(markdownText(text) + "\n\n")
	}
	if sec.table != nil && len(sec.table.rows) > 0 {
		markdownTable(out, sec.table)
	}
	for _, text := range sec.notes {
		out.WriteString(markdownText(text) + "\n\n")
	}
}

func markdownTable(out *bytes.Buffer, g *grid) {
	line := func(texts []string) { out.WriteString("| " + strings.Join(texts, " | ") + " |\n") }
	heads, under := make([]string, len(g.cols)), make([]string, len(g.cols))
	for i, col := range g.cols {
		heads[i], under[i] = markdownLine(col.head), "---:"
		if col.text {
			under[i] = ":---"
		}
	}
	line(heads)
	line(under)
	for _, row := range g.rows {
		texts := make([]string, len(row.cells))
		for i, c := range row.cells {
			texts[i] = markdownLine(c.text)
			if c.tone == bad {
				texts[i] = "**" + texts[i] + "**"
			}
		}
		line(texts)
	}
	out.WriteByte('\n')
}

func markdownPlots(out *bytes.Buffer, plots []PlotLink) {
	for _, p := range plots {
		fmt.Fprintf(out, "![%s](%s)\n\n", markdownLine(p.Title), &url.URL{Path: p.Path})
	}
}
