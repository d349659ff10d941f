package page

import (
	"strings"
	"testing"

	"mtbench/internal/metric"
	"mtbench/report/internal/plot"
	"mtbench/report/internal/reporttest"
	"mtbench/report/internal/table"
	"mtbench/report/internal/view"
)

// Everywhere the assumed floor is called assumed, with the pairs that the file lacks.
func TestAssumedFloorIsSaid(t *testing.T) {
	f := reporttest.FewPairs(2)
	const want = "taken as 5 % (assumed: the file has no A/A pair)"
	s := view.SourceOf(f, 0, 1)
	m, _ := metric.Lookup("total_time")
	texts := map[string]string{
		"summary": factOf(*s.Summary(), "How sure"),
		"caption": plot.PairsPlot(s, s.Diffs()).Caption,
		"legend":  plot.FloorWord(s.Diffs()[0]),
		"tables":  table.PairSection(s, m).Lead[1],
	}
	for place, text := range texts {
		if !strings.Contains(strings.ReplaceAll(text, "\u00a0", " "), want) {
			t.Errorf("%s: %q", place, text)
		}
		if strings.Contains(text, "cannot be told apart on this machine") {
			t.Errorf("%s takes the assumed floor for measured: %q", place, text)
		}
	}
	page := string(pageOfFiles(t, f))
	if strings.Contains(page, "cannot be told apart on this machine") {
		t.Error("the page takes the assumed floor for measured")
	}
}
