package results

import (
	"strings"
	"testing"
)

func TestEveryFieldIsDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Fields() {
		name := f.Record + " " + f.Path
		if f.Doc == "" || f.Type == "" || strings.HasSuffix(f.Path, ".") {
			t.Errorf("%s: path, type %q or doc %q is missing", name, f.Type, f.Doc)
		}
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		unitInName := strings.HasSuffix(f.Path, "_ms") || strings.HasSuffix(f.Path, "_bytes") ||
			strings.HasSuffix(f.Path, "_us") || strings.HasSuffix(f.Path, "_ratio")
		if unitInName && f.Unit == "" {
			t.Errorf("%s has no unit", name)
		}
	}
	for _, want := range []string{
		"header host.cpus", "run thread_usage[].states_ms", "run timeline[].ms", "run noise.grade",
		"failed reason", "header calibration.sha256",
	} {
		if !seen[want] {
			t.Errorf("Fields has no %s", want)
		}
	}
}

// The names that programs outside the project read are fields, and what a record must have is one.
func TestRequiredNamesAreFields(t *testing.T) {
	fields := map[string]bool{}
	for _, f := range Fields() {
		fields[f.Record+" "+f.Path] = true
	}
	for record, names := range map[string][]string{
		TypeHeader: headerNames, TypeRun: runNames, TypeFailed: failedNames,
	} {
		for _, name := range names {
			if !fields[record+" "+name] {
				t.Errorf("%s of a %s record is no field", name, record)
			}
		}
	}
}
