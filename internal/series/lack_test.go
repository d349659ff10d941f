package series

import (
	"fmt"
	"os"
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
	_, alone := Alone(t.Context(), []string{"no such command"}, nil)
	if again := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before); again != nil {
		t.Fatal(again)
	}
	if alone == nil || !strings.Contains(alone.Error(), "out of descriptors in this process") {
		t.Errorf("a process by itself: %v", alone)
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

// TestWhatIsLackingIsNamed: as the kernel says it when it starts no process or makes no socket.
func TestWhatIsLackingIsNamed(t *testing.T) {
	for lack, want := range map[syscall.Errno]string{syscall.EAGAIN: "processes or threads",
		syscall.EMFILE: "descriptors in this process", syscall.ENFILE: "descriptors in the system",
		syscall.ENOMEM: "memory for another process", syscall.ENOBUFS: "memory for sockets",
		syscall.ENOENT: ""} {
		err := fmt.Errorf("the source process cannot be started: %w",
			&os.PathError{Op: "fork/exec", Path: "mtbench", Err: lack})
		if got := lackOf(err); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%v: %q, want %q in it", lack, got, want)
		}
	}
}
