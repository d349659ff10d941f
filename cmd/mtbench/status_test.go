package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// The docs, the help and the topic have one table of statuses, and no status is left out of it.
func TestStatusTable(t *testing.T) {
	page, err := os.ReadFile("../../docs/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	help, _, _ := mtbench(t, t.TempDir(), "--help")
	topic, _, status := mtbench(t, t.TempDir(), "help", "status")
	if status != statusOK {
		t.Errorf("help status: status %d", status)
	}
	listed := map[int]bool{}
	for _, s := range statuses() {
		listed[s.status] = true
		row := fmt.Sprintf("\n| %d | %s |\n", s.status, s.meaning)
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/reference.md lacks %q", row)
		}
		for _, text := range []string{help, topic} {
			if line := fmt.Sprintf(" %d  %s\n", s.status, s.meaning); !strings.Contains(text, line) {
				t.Errorf("%q is not in\n%s", line, text)
			}
		}
	}
	for name, status := range statusConstants(t) {
		if !listed[status] {
			t.Errorf("%s (%d) is not in the table", name, status)
		}
	}
	if rows := strings.Count(string(page), "\n| "); rows < len(listed) {
		t.Errorf("docs/reference.md has %d rows", rows)
	}
}

// statusConstants are the constants of status.go by name.
func statusConstants(t *testing.T) map[string]int {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "status.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "status") {
			lit, ok := spec.Values[0].(*ast.BasicLit)
			if !ok {
				t.Fatalf("%s is no literal", spec.Names[0].Name)
			}
			found[spec.Names[0].Name], err = strconv.Atoi(lit.Value)
		}
		return true
	})
	if len(found) < 9 || err != nil {
		t.Fatalf("%d statuses (%v)", len(found), err)
	}
	return found
}

func TestVersion(t *testing.T) {
	out, _, status := mtbench(t, t.TempDir(), "version")
	for _, want := range []string{"mtbench   " + release, "revision  ", "go1.", "schema "} {
		if status != statusOK || !strings.Contains(out, want) {
			t.Errorf("status %d, %q is not in\n%s", status, want, out)
		}
	}
}
