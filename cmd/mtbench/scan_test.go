package main

import (
	"path/filepath"
	"strings"
	"testing"

	"mtbench/results"
)

// Any axis can be given as a list, and each run records and has its own.
func TestScanAxes(t *testing.T) {
	dir := t.TempDir()
	args := small("--output", "a.jsonl", "--memory", "4MiB,8MiB", "--codec", "zlib,none",
		"--pairs", "1")
	out, errs, status := mtbench(t, dir, args...)
	if status != statusOK {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	f := readFile(t, filepath.Join(dir, "a.jsonl"))
	pages := map[results.Varied]int64{}
	for i := range f.Runs {
		pages[f.Runs[i].Varied] = f.Runs[i].Pages
	}
	small := pages[results.Varied{Memory: 4 << 20, Codec: "zlib"}]
	large := pages[results.Varied{Memory: 8 << 20, Codec: "none"}]
	if len(f.Runs) != 8 || len(pages) != 4 || small < 1024 || large < 2048 {
		t.Errorf("%d runs, pages %v", len(f.Runs), pages)
	}
	bench, _, _ := mtbench(t, dir, "report", "--format", "benchfmt", "a.jsonl")
	if !strings.Contains(bench, "/wait=on/memory=4MiB/codec=none 1 ") {
		t.Errorf("benchfmt has not the axes:\n%.2000s", bench)
	}
	csv, _, _ := mtbench(t, dir, "report", "--format", "csv", "a.jsonl")
	if !strings.Contains(csv, ",memory_bytes,content,codec,level,placement,") ||
		!strings.Contains(csv, ",8388608,,none,") {
		t.Errorf("csv has not the axes:\n%.2000s", csv)
	}
}

func TestScanFlags(t *testing.T) {
	dir := t.TempDir()
	for _, bad := range [][]string{{"--memory", "1,5MiB"}, {"--memory", "4MiB,4MiB"},
		{"--codec", "zlib,lz4"}, {"--codec", "zlib,none", "--level", "3"}, {"--content", "text,"},
		{"--level", "0,1"}, {"--content", "zero,file:x"}, {"--pin=core,turbo"}} {
		_, errs, status := mtbench(t, dir, append([]string{"run", "--dry-run"}, bad...)...)
		flag, _, _ := strings.Cut(bad[0], "=")
		named := strings.Contains(errs, flag) || strings.Contains(errs, "--level")
		if status != statusUsage || !named {
			t.Errorf("%v: status %d, %s", bad, status, errs)
		}
	}
	out, errs, status := mtbench(t, dir, "run", "--dry-run", "--threads", "2", "--wait", "on",
		"--vcpus", "1", "--pin", "none,spread", "--destination", "discard", "--memory", "4MiB")
	if status != statusOK || !strings.Contains(out, "cases       2-on-pinnone 2-on-pinspread\n") ||
		!strings.Contains(out, "not pinned\n            pinned by spread") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
}

// Warm-up runs are made, said and not recorded.
func TestWarmUp(t *testing.T) {
	dir := t.TempDir()
	args := small("--output", "a.jsonl", "--warm-up", "1", "--pairs", "1")
	_, errs, status := mtbench(t, dir, args...)
	if status != statusOK || !strings.Contains(errs, "warm-up 1 of 1") {
		t.Fatalf("status %d\n%s", status, errs)
	}
	f := readFile(t, filepath.Join(dir, "a.jsonl"))
	if len(f.Runs) != 2 || f.Header.Matrix.WarmUp != 1 {
		t.Errorf("%d runs, warm-up %d", len(f.Runs), f.Header.Matrix.WarmUp)
	}
}
