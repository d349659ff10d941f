package thread

import (
	"time"

	"golang.org/x/sys/unix"
)

// zero is CLOCK_MONOTONIC at the zero of the clock. The two are read one after the other, and a
// thread that loses its CPU in between reads too early a zero: the latest of a few is the best.
func (c *clock) zero() time.Duration {
	var latest time.Duration
	for range 5 {
		var ts unix.Timespec
		if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) == nil {
			latest = max(latest, time.Duration(ts.Nano())-c.now())
		}
	}
	return latest
}
