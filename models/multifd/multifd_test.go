package multifd_test

import (
	"fmt"
	"testing"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/models/modeltest"
	"mtbench/models/multifd"
)

// small is a pipeline with packets of a few pages, of which the suite's cases fill several.
func small(o multifd.Options) models.Builder {
	return func(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
		models.Pipeline, error) {
		if cfg.Depth == 0 {
			cfg.Depth = smallPages
		}
		return o.Build(m, t, cfg, work)
	}
}

const smallPages = 3

func modelOf(name string, o multifd.Options) modeltest.Model {
	return modeltest.Model{Name: name, Build: small(o),
		InFlight: func(c models.Config) int { return smallPages * (c.Threads + 1) },
		Resting:  func(models.Config) int { return smallPages }}
}

func TestConformance(t *testing.T) { modeltest.Run(t, modelOf("multifd", multifd.Options{})) }

func TestLocked(t *testing.T) {
	m := modelOf("multifd-locked", multifd.Options{Locked: true})
	m.Machines = []string{"turns", "kernel"}
	modeltest.Run(t, m)
}

// TestPacketsOf128 is the original's size.
func TestPacketsOf128(t *testing.T) {
	modeltest.Run(t, modeltest.Model{Name: "multifd", Build: multifd.Build,
		Machines: []string{"kernel"},
		InFlight: multifd.InFlight,
		Resting:  func(models.Config) int { return 128 }})
}

// The order of credits, search, swap and posts is the original's.
func TestProtocol(t *testing.T) {
	modeltest.CheckProtocol(t, "testdata/protocol", multifd.Build)
}

func TestNoAllocation(t *testing.T) { modeltest.CheckNoAllocation(t, multifd.Build) }

func BenchmarkHandOver(b *testing.B) {
	for name, o := range map[string]multifd.Options{"lockless": {}, "locked": {Locked: true}} {
		for _, n := range []int{1, 2, 4} {
			b.Run(fmt.Sprintf("%s/threads=%d", name, n), func(b *testing.B) {
				modeltest.Benchmark(b, o.Build, models.Config{Threads: n, Wait: true, Name: "worker"})
			})
		}
	}
}
