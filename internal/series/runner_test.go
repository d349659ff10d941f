package series

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"mtbench/internal/host"
	"mtbench/results"
	"mtbench/workloads"
)

// The test binary is its own child: started with this variable it behaves badly in the named way.
const misbehave = "MTBENCH_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(misbehave) {
	case "":
		os.Exit(m.Run())
	case "crash":
		panic("planted crash")
	case "killed":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "silent":
		os.Exit(0)
	case "hang":
		time.Sleep(time.Hour)
	case "old": // of before protocols
		_, _ = os.NewFile(reportFD, "report").WriteString(`{"OK":true}`)
		os.Exit(0)
	case "rubbish":
		_, _ = os.NewFile(reportFD, "report").WriteString("{not json")
		os.Exit(0)
	case "work":
		if err := Child(os.Stdin, results.ID{Version: "0", Go: runtime.Version()}); err != nil {
			panic(err)
		}
	}
}

func childRun(t *testing.T, how string, limit time.Duration) any {
	t.Helper()
	t.Setenv(misbehave, how)
	r := &ProcessRunner{Host: host.Local(), Grace: 0,
		Scenario: func(s Slot) workloads.Scenario {
			return workloads.Scenario{Cell: s.Cell, Scenario: results.Scenario{
				Destination: workloads.Discard, Limit: results.Duration(limit)}}
		}}
	record, err := r.Run(context.Background(), Slot{Cell: results.Cell{Model: "locked", Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return record
}

func TestChildrenThatFail(t *testing.T) {
	cases := []struct {
		how, class, reason, stderr string
		limit                      time.Duration
	}{
		{"killed", ClassCrash, "the source process was killed (SIGKILL)", "", time.Minute},
		{"crash", ClassCrash, "ended (exit status 2) without", "planted crash", time.Minute},
		{"silent", ClassCrash, "ended (exit status 0) without handing over a record", "", time.Minute},
		{"rubbish", ClassCrash, "without handing over a record", "", time.Minute},
		{"hang", ClassHang, "was killed", "goroutine", 200 * time.Millisecond},
		{"work", ClassStream, "memory: 0 bytes", "", time.Minute},
	}
	for _, c := range cases {
		f, ok := childRun(t, c.how, c.limit).(*results.Failed)
		if !ok {
			t.Errorf("%s: a record instead of a failure", c.how)
			continue
		}
		if f.Class != c.class || !strings.Contains(f.Reason, c.reason) ||
			!strings.Contains(f.Stderr, c.stderr) {
			t.Errorf("%s: class %s, reason %q, stderr %q", c.how, f.Class, f.Reason, f.Stderr)
		}
	}
}

func TestOneCrashIsOneReason(t *testing.T) {
	ok := outcome{OK: true}
	killed := outcome{Class: ClassCrash, Reason: "was killed"}
	peer := outcome{Class: ClassStream, Reason: "the other end is gone"}
	differs := outcome{Class: ClassMemory, Reason: "page 3 differs"}
	for _, c := range []struct {
		near, far     outcome
		class, reason string
	}{
		{killed, peer, ClassCrash, "was killed"},
		{peer, killed, ClassCrash, "was killed"},
		{ok, killed, ClassCrash, "was killed"},
		{killed, ok, ClassCrash, "was killed"},
		{differs, peer, ClassMemory, "page 3 differs; destination: the other end is gone"},
		{killed, killed, ClassCrash, "was killed"},
	} {
		if got := joined(c.near, c.far); got.Class != c.class || got.Reason != c.reason || got.OK {
			t.Errorf("%s and %s: %+v", c.near.Reason, c.far.Reason, got)
		}
	}
}

func TestInterruptedRunIsNoRecord(t *testing.T) {
	t.Setenv(misbehave, "hang")
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	r := &ProcessRunner{Host: host.Local(), Grace: time.Hour,
		Scenario: func(Slot) workloads.Scenario {
			return workloads.Scenario{Scenario: results.Scenario{
				Limit: results.Duration(time.Hour)}}
		}}
	if record, err := r.Run(ctx, Slot{}); err == nil || record != nil {
		t.Errorf("got %v, %v", record, err)
	}
}

// TestChangedContentEndsTheSeries before a run with other bytes is made: status 2, and no record.
func TestChangedContentEndsTheSeries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := settled()
	s.Content, s.Memory, s.Limit = "file:"+path, 1<<20, results.DurationOf(30_000)
	s.Matrix.Models, s.Matrix.Extra = []string{"locked", "lockless"}, nil
	s.Matrix.Threads, s.Matrix.Waits, s.Matrix.Pairs = []int{1}, []bool{true}, 1
	n, err := New(t.Context(), s, Build{})
	if err != nil {
		t.Fatal(err)
	}
	from := n.Header.ContentSource
	if from == nil || from.SHA256 == "" || !strings.HasPrefix(from.Rule, "all pages (1)") {
		t.Fatalf("the header says of the content: %+v", from)
	}
	t.Setenv(misbehave, "work")
	r := n.runner()
	if record, err := r.Run(t.Context(), n.plan[0]); err != nil {
		t.Fatal(err)
	} else if f, failed := record.(*results.Failed); failed {
		t.Fatalf("with the same bytes: %+v", f)
	}
	if err := os.WriteFile(path, []byte("behind"), 0o600); err != nil {
		t.Fatal(err)
	}
	record, err := r.Run(t.Context(), n.plan[1])
	var input *results.InputError
	if record != nil || !errors.As(err, &input) ||
		!strings.Contains(err.Error(), "its bytes have changed since the series began") {
		t.Errorf("got %v, %v", record, err)
	}
}
