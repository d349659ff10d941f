package results

import "time"

// MS returns d in milliseconds, the unit of times in files.
func MS(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// FromMS returns the duration of so many milliseconds.
func FromMS(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
