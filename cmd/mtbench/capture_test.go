package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestCaptureAndReplay: a captured stream is the workload of two models, in pairs, verified.
func TestCaptureAndReplay(t *testing.T) {
	dir := t.TempDir()
	out, errs, status := mtbench(t, dir, "capture", "-o", "s", "--memory", "1MiB", "--vcpus", "1",
		"--dirty-rate", "0", "--link-bandwidth", "5x", "--downtime-limit", "5ms", "--threads", "2",
		"--decompress-threads", "2")
	if status != statusOK || !strings.Contains(out, "256, each right") ||
		!strings.Contains(out, "replay   mtbench run --replay s") {
		t.Fatalf("status %d: %s%s", status, errs, out)
	}
	_, errs, status = mtbench(t, dir, "capture", "-o", "s", "--memory", "1MiB")
	if status != statusUsage {
		t.Errorf("an existing stream: status %d: %s", status, errs)
	}
	checkReplay(t, dir, "s", 256)
}

// TestReplayOfRealStream is the same with the stream of a real QEMU.
func TestReplayOfRealStream(t *testing.T) {
	path, err := filepath.Abs(realStream)
	if err != nil {
		t.Fatal(err)
	}
	checkReplay(t, t.TempDir(), path, 128)
}

func checkReplay(t *testing.T, dir, stream string, pages int64) {
	t.Helper()
	out, errs, status := mtbench(t, dir, "run", "--replay", stream, "--threads", "2", "--wait", "on",
		"--pairs", "1", "--aa", "0%", "--reruns", "0", "--link-bandwidth", "5x", "--downtime-limit",
		"5ms", "--decompress-threads", "2", "-o", "r.jsonl")
	if status != statusOK {
		t.Fatalf("status %d: %s%s", status, errs, out)
	}
	f := readFile(t, filepath.Join(dir, "r.jsonl"))
	if from := f.Header.ContentSource; from == nil || len(from.SHA256) != 64 {
		t.Errorf("the header does not know the stream: %+v", from)
	}
	prints := map[string]int{}
	for i := range f.Runs {
		r := &f.Runs[i]
		prints[r.MemoryFingerprint]++
		if r.Verified == nil || !*r.Verified || r.Pages != pages {
			t.Errorf("%s: %d pages, verified %v", r.Model, r.Pages, r.Verified)
		}
	}
	if len(f.Runs) != 2 || len(prints) != 1 {
		t.Errorf("%d runs with the memories %v", len(f.Runs), prints)
	}
}

// TestReplayRefused says what is wrong with a stream, or with what stands beside it.
func TestReplayRefused(t *testing.T) {
	path, err := filepath.Abs(realStream)
	if err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"run --replay none":                        "--replay: none: no such file",
		"run --replay .":                           "it is a directory",
		"run --content stream:none":                "page content stream:none: no such file",
		"run --replay " + path + " --memory 1MiB":  "--memory cannot be given with --replay",
		"run --replay " + path + " --content zero": "--content cannot be given with --replay",
		"capture":                                   "--output names no file",
		"capture -o x --codec s2":                   "QEMU's form has zlib alone",
		"capture -o x --destination discard":        "cannot be kept",
		"capture -o x --model none":                 "none",
		"capture -o no/such/dir":                    "no/such",
		"run --replay " + path + " --dirty-rate 10": "--dirty-rate cannot be given with --replay",
	} {
		out, errs, status := mtbench(t, t.TempDir(), strings.Fields(args)...)
		if status != statusUsage || !strings.Contains(errs, want) {
			t.Errorf("%s: status %d: %s%s", args, status, errs, out)
		}
	}
}
