package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestValidateRefused refuses before anything is started.
func TestValidateRefused(t *testing.T) {
	dir := t.TempDir()
	for args, want := range map[string]string{
		"":                                  "--qemu names no program",
		"--qemu /no/such":                   "--qemu: /no/such is not a program",
		"--qemu /bin/true":                  "--version says",
		"--qemu /bin/true --wait self":      "--wait: QEMU has on and off alone",
		"--qemu /bin/true --memory 100001B": "is no multiple of a page",
		"--qemu /bin/true --pairs 0":        "--pairs: 0 is not between",
	} {
		out, errs, status := mtbench(t, dir, append([]string{"validate"}, strings.Fields(args)...)...)
		if status != statusUsage || !strings.Contains(errs, want) || out != "" {
			t.Errorf("validate %s: status %d: %s%s", args, status, out, errs)
		}
	}
}

// TestValidate runs the QEMU of a distribution beside locked, where there is one.
func TestValidate(t *testing.T) {
	if _, err := exec.LookPath("qemu-system-x86_64"); err != nil {
		t.Skip("no QEMU here: ", err)
	}
	dir := t.TempDir()
	out, errs, status := mtbench(t, dir, "validate", "--qemu", "qemu-system-x86_64", "--threads", "2",
		"--wait", "on", "--memory", "4MiB", "--pairs", "1", "-o", "v.jsonl")
	if status == statusChild && strings.Contains(errs, "compress") {
		t.Skip("this QEMU has no compression threads: ", errs)
	}
	if status != statusOK || !strings.Contains(out, "Beside a real QEMU") {
		t.Fatalf("status %d: %s\n%s", status, errs, out)
	}
	f := readFile(t, filepath.Join(dir, "v.jsonl"))
	if f.Header.Reference == nil || len(f.Header.Reference.Differs) < 5 {
		t.Errorf("%+v", f.Header.Reference)
	}
	seen := map[string]bool{}
	for i := range f.Runs {
		r := &f.Runs[i]
		seen[r.Model] = true
		if r.Pages < 1024 || r.Verified == nil || (r.QueryMigrate != nil) != (r.Model == "qemu") {
			t.Errorf("%+v", r)
		}
	}
	if !seen["qemu"] || !seen["locked"] {
		t.Errorf("runs of %v", seen)
	}
}
