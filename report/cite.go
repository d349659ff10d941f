package report

import (
	"mtbench/report/internal/view"
	"mtbench/results"
)

// Citation says how to cite a result file.
type Citation = view.Citation

// Authors are whom a citation names.
const Authors = view.Authors

// Cite returns the citation of f, the same that its report has.
func Cite(f *results.File) Citation { return view.CitationOf(f) }
