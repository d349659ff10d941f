package main

import (
	"strings"
	"testing"
)

const committed = "../../results/baseline/series.jsonl.gz"

// TestFieldsOfARun: each figure of the run has its value, its unit and its meaning; runs of a cell
// are taken together.
func TestFieldsOfARun(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	out, _, status := execute(newFieldsCommand(), committed, "--run", "3")
	if status != statusOK || !strings.HasPrefix(out, "run 3: ") {
		t.Fatalf("status %d: %.200s", status, out)
	}
	for _, part := range []string{"\ntotal_time = ", " ms, lower is better\n",
		"\n    from the start of the migration to its completion", "\n    not to be read alone"} {
		if !strings.Contains(out, part) {
			t.Errorf("the run is explained without %q", part)
		}
	}
	out, _, status = execute(newFieldsCommand(), committed, "--where", "model=lockless", "--where",
		"threads=4", "--where", "wait=on")
	if status != statusOK || !strings.Contains(out, ": median, lowest and highest") ||
		!strings.Contains(out, " to ") {
		t.Errorf("of a cell, status %d: %.200s", status, out)
	}
}

// TestFieldsRefuses says what was wrong, and what would be right.
func TestFieldsRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{committed, "--run", "9999"}, `has no run "9999"; its runs are 0 to `},
		{[]string{"--run", "1"}, "explain runs of one result file; 0 given"},
		{[]string{committed, "--where", "threads"}, `--where: "threads" is not a condition`},
		{[]string{committed, "--where", "threads=99"}, "has no run with threads=99"},
		{[]string{committed, "--run", "1", "--json-schema"}, "leave --json-schema"},
	} {
		_, errs, status := execute(newFieldsCommand(), c.args...)
		if status != statusUsage || !strings.Contains(errs, c.says) {
			t.Errorf("%v: status %d, %q", c.args, status, errs)
		}
	}
}
