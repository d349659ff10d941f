package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mtbench/results"
)

// tinyHandover is a grid of a second.
func tinyHandover(more ...string) []string {
	return append([]string{"handover", "--models", "locked,lockless", "--threads", "1,2", "--work",
		"0,10us", "--load", "50,100", "--repeats", "1", "--time", "20ms", "--seed", "7"}, more...)
}

// TestHandover measures a tiny grid on kernel threads, and has it reported in all formats.
func TestHandover(t *testing.T) {
	dir := t.TempDir()
	out, errs, status := mtbench(t, dir, tinyHandover("-o", "h.jsonl")...)
	if status != statusOK {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	for _, want := range []string{"Least regret in pages a second", "locked", "h.jsonl", "n = 1"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output has no %q:\n%s", want, out)
		}
	}
	f := readHandover(t, filepath.Join(dir, "h.jsonl"))
	if len(f.Runs) != 16 || len(f.Failed) != 0 || f.Header.Seed != 7 || f.Header.ClockNS <= 0 {
		t.Fatalf("%d runs, %d failed: %+v", len(f.Runs), len(f.Failed), f.Header)
	}
	for _, r := range f.Runs {
		if r.Pages < 1 || r.CPUNS <= 0 || r.Timed < 1 || (r.Offered == nil) != (r.Load == 100) {
			t.Errorf("%+v", r)
		}
	}
	out, _, _ = mtbench(t, dir, "report", "--details", "h.jsonl")
	if !strings.Contains(out, "Every cell") {
		t.Errorf("report: %s", out)
	}
	if _, errs, status := mtbench(t, dir, "report", "h.jsonl", "--format", "markdown", "--plots",
		"svg", "-o", "out"); status != statusOK {
		t.Errorf("status %d: %s", status, errs)
	}
	for _, name := range []string{"report.md", "handover-cpu.svg", "handover-map.svg",
		"handover-latency.svg"} {
		if info, err := os.Stat(filepath.Join(dir, "out", name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, errs, status := mtbench(t, dir, "handover", "--resume", "h.jsonl"); status != statusOK {
		t.Errorf("resuming what is whole: status %d: %s", status, errs)
	}
}

func readHandover(t *testing.T, path string) *results.HandOverFile {
	t.Helper()
	f, err := results.ReadHandOver(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestHandoverInterrupted: the first signal ends it with what is there, and --resume makes exactly
// the rest.
func TestHandoverInterrupted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "h.jsonl")
	cmd := exec.Command(binary, tinyHandover("-o", path, "--repeats", "5", "--time", "50ms")...)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if text, _ := os.ReadFile(path); strings.Count(string(text), "\n") > 3 {
			break
		}
		if time.Since(begun) > time.Minute {
			t.Fatal("no run ended within a minute")
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if cmd.ProcessState.ExitCode() != statusInterrupted ||
		!strings.Contains(said.String(), "mtbench handover --resume") ||
		!strings.Contains(said.String(), "Least regret") {
		t.Errorf("status %d: %s", cmd.ProcessState.ExitCode(), said.String())
	}
	had := len(readHandover(t, path).Runs)
	out, errs, status := mtbench(t, dir, "handover", "--resume", path)
	f := readHandover(t, path)
	if status != statusOK || had >= 80 || len(f.Runs) != 80 || len(f.Kept()) != 80 {
		t.Errorf("status %d, %d runs before and %d after\n%s%s", status, had, len(f.Runs), out, errs)
	}
}

// What is wrong is said, with its status, and no file is left.
func TestHandoverBadInput(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--models", "nobody"}, "--models: unknown model"},
		{[]string{"--models", "ideal"}, "baseline"},
		{[]string{"--work", "10"}, "--work: \"10\" is not a list of durations"},
		{[]string{"--work", "5s"}, "--work is 5000000000 ns"},
		{[]string{"--load", "0"}, "--load is 0 %"},
		{[]string{"--load", "half"}, "--load"},
		{[]string{"--time", "0s"}, "--time: 0s"},
		{[]string{"--repeats", "0"}, "--repeats: 0"},
		{[]string{"--pin=nowhere"}, "--pin"},
		{[]string{"--resume", "none.jsonl"}, "no such file"},
		{[]string{"--resume", "x.jsonl", "--load", "10"}, "--load cannot be given with --resume"},
		{[]string{"-o", "none/h.jsonl"}, "--output"},
		{[]string{"word"}, "takes flags alone"},
	} {
		out, errs, status := mtbench(t, dir, append([]string{"handover"}, c.args...)...)
		if status != statusUsage || !strings.Contains(errs, c.want) || out != "" {
			t.Errorf("%v: status %d, %q, want %q", c.args, status, errs, c.want)
		}
	}
	made, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(made) != 0 {
		t.Errorf("left behind: %v", made)
	}
	if out, _, status := mtbench(t, dir, "handover", "--full", "--dry-run"); status != statusOK ||
		!strings.Contains(out, "16 threads, 100 µs, load 100 %, 10000 polls") {
		t.Errorf("status %d: %s", status, out)
	}
	series, err := filepath.Abs("../../report/testdata/series.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	_, errs, status := mtbench(t, dir, "report", "--only", "cells", series)
	if status != statusUsage || !strings.Contains(errs, `no section "cells"`) {
		t.Errorf("a section of another kind of file: status %d: %s", status, errs)
	}
}

// The names of models complete, behind those that are there.
func TestCompleteModels(t *testing.T) {
	out, _, _ := mtbench(t, t.TempDir(), "__complete", "handover", "--models", "locked,")
	for _, want := range []string{"locked,lockless\t", "locked,all\t"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}
