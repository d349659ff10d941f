package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mtbench/internal/host"
	"mtbench/internal/series"
	"mtbench/results"
	"mtbench/workloads"
)

// outOfMemory makes of the test binary a child that is killed as the kernel kills for memory: it
// counts the kill in the file that the variable names.
const outOfMemory = "MTBENCH_TEST_OUT_OF_MEMORY"

// dieOfMemory ends the process if it was started as such a child.
func dieOfMemory() {
	if counter := os.Getenv(outOfMemory); counter != "" {
		_ = os.WriteFile(counter, []byte("oom_kill 1\n"), 0o600)
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
}

// boundMachine is a machine whose cgroup has a limit of memory, and the file that counts its kills.
func boundMachine(t *testing.T) (m *host.Machine, counter string) {
	t.Helper()
	proc, group := t.TempDir(), t.TempDir()
	counter = filepath.Join(group, "fs/cgroup/memory.events")
	for path, text := range map[string]string{
		filepath.Join(proc, "self/cgroup"):               "0::/\n",
		filepath.Join(group, "fs/cgroup/memory.max"):     "536870912\n",
		filepath.Join(group, "fs/cgroup/memory.current"): "0\n",
		counter: "oom_kill 0\n",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return host.At(proc, group), counter
}

// ending prints how n runs of the runner end: what a terminal shows, and the verdict.
func ending(t *testing.T, n int, r series.Runner) (terminal string, verdict error) {
	t.Helper()
	var lines bytes.Buffer
	e := series.Engine{Runner: r, File: dropped{}, Progress: &lineProgress{w: &lines},
		Matrix: results.Matrix{Models: []string{"locked"}}}
	var plan []series.Slot
	for i := range n {
		plan = append(plan, series.Slot{Index: i, Cell: results.Cell{Model: "locked", Threads: 1}})
	}
	sum, err := e.Run(t.Context(), plan, &results.File{})
	return lines.String(), finish(newRootCommand(), &series.Series{}, sum, err)
}

type dropped struct{}

func (dropped) Append(any) error { return nil }
func (dropped) Intact() error    { return nil }

// TestKilledForMemoryIsNamed: a run that the kernel kills for memory says so on the terminal and in
// the verdict, with the limit.
func TestKilledForMemoryIsNamed(t *testing.T) {
	machine, counter := boundMachine(t)
	t.Setenv(outOfMemory, counter)
	terminal, verdict := ending(t, 1, &series.ProcessRunner{Host: machine, Grace: time.Minute,
		Scenario: func(s series.Slot) workloads.Scenario {
			return workloads.Scenario{Cell: s.Cell,
				Scenario: results.Scenario{Destination: workloads.Discard}}
		}})
	const want = "the source process was killed (SIGKILL): " +
		"the memory limit of 512 MiB of its cgroup was reached"
	if !strings.Contains(terminal, "FAILED: "+want+"\n") {
		t.Errorf("the terminal shows %q", terminal)
	}
	if statusOf(verdict) != statusChild || !strings.Contains(verdict.Error(),
		"the last because "+want) {
		t.Errorf("status %d: %v", statusOf(verdict), verdict)
	}
}

// failing fails with the records, one a run.
type failing struct{ records []results.Failed }

func (f *failing) Run(context.Context, series.Slot) (any, error) {
	r := f.records[0]
	f.records = f.records[1:]
	return &r, nil
}

// TestOtherMemoryIsNamed: the verdict on runs that delivered other memory says where, whatever
// failed after them.
func TestOtherMemoryIsNamed(t *testing.T) {
	const want = "the memories differ: 1 of 9 pages, the first is page 3"
	terminal, verdict := ending(t, 2, &failing{[]results.Failed{
		{Class: series.ClassMemory, Reason: want}, {Class: series.ClassCrash, Reason: "it ended"}}})
	if !strings.Contains(terminal, "FAILED: "+want) {
		t.Errorf("the terminal shows %q", terminal)
	}
	if statusOf(verdict) != statusMemory || !strings.Contains(verdict.Error(),
		"the last because "+want) {
		t.Errorf("status %d: %v", statusOf(verdict), verdict)
	}
}
