package view

import (
	"testing"
)

// TestSignOrder compares the order statistics with the published table of intervals for a median
// (Conover, Practical Nonparametric Statistics, table A3 read at p = 0.5).
func TestSignOrder(t *testing.T) {
	for n, want := range map[int]int{5: -1, 6: 0, 8: 0, 9: 1, 10: 1, 12: 2, 15: 3, 20: 5, 25: 7} {
		if got := SignOrder(n); got != want {
			t.Errorf("of %d values: %d, want %d", n, got, want)
		}
	}
}
