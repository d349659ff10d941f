package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const matrixSchemaPage = "../../docs/matrix.schema.json"

// TestMatrixSchemaIsCurrent holds the committed schema to the flags.
func TestMatrixSchemaIsCurrent(t *testing.T) {
	want, err := matrixSchema()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(matrixSchemaPage); err != nil || !bytes.Equal(got, want) {
		t.Errorf("docs/matrix.schema.json is not current (%v): go run ./cmd/mtbench fields "+
			"--matrix-schema > docs/matrix.schema.json", err)
	}
}

// written is what --print-matrix writes with some flags.
func printedMatrix(t *testing.T, flags ...string) string {
	t.Helper()
	cmd := newRunCommand()
	if err := cmd.ParseFlags(joinPin(flags)); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := writeMatrix(&b, cmd.Flags()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestMatrixRoundTrip reads back what was written: the same settings, and a file of the schema.
func TestMatrixRoundTrip(t *testing.T) {
	s, err := jsonschema.NewCompiler().Compile(matrixSchemaPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, flags := range [][]string{nil, {"--threads", "2,4", "--wait", "on,self", "--models", "all",
		"--memory", "64MiB,1.5GiB", "--codec", "zlib,zstd", "--pin", "none,core", "--depth", "2,8",
		"--poll-budget", "-1,100", "--dirty-rate", "0.5pool", "--link-bandwidth", "64MB", "--pairs", "8",
		"--equal", "5%", "--seed", "7", "--round-robin", "--account", "off", "--downtime-limit", "3ms"}} {
		text := printedMatrix(t, flags...)
		read := newRunCommand()
		if err := setMatrix(read.Flags(), "m", []byte(text)); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for _, name := range farFlags() {
			if read.Flags().Changed(name) {
				t.Errorf("--%s is in the file, and means nothing without another host", name)
			}
		}
		var again bytes.Buffer
		if err := writeMatrix(&again, read.Flags()); err != nil {
			t.Fatal(err)
		}
		// What is the default is given once it was read, and so written out.
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "#") && !strings.Contains(again.String(), line) {
				t.Errorf("%q is not in\n%s", line, again.String())
			}
		}
		var value map[string]any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		js, _ := json.Marshal(value)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(js))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Error(err)
		}
		if len(value) < 20 {
			t.Errorf("%d settings", len(value))
		}
	}
}

func TestMatrixFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "m.yaml")
	text := "# what we run at night\nthreads: [2]\nwait: on\nmemory: [4MiB, 8MiB] # two guests\n" +
		"vcpus: 2\ndirty-rate: 100\nlink-bandwidth: 64MB\ndowntime-limit: 1ms\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out, errs, status := mtbench(t, dir, "run", "--dry-run", "--matrix", "m.yaml", "--threads", "3")
	if status != statusOK || !strings.Contains(out, "cases       3-on-4MiB 3-on-8MiB\n") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	for bad, want := range map[string]string{
		"speed: 3\n":                   "m.yaml:1: there is no setting \"speed\"",
		"threads: [1]\noutput: x\n":    "m.yaml:2: there is no setting \"output\"",
		"memory: 1,5MiB\n":             "m.yaml:1:",
		"threads: [1]\nthreads: [2]\n": "threads",
		"- threads\n":                  "must be settings",
		"":                             "holds no settings",
		"threads: {a: 1}\n":            "m.yaml:1:",
		"threads: [1\n":                "m.yaml",
		"wait: maybe\n":                "m.yaml:1:",
	} {
		if err := os.WriteFile(file, []byte(bad), 0o644); err != nil {
			t.Fatal(err)
		}
		_, errs, status := mtbench(t, dir, "run", "--dry-run", "--matrix", "m.yaml")
		if status != statusUsage || !strings.Contains(errs, want) {
			t.Errorf("%q: status %d: %s", bad, status, errs)
		}
	}
	if _, errs, status := mtbench(t, dir, "run", "--dry-run", "--matrix", "none.yaml"); status !=
		statusUsage || !strings.Contains(errs, "none.yaml") {
		t.Errorf("no file: status %d: %s", status, errs)
	}
}
