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
//	     0 ┼─╱──────╲──╱──────╲──╱
//	       │                   ╲╱  the sender wakes late: the link has drained ahead
//
// A bucket that lets the sender go at the next free byte gives an even flow instead, and quite
// another share of busy pages. (Linux wakes the writer of a Unix stream socket when a quarter of
// its buffer is left after small writes, and when it is empty if the buffer holds few of the
// stream's. Woken at a quarter, the sender carries more of a high rate, but the share of busy pages
// moves.)
//
// A sleeper always wakes late, by its timer and by the wait for a CPU. What the link would have
// carried meanwhile is credited to the sender, up to the bound of maxCredit, and comes on top of
// its next burst; without it the link carries less than it declares. A sender that is away of its
// own accord gets none: an idle link saves nothing up.
type shaper struct {
	bandwidth float64 // bytes/s; 0 is unlimited
	burst     int64   // bytes
	// bytes of the burst that the link had not drained at time at; below 0: credit
	level float64
	at    time.Duration // machine time of level
	full  bool          // the burst was filled and has not been drained since
	asked float64       // seconds in which the link had bytes to drain or held its sender
}

// maxLateness is the longest lateness of a sleep that is credited in full, whatever the burst.
//
// A sender that loses its CPU for longer was held by its host, not by its link: paid back in one
// piece, tens of milliseconds would be a burst that no socket buffer of the size takes, and the
// share of busy pages would follow the host's scheduler. It is above what a timer and a wake-up
// of an idle CPU take (some tens of microseconds on a virtual machine).
const maxLateness = time.Millisecond

// maxCredit returns the most bytes that lateness adds to a burst: what the link carries in
// maxLateness, and one burst at least, since a slow link is late by more than that only where it is
// held for longer.
func (s *shaper) maxCredit() float64 {
	return max(float64(s.burst), s.bandwidth*maxLateness.Seconds())
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
// is full it first sleeps until it has been drained, and credits by how much it wakes late.
func (s *shaper) admit(t thread.Thread, n int64) int64 {
	if s.bandwidth == 0 {
		return n
	}
	s.drain(t.Now(), false)
	if s.full && s.level > 0 {
		due := s.at + s.drainTime()
		t.SleepUntil(due, thread.Sending)
		s.drain(t.Now(), true)
		s.level = -min(max(0, s.at-due).Seconds()*s.bandwidth, s.maxCredit())
	}
	n = min(n, s.burst-int64(math.Ceil(s.level)))
	s.level += float64(n)
	s.full = s.level > float64(s.burst)-1 // there is no room for another byte
	return n
}

// sent is told after each part that was admitted has gone: what the write took, the link held the
// sender.
func (s *shaper) sent(t thread.Thread) {
	if s.bandwidth > 0 {
		s.drain(t.Now(), true)
	}
}

// drain takes what the link has drained since s.at off the level. held says whether the sender was
// inside a write all this time.
func (s *shaper) drain(now time.Duration, held bool) {
	passed := (now - s.at).Seconds()
	// in bytes: what is left at the end is 0 exactly
	drained := min(passed*s.bandwidth, max(0, s.level))
	s.level -= drained
	if held {
		s.asked += passed
	} else {
		s.asked += drained / s.bandwidth
	}
	s.at = now
}

// drainTime is how long the link takes to drain the level.
func (s *shaper) drainTime() time.Duration {
	return time.Duration(math.Ceil(s.level / s.bandwidth * 1e9))
}
