// Package link is the way from source to destination: a real socket (or a sink that drops) with a
// declared bandwidth and a declared burst, because a burst against the number of threads decides
// how many pages find no free thread.
package link

import (
	"fmt"
	"math"
	"time"

	"mtbench/internal/thread"
)

// shaper holds a sender to a link's bandwidth as a full socket buffer does. What is sent fills the
// burst; the link drains it all the time at its bandwidth. A sender that has filled the burst
// sleeps until the link has drained the whole of it, and may then send a whole burst:
//
//	filled ┤    ╱╲        ╱╲
//	       │   ╱  ╲      ╱  ╲      up: the sender sends as fast as it can
//	       │  ╱    ╲    ╱    ╲     down: the sender sleeps, the link drains
//	     0 ┼─╱──────╲──╱──────╲──
//
// A bucket that lets the sender go at the next free byte gives an even flow instead, and quite
// another share of busy pages.
type shaper struct {
	bandwidth float64       // bytes/s; 0 is unlimited
	burst     int64         // bytes
	level     float64       // bytes of the burst that the link had not drained at time at
	at        time.Duration // machine time of level
	full      bool          // the burst was filled and has not been drained since
}

// MaxBurst is the largest burst in bytes.
const MaxBurst = 1 << 40

// Check refuses a bandwidth (bytes/s, 0 for unlimited) or burst (bytes) that no link has.
func Check(bandwidth float64, burst int64) error {
	if math.IsNaN(bandwidth) || bandwidth < 0 || bandwidth > 1e15 {
		return fmt.Errorf("link bandwidth of %g bytes/s; it must be 0 (unlimited) or up to 1e15",
			bandwidth)
	}
	if bandwidth > 0 && (burst < 1 || burst > MaxBurst) {
		return fmt.Errorf("link burst of %d bytes; with a bandwidth it must be 1 to %d",
			burst, int64(MaxBurst))
	}
	return nil
}

// admit returns how many of n bytes may be sent now, at least 1, having counted them. If the burst
// is full it first sleeps until it has been drained.
func (s *shaper) admit(t thread.Thread, n int64) int64 {
	if s.bandwidth == 0 {
		return n
	}
	if s.full {
		t.SleepUntil(s.at+s.drainTime(), thread.Sending)
	}
	s.drain(t.Now())
	n = min(n, s.burst-int64(math.Ceil(s.level)))
	s.level += float64(n)
	s.full = s.level > float64(s.burst)-1 // there is no room for another byte
	return n
}

// drain takes what the link has drained since s.at off the level.
func (s *shaper) drain(now time.Duration) {
	s.level = max(0, s.level-(now-s.at).Seconds()*s.bandwidth)
	s.at = now
}

// drainTime is how long the link takes to drain the level.
func (s *shaper) drainTime() time.Duration {
	return time.Duration(math.Ceil(s.level / s.bandwidth * 1e9))
}
