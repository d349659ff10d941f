// Package fuzztest holds what a fuzz target does with one input to a bound of memory and of time.
package fuzztest

import (
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// tooLong is when one input counts as a hang: far beyond what any takes on a busy machine.
const tooLong = time.Minute

// Within runs do. It fails t where do allocates more than the given bytes, all allocations summed
// up, and ends the process where do takes a minute: then the fuzzer keeps the input.
func Within(t testing.TB, bytes uint64, do func()) {
	t.Helper()
	watchdog := time.AfterFunc(tooLong, func() {
		debug.SetTraceback("all")
		panic(fmt.Sprintf("%s: one input takes more than %v", t.Name(), tooLong))
	})
	defer watchdog.Stop()
	before := allocated()
	do()
	if got := allocated() - before; got > bytes {
		t.Errorf("%d bytes were allocated for one input; %d is the most", got, bytes)
	}
}

// allocated is how many bytes of heap the process has allocated so far. Small objects count when
// their span is full, so it is exact to some 100 KiB.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
