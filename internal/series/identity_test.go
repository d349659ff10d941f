package series

import (
	"strings"
	"testing"

	"mtbench/results"
)

// TestJobsAndRecordsCarryAProtocol: a side that speaks another one, or none, is refused in a
// sentence.
func TestJobsAndRecordsCarryAProtocol(t *testing.T) {
	for _, theirs := range []int{0, protocol + 1} {
		v := job{Protocol: theirs, Role: roleSource}.do()
		if v.OK || v.Class != ClassCrash || !strings.Contains(v.Reason, "speaks protocol") {
			t.Errorf("a job of protocol %d: %+v", theirs, v)
		}
		if v := (outcome{Protocol: theirs, OK: true}).understood("source"); v.OK ||
			!strings.Contains(v.Reason, "the source process speaks protocol") {
			t.Errorf("a record of protocol %d: %+v", theirs, v)
		}
	}
	if v := (job{Protocol: protocol, Role: roleProtocol}).do(); !v.OK {
		t.Errorf("asked for the protocol: %+v", v)
	}
}

func TestSameProgram(t *testing.T) {
	sum, err := binarySum()
	if err != nil || len(sum) != 64 {
		t.Fatalf("%q %v", sum, err)
	}
	for key, h := range map[string]results.Header{"binary_sha256": {},
		"go": {Binary: sum, Go: "go1.1"}} {
		if err := sameProgram(&h); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s differs: %v", key, err)
		}
	}
}
