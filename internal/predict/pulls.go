package predict

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"mtbench/internal/thread"
)

const (
	pullMissedName = "pull_missed"

	pullRounds = 21
	pullFor    = 60 * time.Millisecond // a round
	pullSleep  = 400 * time.Microsecond
	pullSoon   = 150 * time.Microsecond // a thread that has moved by then was pulled as the CPU became idle
)

// pulls lets three threads that never sleep share a CPU while another one sleeps again and again: each time that it
// becomes idle, and one of them has waited for so long that it is not hot any more, it could pull that one.
func (m *meter) pulls(t thread.Thread) {
	defer onCPU(1)()
	var hogs [3]*strayer
	for i := range hogs {
		hogs[i] = m.newStrayer(t)
	}
	for range pullRounds {
		if chances, missed := missedPulls(t, hogs[:]); chances > 0 {
			m.add(pullMissedName, float64(missed)/float64(chances))
		}
	}
	for _, h := range hogs {
		h.close(t)
	}
	if len(m.c.Samples[pullMissedName]) == 0 {
		m.add(pullMissedName, 1)
		m.c.Notes[pullMissedName] = "1: there was no chance to take anything"
		return
	}
	m.c.Notes[pullMissedName] = fmt.Sprintf("share of the times that a CPU became idle, for some %v, and left a thread where it was that had "+
		"waited for another CPU for longer than %v", pullSleep, hotFor)
}

// missedPulls are a round's chances to pull one of hogs, and how many of them were missed.
func missedPulls(t thread.Thread, hogs []*strayer) (chances, missed int) {
	for end := t.Now() + pullFor; t.Now() < end; {
		begin := t.Now()
		chance := slices.ContainsFunc(hogs, func(h *strayer) bool { return h.isCold(begin) })
		t.SleepUntil(begin+pullSleep, thread.Sleeping)
		if !chance {
			continue
		}
		chances++
		if !slices.ContainsFunc(hogs, func(h *strayer) bool { return h.wasPulled(begin) }) {
			missed++
		}
	}
	return chances, missed
}

// strayer is a thread that never sleeps and goes back to the first CPU whenever it finds itself on the second.
type strayer struct {
	ranAt   atomic.Int64 // its last reading of the clock
	strayed atomic.Int64 // and the last one at which it found itself there
	quit    atomic.Bool
	joiner  thread.Joiner
}

func (m *meter) newStrayer(t thread.Thread) *strayer {
	s := &strayer{}
	s.joiner = m.machine.Start(t, "strayer", thread.Worker, func(t thread.Thread) {
		defer onCPU(0, 1)()
		free := onCPU(0)
		home := thisCPU()
		free()
		for !s.quit.Load() {
			s.ranAt.Store(int64(t.Now()))
			if thisCPU() != home {
				s.strayed.Store(int64(t.Now()))
				onCPU(0)()
			}
		}
	})
	return s
}

// isCold says whether s has waited for so long that it is not hot any more.
func (s *strayer) isCold(now time.Duration) bool {
	const margin = 50 * time.Microsecond // its last reading of the clock is a little old
	return now-time.Duration(s.ranAt.Load()) > hotFor+margin
}

// wasPulled says whether s has moved as the other CPU became idle, at that time.
func (s *strayer) wasPulled(idle time.Duration) bool {
	at := time.Duration(s.strayed.Load())
	return at > idle && at < idle+pullSoon
}

func (s *strayer) close(t thread.Thread) {
	s.quit.Store(true)
	s.joiner.Join(t)
}
