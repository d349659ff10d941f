package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mtbench/internal/metric"
	"mtbench/results"
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

// TestDestinationAlone: a real stream and a captured one are decompressed by two models, verified;
// the report says what it is about and has no figure of the source.
func TestDestinationAlone(t *testing.T) {
	real, err := filepath.Abs(realStream)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, errs, status := mtbench(t, dir, "capture", "-o", "s", "--memory", "1MiB", "--vcpus", "1",
		"--dirty-rate", "0", "--link-bandwidth", "5x", "--downtime-limit", "5ms", "--threads", "2",
		"--decompress-threads", "2"); status != statusOK {
		t.Fatalf("status %d: %s", status, errs)
	}
	for stream, pages := range map[string]int64{real: 128, "s": 256} {
		name := filepath.Base(stream) + ".jsonl"
		out, errs, status := mtbench(t, dir, "run", "--replay", stream, "--sides", "destination",
			"--threads", "2", "--pairs", "1", "--aa", "0%", "--reruns", "0", "-o", name)
		if status != statusOK {
			t.Fatalf("status %d: %s%s", status, errs, out)
		}
		for _, want := range []string{"Decompression alone: ", "The source was not measured"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q in %s", stream, want, out)
			}
		}
		checkAlone(t, filepath.Join(dir, name), pages)
	}
}

func checkAlone(t *testing.T, path string, pages int64) {
	t.Helper()
	f := readFile(t, path)
	if len(f.Runs) != 2 || len(f.Failed) != 0 || f.Header.Scenario.Sides != results.DestinationSide {
		t.Errorf("%d runs, %d failed: %+v", len(f.Runs), len(f.Failed), f.Header.Scenario)
	}
	absent := []string{"setup_share", "downtime", "rate_windows", "busy_pages", "collector_pause"}
	for i := range f.Runs {
		r := &f.Runs[i]
		if r.Verified == nil || !*r.Verified || r.Pages != pages || r.Self.RunDelayMS == nil {
			t.Errorf("%s: %d pages, verified %v", r.Model, r.Pages, r.Verified)
		}
		for _, u := range r.ThreadUsage {
			if u.Process != "destination" {
				t.Errorf("%s: usage of the %s", r.Model, u.Process)
			}
		}
		for _, name := range absent {
			if v, ok := metric.Get(name).Of(r); ok {
				t.Errorf("%s: %s is %g", r.Model, name, v)
			}
		}
		for _, name := range []string{"main_cpu", "worker_cpu", "total_time", "drain_rate"} {
			if v, ok := metric.Get(name).Of(r); !ok || v <= 0 {
				t.Errorf("%s: %s is %g", r.Model, name, v)
			}
		}
	}
}

// damaged is a copy of a stream with one byte changed in the payload of a page.
func damaged(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 0xff
	bad := filepath.Join(t.TempDir(), "bad.stream")
	if err := os.WriteFile(bad, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return bad
}

// TestDestinationAloneRefused says what does not go with a destination that is measured alone.
func TestDestinationAloneRefused(t *testing.T) {
	path, err := filepath.Abs(realStream)
	if err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--replay " + damaged(t, path):         "corrupt",
		"--replay " + path + " --sides source": `"source" is unknown`,
		"--destination discard":                "is discarded",
		"--wait off":                           "waits for its threads",
		"--codec s2":                           "compressed with zlib",
		"--models ideal":                       "has no destination side",
		"--link-bandwidth 1x":                  "means nothing with",
		"--decompress-threads 2":               "means nothing with",
	} {
		fields := append([]string{"run", "--sides", "destination", "--replay", path},
			strings.Fields(args)...)
		out, errs, status := mtbench(t, t.TempDir(), fields...)
		if status != statusUsage || !strings.Contains(errs, want) {
			t.Errorf("%s: status %d: %s%s", args, status, errs, out)
		}
	}
}

// TestReplayRefused says what is wrong with a stream, or with what stands beside it.
func TestReplayRefused(t *testing.T) {
	path, err := filepath.Abs(realStream)
	if err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"run --replay none":                         "--replay: none: no such file",
		"run --replay .":                            "it is a directory",
		"run --content stream:none":                 "page content stream:none: no such file",
		"run --replay " + path + " --memory 1MiB":   "--memory cannot be given with --replay",
		"run --replay " + path + " --content zero":  "--content cannot be given with --replay",
		"run --sides destination":                   "add --replay FILE",
		"capture":                                   "--output names no file",
		"capture -o x --codec s2":                   "QEMU's format has zlib alone",
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
