package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"mtbench/report/internal/format"
	"mtbench/report/internal/table"
)

func asciidocFormat() Format {
	return Format{Name: "asciidoc", Files: []string{"report.adoc"}, Sectioned: true,
		write: oneFile((*Report).asciidoc)}
}

// asciidocHead gives the document a table of contents.
const asciidocHead = ":toc:\n\n"

// asciidoc writes the report as AsciiDoc: a document title for a file, its sections below it, what
// is seldom asked in blocks that can be folded.
func (r *Report) asciidoc(w io.Writer, opts Options) error {
	var out bytes.Buffer
	out.WriteString(asciidocHead)
	for _, sec := range r.sections(&opts) {
		if opts.shows(&sec.Spec) {
			asciidocSection(&out, &sec)
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

func asciidocSection(out *bytes.Buffer, sec *table.Section) {
	title := format.AsciidocLine(sec.Title)
	folded := !sec.Warn && sec.Level == table.Folded
	switch {
	case sec.Warn:
		fmt.Fprintf(out, "[WARNING]\n.%s\n====\n", title)
	case folded:
		fmt.Fprintf(out, ".%s\n[%%collapsible]\n====\n", title)
	default:
		fmt.Fprintf(out, "== %s\n\n", title)
	}
	for _, text := range sec.Lead {
		out.WriteString(format.AsciidocText(text) + "\n\n")
	}
	if sec.Table != nil && len(sec.Table.Rows) > 0 {
		asciidocTable(out, sec.Table)
	}
	if len(sec.Verbatim) > 0 {
		out.WriteString("----\n")
		for _, line := range sec.Verbatim {
			line = format.CleanText(line, mostVerbatim)
			if strings.Trim(line, "-") == "" {
				line = " " + line // it would end the block
			}
			out.WriteString(line + "\n")
		}
		out.WriteString("----\n\n")
	}
	for _, text := range sec.Notes {
		out.WriteString(format.AsciidocText(text) + "\n\n")
	}
	if sec.Warn || folded {
		out.WriteString("====\n\n")
	}
}

func asciidocTable(out *bytes.Buffer, g *table.Grid) {
	cols := make([]string, len(g.Cols))
	for i, col := range g.Cols {
		if cols[i] = ">"; col.Text {
			cols[i] = "<"
		}
	}
	fmt.Fprintf(out, "[%%header,cols=\"%s\"]\n|===\n", strings.Join(cols, ","))
	for _, col := range g.Cols {
		out.WriteString("|" + format.AsciidocLine(col.Head) + " ")
	}
	out.WriteString("\n\n")
	for _, row := range g.Rows {
		for _, c := range row.Cells {
			text := format.AsciidocLine(c.Text)
			if c.Tone == table.Bad && text != "" {
				text = "*" + text + "*"
			}
			out.WriteString("|" + text + "\n")
		}
		out.WriteByte('\n')
	}
	out.WriteString("|===\n\n")
}
