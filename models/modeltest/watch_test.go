package modeltest

import (
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mtbench/internal/thread"
)

// TestHangIsTold: a hang of real threads is reported with who waits for what and holds what. The
// two threads lock two locks crosswise and are left behind.
func TestHangIsTold(t *testing.T) {
	m := &watched{Machine: thread.NewGoroutines(thread.Options{MaxThreads: 2}),
		patience: 200 * time.Millisecond,
		usage:    readUsage}
	a, b := m.NewMutex("a", thread.LockGlobal), m.NewMutex("b", thread.LockSlot)
	there, here := m.NewEvent("there", false, thread.WaitWork),
		m.NewEvent("here", false, thread.WaitRoom)
	err := m.Run("main", func(t thread.Thread) {
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
	const want = "hang: main#0 waits for lock b, holds a; worker#1 waits for lock a, holds b"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A thread that spins for what nobody will do is a hang too, though it has all the CPU it wants.
func TestSpinningHangIsTold(t *testing.T) {
	m := &watched{Machine: thread.NewKernel(thread.Options{MaxThreads: 2}),
		patience: 200 * time.Millisecond,
		usage:    readUsage}
	var end atomic.Bool
	ended := make(chan struct{})
	err := m.Run("main", func(t thread.Thread) {
		defer close(ended)
		t.SpinUntil(thread.SpinRoom, 0, true, end.Load)
	})
	end.Store(true)
	<-ended
	if err == nil || err.Error() != "hang: main#0 spins: spin-room" {
		t.Errorf("got %v", err)
	}
}

// Patience counts what the process could have used, never what it was kept from.
func TestPatienceIsNoClock(t *testing.T) {
	const tick = watchTick
	for what, c := range map[string]struct {
		to   usage // from 0
		want time.Duration
	}{
		"all sleep":             {usage{at: tick, cpu: 20}, tick},
		"somebody spins":        {usage{at: tick, cpu: tick, wants: 1}, tick},
		"four spin on two CPUs": {usage{at: tick, cpu: 2 * tick, wants: 4}, tick},
		"starved":               {usage{at: 10 * tick, cpu: tick / 100, wants: 3}, tick / 100},
		"stopped, all asleep":   {usage{at: time.Hour}, 2 * tick},
		"stopped, spinning":     {usage{at: time.Hour, cpu: tick / 2, wants: 2}, tick / 2},
		"a clock steps back":    {usage{at: -tick}, 0},
	} {
		if got := chance(usage{}, c.to); got != c.want {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
}

// stoppedEnv makes TestStoppedProcess the process that is stopped.
const stoppedEnv = "MODELTEST_STOPPED"

// A process that was stopped for longer than any patience has not hung. The run moves all the time,
// and is stopped in the middle: by the clock it takes longer than its patience.
func TestStoppedProcess(t *testing.T) {
	const patience = 500 * time.Millisecond
	if os.Getenv(stoppedEnv) != "" {
		m := &watched{Machine: thread.NewKernel(thread.Options{MaxThreads: 2}), patience: patience,
			usage: readUsage}
		err := m.Run("main", func(t thread.Thread) {
			t.SleepUntil(t.Now()+50*time.Millisecond, thread.Sleeping)
			_ = unix.Kill(unix.Getpid(), unix.SIGSTOP)
			t.SleepUntil(t.Now()+50*time.Millisecond, thread.Sleeping)
		})
		if err != nil {
			t.Error(err)
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestStoppedProcess$")
	cmd.Env = append(os.Environ(), stoppedEnv+"=1")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var status unix.WaitStatus
	if _, err := unix.Wait4(cmd.Process.Pid, &status, unix.WUNTRACED, nil); err != nil ||
		!status.Stopped() {
		t.Fatalf("it did not stop itself: %v, %v", status, err)
	}
	time.Sleep(4 * patience)
	if err := cmd.Process.Signal(unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, out.String())
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
