package spmc_test

import (
	"fmt"
	"testing"

	"mtbench/models"
	"mtbench/models/modeltest"
	"mtbench/models/spmc"
)

// TestConformance: a pool that changes with every page, on every machine; the tests are too short
// for the original's.
func TestConformance(t *testing.T) {
	modeltest.Run(t, modeltest.Model{Name: "spmc", Build: spmc.Options{Eager: true}.Build,
		InFlight: spmc.InFlight})
}

// TestPools: the original's pool, and one that never changes.
func TestPools(t *testing.T) {
	for name, o := range map[string]spmc.Options{"original": {}, "whole": {Whole: true}} {
		t.Run(name, func(t *testing.T) {
			modeltest.Run(t, modeltest.Model{Name: name, Build: o.Build, InFlight: spmc.InFlight,
				Machines: []string{"turns"},
				Variants: map[string]func(*models.Config){
					"depth 1": func(c *models.Config) { c.Depth = 1 },
				}})
		})
	}
}

// The order of the queue, the answers and the gates is the original's.
func TestProtocol(t *testing.T) {
	modeltest.CheckProtocol(t, "testdata/protocol", spmc.Options{Eager: true}.Build)
}

func TestNoAllocation(t *testing.T) {
	modeltest.CheckNoAllocation(t, spmc.Options{Eager: true}.Build)
}

func BenchmarkHandOver(b *testing.B) {
	for _, n := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("threads=%d", n), func(b *testing.B) {
			modeltest.Benchmark(b, spmc.Options{Whole: true}.Build,
				models.Config{Threads: n, Wait: true, Name: "worker"})
		})
	}
}
