package thread

import (
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"
)

// roundTrips lets so many threads be born inside the bracket, each hand a word to and fro with the
// first one n times, and end; it returns the account.
func roundTrips(t *testing.T, sealed bool, threads, n int) []Usage {
	t.Helper()
	m := NewKernel(Options{Sealed: sealed, Account: true, MaxThreads: threads + 1})
	_ = m.Run("main", func(t0 Thread) {
		m.OpenBracket(t0)
		var joins []Joiner
		for range threads {
			there, back := m.NewEvent("there", false, WaitWork), m.NewEvent("back", false, WaitRoom)
			var asked, answered atomic.Int64
			joins = append(joins, m.Start(t0, "echo", Worker, func(t Thread) {
				for answered.Load() < int64(n) {
					there.Reset(t)
					if asked.Load() == answered.Load() {
						there.Wait(t)
					}
					if asked.Load() > answered.Load() {
						answered.Add(1)
						back.Set(t)
					}
				}
			}))
			for i := range int64(n) {
				asked.Add(1)
				there.Set(t0)
				for back.Reset(t0); answered.Load() <= i; back.Reset(t0) {
					back.Wait(t0)
				}
			}
			t0.SleepUntil(t0.Now()+time.Millisecond, Sleeping)
		}
		for _, j := range joins {
			j.Join(t0)
		}
		m.ShutBracket(t0)
		done := make(chan struct{}) // outside of the bracket the first thread may wait for Go's own again
		go close(done)
		<-done
	})
	return m.Usages()
}

// TestSealed: sealed threads are born, hand over, sleep and end, and the Go runtime's own threads
// have next to nothing to do meanwhile, where they are otherwise kept busy by every sleep.
func TestSealed(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // as the contract of Sealed has it
	switches := func(sealed bool) (n int64) {
		for _, u := range roundTrips(t, sealed, 8, 2000) {
			if u.Role == Other {
				n += u.Voluntary + u.Involuntary
			} else if u.Role == Worker && u.FutexWaits == 0 {
				t.Errorf("%s never slept", u.Name)
			}
		}
		return n
	}
	for range 3 { // how much the runtime does in the time is the host's
		sealed, open := switches(true), switches(false)
		t.Logf("switches of the runtime's threads: %d sealed, %d not", sealed, open)
		if sealed*3 < open {
			return
		}
	}
	t.Error("the Go runtime is as busy with sealed threads as with others")
}

// TestSealEndsWithTheThread: a first thread that never shuts its bracket leaves Run as it came.
func TestSealEndsWithTheThread(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	m := NewKernel(Options{Sealed: true, MaxThreads: 1})
	_ = m.Run("main", func(t0 Thread) { m.OpenBracket(t0) })
	done := make(chan struct{})
	go func() { time.Sleep(time.Millisecond); close(done) }()
	<-done // would end the process: "schedule: holding locks"
}
