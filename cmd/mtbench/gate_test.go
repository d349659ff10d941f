package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGate: what the gate says and ends with where nothing moved, where something did, and where
// there is nothing to compare.
func TestGate(t *testing.T) {
	dir := t.TempDir()
	committed, err := os.ReadFile("../../internal/gate/expected.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if _, errs, status := mtbench(t, dir, "gate", "--models", "locked,lockless"); status != 0 ||
		!strings.HasPrefix(errs, "mtbench: nothing moved: 24 cases as expected") {
		t.Errorf("status %d: %s", status, errs)
	}
	if out, errs, status := mtbench(t, dir, "gate", "--write", "e.jsonl"); status != 0 {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
	made, err := os.ReadFile(filepath.Join(dir, "e.jsonl"))
	if err != nil || !bytes.Equal(made, committed) {
		t.Errorf("the file that is made now is not the committed one, byte for byte: %v", err)
	}
	edit := func(name, old, text string) {
		if !bytes.Contains(committed, []byte(old)) {
			t.Fatalf("no %s in the committed file", old)
		}
		b := bytes.ReplaceAll(committed, []byte(old), []byte(text))
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	edit("moved.jsonl", `"destination_locks":`, `"destination_locks":1`)
	out, errs, status := mtbench(t, dir, "gate", "--models", "locked", "--expected", "moved.jsonl")
	if status != statusRegression || !strings.Contains(out, "locked, 2 CPUs, 4 threads, wait on:\n") ||
		!strings.Contains(out, "  destination_locks  1") || !strings.Contains(out, "× 0.") ||
		!strings.Contains(out, "locked: 11 more of its cases moved") ||
		!strings.HasPrefix(errs, "mtbench: moved: locked in 12 of its cases; if that is meant") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	edit("other.jsonl", `"model":"lockless"`, `"model":"elsewhere"`)
	out, _, status = mtbench(t, dir, "gate", "--expected", "other.jsonl", "--all")
	if status != statusRegression || strings.Count(out, "lockless, ") != 12 ||
		strings.Count(out, "elsewhere, ") != 12 || !strings.Contains(out, ": not expected") {
		t.Errorf("status %d\n%s", status, out)
	}
	edit("profile.jsonl", `"profile_sha256":"`, `"profile_sha256":"x`)
	if _, errs, status := mtbench(t, dir, "gate", "--expected", "profile.jsonl"); status !=
		statusIncomparable || !strings.Contains(errs, "another cost profile") {
		t.Errorf("status %d: %s", status, errs)
	}
	badGates(t, dir, edit)
}

func badGates(t *testing.T, dir string, edit func(name, old, text string)) {
	t.Helper()
	edit("schema.jsonl", `"schema":1`, `"schema":9`)
	if err := os.WriteFile(filepath.Join(dir, "there"), []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--models nope":             `--models: unknown model "nope"`,
		"--models locked,locked":    "--models names locked twice",
		"--expected missing":        "missing: there is no such file",
		"--expected there":          "there:1: not a file of expected figures",
		"--expected schema.jsonl":   "schema.jsonl:1: schema 9; this build reads 1",
		"--expected .":              ".: cannot be read: it is a directory",
		"--write there":             "there exists and holds no expected figures",
		"--write nowhere/e":         "--write: there is no directory nowhere",
		"--write e --models locked": "--write goes with neither --models nor --expected",
		"more":                      `mtbench gate takes flags alone, and "more" is none`,
	} {
		refused(t, dir, "gate "+args, want)
	}
}
