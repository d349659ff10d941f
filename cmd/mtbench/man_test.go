package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestManPages makes a page of each command that help lists, and has groff read them if it is here.
func TestManPages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man")
	if _, errs, status := mtbench(t, t.TempDir(), "man", dir); status != statusOK {
		t.Fatalf("status %d: %s", status, errs)
	}
	for _, cmd := range newRootCommand().Commands() {
		page := filepath.Join(dir, "mtbench-"+cmd.Name()+".1")
		text, err := os.ReadFile(page)
		switch {
		case cmd.Hidden || !cmd.IsAvailableCommand():
			continue
		case err != nil:
			t.Error(err)
		case !strings.Contains(string(text), cmd.Name()) ||
			!strings.Contains(string(text), ".SH SYNOPSIS"):
			t.Errorf("%s:\n%.300s", page, text)
		}
		if groff, err := exec.LookPath("groff"); err == nil {
			out, err := exec.Command(groff, "-k", "-man", "-ww", "-W", "break", "-z", page).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("%s: %v\n%s", page, err, out)
			}
		}
	}
}
