package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// documents are the pages whose commands and snippets the tests hold.
func documents(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) < 4 {
		t.Fatalf("%d pages in docs/ (%v)", len(pages), err)
	}
	return append(pages, "../../README.md", "../../CONTRIBUTING.md")
}

// readers are the commands that only read or describe, and end within seconds.
var readers = []string{"report", "claims", "compare", "fields", "doctor", "status", "version",
	"help", "cite"}

// TestDocumentedCommands runs each documented command that is over within seconds, and parses the
// flags of the others as the command line does: what measures is tested by the tests of its
// command.
func TestDocumentedCommands(t *testing.T) {
	dir := t.TempDir()
	prepare(t, dir)
	ran, parsed := 0, 0
	for _, doc := range documents(t) {
		for _, args := range commands(t, doc) {
			if slices.Contains(readers, args[0]) || slices.Contains(args, "--dry-run") {
				ran++
				runDocumented(t, dir, doc, args)
				continue
			}
			parsed++
			parseDocumented(t, doc, args)
		}
	}
	if ran < 5 || parsed < 5 {
		t.Errorf("%d commands were run and %d parsed: the documents have more", ran, parsed)
	}
}

// prepare gives dir the files that the documents speak of: committed results, one small series
// under every name that a documented `run` would have made, and the same on another occasion.
func prepare(t *testing.T, dir string) {
	t.Helper()
	if err := os.CopyFS(filepath.Join(dir, "results"), os.DirFS("../../results")); err != nil {
		t.Fatal(err)
	}
	out, errs, status := mtbench(t, dir, small("--seed", "3", "--output", "series.jsonl")...)
	if status != statusOK {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	out, errs, status = mtbench(t, dir, "run", "--like", "series.jsonl", "--output", "later.jsonl")
	if status != statusOK {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	made, err := os.ReadFile(filepath.Join(dir, "series.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range documents(t) {
		for _, args := range commands(t, doc) {
			if args[0] == "gate" { // its files are of the source, and hold no series
				continue
			}
			for _, word := range args {
				path := filepath.Join(dir, word)
				if _, err := os.Stat(path); strings.HasSuffix(word, ".jsonl") && err != nil {
					if err := os.WriteFile(path, made, 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

// runDocumented runs a command, which must end as its page lets one expect: done, or with a verdict
// that needs more evidence than a small series has.
func runDocumented(t *testing.T, dir, doc string, args []string) {
	t.Helper()
	_, errs, status := mtbench(t, dir, args...)
	if !slices.Contains([]int{statusOK, statusRegression, statusEvidence}, status) {
		t.Errorf("%s: mtbench %s: status %d: %s", filepath.Base(doc), strings.Join(args, " "), status,
			errs)
	}
}

// parseDocumented looks a command up and parses what is given to it, values included.
func parseDocumented(t *testing.T, doc string, args []string) {
	t.Helper()
	cmd, rest, err := newRootCommand().Find(args)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err == nil && cmd.Args != nil {
		err = cmd.Args(cmd, cmd.Flags().Args())
	}
	if err != nil {
		t.Errorf("%s: mtbench %s: %v", filepath.Base(doc), strings.Join(args, " "), err)
	}
}

// commands are the lines of a document's sh blocks that call mtbench, without the name.
func commands(t *testing.T, doc string) [][]string {
	t.Helper()
	var all [][]string
	for _, block := range blocks(t, doc, "sh") {
		for line := range strings.Lines(strings.ReplaceAll(block, "\\\n", " ")) {
			line, _, _ = strings.Cut(strings.TrimSpace(line), "#")
			for _, call := range []string{"mtbench ", "go run ./cmd/mtbench "} {
				if rest, ok := strings.CutPrefix(line, call); ok {
					rest, _, _ = strings.Cut(rest, "|")
					all = append(all, strings.Fields(rest))
				}
			}
		}
	}
	return all
}

// blocks are the fenced blocks of a document in one language.
func blocks(t *testing.T, doc, language string) []string {
	t.Helper()
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	inside := false
	for line := range strings.Lines(string(text)) {
		switch fence := strings.TrimSpace(line); {
		case strings.HasPrefix(fence, "```"):
			if inside = fence == "```"+language; inside {
				all = append(all, "")
			}
		case inside:
			all[len(all)-1] += line
		}
	}
	return all
}

// TestDocumentedCodeCompiles compiles each Go snippet of the documents, as a package of this
// module.
func TestDocumentedCodeCompiles(t *testing.T) {
	found := 0
	for _, doc := range documents(t) {
		for _, block := range blocks(t, doc, "go") {
			found++
			compile(t, doc, block)
		}
	}
	if found == 0 {
		t.Error("no document has a snippet of Go: the way to add a model is one")
	}
}

// compile vets a snippet within the module: an overlay gives it a place that is not on the disk.
func compile(t *testing.T, doc, block string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "snippet.go", block, parser.PackageClauseOnly)
	if err != nil {
		t.Errorf("%s: a snippet is no Go file: %v\n%s", filepath.Base(doc), err, block)
		return
	}
	dir := t.TempDir()
	snippet := filepath.Join(dir, "snippet.go")
	root, err := filepath.Abs("../..")
	if err == nil {
		err = os.WriteFile(snippet, []byte(block), 0o644)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "overlay.json"), overlay(root, file, snippet), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	vet := exec.Command("go", "vet", "-overlay", filepath.Join(dir, "overlay.json"), "./docs")
	vet.Dir = root
	if out, err := vet.CombinedOutput(); err != nil {
		t.Errorf("%s: a snippet does not compile: %v\n%s", filepath.Base(doc), err, out)
	}
}

// overlay puts the snippet into docs/, a directory that vet can change to; one of a test package is
// a test file there.
func overlay(root string, file *ast.File, snippet string) []byte {
	name := "snippet.go"
	if strings.HasSuffix(file.Name.Name, "_test") {
		name = "snippet_test.go"
	}
	place := filepath.Join(root, "docs", name)
	return []byte(`{"Replace": {"` + place + `": "` + snippet + `"}}`)
}
