package multifd_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/models/modeltest"
	"mtbench/models/multifd"
)

// lender lends a state to each worker and looks whose is used where.
type lender struct {
	t      *testing.T
	bare   int
	states []*state
	fail   int // NewState fails at this call, counted from 1; 0: never
	done   int
}

// state is one worker's.
type state struct {
	user  thread.Thread // the first thread that used it
	inUse atomic.Bool
}

func (l *lender) Init(*models.Request) error {
	l.t.Error("Init of a work that lends")
	return nil
}

func (l *lender) InitBare(*models.Request) error { l.bare++; return nil }

func (l *lender) NewState() (any, error) {
	if l.fail == len(l.states)+1 {
		return nil, fmt.Errorf("no state %d", l.fail)
	}
	l.states = append(l.states, &state{})
	return l.states[len(l.states)-1], nil
}

func (l *lender) Fill(thread.Thread, *models.Request) {}
func (l *lender) Done(thread.Thread, *models.Request) { l.done++ }

func (l *lender) Handle(t thread.Thread, r *models.Request) {
	s, ok := r.State.(*state)
	switch {
	case !ok:
		l.t.Errorf("request %d has no state", r.Index)
		return
	case s.inUse.Swap(true):
		l.t.Errorf("request %d is handled with a state in use", r.Index)
	case s.user == nil:
		s.user = t
	case s.user != t:
		l.t.Errorf("request %d has the state of another worker", r.Index)
	}
	t.Compute(1)
	s.inUse.Store(false)
}

// TestLends: one state a channel, whatever the number of requests, and each used by its channel.
func TestLends(t *testing.T) {
	const channels, pages, pagesDone = 3, 2, 50
	l := &lender{t: t}
	m := modeltest.NewTurns(1)
	err := m.Run("main", func(th thread.Thread) {
		cfg := models.Config{Threads: channels, Depth: pages, Wait: true, Name: "w"}
		p, err := multifd.Build(m, th, cfg, l)
		if err != nil {
			t.Error(err)
			return
		}
		for range pagesDone {
			p.Submit(th)
		}
		p.Flush(th)
		p.Close(th)
		l.fail = len(l.states) + 2
		if _, err := multifd.Build(m, th, cfg, l); err == nil || err.Error() != "no state 5" {
			t.Errorf("Build with a state that fails: %v", err)
		}
	})
	if err != nil || l.done != pagesDone {
		t.Errorf("%d pages done, %v", l.done, err)
	}
	if len(l.states) != channels+1 || l.states[channels-1].user == nil {
		t.Errorf("%d states, want %d and one before the failure", len(l.states), channels)
	}
}
