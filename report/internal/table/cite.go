package table

import (
	"mtbench/report/internal/view"
)

func citeSpecs() []Spec {
	return []Spec{{Name: "cite", Title: "Cite this file", Place: Apart, Of: always(citeSection)}}
}

// citeSection is the citation of the file: a sentence, and an entry for BibTeX.
func citeSection(s *view.Source) Section {
	c := view.CitationOf(s.Whole())
	return Section{Lead: []string{c.Text}, Verbatim: c.BibTeX, Notes: c.Missing}
}
