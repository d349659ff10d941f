package metric

import (
	"testing"

	"mtbench/results"
)

// TestReferenceCountsNothing: a real QEMU counts no futex call and no lock, so it has no such
// figure; it is not 0.
func TestReferenceCountsNothing(t *testing.T) {
	r := aRun()
	for _, name := range []string{WaitWakesPerPage, "futex_waits_per_page", "futex_wakes_per_page",
		"locks_per_1000_pages", "switches_per_page"} {
		m := Get(name)
		r.QueryMigrate = nil
		if _, ok := m.Of(r); !ok {
			t.Errorf("%s: a model has no figure", name)
		}
		r.QueryMigrate = &results.QueryMigrate{}
		if v, ok := m.Of(r); ok != (name == "switches_per_page") {
			t.Errorf("%s: a real QEMU has %g, %t", name, v, ok)
		}
	}
}
