package view

import (
	"testing"

	"mtbench/report/internal/reporttest"
	"mtbench/results"
)

// TestCeiling: a share is ideal's time over the model's, the nearest model is first, and there is
// nothing to say without ideal.
func TestCeiling(t *testing.T) {
	f := reporttest.TinyFile(3)
	known := []Contender{{Name: "ideal", Kind: Baseline}}
	if _, rows := SourcesOf([]*results.File{f}, known)[0].Ceiling(); rows != nil {
		t.Errorf("%v", rows)
	}
	for i := range 3 {
		f.Runs = append(f.Runs, reporttest.TinyRun("ideal", i, 400, 0))
	}
	cases, rows := SourcesOf([]*results.File{f}, known)[0].Ceiling()
	if len(cases) != 1 || len(rows) != 2 || rows[0].Model != "lockless" || rows[0].Median != 0.8 {
		t.Errorf("%v, %+v", cases, rows)
	}
	want := "Nearest to the ceiling is lockless: 0.80 of it in the median case, 0.80 in the worst."
	if got := CeilingText(rows); got != want {
		t.Errorf("got %q", got)
	}
}
