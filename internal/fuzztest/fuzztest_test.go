package fuzztest

import "testing"

// failures counts what would fail a test.
type failures struct {
	testing.TB
	n int
}

func (f *failures) Helper()               {}
func (f *failures) Errorf(string, ...any) { f.n++ }

var kept []byte // on the heap

func TestMoreMemoryFails(t *testing.T) {
	for bytes, want := range map[int]int{1 << 10: 0, 9 << 20: 1} {
		f := &failures{TB: t}
		Within(f, 8<<20, func() { kept = make([]byte, bytes) })
		if f.n != want {
			t.Errorf("%d bytes: %d failures, want %d", bytes, f.n, want)
		}
	}
}
