package view

import (
	"testing"

	"mtbench/report/internal/reporttest"
	"mtbench/results"
)

// TestReferences sets the program beside the model; throughput is the inverse of the time that is
// compared.
func TestReferences(t *testing.T) {
	f := reporttest.TinyFile(3)
	if _, rows := SourcesOf([]*results.File{f}, nil)[0].References(); rows != nil {
		t.Errorf("%v without a program", rows)
	}
	f.Header.Reference = &results.Reference{Model: "locked"}
	model, rows := SourcesOf([]*results.File{f}, nil)[0].References()
	if model != "lockless" || len(rows) != 5 {
		t.Fatalf("%s, %d rows: %+v", model, len(rows), rows)
	}
	r := rows[0]
	if r.Figure != "pages/s" || int(r.Program.Median()) != 990 || r.Model.Median() != 2000 ||
		r.Ratio < 1.99 || r.Ratio > 2.05 || r.Pairs != 3 {
		t.Errorf("%+v", r)
	}
	if busy := rows[3]; busy.Figure != "busy-ratio" || busy.RatioText() != "–" {
		t.Errorf("%+v", busy)
	}
}
