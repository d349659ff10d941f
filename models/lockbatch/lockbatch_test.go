package lockbatch_test

import (
	"fmt"
	"testing"

	"mtbench/models"
	"mtbench/models/lockbatch"
	"mtbench/models/modeltest"
)

// resting is the most that a batch of 8 leaves in the stage.
func resting(c models.Config) int { return min(8, lockbatch.InFlight(c)) - 1 }

func TestConformance(t *testing.T) {
	modeltest.Run(t, modeltest.Model{Name: "lockbatch", Build: lockbatch.Build,
		InFlight: lockbatch.InFlight, Resting: resting,
		Variants: map[string]func(*models.Config){
			"depth 1": func(c *models.Config) { c.Depth = 1 },
			"depth 8": func(c *models.Config) { c.Depth = 8 },
		}})
}

// TestBatchOfOne: each page is handed over by itself.
func TestBatchOfOne(t *testing.T) {
	modeltest.Run(t, modeltest.Model{Name: "lockbatch-1", Build: lockbatch.Options{Batch: 1}.Build,
		InFlight: lockbatch.InFlight, Machines: []string{"turns", "kernel"}})
}

// The order in which a batch is staged, handed over and woken for is the original's.
func TestProtocol(t *testing.T) {
	modeltest.CheckProtocol(t, "testdata/protocol", lockbatch.Build)
}

func TestNoAllocation(t *testing.T) { modeltest.CheckNoAllocation(t, lockbatch.Build) }

func BenchmarkHandOver(b *testing.B) {
	for _, n := range []int{1, 2, 4} {
		for _, batch := range []int{1, 8, 32} {
			b.Run(fmt.Sprintf("threads=%d/batch=%d", n, batch), func(b *testing.B) {
				modeltest.Benchmark(b, lockbatch.Options{Batch: batch}.Build,
					models.Config{Threads: n, Wait: true, Name: "worker"})
			})
		}
	}
}
