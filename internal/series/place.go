package series

import (
	"errors"
	"fmt"

	"mtbench/internal/host"
	"mtbench/internal/thread"
	"mtbench/internal/topology"
	"mtbench/workloads"
)

// place says where the threads of a run go; nil without a placement, and for a header that is of no
// host.
func (n *Series) place(sc workloads.Scenario) (*topology.Map, error) {
	if n.host == nil {
		return nil, nil
	}
	return placeOn(n.host, sc)
}

func placeOn(h *host.Machine, sc workloads.Scenario) (*topology.Map, error) {
	if sc.Placement == "" {
		return nil, nil
	}
	if sc.Machine != workloads.Kernel {
		return nil, errors.New("--pin: goroutines have no CPU of their own; take --machine kernel")
	}
	if sc.Far() {
		return nil, errors.New("--pin: it places the threads of both ends on one host; leave it out " +
			"with a destination on another")
	}
	m, err := MapOf(h, sc.Placement, topology.Demand{
		Workers: sc.Threads, VCPUs: sc.VCPUs, Decompress: sc.DecompressThreads,
		Destination: sc.Destination == workloads.Process,
	})
	if err != nil {
		return nil, fmt.Errorf("--pin: %w", err)
	}
	return &m, nil
}

// MapOf is where the threads of a run go on host h. The error says why it cannot be had.
func MapOf(h *host.Machine, placement string, d topology.Demand) (topology.Map, error) {
	if err := topology.CheckPlacement(placement); err != nil {
		return topology.Map{}, err
	}
	t, err := h.Topology()
	if err != nil {
		return topology.Map{}, fmt.Errorf("this host does not show its CPUs: %w", err)
	}
	m, err := topology.Place(t, placement, d)
	if q, ok := h.Quota(); ok && float64(d.Threads()) > q {
		m.Notes = append(m.Notes,
			fmt.Sprintf("a cgroup quota of %.2f CPUs is less than the %d threads may use",
				q, d.Threads()))
	}
	return m, err
}

// pinned gives an end of a run its CPUs and nodes.
func pinned(sc workloads.Scenario, e *topology.End) workloads.Scenario {
	if e != nil {
		sc.Pins = thread.Pins{thread.Main: {e.Main}, thread.Worker: e.Workers, thread.VCPU: e.VCPUs}
		sc.Nodes = e.Nodes
	}
	return sc
}
