package results

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaPage = "../docs/result.schema.json"

// TestSchemaIsCurrent holds the committed schema to the types.
func TestSchemaIsCurrent(t *testing.T) {
	want, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(schemaPage)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("docs/result.schema.json is not current (%v): go run ./cmd/mtbench fields "+
			"--json-schema > docs/result.schema.json", err)
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(schemaPage)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, line string) error {
	t.Helper()
	record, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(record)
}

// TestSchemaTakesCommittedFiles holds the schema to every record that is committed.
func TestSchemaTakesCommittedFiles(t *testing.T) {
	s := compiled(t)
	paths, err := filepath.Glob("*/*.jsonl*")
	if err != nil || len(paths) < 3 {
		t.Fatalf("%d files (%v)", len(paths), err)
	}
	for _, path := range append(paths, "../report/testdata/series.jsonl") {
		if strings.HasPrefix(path, "handover/") { // a format of its own
			continue
		}
		lines := 0
		for line := range committedLines(t, path) {
			if lines == 0 && !strings.Contains(line, `"type":"header"`) {
				break // of another command, with records of its own
			}
			if lines++; lines > 200 && lines%20 > 0 {
				continue // they are of one writer
			}
			if err := validate(t, s, line); err != nil {
				t.Fatalf("%s:%d: %v", path, lines, err)
			}
		}
	}
}

func committedLines(t *testing.T, path string) func(func(string) bool) {
	t.Helper()
	return func(yield func(string) bool) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var in io.Reader = f
		if strings.HasSuffix(path, ".gz") {
			if in, err = gzip.NewReader(f); err != nil {
				t.Fatal(err)
			}
		}
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, MaxLineBytes)
		for lines.Scan() {
			if !yield(lines.Text()) {
				return
			}
		}
		if lines.Err() != nil {
			t.Fatal(lines.Err())
		}
	}
}

// TestSchemaRefuses breaks records, each in one place.
func TestSchemaRefuses(t *testing.T) {
	s := compiled(t)
	const failed = `{"type":"failed","model":"a","threads":1,"wait":true,"class":"hang","reason":"x"}`
	if err := validate(t, s, failed); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{{`"failed"`, `"spoiled"`}, {`"threads":1`, `"threads":"1"`},
		{`"threads":1`, `"threads":1.5`}, {`"reason":"x"`, `"cause":"x"`}, {`true`, `null`}} {
		if validate(t, s, strings.Replace(failed, change[0], change[1], 1)) == nil {
			t.Errorf("%s in place of %s is taken", change[1], change[0])
		}
	}
}
