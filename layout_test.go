// Package mtbench_test holds the architecture: which package may import which.
package mtbench_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the matrix: a package and what of the project it may import. A new package is
// one line here, one in the diagram of ARCHITECTURE.md, and its name in the lines of those that use
// it. Tests are free, but for the commands.
var mayImport = map[string]string{
	"internal/thread":   "",
	"internal/stats":    "",
	"internal/topology": "",
	"results":           "",

	"internal/ptrring":    "internal/thread",
	"internal/qemustream": "",
	"internal/trace":      "internal/thread",
	"models":              "internal/thread",

	"internal/content": "results internal/qemustream",
	"internal/codec":   "internal/thread",
	"internal/wire":    "internal/thread internal/qemustream",
	"internal/link":    "internal/thread",
	"internal/host":    "results internal/thread internal/topology",
	"internal/peer":    "",

	"models/locked":    "internal/thread models",
	"models/lockless":  "internal/thread models internal/ptrring",
	"models/lockbatch": "internal/thread models",
	"models/deepring":  "internal/thread models",
	"models/spmc":      "internal/thread models",
	"models/multifd":   "internal/thread models",
	"models/workqueue": "internal/thread models",
	"models/steps":     "internal/thread models internal/ptrring",
	"internal/sim":     "internal/thread internal/trace",
	"internal/metric":  "results",
	"internal/pilot":   "results",
	"internal/claims":  "internal/metric results",
	"internal/merge":   "results",
	"internal/verdict": "internal/claims internal/metric internal/stats results",
	"workloads": "internal/thread models results " +
		"internal/codec internal/content internal/link internal/qemustream internal/wire",

	"internal/realqemu": "results internal/content internal/host internal/qemustream workloads",

	"models/registry": "internal/thread models models/deepring models/lockbatch models/locked " +
		"models/lockless models/multifd models/spmc models/steps models/workqueue",

	"report/internal/format": "",
	"report/internal/view":   "results internal/metric internal/verdict report/internal/format",
	"report/internal/table": "results internal/claims internal/metric internal/verdict " +
		"report/internal/format report/internal/view",
	"report/internal/plot": "results internal/metric report/internal/format report/internal/view",
	"report/internal/page": "results internal/metric report/internal/format report/internal/view " +
		"report/internal/table report/internal/plot",
	"report": "results internal/metric report/internal/format report/internal/view " +
		"report/internal/table " +
		"report/internal/plot report/internal/page",

	"internal/series": "internal/thread models results internal/trace internal/codec " +
		"internal/content internal/host internal/link internal/peer internal/pilot " +
		"internal/topology workloads internal/verdict models/registry",
	"internal/handover": "internal/host internal/thread internal/topology models models/registry " +
		"results",
	"internal/calibrate": "internal/thread internal/stats models results " +
		"internal/codec internal/content internal/link internal/wire workloads internal/sim",
	"internal/predict": "internal/thread internal/metric models results internal/trace " +
		"internal/link internal/wire internal/pilot workloads internal/calibrate internal/sim " +
		"models/registry",
	"internal/explore": "internal/thread models internal/sim",
	"internal/soak":    "results internal/series internal/stats internal/verdict",
	"internal/gate": "internal/thread results internal/calibrate internal/sim internal/predict " +
		"models/registry",

	"cmd/mtbench": "internal/thread internal/stats results internal/codec " +
		"internal/content internal/host internal/merge internal/metric internal/peer internal/pilot " +
		"internal/topology " +
		"workloads internal/sim internal/claims internal/verdict " +
		"models/registry " +
		"models/modeltest/planted report internal/series internal/calibrate internal/predict " +
		"internal/explore internal/gate internal/handover internal/soak internal/qemustream " +
		"internal/realqemu",

	"models/modeltest":           "internal/thread models",
	"models/modeltest/planted":   "internal/thread models internal/ptrring",
	"internal/trace/tracetest":   "",
	"internal/fuzztest":          "",
	"report/internal/reporttest": "results",
}

// neverReach says what a package must not come to, by whatever road.
var neverReach = map[string]string{
	// A report, and a judgement, is made of files alone: it runs nothing.
	"report": "internal/thread models workloads internal/sim internal/link " +
		"internal/series internal/calibrate internal/handover internal/predict internal/explore " +
		"internal/gate",
	"internal/verdict": "internal/thread models workloads internal/sim internal/link",
	// The migration cannot know which model runs.
	"workloads": "models/lockbatch models/locked models/lockless models/multifd models/spmc " +
		"models/steps " +
		"models/workqueue models/registry",
	// Contenders are blind to each other.
	"models/locked": "models/lockbatch models/lockless models/multifd models/spmc " +
		"models/steps models/workqueue",
	"models/lockless": "models/lockbatch models/locked models/multifd models/spmc " +
		"models/steps models/workqueue",
	"models/lockbatch": "models/locked models/lockless models/multifd models/spmc " +
		"models/steps models/workqueue",
	"models/spmc": "models/lockbatch models/locked models/lockless models/multifd " +
		"models/steps models/workqueue",
	"models/multifd": "models/lockbatch models/locked models/lockless models/spmc " +
		"models/steps models/workqueue",
	"models/workqueue": "models/lockbatch models/locked models/lockless models/multifd " +
		"models/spmc models/steps",
	// A measured run owes nothing to virtual time.
	"internal/series":   "internal/sim internal/calibrate internal/predict internal/gate",
	"internal/handover": "internal/sim internal/calibrate internal/predict internal/gate",
}

const (
	module  = "mtbench/"
	command = "cmd/"
)

// TestImports holds every Go file to the matrix, and the matrix to the files: what it names exists,
// and what it allows is used.
func TestImports(t *testing.T) {
	used := map[string]map[string]bool{}
	eachGoFile(t, func(file string) {
		pkg := path.Dir(filepath.ToSlash(file))
		if pkg == "." {
			return
		}
		if used[pkg] == nil {
			used[pkg] = map[string]bool{}
		}
		for _, imp := range projectImports(t, file) {
			if strings.HasSuffix(file, "_test.go") {
				checkTestImport(t, file, imp)
				continue
			}
			used[pkg][imp] = true
		}
	})
	for pkg, imports := range used {
		checkImports(t, pkg, imports)
	}
	for pkg := range mayImport {
		if used[pkg] == nil {
			t.Errorf("mayImport names %s, which has no Go file", pkg)
		}
	}
}

// checkTestImport refuses commands. Else a test may look sideways and up: it builds what it drives.
func checkTestImport(t *testing.T, file, imp string) {
	if strings.HasPrefix(imp, command) {
		t.Errorf("%s: a test imports %s; run the binary instead", file, imp)
	}
}

func checkImports(t *testing.T, pkg string, imports map[string]bool) {
	row, ok := mayImport[pkg]
	if !ok {
		t.Errorf("package %s has no row in mayImport: add it there and to ARCHITECTURE.md", pkg)
		return
	}
	allowed := strings.Fields(row)
	for imp := range imports {
		if !slices.Contains(allowed, imp) {
			t.Errorf("%s imports %s, which its row in mayImport does not name", pkg, imp)
		}
	}
	for _, imp := range allowed {
		if !imports[imp] {
			t.Errorf("mayImport lets %s import %s, which it does not: take it out", pkg, imp)
		}
	}
}

// TestNeverReach follows the matrix, so that no detour leads to what a package must not come to.
func TestNeverReach(t *testing.T) {
	for pkg, banned := range neverReach {
		if _, ok := mayImport[pkg]; !ok {
			t.Errorf("neverReach names %s, which mayImport does not know", pkg)
		}
		reached := map[string]string{}
		reach(pkg, pkg, reached)
		for _, b := range strings.Fields(banned) {
			if _, ok := mayImport[b]; !ok {
				t.Errorf("neverReach of %s names %s, which mayImport does not know", pkg, b)
			}
			if road, ok := reached[b]; ok {
				t.Errorf("%s must never reach %s: %s", pkg, b, road)
			}
		}
	}
}

func reach(pkg, road string, reached map[string]string) {
	for _, imp := range strings.Fields(mayImport[pkg]) {
		if _, ok := reached[imp]; !ok {
			reached[imp] = road + " → " + imp
			reach(imp, reached[imp], reached)
		}
	}
}

// TestDiagram compares the matrix with the diagram of ARCHITECTURE.md: a package stands in it once,
// and what may be imported stands on a lower layer, or is a room of the importer's own.
func TestDiagram(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	layers := diagram(t, string(text))
	for pkg := range layers {
		if _, ok := mayImport[pkg]; !ok {
			t.Errorf("ARCHITECTURE.md names `%s`, which mayImport does not know", pkg)
		}
	}
	for pkg, row := range mayImport {
		if layers[pkg] == 0 {
			t.Errorf("ARCHITECTURE.md has no row for `%s`", pkg)
		}
		for _, imp := range strings.Fields(row) {
			sideways := layers[imp] == layers[pkg] && !sameHouse(pkg, imp)
			if layers[imp] > layers[pkg] || sideways {
				t.Errorf("%s of layer %d may import %s of layer %d: an import goes down",
					pkg, layers[pkg], imp, layers[imp])
			}
		}
	}
}

// sameHouse reports whether imp is a room of the package that pkg is or belongs to, such as
// report/internal/format for report and for report/internal/view.
func sameHouse(pkg, imp string) bool {
	house, _, _ := strings.Cut(pkg, "/internal/")
	return strings.HasPrefix(imp, house+"/internal/")
}

// diagram returns the layer of each package in the table of ARCHITECTURE.md.
func diagram(t *testing.T, text string) map[string]int {
	layers := map[string]int{}
	for line := range strings.Lines(text) {
		row := diagramRow.FindStringSubmatch(line)
		if row == nil {
			continue
		}
		if layers[row[2]] != 0 {
			t.Errorf("ARCHITECTURE.md has two rows for `%s`", row[2])
		}
		layers[row[2]], _ = strconv.Atoi(row[1])
	}
	return layers
}

var diagramRow = regexp.MustCompile("^\\| (\\d+) \\| `([^`]+)` \\|")

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
