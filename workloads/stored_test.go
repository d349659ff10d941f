package workloads

import (
	"testing"

	"mtbench/models/locked"
)

// TestStored: a destination that loads the stream when it has ended comes to the same memory.
func TestStored(t *testing.T) {
	sc := small()
	sc.Stored = true
	run, err := RunPair(sc, locked.Build)
	if err != nil {
		t.Fatal(err)
	}
	checkRun(t, sc, run)
	plain := sc
	plain.Stored = false
	if more := sc.MemoryNeeded() - plain.MemoryNeeded(); more < sc.Memory {
		t.Errorf("it needs %d bytes more for a stream of a guest of %d", more, sc.Memory)
	}
}
