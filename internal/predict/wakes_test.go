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
		machine: thread.NewKernel(thread.Options{MaxThreads: 4})} // not sealed: the collector of Go is on, and what turns adds may wait for it
	if err := m.machine.Run("meter", m.turns); err != nil {
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

// A thread that waits for a CPU and never moves is a chance each time, and missed; where nobody waits there is none.
func TestMissedPulls(t *testing.T) {
	m := thread.NewKernel(thread.Options{MaxThreads: 2})
	err := m.Run("meter", func(th thread.Thread) {
		if chances, missed := missedPulls(th, []*strayer{{}}); chances == 0 || missed != chances {
			t.Errorf("of %d chances %d were missed", chances, missed)
		}
		var runs strayer
		runs.ranAt.Store(int64(th.Now() + time.Minute))
		if chances, _ := missedPulls(th, []*strayer{&runs}); chances != 0 {
			t.Errorf("%d chances to take one that runs", chances)
		}
		var moves strayer // as soon as the other CPU is idle, whenever that is
		moved := m.Start(th, "moves", thread.Worker, func(th thread.Thread) {
			for !moves.quit.Load() {
				moves.strayed.Store(int64(th.Now()) - int64(pullSleep) + int64(pullSoon)/2)
			}
		})
		chances, missed := missedPulls(th, []*strayer{&moves})
		moves.quit.Store(true)
		moved.Join(th)
		if missed == chances {
			t.Errorf("all of %d chances were missed", chances)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
