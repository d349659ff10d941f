package thread

import (
	"sync/atomic"
	"testing"
	"time"
)

func realMachines() map[string]Machine {
	o := Options{Account: true, MaxThreads: 4}
	return map[string]Machine{"kernel": NewKernel(o), "goroutines": NewGoroutines(o)}
}

func BenchmarkLock(b *testing.B) {
	for name, m := range realMachines() {
		for kind, l := range map[string]locker{
			"mutex": m.NewMutex("mu", LockGlobal), "spin": m.NewSpinLock("sp", LockResults),
		} {
			b.Run(name+"/"+kind, func(b *testing.B) {
				_ = m.Run("main", func(t Thread) {
					b.ReportAllocs()
					for b.Loop() {
						l.Lock(t)
						l.Unlock(t)
					}
				})
			})
		}
	}
}

func BenchmarkStamp(b *testing.B) {
	for name, o := range map[string]Options{"on": {Account: true}, "off": {},
		"traced": {Account: true, Trace: 1 << 17}} {
		b.Run(name, func(b *testing.B) {
			_ = NewKernel(o).Run("main", func(t Thread) {
				for b.Loop() {
					t.Enter(Codec)
				}
			})
		})
	}
}

// BenchmarkPingPong is a round trip between two threads that sleep for each other: two hand-overs.
func BenchmarkPingPong(b *testing.B) {
	for name, m := range realMachines() {
		b.Run(name, func(b *testing.B) { pingPong(b, m) })
	}
}

func pingPong(b *testing.B, m Machine) {
	there, back := m.NewEvent("there", false, WaitWork), m.NewEvent("back", false, WaitRoom)
	var asked, answered atomic.Int64
	n := int64(b.N)
	b.ReportAllocs()
	_ = m.Run("main", func(t0 Thread) {
		j := m.Start(t0, "echo", Worker, func(t Thread) {
			more := func() bool { return asked.Load() > answered.Load() }
			for range n {
				await(t, there, more)
				answered.Add(1)
				back.Set(t)
			}
		})
		done := func() bool { return answered.Load() == asked.Load() }
		b.ResetTimer()
		for range n {
			asked.Add(1)
			there.Set(t0)
			await(t0, back, done)
		}
		b.StopTimer()
		j.Join(t0)
	})
}

func BenchmarkBracket(b *testing.B) {
	for b.Loop() {
		m := NewKernel(Options{Account: true, MaxThreads: 4})
		_ = m.Run("main", func(t Thread) {
			from := time.Now()
			m.OpenBracket(t)
			m.ShutBracket(t)
			b.ReportMetric(float64(time.Since(from).Microseconds()), "µs/bracket")
		})
	}
}

// BenchmarkStartJoin is what a thread costs at birth and end, its figures included.
func BenchmarkStartJoin(b *testing.B) {
	for name, m := range realMachines() {
		b.Run(name, func(b *testing.B) {
			_ = m.Run("main", func(t Thread) {
				for b.Loop() {
					m.Start(t, "w", Worker, func(Thread) {}).Join(t)
				}
			})
		})
	}
}
