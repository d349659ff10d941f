package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mtbench/report"
)

var onlyWords = regexp.MustCompile(`\breport .*--only[ =]([a-z0-9_,-]+)`)

// TestWorkflowSections: sections that scripts and workflows ask for by name exist. No other test
// runs a workflow.
func TestWorkflowSections(t *testing.T) {
	var paths []string
	for _, glob := range []string{"scripts/*.sh", ".github/workflows/*.yml"} {
		found, err := filepath.Glob(filepath.Join(clone, glob))
		if err != nil || len(found) < 3 {
			t.Fatalf("%s: %d files: %v", glob, len(found), err)
		}
		paths = append(paths, found...)
	}
	known := append(report.SectionNames(), report.HandOverSections()...)
	asked := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range onlyWords.FindAllStringSubmatch(string(text), -1) {
			for name := range strings.SplitSeq(m[1], ",") {
				if asked++; !slices.Contains(known, name) {
					t.Errorf("%s: report --only %s: there is no such section", filepath.Base(path), name)
				}
			}
		}
	}
	if asked < 5 {
		t.Errorf("%d sections are asked for: the scripts ask for more", asked)
	}
}
