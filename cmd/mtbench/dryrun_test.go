package main

import (
	"os"
	"strings"
	"testing"
)

// A dry run makes the checks of the real one, and prints sizes and rates as they were asked for.
func TestDryRun(t *testing.T) {
	dir := t.TempDir()
	out, errs, status := mtbench(t, dir, "run", "--dry-run", "--memory", "1.5MiB",
		"--link-bandwidth", "64MB", "--max-bandwidth", "100", "--link-burst", "1536",
		"--dirty-rate", "0", "--downtime-limit", "1ms")
	for _, want := range []string{"guest       1.5 MiB of", "link        64 MB/s, burst 1.5 KiB; " +
		"max-bandwidth 100 B/s", "time        at most 4m0s"} {
		if status != statusOK || !strings.Contains(out, want) {
			t.Errorf("status %d, %q is not in\n%s%s", status, want, out, errs)
		}
	}
	for _, args := range [][]string{{"--output", "."}, {"--output", "none/x.jsonl"},
		{"--memory", "1,5MiB"}, {"--link-burst", "64,5KiB"}, {"--equal", "2,5%"},
		{"--dirty-rate", "1,5x"}, {"--link-bandwidth", "1,000MB"}, {"--limit", "1,5s"}} {
		_, errs, status := mtbench(t, dir, append([]string{"run", "--dry-run"}, args...)...)
		if status != statusUsage || !strings.Contains(errs, args[0]) {
			t.Errorf("%v: status %d, %s", args, status, errs)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("a dry run leaves %v", left)
	}
}
