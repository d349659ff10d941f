package locked_test

import (
	"fmt"
	"testing"

	"mtbench/models"
	"mtbench/models/locked"
	"mtbench/models/modeltest"
)

func TestNoAllocation(t *testing.T) { modeltest.CheckNoAllocation(t, locked.Build) }

func BenchmarkHandOver(b *testing.B) {
	for _, n := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("threads=%d", n), func(b *testing.B) {
			modeltest.Benchmark(b, locked.Build, models.Config{Threads: n, Wait: true, Name: "worker"})
		})
	}
}
