package table

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// answerSpecs is what a reader sees who asks for nothing else.
func answerSpecs() []Spec {
	return []Spec{{Name: "answer", Level: Heading, Brief: true, Place: Top, Printed: true,
		Of: always(answerSection)}}
}

// answerSection says who wins, where, by how much and why, in a table of a row a case.
func answerSection(s *view.Source) Section {
	title := fileTitle(s, "mtbench: "+view.KindWord(s.Header.Kind)+" "+s.Name)
	if s.OfModel != "" {
		title += ", two builds"
	}
	sec := answerOf(s)
	sec.Title = title
	return sec
}

func answerOf(s *view.Source) Section {
	switch {
	case s.Header.Kind == results.Published:
		return Section{Lead: []string{view.TimeFinding(s, nil).Title + "."}, Table: loneGrid(s)}
	case len(s.Runs) == 0 && len(s.From.Frontier) > 0:
		return frontierSection(s)
	case len(s.Runs) == 0:
		return orAbsent(s, Section{})
	}
	a := s.Answer()
	why := ""
	if len(a.Why) > 0 {
		why = "Why: " + strings.Join(a.Why, " ")
	}
	holds := ""
	if s.HostLead() != "" {
		holds = s.HoldsText()
	}
	notes := slices.Concat(legend(s), []string{a.Sure}, a.Warn, []string{a.Next, "Host: " + a.Host})
	return Section{Lead: said(a.Void, strings.Join(a.Who, " "), why, holds), Table: answerGrid(s),
		Notes: said(notes...)}
}

// said are the texts that say something.
func said(texts ...string) []string {
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}

// legend says how to read the table.
func legend(s *view.Source) []string {
	diffs := s.Diffs()
	if len(diffs) == 0 {
		return nil
	}
	text := fmt.Sprintf("Ratio: time over that of %s, below 1 is faster. A verdict is proved (95 %% "+
		"over all cases together); ~ is not.", diffs[0].Base)
	if slices.ContainsFunc(diffs, func(d view.Diff) bool { return !sameWork(d.Case) }) {
		text += " Same work \"no\": the models compress different shares of the pages; time is per " +
			"compressed page."
	}
	return []string{text}
}

// sameWork reports whether all models compress every page in a case.
func sameWork(c results.Cell) bool { return metric.OfEqualWork(c) == metric.MigrationTime }

// The order in which the table leaves columns out where there is little room.
const (
	dropShares = iota + 1
	dropEvidence
	dropPairs
	dropBase // of several models: the ratio implies it
)

// answerGrid has a row for each case and model that is compared with the first.
func answerGrid(s *view.Source) *Grid {
	diffs := slices.Clone(s.Diffs())
	if len(diffs) == 0 {
		return loneGrid(s)
	}
	view.ByCase(diffs)
	several := false
	for _, d := range diffs {
		several = several || d.Model != diffs[0].Model
	}
	g := &Grid{Keys: 1, Whole: true, Cols: []Column{caseColumn()}}
	other := diffs[0].Model
	if several {
		g.Keys, other = 2, "its time"
		g.Cols = append(g.Cols, Column{Head: "model", Text: true})
	}
	base := Column{Head: diffs[0].Base}
	if several {
		base.Drop = dropBase
	}
	g.Cols = append(g.Cols, base, Column{Head: other},
		Column{Head: "ratio [95\u00a0%]"}, Column{Head: "verdict", Text: true},
		Column{Head: "pairs", Drop: dropPairs}, Column{Head: "evidence", Drop: dropEvidence},
		Column{Head: "same work?", Narrow: "same work", Text: true},
		Column{Head: "compressed (%)", Drop: dropShares})
	last := results.Cell{Threads: -1}
	for i := range diffs {
		d := &diffs[i]
		cells := textCells(caseName(&view.Figures{Cell: d.Case}, d.Case != last))
		if several {
			cells = append(cells, Cell{Text: d.Model})
		}
		g.Rows = append(g.Rows, GridRow{Cells: append(cells, diffCells(s, d)...)})
		last = d.Case
	}
	return g
}

func diffCells(s *view.Source, d *view.Diff) []Cell {
	agree, all := d.Agreeing()
	work := "yes"
	if !sameWork(d.Case) {
		work = "no"
	}
	cells := textCells(s.EqualTime(d.Base, d.Case), s.EqualTime(d.Model, d.Case), ratioText(d), "",
		fmt.Sprintf("%d of %d", agree, all), d.Sureness, work,
		s.CompressedShare(d.Base, d.Case)+" → "+s.CompressedShare(d.Model, d.Case))
	cells[3] = verdictCell(d)
	return cells
}

// ratioText is a ratio with its interval where it is proved, and about a ratio where it is not.
func ratioText(d *view.Diff) string {
	switch {
	case !format.Finite(d.Ratio) || d.Ratio == 0:
		return format.None
	case d.Verdict == view.Unproven || d.Verdict == view.TooFew || d.Verdict == view.HostMoved:
		return "~" + format.Sig2(d.Ratio)
	}
	return fmt.Sprintf("%s [%s, %s]", format.Sig(d.Ratio), format.RatioText(d.Lo),
		format.RatioText(d.Hi))
}

func verdictCell(d *view.Diff) Cell {
	only := func(model string) string { return "only " + model + " completes" }
	switch d.Verdict {
	case view.Faster:
		if d.Ratio == 0 {
			return Cell{Text: only(d.Model), Tone: Good}
		}
		return Cell{Text: "faster", Tone: Good}
	case view.Slower:
		if math.IsInf(d.Ratio, 1) {
			return Cell{Text: only(d.Base), Tone: Bad}
		}
		return Cell{Text: "slower", Tone: Bad}
	case view.Tied:
		return Cell{Text: "equal"}
	case view.HostMoved:
		return Cell{Text: "host changed"}
	}
	return Cell{Text: "unproved"}
}

// loneGrid is for a file with nothing to compare.
func loneGrid(s *view.Source) *Grid {
	g := &Grid{Keys: 2, Whole: true, Cols: []Column{caseColumn(), {Head: "model", Text: true},
		{Head: "total time (ms)"}, {Head: "migration", Text: true}, {Head: "runs (n)"}}}
	eachCase(s, s.Models(), func(c *view.Figures, first bool) {
		cells := textCells(caseName(c, first), c.Model, timeSpread(c), "", fmt.Sprint(len(c.Runs)))
		cells[3] = resultCell(c)
		g.Rows = append(g.Rows, GridRow{Cells: cells, Rule: first})
	})
	return g
}
