package modeltest

import (
	"strings"
	"testing"
	"time"

	"mtbench/internal/thread"
)

// TestHangIsTold: a hang of real threads is reported with who waits for what and holds what. The
// two threads lock two locks crosswise and are left behind.
func TestHangIsTold(t *testing.T) {
	m := &watched{Machine: thread.NewGoroutines(thread.Options{MaxThreads: 2}),
		patience: 200 * time.Millisecond}
	a, b := m.NewMutex("a", thread.LockGlobal), m.NewMutex("b", thread.LockSlot)
	there, here := m.NewEvent("there", false, thread.WaitWork), m.NewEvent("here", false, thread.WaitRoom)
	err := m.guard(func() error {
		return m.Run("main", func(t thread.Thread) {
			a.Lock(t)
			m.Start(t, "worker", thread.Worker, func(t thread.Thread) {
				b.Lock(t)
				there.Set(t)
				here.Wait(t)
				a.Lock(t)
			})
			there.Wait(t)
			here.Set(t)
			b.Lock(t)
		})
	})
	const want = "hang: main#0 waits for lock b, holds a; worker#1 waits for lock a, holds b"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestTurnsRepeats: the same seed gives the same schedule, another one another.
func TestTurnsRepeats(t *testing.T) {
	trace := func(seed uint64) string {
		m := NewTurns(seed)
		m.Trace()
		mu := m.NewMutex("mu", thread.LockGlobal)
		err := m.Run("main", func(t thread.Thread) {
			body := func(t thread.Thread) {
				for range 20 {
					mu.Lock(t)
					mu.Unlock(t)
				}
			}
			j := m.Start(t, "other", thread.Worker, body)
			body(t)
			j.Join(t)
		})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(m.Traced(), "\n")
	}
	if first, second := trace(1), trace(1); first != second {
		t.Error("seed 1 gave two schedules")
	}
	if trace(1) == trace(2) {
		t.Error("seeds 1 and 2 gave the same schedule")
	}
}

// TestTurnsNotJoined: a thread that nobody joins is reported.
func TestTurnsNotJoined(t *testing.T) {
	m := NewTurns(0)
	err := m.Run("main", func(t thread.Thread) {
		m.Start(t, "stray", thread.Other, func(thread.Thread) {})
	})
	if err == nil || !strings.Contains(err.Error(), "stray#1 was never joined") {
		t.Errorf("got %v", err)
	}
}
