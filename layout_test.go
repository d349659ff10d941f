// Package mtbench_test holds the architecture: which package may import which.
package mtbench_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// layers is the table of ARCHITECTURE.md. An import goes to a lower layer only. A package that is
// not in it fails the test: give it a room first.
var layers = map[string]int{
	"internal/thread": 1,

	"results": 2, "internal/stats": 2, "models": 2, "internal/ptrring": 2,
	"internal/trace": 2,

	"internal/content": 3, "internal/codec": 3, "internal/wire": 3, "internal/link": 3,
	"internal/host": 3,

	"workloads": 4, "models/locked": 4, "models/lockless": 4, "models/steps": 4,
	"internal/sim": 4, "internal/verdict": 4,

	"models/registry": 5, "report": 5,

	"internal/series": 6, "internal/predict": 6, "internal/explore": 6,

	"cmd/mtbench": 7,
}

// testOnly are packages that only tests and the schedule explorer import; they sit beside the
// diagram and may import up to their own layer.
var testOnly = map[string]int{
	"models/modeltest":         5,
	"models/modeltest/planted": 5,
	"internal/trace/tracetest": 5,
}

// leaves may import nothing of the project, whatever the layers would allow: the file format and
// the statistics must not know who uses them, and contenders are blind to each other.
var leaves = []string{"results", "internal/stats", "internal/thread"}

const module = "mtbench/"

func TestImportsGoDown(t *testing.T) {
	seen := map[string]bool{}
	eachGoFile(t, func(file string) {
		pkg := path.Dir(filepath.ToSlash(file))
		if pkg == "." {
			return
		}
		from, ok := layerOf(pkg)
		if !ok {
			t.Errorf("%s: package %s has no layer: add it to ARCHITECTURE.md and to layers", file, pkg)
			return
		}
		seen[pkg] = true
		for _, imp := range projectImports(t, file) {
			checkImport(t, file, pkg, from, imp)
		}
	})
	for pkg := range layers {
		if !seen[pkg] {
			t.Errorf("layers names %s, which has no Go file", pkg)
		}
	}
}

func checkImport(t *testing.T, file, pkg string, from int, imp string) {
	test := strings.HasSuffix(file, "_test.go")
	to, ok := layerOf(imp)
	switch {
	case !ok:
		t.Errorf("%s: imports %s, which has no layer", file, imp)
	case test:
		// A test may look sideways and up (it builds what it drives), but not at a command.
		if to == layers["cmd/mtbench"] {
			t.Errorf("%s: a test imports %s; run the binary instead", file, imp)
		}
	case testOnly[imp] != 0 && testOnly[pkg] == 0 && pkg != "internal/explore" && pkg != "cmd/mtbench":
		t.Errorf("%s: %s is for tests and for internal/explore", file, imp)
	case to >= from && testOnly[pkg] == 0:
		t.Errorf("%s: layer %d imports %s of layer %d: an import goes down", file, from, imp, to)
	default:
		checkLeaf(t, file, pkg, imp)
	}
}

func checkLeaf(t *testing.T, file, pkg, imp string) {
	for _, leaf := range leaves {
		if pkg == leaf {
			t.Errorf("%s: %s is a leaf and may not import %s", file, pkg, imp)
		}
	}
}

func layerOf(pkg string) (int, bool) {
	if l, ok := layers[pkg]; ok {
		return l, true
	}
	l, ok := testOnly[pkg]
	return l, ok
}

// TestDiagramIsWritten compares the table of ARCHITECTURE.md with layers.
func TestDiagramIsWritten(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	for pkg, layer := range layers {
		if !strings.Contains(rowOf(string(text), layer), "`"+pkg+"`") {
			t.Errorf("ARCHITECTURE.md: row %d does not name `%s`", layer, pkg)
		}
	}
}

func rowOf(text string, layer int) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| "+strconv.Itoa(layer)+" |") {
			return line
		}
	}
	return ""
}

func eachGoFile(t *testing.T, f func(file string)) {
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && p != "." && (strings.HasPrefix(name, ".") || name == "testdata") {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(name, ".go") {
			f(p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// projectImports parses in process: a child `go list` would be hidden from the test cache.
func projectImports(t *testing.T, file string) []string {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var imports []string
	for _, spec := range parsed.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if rest, ok := strings.CutPrefix(p, module); ok {
			imports = append(imports, rest)
		}
	}
	return imports
}
