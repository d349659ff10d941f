package handover

import (
	"testing"
	"time"

	"mtbench/models/registry"
	"mtbench/results"
)

// TestMeasure hands pages over with every contender that there is, paced and not, on kernel threads
// of this process.
func TestMeasure(t *testing.T) {
	for _, c := range registry.All() {
		if c.Kind == registry.Baseline {
			continue
		}
		for _, load := range []int{50, 100} {
			j := Job{HandOverCell: results.HandOverCell{Model: c.Name, Threads: 2, WorkNS: 10_000,
				Load: load}, Time: 10 * time.Millisecond, Quantum: Quantum, Stride: 1, Turns: 0.1}
			j.Offered = j.HandOverCell.Offered(2)
			r, err := Measure(j)
			if err != nil {
				t.Fatalf("%s, load %d: %v", c.Name, load, err)
			}
			checkRecord(t, r, &j)
		}
	}
}

func checkRecord(t *testing.T, r *results.HandOver, j *Job) {
	t.Helper()
	var pages int64
	for _, b := range r.Buckets {
		pages += b.Pages
	}
	switch {
	case r.Timed != r.Pages || pages != r.Pages:
		t.Errorf("%s: %d pages, %d timed, %d in the histogram", j.Model, r.Pages, r.Timed, pages)
	case r.Latency.Max == nil || *r.Latency.Max < *r.Latency.P50 || *r.Begin.Mean > *r.Latency.Mean ||
		*r.Service.P50 <= 0:
		t.Errorf("%s: latencies contradict each other: %+v", j.Model, r.Latency)
	case (r.Offered == nil) != (j.Load == 100):
		t.Errorf("%s: offered %v at load %d", j.Model, r.Offered, j.Load)
	case r.Rate <= 0 || r.CPUNS <= 0:
		t.Errorf("%s: %+v", j.Model, r)
	}
}
