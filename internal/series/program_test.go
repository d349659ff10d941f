package series

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mtbench/results"
	"mtbench/workloads"
)

// selfAs copies the test binary, which is its own child, to a file of dir.
func selfAs(t *testing.T, dir, name string) string {
	t.Helper()
	from, err := os.Open(running)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path := filepath.Join(dir, name)
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func met(t *testing.T, programs []*program, model string) error {
	t.Helper()
	return meet(t.Context(), programs, []string{model}, nil,
		workloads.Scenario{Scenario: results.Scenario{Content: "text"}})
}

// TestABuildIsHeldOpen: another file in its place changes nothing, and one that was written to ends
// the series.
func TestABuildIsHeldOpen(t *testing.T) {
	t.Setenv(misbehave, "work")
	dir := t.TempDir()
	path := selfAs(t, dir, "mt")
	p, err := NamedBuild{"new", path}.open()
	if err != nil {
		t.Fatal(err)
	}
	defer p.held.Close()
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte("#!/bin/sh\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, filepath.Join(dir, "kept")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	if err := met(t, []*program{p}, "locked"); err != nil || p.intact() != nil {
		t.Errorf("another file in its place: %v, %v", err, p.intact())
	}
	if p.build.Version != "0" || p.build.File != "mt" || len(p.build.Binary) != 64 {
		t.Errorf("the build is %+v", p.build)
	}
	if err := os.Truncate(filepath.Join(dir, "kept"), 9); err != nil {
		t.Fatal(err)
	}
	if err := p.intact(); err == nil || !strings.Contains(err.Error(), "was written to") {
		t.Errorf("the file itself cut: %v", err)
	}
}

// TestWhatIsNoBuildIsRefused before the first run, with the flag that named it.
func TestWhatIsNoBuildIsRefused(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ path, behave, model, says string }{
		"no file":       {filepath.Join(dir, "none"), "work", "locked", "cannot be opened"},
		"a directory":   {dir, "work", "locked", "a directory"},
		"a script":      {script, "work", "locked", "cannot be run"},
		"silent":        {selfAs(t, dir, "silent"), "silent", "locked", "without handing over"},
		"an older one":  {selfAs(t, dir, "old"), "old", "locked", "names no protocol"},
		"another model": {selfAs(t, dir, "mt"), "work", "quux", "does not have the model quux"},
	} {
		t.Setenv(misbehave, c.behave)
		p, err := NamedBuild{"new", c.path}.open()
		if err == nil {
			err = met(t, []*program{p}, c.model)
			p.held.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.says) ||
			!strings.Contains(err.Error(), "--build new="+c.path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestResumeNamesTheKeys in which builds, content and host differ from those that began a series.
func TestResumeNamesTheKeys(t *testing.T) {
	h := results.Header{Matrix: results.Matrix{Builds: []results.Build{
		{Name: "old", ID: results.ID{Binary: "1"}}, {Name: "new", ID: results.ID{Binary: "2"}}}}}
	given := func(names ...string) (all []*program) {
		for i, name := range names {
			b := results.Build{Name: name, ID: results.ID{Binary: string(rune('1' + i))}}
			all = append(all, &program{build: b})
		}
		return all
	}
	if err := sameProgram(&h, given("old", "new")); err != nil {
		t.Error(err)
	}
	changed := given("old", "new")
	changed[1].build.Binary = "3"
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, []byte("behind"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := workloads.Scenario{Scenario: results.Scenario{Content: "file:" + path}}
	h.ContentSource = &results.ContentSource{SHA256: "0"}
	for key, err := range map[string]error{
		"matrix.builds[new].binary_sha256 (2, now 3)": sameProgram(&h, changed),
		"--build old=PATH --build new=PATH":           sameProgram(&h, nil),
		"give both, in this order":                    sameProgram(&h, given("new", "old")),
		"leave --build out": sameProgram(&results.Header{},
			given("old", "new")),
		"content_source.sha256": sameContent(&h, file),
		"host.kernel (a, now b)": sameHost(results.Host{Kernel: "a"},
			results.Host{Kernel: "b"}),
	} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}
