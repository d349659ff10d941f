package predict

import (
	"testing"

	"mtbench/internal/thread"
)

// Where the kernel does not tell its slice, turns on the CPU are measured.
func TestTurns(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a second of two threads that never sleep")
	}
	m := &meter{c: &Calibration{Samples: map[string][]float64{}, Notes: map[string]string{}},
		machine: thread.NewKernel(thread.Options{MaxThreads: 4})} // not sealed: the collector of Go is on, and what turns adds may wait for it
	if err := m.machine.Run("meter", m.turns); err != nil {
		t.Fatal(err)
	}
	if n := len(m.c.Samples["slice_ns"]); n == 0 || m.figure("slice_ns") < 1000 {
		t.Errorf("%d turns, the median %v ns", n, m.figure("slice_ns"))
	}
}
