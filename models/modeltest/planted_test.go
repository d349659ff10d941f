package modeltest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"mtbench/internal/thread"
	"mtbench/models/modeltest"
	"mtbench/models/modeltest/planted"
)

func modelOf(p planted.Planted) modeltest.Model {
	return modeltest.Model{Name: p.Name, Build: p.Build, InFlight: p.InFlight, Resting: p.Resting,
		Ordered: p.Ordered}
}

// TestPlantedOnTurns holds what the suite finds by schedules alone, and what it does not: a bug
// that only an exploration can find is found here exactly if this build switches at shared
// accesses.
func TestPlantedOnTurns(t *testing.T) {
	for _, p := range planted.All() {
		t.Run(p.Name, func(t *testing.T) {
			err := modeltest.Check(modelOf(p), "turns")
			want := p.FoundBy&planted.Schedules != 0 ||
				thread.Exploring && p.FoundBy&planted.Exploration != 0
			if found := err != nil; found != want {
				t.Errorf("found: %t, want %t (%s): %v", found, want, p.FoundBy, err)
			}
		})
	}
}

// TestSound: what carries the bugs is sound without them, on every machine.
func TestSound(t *testing.T) {
	for _, p := range planted.Sound() {
		t.Run(p.Name, func(t *testing.T) {
			m := modelOf(p)
			m.Machines = []string{"turns", "kernel"} // the contenders' own suites take all
			modeltest.Run(t, m)
		})
	}
}

const childEnv = "MTBENCH_PLANTED"

// TestPlantedByRaceDetector runs each bug that the race detector must see in a process of its own:
// a report of it fails the test that made it.
func TestPlantedByRaceDetector(t *testing.T) {
	if !modeltest.RaceDetector {
		t.Skip("needs -race")
	}
	for _, p := range planted.All() {
		if p.FoundBy&planted.RaceDetector == 0 {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			out, err := runChild(p.Name)
			if err == nil || !strings.Contains(out, "WARNING: DATA RACE") {
				t.Errorf("the race detector saw nothing (%v):\n%s", err, out)
			}
		})
	}
}

func runChild(name string) (string, error) {
	c := exec.Command(os.Args[0], "-test.run=^TestPlantedChild$", "-test.timeout=60s")
	c.Env = append(os.Environ(), childEnv+"="+name, "GORACE=halt_on_error=1")
	out, err := c.CombinedOutput()
	return string(out), err
}

// TestPlantedChild is the child.
func TestPlantedChild(t *testing.T) {
	name := os.Getenv(childEnv)
	if name == "" {
		t.Skip("runs as a child of TestPlantedByRaceDetector")
	}
	for _, p := range planted.All() {
		if p.Name == name {
			if err := modeltest.Check(modelOf(p), "kernel"); err != nil {
				t.Error(err)
			}
		}
	}
}
