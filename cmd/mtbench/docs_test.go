package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDocumentedCommandsWork runs every mtbench command of the README and the how-to, in order and in
// one directory, with settings small enough for a test. A command must end as its documentation
// lets one expect: done, or with a verdict that needs more evidence than a small series has.
func TestDocumentedCommandsWork(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every documented command")
	}
	dir := t.TempDir()
	image := filepath.Join(dir, "memory.img")
	if err := os.WriteFile(image, []byte(strings.Repeat("some memory ", 1<<12)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "results"), os.DirFS("../../results")); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, doc := range []string{"../../README.md", "../../docs/how-to.md", "../../docs/method.md"} {
		for _, args := range commands(t, doc) {
			args = shrink(args, image)
			_, errs, status := mtbench(t, dir, args...)
			ran++
			if status != statusOK && status != statusRegression && status != statusEvidence {
				t.Errorf("%s: mtbench %s: status %d: %s", filepath.Base(doc), strings.Join(args, " "),
					status, errs)
			}
		}
	}
	if ran < 8 {
		t.Errorf("only %d commands were found in the documents", ran)
	}
}

// commands are the lines of a document's sh blocks that call mtbench, without the name.
func commands(t *testing.T, doc string) [][]string {
	t.Helper()
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	inside := false
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "#")
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```sh"
		case inside:
			for _, call := range []string{"mtbench ", "go run ./cmd/mtbench "} {
				if rest, ok := strings.CutPrefix(line, call); ok {
					all = append(all, strings.Fields(rest))
				}
			}
		}
	}
	return all
}

// shrink gives a documented command small settings where it names none.
func shrink(args []string, image string) []string {
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "/path/to/memory.img", image)
	}
	small := map[string][]string{
		"run":      {"--threads", "1", "--wait", "on", "--pairs", "1", "--aa", "0%", "--memory", "4MiB", "--reruns", "0"},
		"frontier": {"--threads", "1", "--wait", "on", "--repeats", "1", "--memory", "4MiB", "--limit", "300ms"},
		"predict":  {"--threads", "1", "--wait", "on", "--resamples", "1"},
	}[args[0]]
	if slices.Contains(args, "--against") { // its matrix is the file's
		small = []string{"--resamples", "1"}
	}
	for i := 0; i+1 < len(small); i += 2 {
		if !slices.Contains(args, small[i]) && !slices.Contains(args, "--resume") {
			args = append(args, small[i], small[i+1])
		}
	}
	for flag, value := range map[string]string{"--budget": "1s", "--pairs": "1", "--memory": "4MiB"} {
		if i := slices.Index(args, flag); i > 0 {
			args[i+1] = value
		}
	}
	return args
}
