package table

import (
	"fmt"
	"strconv"
	"strings"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

func shardSpecs() []Spec {
	return []Spec{{Name: "shards", Title: "One series, made in shards", Level: Open, Place: Top,
		Of: shardsSection}}
}

// shardsSection says who made which cases, and which shards are not there.
func shardsSection(s *view.Source) (Section, bool) {
	h := s.Header
	if shard := h.Matrix.Shard; shard != nil {
		return absent(fmt.Sprintf("This file is shard %s: %s of the %d of the series. mtbench merge "+
			"makes one file of all shards.", shard, results.Plural(len(h.Matrix.Cases()), "case"),
			len(h.Matrix.AllCases()))), true
	}
	if len(h.Parts) == 0 {
		return Section{}, false
	}
	sec := Section{Table: &Grid{Keys: 1, Cols: []Column{{Head: "shard", Text: true},
		{Head: "cases", Text: true}, {Head: "runs"}, {Head: "host", Text: true},
		{Head: "begun", Text: true}, {Head: "sha256", Text: true}}}}
	sec.Lead = append(sec.Lead, s.ShardText())
	for i := range h.Parts {
		sec.Table.Rows = append(sec.Table.Rows, GridRow{Cells: shardCells(s, &h.Parts[i])})
	}
	for _, missing := range h.MissingParts() {
		sec.Table.Rows = append(sec.Table.Rows, GridRow{Cells: []Cell{{Text: missing.String()},
			{Text: casesText(h, &missing)}, {Text: format.None}, {Text: "MISSING", Tone: Bad},
			{Text: format.None}, {Text: format.None}}})
	}
	sec.Warn = len(h.MissingParts()) > 0
	return sec, true
}

func shardCells(s *view.Source, p *results.Part) []Cell {
	runs := 0
	for i := range s.From.Runs {
		if s.Header.Matrix.PartOf(s.From.Runs[i].Cell, p.Of) == p.Index {
			runs++
		}
	}
	count := strconv.Itoa(runs)
	if p.Planned > runs {
		count += fmt.Sprintf(" of %d", p.Planned)
	}
	return textCells(p.Shard.String(), casesText(s.Header, &p.Shard), count, view.HostText(&p.Host),
		p.Created.UTC().Format("2006-01-02 15:04"), p.SHA256[:min(12, len(p.SHA256))])
}

// casesText names the cases of a shard, short.
func casesText(h *results.Header, shard *results.Shard) string {
	m := h.Matrix
	m.Shard = shard
	var words []string
	for _, c := range m.Cases() {
		words = append(words, c.Short())
	}
	return strings.Join(words, " ")
}
