package modeltest

import (
	"testing"

	"mtbench/internal/thread"
)

// RunOn tests the model on a machine of the caller's, whose time is not the clock's: it ends a run
// that cannot go on by itself, with an error. mk makes a fresh machine for each case and seed.
func RunOn(t *testing.T, model Model, mk func(seed uint64, threads int) thread.Machine) {
	on := machine{make: mk, pages: 60, seeds: 2, threads: []int{1, 2, 4, 16}}
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) { runCase(t, model, on, c) })
	}
}
