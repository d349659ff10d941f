package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mtbench/internal/host"
)

const clone = "../.."

// TestArtifactPage: docs/artifact.md is what the list generates, and what it names exists.
func TestArtifactPage(t *testing.T) {
	out, errs, status := mtbench(t, clone, "reproduce", "--markdown")
	page, err := os.ReadFile(filepath.Join(clone, "docs/artifact.md"))
	if err != nil || status != statusOK || out != string(page) {
		t.Errorf("docs/artifact.md is not current (%v, %s): "+
			"go run ./cmd/mtbench reproduce --markdown > docs/artifact.md", err, errs)
	}
	list, err := artifacts()
	if err != nil || len(list) < 10 {
		t.Fatalf("%d claims: %v", len(list), err)
	}
	for i, a := range list {
		for _, path := range []string{a.Where, a.File} {
			if _, err := os.Stat(filepath.Join(clone, path)); err != nil {
				t.Errorf("%s: %v", a.ID, err)
			}
		}
		if a.Measured == nil && i > 0 && list[i-1].Measured != nil {
			t.Errorf("%s: quick claims come first", a.ID)
		}
		if _, err := regexp.Compile(a.Says); err != nil || (a.Says == "") != (a.Measured != nil) {
			t.Errorf("%s: expression %q: %v", a.ID, a.Says, err)
		}
		parseDocumented(t, "artifact.yaml", a.Run)
	}
}

// TestReproduce ticks quick claims off, and says plainly what is refused.
func TestReproduce(t *testing.T) {
	ticks := filepath.Join(t.TempDir(), "ticks.jsonl")
	out, errs, status := mtbench(t, clone, "reproduce", "--only", "cite,claims-supported", "-o", ticks)
	if status != statusOK || strings.Count(out, "[x]") != 2 || !strings.Contains(errs, "s left") {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
	if text, err := os.ReadFile(ticks); err != nil || strings.Count(string(text), `"holds":true`) != 2 {
		t.Errorf("ticks: %v %s", err, text)
	}
	if _, errs, status := mtbench(t, t.TempDir(), "reproduce"); status != statusUsage ||
		!strings.Contains(errs, "in a clone") {
		t.Errorf("outside of a clone: status %d: %s", status, errs)
	}
	if _, errs, status := mtbench(t, clone, "reproduce", "--only", "nothing"); status != statusUsage {
		t.Errorf("status %d: %s", status, errs)
	}
}

// TestArtifactRange: what is out of its range does not hold.
func TestArtifactRange(t *testing.T) {
	a := artifact{Says: `(\d+) things`, Low: 2, High: 3}
	for out, want := range map[string]bool{"1 things": false, "2 things": true, "4 things": false,
		"none": false} {
		if got, found := a.said(out); got != want {
			t.Errorf("%q: %t, %s", out, got, found)
		}
	}
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("It has 2 things.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	a.Quoted, a.Where = true, page
	for out, want := range map[string]bool{"2 things": true, "3 things": false} {
		if got, found := a.said(out); got != want {
			t.Errorf("%q on the page: %t, %s", out, got, found)
		}
	}
}

// TestArtifactNotOfThisHost: what is claimed of smaller hosts is not run, and counts for nothing.
func TestArtifactNotOfThisHost(t *testing.T) {
	a := artifact{Run: []string{"no-such-command"}, Measured: &measuredCase{CPUs: 1}}
	if host.Local().CPUs() < 2 {
		t.Skip("one CPU")
	}
	if got, err := a.check(t.Context(), t.TempDir()); err != nil || !got.Skipped || got.Holds {
		t.Errorf("%+v, %v", got, err)
	}
}
