package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// copyBinary is a program of its own path, which a test may write over.
func copyBinary(t *testing.T, path string, tail ...byte) {
	t.Helper()
	from, err := os.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if _, err := to.Write(tail); err != nil {
		t.Fatal(err)
	}
}

// TestTheRestIsMadeByTheReplacedBinary: the file of the program is replaced while a series runs, by
// something that is no mtbench; all runs are of the program that began.
func TestTheRestIsMadeByTheReplacedBinary(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "mt")
	copyBinary(t, program)
	cmd := exec.Command(program, small("--output", "a.jsonl", "--destination", "discard", "--pairs",
		"4")...)
	var errs bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForRuns(t, filepath.Join(dir, "a.jsonl"), 1)
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte("#!/bin/sh\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, program); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	if f := readFile(t, filepath.Join(dir, "a.jsonl")); len(f.Runs) != 8 || len(f.Failed) != 0 {
		t.Errorf("%d runs, %d failed", len(f.Runs), len(f.Failed))
	}
}

// TestResumeGoesOnWithAnotherBuild: it does not, and names the key.
func TestResumeGoesOnWithAnotherBuild(t *testing.T) {
	dir := t.TempDir()
	if _, errs, status := mtbench(t, dir, small("--output", "a.jsonl", "--destination", "discard",
		"--pairs", "1")...); status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	other := filepath.Join(dir, "mt")
	copyBinary(t, other, 0) // a byte behind the program: it runs, and is another
	cmd := exec.Command(other, "run", "--resume", "a.jsonl")
	var errs bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &errs
	_ = cmd.Run()
	if status := cmd.ProcessState.ExitCode(); status != statusUsage ||
		!strings.Contains(errs.String(), "binary_sha256") {
		t.Errorf("status %d: %s", status, errs.String())
	}
}
