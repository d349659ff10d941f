package results

import (
	"encoding/json"
	"math"
	"time"
)

// MS returns d in milliseconds, the unit of times in files, to the microsecond: no clock of a run
// is better, and a record has thousands of times.
func MS(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}

// Duration is a time that a file states in milliseconds.
type Duration time.Duration

// MarshalJSON writes milliseconds.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.MS()) }

// UnmarshalJSON reads milliseconds; a figure that no duration holds becomes the longest there is.
func (d *Duration) UnmarshalJSON(text []byte) error {
	var ms float64
	if err := json.Unmarshal(text, &ms); err != nil {
		return err
	}
	*d = DurationOf(ms)
	return nil
}

// DurationOf is so many milliseconds.
func DurationOf(ms float64) Duration {
	ns := math.Round(ms * float64(time.Millisecond))
	if ns >= math.MaxInt64 {
		return math.MaxInt64
	}
	return Duration(max(ns, math.MinInt64))
}

// MS is the duration in milliseconds.
func (d Duration) MS() float64 { return float64(d) / float64(time.Millisecond) }

// String writes it as Go does: "1.5ms".
func (d Duration) String() string { return time.Duration(d).String() }
