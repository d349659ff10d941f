package spmc

import (
	"testing"
	"time"

	"mtbench/internal/thread"
)

// TestQueueWraps: a queue of 2 cells over many turns; a consumer that holds a cell keeps it.
func TestQueueWraps(t *testing.T) {
	q := newJobs(1)
	var rs [3]request
	var none thread.Thread
	for turn := range 10 {
		for i := range 2 {
			if q.full(none) {
				t.Fatalf("turn %d: full after %d", turn, i)
			}
			q.put(none, &rs[i])
		}
		if !q.full(none) || q.length(none) != 2 {
			t.Fatalf("turn %d: 2 of 2 and not full", turn)
		}
		for i := range 2 {
			if q.take(none) != &rs[i] {
				t.Fatalf("turn %d: out of order", turn)
			}
		}
		if !q.empty(none) || q.take(none) != nil {
			t.Fatalf("turn %d: not empty", turn)
		}
	}
	q.put(none, &rs[0])
	q.put(none, &rs[1])
	q.head.Add(1) // claimed, and not yet given back
	if q.take(none) != &rs[1] || !q.empty(none) {
		t.Error("the cell that is still held is neither a job nor empty")
	}
	q.head.Store(q.tail - 1)
	if !q.full(none) || q.length(none) != 1 {
		t.Error("a claimed cell was free before its consumer gave it back")
	}
}

// TestAnswersWaitForTheSlowest: an answer behind a reserved slot is not taken, and not lost.
func TestAnswersWaitForTheSlowest(t *testing.T) {
	q := newAnswers(3)
	var none thread.Thread
	var late, early request
	slot := &q.slots[q.tail.Add(1)-1]
	q.put(none, &early)
	if !q.empty(none) || q.take(none) != nil {
		t.Error("an answer was taken past a reserved slot")
	}
	slot.Store(&late)
	if q.take(none) != &late || q.take(none) != &early || q.take(none) != nil {
		t.Error("the answers came out of order or not at all")
	}
}

// TestPoolRule holds the rule to its figures: 16 looks 10 ms apart, a mean above 1 for one more,
// and for one less a mean of 0 and a second without a change.
func TestPoolRule(t *testing.T) {
	at, queue := time.Duration(0), uint64(0)
	now := func() time.Duration { return at }
	length := func() uint64 { return queue }
	p := newPool(Options{}, 0)
	decide := func() (by, looks int) {
		for looks = 1; looks <= 1000; looks++ {
			at += 10 * time.Millisecond
			for range 64 {
				if by = p.sample(now, length); by != 0 {
					return by, looks
				}
			}
		}
		return 0, looks
	}
	for range 2 {
		queue = 2
		if by, looks := decide(); by != 1 || looks != 16 {
			t.Fatalf("a queue of 2: %d after %d looks", by, looks)
		}
	}
	p.changed = at
	queue = 0
	if by, looks := decide(); by != -1 || looks != 112 { // the first decision after 1000 ms
		t.Errorf("an empty queue: %d after %d looks", by, looks)
	}
	queue = 1
	if by, _ := decide(); by != 0 {
		t.Errorf("a queue of 1: %d", by)
	}
}
