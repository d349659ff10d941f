package series

import (
	"strings"
	"testing"

	"mtbench/results"
	"mtbench/workloads"
)

// TestJobsAndRecordsCarryAProtocol: a side that speaks another one, or none, is refused in a
// sentence.
func TestJobsAndRecordsCarryAProtocol(t *testing.T) {
	for theirs, says := range map[int]string{0: "names no protocol", protocol + 1: "speaks protocol"} {
		v := job{Protocol: theirs, Role: roleSource}.do(results.ID{})
		if v.OK || v.Class != ClassCrash || !strings.Contains(v.Reason, "the parent "+says) {
			t.Errorf("a job of protocol %d: %+v", theirs, v)
		}
		if v := (outcome{Protocol: theirs, OK: true}).understood("source"); v.OK ||
			!strings.Contains(v.Reason, "the source process "+says) {
			t.Errorf("a record of protocol %d: %+v", theirs, v)
		}
	}
	if v := (job{Protocol: protocol, Role: roleProtocol,
		Scenario: workloads.Scenario{Scenario: results.Scenario{Content: "text"}},
	}).do(results.ID{Version: "9"}); !v.OK || v.About.Version != "9" || v.About.Content == "" ||
		len(v.About.Models) == 0 {
		t.Errorf("asked for the protocol: %+v", v)
	}
}

func TestSameProgram(t *testing.T) {
	sum, err := BinarySum()
	if err != nil || len(sum) != 64 {
		t.Fatalf("%q %v", sum, err)
	}
	for key, h := range map[string]results.Header{"binary_sha256": {},
		"go": {Binary: sum, Go: "go1.1"}} {
		if err := sameProgram(&h, nil); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s differs: %v", key, err)
		}
	}
}
