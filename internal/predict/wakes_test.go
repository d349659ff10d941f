package predict

import (
	"testing"
	"time"

	"mtbench/internal/thread"
)

// Where the kernel does not tell its slice, turns on the CPU are measured.
func TestTurns(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a second of two threads that never sleep")
	}
	m := &meter{c: &Calibration{Samples: map[string][]float64{}, Notes: map[string]string{}},
		machine: thread.NewKernel(thread.Options{Sealed: true, MaxThreads: 4})}
	err := m.machine.Run("meter", func(t thread.Thread) {
		m.machine.OpenBracket(t)
		defer m.machine.ShutBracket(t)
		m.turns(t)
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(m.c.Samples["slice_ns"]); n == 0 || m.figure("slice_ns") < 1000 {
		t.Errorf("%d turns, the median %v ns", n, m.figure("slice_ns"))
	}
}

// A thread is a chance from a moment after it is not hot any more, and was pulled if it moved at once.
func TestStrayer(t *testing.T) {
	const at = time.Second
	var s strayer
	for ago, cold := range map[time.Duration]bool{0: false, hotFor: false, 2 * hotFor: true} {
		if s.ranAt.Store(int64(at - ago)); s.isCold(at) != cold {
			t.Errorf("cold %v ago: %v", ago, !cold)
		}
	}
	for after, pulled := range map[time.Duration]bool{-1: false, 40 * time.Microsecond: true, pullSoon: false} {
		if s.strayed.Store(int64(at + after)); s.wasPulled(at) != pulled {
			t.Errorf("moved %v after: pulled %v", after, !pulled)
		}
	}
}

// Threads that wait for a CPU and never move are chances that were missed, and of those that do not wait there are none.
func TestMissedPulls(t *testing.T) {
	m := thread.NewKernel(thread.Options{MaxThreads: 2})
	err := m.Run("meter", func(th thread.Thread) {
		if got := missedPulls(th, []*strayer{{}}); got != 1 {
			t.Errorf("of one that waits and stays %v was missed", got)
		}
		if got := missedPulls(th, nil); got != 1 {
			t.Errorf("of nobody %v was missed", got)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
