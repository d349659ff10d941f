package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"mtbench/report"
	"mtbench/results"
)

const baseline = "../../results/baseline/series.jsonl.gz"

// TestCite reads a committed file: what is printed names its digest, and is what its report says.
func TestCite(t *testing.T) {
	f := readFile(t, baseline)
	out, errs, status := mtbench(t, ".", "cite", baseline)
	if status != statusOK {
		t.Fatalf("status %d: %s", status, errs)
	}
	for _, want := range []string{f.SHA256, "series.jsonl.gz", "mtbench run", "@misc{mtbench-",
		f.Header.Host.CPUModel} {
		if !strings.Contains(out, want) {
			t.Errorf("the citation does not have %q:\n%s", want, out)
		}
	}
	said, _, _ := mtbench(t, ".", "report", baseline, "--only", "cite", "--format", "markdown")
	if !strings.Contains(said, strings.Join(report.Cite(f).BibTeX, "\n")) {
		t.Errorf("the report cites in another way:\n%s", said)
	}
	text, _, _ := mtbench(t, ".", "cite", baseline, "--format", "text")
	if strings.Contains(text, "@misc") {
		t.Errorf("--format text has an entry of BibTeX:\n%s", text)
	}
}

// TestCiteUnknown cites a file of a build without a revision: it is called unknown, with the cure.
func TestCiteUnknown(t *testing.T) {
	dir := t.TempDir()
	f := readFile(t, baseline)
	f.Header.Revision = ""
	w, err := results.Create(filepath.Join(dir, "f.jsonl"), f.Header)
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	out, errs, status := mtbench(t, dir, "cite", "f.jsonl")
	if status != statusOK || !strings.Contains(out, "revision unknown") ||
		!strings.Contains(errs, "go build ./cmd/mtbench") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
}

// TestCiteTeX: nothing of a file is a command of TeX, or ends the entry.
func TestCiteTeX(t *testing.T) {
	f := readFile(t, baseline)
	f.Path = `dir/a}b$c_d%e\input{x}.jsonl`
	f.Header.Host.CPUModel = "A & B #1 {^~}"
	entry := strings.Join(report.Cite(f).BibTeX, "\n")
	if strings.Count(entry, "{") != strings.Count(entry, "}") {
		t.Errorf("braces do not match:\n%s", entry)
	}
	body := strings.ReplaceAll(entry, `\textbackslash `, "")
	if bare := regexp.MustCompile(`(^|[^\\])[$&#%_^~]`).FindString(body); bare != "" {
		t.Errorf("%q is not escaped:\n%s", bare, entry)
	}
	if strings.Contains(entry, `\input`) {
		t.Errorf("a command of TeX gets through:\n%s", entry)
	}
}

// TestCitationFile holds CITATION.cff to the keys that its schema, 1.2.0, asks for, and to the
// release and the authors that the program names.
func TestCitationFile(t *testing.T) {
	text, err := os.ReadFile("../../CITATION.cff")
	if err != nil {
		t.Fatal(err)
	}
	var cff struct {
		Format   string `yaml:"cff-version"`
		Message  string
		Title    string
		Type     string
		Abstract string
		Version  string
		Released string `yaml:"date-released"`
		License  string
		Keywords []string
		Authors  []struct{ Name string }
	}
	if err := yaml.UnmarshalWithOptions(text, &cff, yaml.DisallowUnknownField()); err != nil {
		t.Fatal(err)
	}
	if cff.Format != "1.2.0" || cff.Message == "" || cff.Title == "" || cff.Type != "software" {
		t.Errorf("keys that the schema asks for: %+v", cff)
	}
	if cff.Version != release {
		t.Errorf("version is %q; the program is %q", cff.Version, release)
	}
	changes, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	newest := regexp.MustCompile(`(?m)^## (\d.*)$`).FindSubmatch(changes)
	if want := release + " – " + cff.Released; newest == nil || string(newest[1]) != want {
		t.Errorf("the newest release of CHANGELOG.md is %q; CITATION.cff has %s", newest, want)
	}
	if len(cff.Authors) != 1 || cff.Authors[0].Name != report.Authors {
		t.Errorf("authors are %v; a citation names %s", cff.Authors, report.Authors)
	}
}
