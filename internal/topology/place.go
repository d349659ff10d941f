package topology

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The placements that have a name; a list of CPUs is one, too.
const (
	Core   = "core"   // one thread a core; second threads of a core when each core has one
	SMT    = "smt"    // all threads of a core, then the next core
	LLC    = "llc"    // all CPUs of a last-level cache, cores first, then the next cache
	Node   = "node"   // all CPUs of a NUMA node, cores first, then the next node
	Spread = "spread" // one of each node in turn, and of each cache in it; cores first
)

// Names lists the placements that have a name.
func Names() []string { return []string{Core, SMT, LLC, Node, Spread} }

// CheckPlacement says what is wrong with the name of a placement, whatever the host; "" is none
// and right.
func CheckPlacement(name string) error {
	if name == "" || slices.Contains(Names(), name) {
		return nil
	}
	if _, err := ParseList(name); err != nil {
		return fmt.Errorf("%q is neither one of %s nor a list of CPUs: %w", name,
			strings.Join(Names(), ", "), err)
	}
	return nil
}

// Demand is the threads of a run.
type Demand struct {
	Workers     int
	VCPUs       int
	Destination bool // a destination with a main thread and workers of its own
	Decompress  int  // its workers
}

// Threads is how many they are.
func (d Demand) Threads() int {
	n := 1 + d.Workers + d.VCPUs
	if d.Destination {
		n += 1 + d.Decompress
	}
	return n
}

// End is the CPUs of one end's threads, each role's in order of birth, and the nodes of these
// CPUs, ascending, which the end's guest memory belongs on.
type End struct {
	Main    int
	Workers []int
	VCPUs   []int
	Nodes   []int
}

// Map is where each thread of a run goes.
type Map struct {
	Source      End
	Destination *End     // nil: the run has none
	Notes       []string // what is not as wished, such as that threads share CPUs
}

// Place maps threads to CPUs. It hands the CPUs out in the order of the placement, to the
// source's main thread, its workers, the destination's main thread, its workers and the vCPUs.
// When all are taken it goes back over them from the last to the first, then forward again, so
// that no CPU has two threads more than another and the source's main thread is the last to
// share. The error says why the host cannot do it.
func Place(t *Topology, placement string, d Demand) (Map, error) {
	order, err := t.order(placement)
	if err != nil {
		return Map{}, err
	}
	h := &hand{order: order}
	var m Map
	m.Source.Main = h.next()
	m.Source.Workers = h.take(d.Workers)
	if d.Destination {
		m.Destination = &End{Main: h.next()}
		m.Destination.Workers = h.take(d.Decompress)
		m.Destination.Nodes = t.nodesOf(m.Destination)
	}
	m.Source.VCPUs = h.take(d.VCPUs)
	m.Source.Nodes = t.nodesOf(&m.Source)
	if d.Threads() > len(order) {
		m.Notes = append(m.Notes, fmt.Sprintf("%d threads share %d CPUs: main, workers, destination "+
			"and vCPUs take them in turn, forward and back", d.Threads(), len(order)))
	}
	return m, nil
}

// String is the map on one line, each role's CPUs in order of birth.
func (m Map) String() string {
	text := fmt.Sprintf("main %d, workers %s, vCPUs %s, memory on node %s", m.Source.Main,
		FormatList(m.Source.Workers), FormatList(m.Source.VCPUs), FormatList(m.Source.Nodes))
	if d := m.Destination; d != nil {
		text += fmt.Sprintf("; destination main %d, workers %s, memory on node %s", d.Main,
			FormatList(d.Workers), FormatList(d.Nodes))
	}
	if len(m.Notes) > 0 {
		text += " (" + strings.Join(m.Notes, "; ") + ")"
	}
	return text
}

// hand deals CPUs.
type hand struct {
	order []int
	dealt int
}

func (h *hand) next() int {
	n := len(h.order)
	at := h.dealt % (2 * n)
	h.dealt++
	if at >= n {
		at = 2*n - 1 - at
	}
	return h.order[at]
}

func (h *hand) take(n int) []int {
	cpus := make([]int, n)
	for i := range cpus {
		cpus[i] = h.next()
	}
	return cpus
}

// nodesOf is the nodes of an end's CPUs.
func (t *Topology) nodesOf(e *End) []int {
	used := slices.Concat([]int{e.Main}, e.Workers, e.VCPUs)
	var nodes []int
	for _, c := range t.CPUs {
		if slices.Contains(used, c.ID) {
			nodes = append(nodes, c.Node)
		}
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}

// order is the CPUs as a placement takes them.
func (t *Topology) order(placement string) ([]int, error) {
	if !slices.Contains(Names(), placement) {
		return t.listed(placement)
	}
	if placement == LLC && slices.ContainsFunc(t.CPUs, func(c CPU) bool { return c.LLC < 0 }) {
		return nil, errors.New("this host does not show which CPUs share a last-level cache; " +
			"take node, core or a list of CPUs")
	}
	ranked := t.rank()
	slices.SortStableFunc(ranked, func(a, b ranking) int {
		return slices.Compare(a.key(placement), b.key(placement))
	})
	ids := make([]int, len(ranked))
	for i, c := range ranked {
		ids[i] = c.ID
	}
	return ids, nil
}

// listed is an explicit list, each of which the run must be allowed to use.
func (t *Topology) listed(text string) ([]int, error) {
	list, err := ParseList(text)
	if err != nil {
		return nil, CheckPlacement(text)
	}
	allowed := make([]int, len(t.CPUs))
	for i, c := range t.CPUs {
		allowed[i] = c.ID
	}
	for _, id := range list {
		if !slices.Contains(allowed, id) {
			return nil, fmt.Errorf("CPU %d is offline or not allowed to this process, "+
				"which may use %s", id, FormatList(allowed))
		}
	}
	return list, nil
}

// ranking is a CPU and its place among those that share something with it, from 0.
type ranking struct {
	CPU
	sibling int // among the threads of its core
	inCache int // of its core among the cores of its cache and node
	cache   int // of its cache among the caches of its node
}

// rank gives each CPU its places. Neighbours come first: the list is sorted by node, cache and
// core.
func (t *Topology) rank() []ranking {
	sorted := slices.Clone(t.CPUs)
	slices.SortFunc(sorted, func(a, b CPU) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Package, b.Package),
			cmp.Compare(a.LLC, b.LLC), cmp.Compare(a.Core, b.Core), cmp.Compare(a.ID, b.ID))
	})
	ranked := make([]ranking, len(sorted))
	for i, c := range sorted {
		ranked[i].CPU = c
		if i == 0 || sorted[i-1].Node != c.Node {
			continue
		}
		before := ranked[i-1]
		r := &ranked[i]
		switch {
		case before.LLC != c.LLC || before.Package != c.Package:
			r.cache = before.cache + 1
		case before.Core != c.Core:
			r.cache, r.inCache = before.cache, before.inCache+1
		default:
			r.cache, r.inCache, r.sibling = before.cache, before.inCache, before.sibling+1
		}
	}
	return ranked
}

// key orders CPUs by placement; what it leaves equal stays sorted by node, cache and core.
func (r ranking) key(placement string) []int {
	switch placement {
	case Core:
		return []int{r.sibling}
	case LLC:
		return []int{r.Node, r.cache, r.sibling}
	case Node:
		return []int{r.Node, r.sibling}
	case Spread:
		return []int{r.sibling, r.inCache, r.cache, r.Node}
	}
	return nil // SMT: neighbours as they are
}
