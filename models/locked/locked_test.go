package locked_test

import (
	"testing"

	"mtbench/models/locked"
	"mtbench/models/modeltest"
)

func model() modeltest.Model {
	return modeltest.Model{Name: "locked", Build: locked.Build,
		InFlight: locked.InFlight}
}

func TestConformance(t *testing.T) { modeltest.Run(t, model()) }

// The order in which each side locks, signals, spins and passes requests on is the original's.
func TestProtocol(t *testing.T) { modeltest.CheckProtocol(t, "testdata/protocol", locked.Build) }
