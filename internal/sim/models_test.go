package sim_test

import (
	"fmt"
	"testing"
	"time"

	"mtbench/internal/sim"
	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/models/lockbatch"
	"mtbench/models/locked"
	"mtbench/models/lockless"
	"mtbench/models/modeltest"
	"mtbench/models/multifd"
	"mtbench/models/spmc"
	"mtbench/models/workqueue"
)

func contenders() []modeltest.Model {
	return []modeltest.Model{
		{Name: "locked", Build: locked.Build,
			InFlight: func(c models.Config) int { return c.Threads }},
		{Name: "lockless", Build: lockless.Build,
			InFlight: func(c models.Config) int { return 4 * c.Threads }},
		{Name: "lockbatch", Build: lockbatch.Build,
			InFlight: func(c models.Config) int { return 4 * c.Threads },
			Resting:  func(c models.Config) int { return min(8, 4*c.Threads) - 1 }},
		{Name: "workqueue", Build: workqueue.Build,
			InFlight: func(c models.Config) int { return 4 * c.Threads }},
		{Name: "multifd", Build: multifd.Build,
			InFlight: func(c models.Config) int { return 128 * (c.Threads + 1) },
			Resting:  func(models.Config) int { return 128 }},
		{Name: "spmc", Build: spmc.Options{Eager: true}.Build,
			InFlight: func(c models.Config) int { return 4 * c.Threads }},
	}
}

// The models run on virtual time as they are, and keep their promises there, whether every thread
// has a CPU or none is left over.
func TestModelsRunUnchanged(t *testing.T) {
	for _, model := range contenders() {
		for _, cpus := range []int{1, 2, 32} {
			t.Run(fmt.Sprintf("%s/%d CPUs", model.Name, cpus), func(t *testing.T) {
				modeltest.RunOn(t, model, func(seed uint64, _ int) thread.Machine {
					return virtual(t, cpus, seed)
				})
			})
		}
	}
}

func virtual(t *testing.T, cpus int, seed uint64) *sim.Machine {
	m, err := sim.New(sim.Options{CPUs: cpus, Costs: sim.Typical(), Seed: seed, Account: true,
		MaxTime: time.Hour, MaxSteps: 10_000_000})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
