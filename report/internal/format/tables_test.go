package format

import (
	"math"
	"testing"
)

func TestFixed(t *testing.T) {
	for _, c := range []struct {
		got, want string
	}{
		{Fixed(-0.01, 1), "0.0"}, {Fixed(math.NaN(), 1), None}, {Whole(1234.5), "1234"},
		{Whole(math.Inf(1)), "∞"}, {Whole(99.97), "100"}, {Whole(0.01234), "0.0123"},
		{Trimmed(2), "2"}, {Trimmed(0.5), "0.5"},
		{Trimmed(100), "100"}, {ChangeText(math.Log(0.5)), "-50.0"}, {ChangeText(math.Log(14)), "×14.0"},
		{ChangeText(math.Inf(-1)), "-∞"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
