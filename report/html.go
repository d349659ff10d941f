package report

import (
	"io"

	"mtbench/report/internal/page"
)

func htmlFormat() Format {
	return Format{Name: "html", Files: []string{"report.html"}, write: oneFile((*Report).html)}
}

// html writes the report as one page that needs nothing else: it makes no request, works without
// its script, and is the same bytes whenever it is made of the same files by one build.
func (r *Report) html(w io.Writer, _ Options) error {
	return page.Write(w, r.sources, page.Options{})
}
