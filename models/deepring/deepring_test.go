package deepring_test

import (
	"fmt"
	"testing"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/models/deepring"
	"mtbench/models/modeltest"
)

// small is a pipeline whose chunks and rings end within the suite's few pages.
func small(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
	models.Pipeline, error) {
	if cfg.Depth == 0 {
		cfg.Depth = smallDepth
	}
	return deepring.Options{Chunk: smallChunk}.Build(m, t, cfg, work)
}

const smallDepth, smallChunk = 5, 2

func TestConformance(t *testing.T) {
	modeltest.Run(t, modeltest.Model{Name: "deepring", Build: small, Ordered: true,
		InFlight: func(c models.Config) int {
			if c.Depth == 0 {
				return smallDepth * c.Threads
			}
			return c.Depth * c.Threads
		},
		Resting: func(models.Config) int { return smallChunk - 1 },
		Variants: map[string]func(*models.Config){
			"depth 1": func(c *models.Config) { c.Depth = 1 },
			"polls":   func(c *models.Config) { c.PollBudget = 50 },
		}})
}

// TestDefaults: rings of 128 slots and chunks of 16.
func TestDefaults(t *testing.T) {
	modeltest.Run(t, modeltest.Model{Name: "deepring", Build: deepring.Build,
		Machines: []string{"turns", "kernel"},
		InFlight: deepring.InFlight,
		Resting:  func(models.Config) int { return 15 }})
}

func TestNoAllocation(t *testing.T) { modeltest.CheckNoAllocation(t, deepring.Build) }

func BenchmarkHandOver(b *testing.B) {
	for _, n := range []int{1, 2, 4} {
		for _, chunk := range []int{1, 4, 16} {
			b.Run(fmt.Sprintf("threads=%d/chunk=%d", n, chunk), func(b *testing.B) {
				modeltest.Benchmark(b, deepring.Options{Chunk: chunk}.Build,
					models.Config{Threads: n, Wait: true, Name: "worker"})
			})
		}
	}
}
