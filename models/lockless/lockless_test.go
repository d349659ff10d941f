package lockless_test

import (
	"testing"

	"mtbench/models"
	"mtbench/models/lockless"
	"mtbench/models/modeltest"
)

func model() modeltest.Model {
	return modeltest.Model{Name: "lockless", Build: lockless.Build,
		InFlight: lockless.InFlight,
		Variants: map[string]func(*models.Config){
			"round robin": func(c *models.Config) { c.RoundRobin = true },
			"depth 1":     func(c *models.Config) { c.Depth, c.PollBudget = 1, 5 },
			"depth 8":     func(c *models.Config) { c.Depth, c.PollBudget = 8, 50 },
			"no polls":    func(c *models.Config) { c.PollBudget = -1 },
		}}
}

func TestConformance(t *testing.T) { modeltest.Run(t, model()) }

// The order in which each side locks, signals, spins and passes requests on is the original's.
func TestProtocol(t *testing.T) { modeltest.CheckProtocol(t, "testdata/protocol", lockless.Build) }
