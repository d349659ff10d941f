package calibrate

import (
	"math"
	"testing"
)

// Up to the smallest crowd, and beyond the largest, the factor is that one's; between it is linear
// in log n.
func TestCrowdByEncoders(t *testing.T) {
	c := Crowd{Encode: [3]float64{1.1, 1.5, 2.5}}
	for n, want := range map[int]float64{1: 1.1, 4: 1.1, 8: 1.3, 16: 1.5, 32: 2, 64: 2.5, 1000: 2.5} {
		if got := c.EncodeAt(n); math.Abs(got-want) > 1e-9 {
			t.Errorf("%d encoders: %v, want %v", n, got, want)
		}
	}
}
