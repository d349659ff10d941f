package table

import (
	"strings"
	"testing"

	"mtbench/internal/metric"
	"mtbench/report/internal/reporttest"
	"mtbench/report/internal/view"
)

// One number of pairs stands in headline, tables and command.
func TestOneNumberOfPairs(t *testing.T) {
	f := reporttest.FewPairs(2)
	s := view.SourceOf(f, 0, 1)
	sum := *s.Summary()
	m, _ := metric.Lookup("total_time")
	for place, text := range map[string]string{"headline": sum.Verdict[0],
		"title": view.TimeFinding(s, s.Diffs()).Text(),
		"table": cellOf(t, PairSection(s, m), 0, "verdict")} {
		if !strings.Contains(text, "at least 8 pairs") || !strings.Contains(text, "for 4 tests") {
			t.Errorf("%s: %q says another number", place, text)
		}
	}
	if got := sum.Settle.Command; got != "mtbench run --pairs 8" {
		t.Errorf("the command is %q", got)
	}
	full := reporttest.DefaultSynth().File()
	if got := view.SourceOf(full, 0, 1).Settle(full).Command; strings.Contains(got, "--pairs 8") {
		t.Errorf("a file with pairs enough wants %q", got)
	}
}

func TestHowRunsEnded(t *testing.T) {
	f := reporttest.FewPairs(2)
	no := false
	f.Runs[0].Verified = &no
	f.Runs[1].Verified, f.Runs[1].UnverifiedReason = nil, ""
	f.Runs[2].Verified, f.Runs[2].UnverifiedReason = nil, "discard"
	sec := failedSection(view.SourceOf(f, 0, 1))
	text := strings.Join(append(sec.Lead, sec.Notes...), " ")
	for _, part := range []string{"1 with memories that DIFFER",
		"1 not verified WITHOUT a reason",
		"1 not verified (the record says why)", "11 with both memories equal"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
	if !sec.Warn {
		t.Error("there is no warning")
	}
	f.Runs = nil
	if sec = failedSection(view.SourceOf(f, 0, 1)); !strings.Contains(sec.Lead[0], "no other run") {
		t.Errorf("without runs: %q", sec.Lead)
	}
}
