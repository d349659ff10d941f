package workqueue_test

import (
	"fmt"
	"strings"
	"testing"

	"mtbench/models"
	"mtbench/models/modeltest"
	"mtbench/models/workqueue"
)

func TestConformance(t *testing.T) {
	modeltest.Run(t, modeltest.Model{Name: "workqueue", Build: workqueue.Build,
		InFlight: workqueue.InFlight,
		Variants: map[string]func(*models.Config){
			"depth 1": func(c *models.Config) { c.Depth, c.PollBudget = 1, 5 },
		}})
}

// TestAsPosted: with a search that always begins at worker 0; and with a bit for every request.
func TestAsPosted(t *testing.T) {
	modeltest.Run(t, modeltest.Model{Name: "workqueue-posted", InFlight: workqueue.InFlight,
		Build:    workqueue.Options{AsPosted: true}.Build,
		Machines: []string{"turns", "kernel"},
		Variants: map[string]func(*models.Config){
			"depth 64": func(c *models.Config) { c.Depth = 64 },
		}})
}

func TestTooDeep(t *testing.T) {
	_, err := workqueue.Build(nil, nil, models.Config{Threads: 1, Depth: 65}, nil)
	if err == nil || !strings.Contains(err.Error(), "at most 64") {
		t.Errorf("depth 65: %v", err)
	}
}

// The order of flips and events is the original's.
func TestProtocol(t *testing.T) {
	modeltest.CheckProtocol(t, "testdata/protocol", workqueue.Build)
}

func TestNoAllocation(t *testing.T) { modeltest.CheckNoAllocation(t, workqueue.Build) }

func BenchmarkHandOver(b *testing.B) {
	for _, n := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("threads=%d", n), func(b *testing.B) {
			modeltest.Benchmark(b, workqueue.Build, models.Config{Threads: n, Wait: true, Name: "worker"})
		})
	}
}
