package lockless_test

import (
	"fmt"
	"testing"

	"mtbench/models"
	"mtbench/models/lockless"
	"mtbench/models/modeltest"
)

func TestNoAllocation(t *testing.T) { modeltest.CheckNoAllocation(t, lockless.Build) }

func BenchmarkHandOver(b *testing.B) {
	for _, n := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("threads=%d", n), func(b *testing.B) {
			modeltest.Benchmark(b, lockless.Build, models.Config{Threads: n, Wait: true, Name: "worker"})
		})
	}
}
