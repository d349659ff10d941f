package format

import (
	"testing"
)

func TestThreadsList(t *testing.T) {
	for want, ns := range map[string][]int{"1 thread": {1}, "1 and 4 threads": {1, 4},
		"1, 2 and 16 threads": {1, 2, 16}} {
		if got := ThreadsList(ns); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
