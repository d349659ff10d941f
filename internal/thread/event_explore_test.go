//go:build explore

package thread

import (
	"fmt"
	"sync"
	"testing"
)

// A stepper lets two threads run one at a time, from one access to the next, in the order of a
// schedule: each digit is the thread whose turn it is. A thread that has ended leaves its turns to
// the other.
type stepper struct {
	mu       sync.Mutex
	turn     *sync.Cond
	schedule string
	running  int // the thread whose turn it is
	ended    [2]bool
}

// begin waits for the first turn of thread me.
func (s *stepper) begin(me int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.await(me)
}

// look ends the turn of the thread that runs, and waits for its next.
func (s *stepper) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	me := s.running
	s.pass()
	s.await(me)
}

// leave ends the thread that runs.
func (s *stepper) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended[s.running] = true
	s.pass()
}

func (s *stepper) await(me int) {
	for s.running != me {
		s.turn.Wait()
	}
}

func (s *stepper) pass() {
	next := 1 - s.running
	if s.schedule != "" {
		next, s.schedule = int(s.schedule[0]-'0'), s.schedule[1:]
	}
	if s.ended[next] {
		next = 1 - next
	}
	s.running = next
	s.turn.Broadcast()
}

// A handshake is the setter and the waiter of an event. Their system calls are accesses, too.
type handshake struct {
	stepper
	event  kevent
	done   bool // what the event tells of
	asleep bool // the waiter is in the kernel
	slept  bool
}

func (h *handshake) set() {
	h.done = true
	if h.event.setWord() {
		h.look()
		h.asleep = false
	}
}

func (h *handshake) wait() {
	h.event.Reset(nil)
	h.look()
	if !h.done && h.event.waitWord() {
		h.look()
		h.asleep = futexOf(&h.event.word).Load() == eventBusy
		h.slept = h.asleep
	}
}

// play runs a handshake that begins in a state of the word to its end.
func play(word uint32, schedule string) *handshake {
	h := &handshake{stepper: stepper{schedule: schedule[1:], running: int(schedule[0] - '0')}}
	h.turn = sync.NewCond(&h.mu)
	h.event.word.Store(word)
	h.event.word.look = h.look
	var both sync.WaitGroup
	for me, f := range []func(){h.set, h.wait} {
		both.Go(func() {
			h.begin(me)
			f()
			h.leave()
		})
	}
	both.Wait()
	return h
}

// TestEventLosesNoSetInAnyOrder plays every order of the accesses of a setter and a waiter: the
// waiter never sleeps on once the setter has ended.
func TestEventLosesNoSetInAnyOrder(t *testing.T) {
	const most = 11 // accesses of both
	for _, word := range []uint32{eventSet, eventFree, eventBusy} {
		slept := 0
		for order := range 1 << most {
			schedule := fmt.Sprintf("%0*b", most, order)
			h := play(word, schedule)
			if h.asleep {
				t.Fatalf("from state %d in the order %s (0 is the setter): the waiter sleeps on",
					int32(word), schedule)
			}
			if h.slept {
				slept++
			}
		}
		if slept == 0 {
			t.Errorf("from state %d: the waiter has never slept", int32(word))
		}
	}
}
