package ptrring

import (
	"runtime"
	"sync"
	"testing"

	"github.com/puzpuzpuz/xsync/v4"
)

// queue is what the benchmark needs of each contender; both ends may fail and are tried again.
type queue struct {
	name string
	make func(size int) (put func(*job) bool, take func() *job)
}

func ring(batch bool) func(int) (func(*job) bool, func() *job) {
	return func(size int) (func(*job) bool, func() *job) {
		r := New[job](size, batch)
		return func(j *job) bool { return r.Produce(nil, j) }, func() *job { return r.Consume(nil) }
	}
}

func channel(size int) (func(*job) bool, func() *job) {
	c := make(chan *job, size)
	return func(j *job) bool { c <- j; return true }, func() *job { return <-c }
}

func xsyncQueue(size int) (func(*job) bool, func() *job) {
	q := xsync.NewSPSCQueue[*job](size)
	return q.TryEnqueue, func() *job { j, _ := q.TryDequeue(); return j }
}

var queues = []queue{
	{"ring", ring(false)}, {"ring-batch", ring(true)}, {"channel", channel}, {"xsync", xsyncQueue},
}

// BenchmarkAlone is one thread that puts and takes: the instructions, without contention.
func BenchmarkAlone(b *testing.B) {
	for _, q := range queues {
		b.Run(q.name, func(b *testing.B) {
			put, take := q.make(64)
			j := new(job)
			b.ReportAllocs()
			for b.Loop() {
				put(j)
				take()
			}
		})
	}
}

// BenchmarkStream is a producer and a consumer on two threads; figures are a pointer passed.
func BenchmarkStream(b *testing.B) {
	for _, q := range queues {
		for _, size := range []struct {
			name string
			n    int
		}{{"4", 4}, {"64", 64}, {"1024", 1024}} {
			b.Run(q.name+"/"+size.name, func(b *testing.B) { stream(b, q, size.n) })
		}
	}
}

func stream(b *testing.B, q queue, size int) {
	put, take := q.make(size)
	n := b.N
	var wg sync.WaitGroup
	wg.Go(func() {
		for got := 0; got < n; {
			if take() != nil {
				got++
			} else {
				runtime.Gosched()
			}
		}
	})
	j := new(job)
	b.ResetTimer()
	for range n {
		for !put(j) {
			runtime.Gosched()
		}
	}
	wg.Wait()
}
