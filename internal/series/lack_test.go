package series

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"mtbench/internal/host"
	"mtbench/results"
	"mtbench/workloads"
)

// TestOutOfDescriptorsIsAFailedRun: the run that cannot be started is a record with the reason, and
// the runner can make the next.
func TestOutOfDescriptorsIsAFailedRun(t *testing.T) {
	r := &ProcessRunner{Host: host.Local(), Args: []string{"no such command"}, Grace: time.Minute,
		Scenario: func(Slot) workloads.Scenario {
			return workloads.Scenario{Scenario: results.Scenario{Destination: workloads.Process}}
		}}
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	few := before
	few.Cur = 4
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	record, err := r.Run(t.Context(), Slot{Index: 3})
	if again := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before); again != nil {
		t.Fatal(again)
	}
	failed, ok := record.(*results.Failed)
	if err != nil || !ok {
		t.Fatalf("%v, %v; want a failed record", record, err)
	}
	if failed.Index != 3 || failed.Class != ClassCrash || !strings.Contains(failed.Reason,
		"out of descriptors") {
		t.Errorf("failed record %+v", failed)
	}
}
