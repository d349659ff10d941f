//go:build explore

package ptrring

import (
	"testing"

	"mtbench/internal/thread"
)

// watcher is a thread that looks at the ring before each of its accesses.
type watcher struct {
	thread.Thread
	look func()
}

func (w watcher) Access(u thread.Use) {
	if u.How == thread.Load || u.How == thread.Store {
		w.look()
	}
}

// TestBatchIsGivenBackFromTheEnd needs the preemption points of the explore build to see the ring
// between the stores: as long as any slot of the batch is taken, so is the first.
func TestBatchIsGivenBackFromTheEnd(t *testing.T) {
	r := New[int](32, true)
	v := new(int)
	for r.Produce(nil, v) {
	}
	looks := 0
	w := watcher{look: func() {
		looks++
		for i := 1; i < 16; i++ {
			if r.queue[0].Load() == nil && r.queue[i].Load() != nil {
				t.Fatalf("slot %d is still taken and slot 0 is free", i)
			}
		}
	}}
	for range 16 {
		r.Consume(w)
	}
	if looks != 16+16 {
		t.Fatalf("%d marked accesses for 16 loads and 16 stores", looks)
	}
}
