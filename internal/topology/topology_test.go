package topology

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// shape is a host to be made a tree of. Counts are by what stands before: nodes a package and so
// on.
type shape struct {
	packages, nodes, caches, cores, siblings int

	apart   bool // siblings are numbered after all first threads, as x86 does; else side by side
	noCache bool
	noNodes bool
	offline []int
}

// x is where a CPU is, all counted over the whole host.
type x struct{ pkg, node, cache, core, sibling int }

func (s shape) places() map[int]x {
	places := map[int]x{}
	caches := s.packages * s.nodes * s.caches
	for core := range caches * s.cores {
		cache := core / s.cores
		node := cache / s.caches
		for sibling := range s.siblings {
			id := core*s.siblings + sibling
			if s.apart {
				id = sibling*caches*s.cores + core
			}
			places[id] = x{node / s.nodes, node, cache, core, sibling}
		}
	}
	return places
}

// tree is the shape as Linux shows it: one value a file, ended by a newline.
func (s shape) tree() fstest.MapFS {
	tree, places := fstest.MapFS{}, s.places()
	put := func(text, format string, args ...any) {
		tree["devices/system/"+fmt.Sprintf(format, args...)] = &fstest.MapFile{Data: []byte(text + "\n")}
	}
	all := func(same func(x) bool) string {
		var ids []int
		for id := range len(places) {
			if same(places[id]) && !slices.Contains(s.offline, id) {
				ids = append(ids, id)
			}
		}
		return FormatList(ids)
	}
	put(all(func(x) bool { return true }), "cpu/online")
	for core, ids := 0, byCore(places); core < len(ids); core++ {
		first := places[ids[core][0]]
		siblings := all(func(o x) bool { return o.core == core })
		shared := map[int]string{0: siblings, 1: siblings, 2: siblings}
		shared[3] = all(func(o x) bool { return o.cache == first.cache })
		for _, id := range ids[core] {
			if slices.Contains(s.offline, id) { // its directory has no topology
				put("0", "cpu/cpu%d/online", id)
				continue
			}
			put(fmt.Sprint(first.pkg), "cpu/cpu%d/topology/physical_package_id", id)
			put(siblings, "cpu/cpu%d/topology/thread_siblings_list", id)
			for index, kind := range []string{"Data", "Instruction", "Unified", "Unified"} {
				if s.noCache {
					break
				}
				put(kind, "cpu/cpu%d/cache/index%d/type", id, index)
				put(fmt.Sprint(max(1, index)), "cpu/cpu%d/cache/index%d/level", id, index)
				put(shared[index], "cpu/cpu%d/cache/index%d/shared_cpu_list", id, index)
			}
		}
	}
	if s.noNodes {
		return tree
	}
	nodes := s.packages * s.nodes
	put(FormatList(numbers(nodes+1)), "node/online") // the last has memory only
	put("", "node/node%d/cpulist", nodes)
	for node := range nodes {
		put(all(func(o x) bool { return o.node == node }), "node/node%d/cpulist", node)
	}
	return tree
}

func byCore(places map[int]x) map[int][]int {
	cores := map[int][]int{}
	for id := range len(places) {
		cores[places[id].core] = append(cores[places[id].core], id)
	}
	return cores
}

func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// hosts are topologies that exist, by name.
func hosts() map[string]shape {
	return map[string]shape{
		"two sockets of 64 cores with SMT": {
			packages: 2, nodes: 1, caches: 1, cores: 64, siblings: 2, apart: true},
		"one node of 72 Arm cores": {packages: 1, nodes: 1, caches: 1, cores: 72, siblings: 1},
		"chiplets": {
			packages: 2, nodes: 1, caches: 8, cores: 8, siblings: 2, apart: true},
		"sub-NUMA clusters": {
			packages: 2, nodes: 4, caches: 1, cores: 14, siblings: 2, apart: true},
		"virtual machine of 2 CPUs": {packages: 1, nodes: 1, caches: 1, cores: 2, siblings: 1},
		"virtual machine without caches": {
			packages: 2, nodes: 1, caches: 1, cores: 4, siblings: 1, noCache: true, noNodes: true},
		"siblings side by side": {packages: 1, nodes: 1, caches: 1, cores: 20, siblings: 4},
		"some CPUs offline": {packages: 2, nodes: 1, caches: 1, cores: 4, siblings: 2, apart: true,
			offline: []int{1, 8}},
		"1,536 CPUs": {packages: 16, nodes: 1, caches: 4, cores: 12, siblings: 2, apart: true},
	}
}

func mustRead(t *testing.T, s shape, allowed []int) *Topology {
	t.Helper()
	if allowed == nil {
		allowed = numbers(len(s.places()))
	}
	top, err := Read(s.tree(), allowed)
	if err != nil {
		t.Fatal(err)
	}
	return top
}

func TestReadFindsWhatWasMade(t *testing.T) {
	for name, s := range hosts() {
		t.Run(name, func(t *testing.T) {
			places, lowest := s.places(), map[[2]int]int{}
			for id := range len(places) {
				p := places[id]
				for kind, at := range []int{p.core, p.cache} {
					if _, ok := lowest[[2]int{kind, at}]; !ok && !slices.Contains(s.offline, id) {
						lowest[[2]int{kind, at}] = id
					}
				}
			}
			top := mustRead(t, s, nil)
			if want := len(places) - len(s.offline); len(top.CPUs) != want {
				t.Fatalf("%d CPUs, want %d", len(top.CPUs), want)
			}
			for _, c := range top.CPUs {
				p := places[c.ID]
				want := CPU{c.ID, p.pkg, lowest[[2]int{0, p.core}], lowest[[2]int{1, p.cache}], p.node}
				if s.noCache {
					want.LLC = -1
				}
				if s.noNodes {
					want.Node = 0
				}
				if c != want {
					t.Errorf("%+v, want %+v", c, want)
				}
			}
		})
	}
}

// TestNoCPUIsTakenTwice: whatever the host and the placement, threads that fit have CPUs of their
// own, and otherwise no CPU has two threads more than another.
func TestNoCPUIsTakenTwice(t *testing.T) {
	for name, s := range hosts() {
		top := mustRead(t, s, nil)
		for _, placement := range Names() {
			for _, workers := range []int{1, 16, 200} {
				d := Demand{Workers: workers, VCPUs: 4, Destination: true, Decompress: workers}
				m, err := Place(top, placement, d)
				if s.noCache && placement == LLC {
					if err == nil || !strings.Contains(err.Error(), "last-level") {
						t.Errorf("%s: llc without caches: %v", name, err)
					}
					continue
				}
				if err != nil {
					t.Fatalf("%s, %s: %v", name, placement, err)
				}
				checkEven(t, name+", "+placement, top, d, m)
			}
		}
	}
}

func checkEven(t *testing.T, name string, top *Topology, d Demand, m Map) {
	t.Helper()
	all := slices.Concat([]int{m.Source.Main, m.Destination.Main}, m.Source.Workers, m.Source.VCPUs,
		m.Destination.Workers)
	count := map[int]int{}
	for _, cpu := range all {
		count[cpu]++
	}
	least, most := len(all), 0
	for _, c := range top.CPUs {
		least, most = min(least, count[c.ID]), max(most, count[c.ID])
	}
	if len(all) != d.Threads() || len(count) != min(len(all), len(top.CPUs)) || most > least+1 {
		t.Errorf("%s: %d threads on %d CPUs, %d to %d each", name, len(all), len(count), least, most)
	}
	if (len(m.Notes) == 0) != (d.Threads() <= len(top.CPUs)) {
		t.Errorf("%s: %d threads on %d CPUs: %q", name, d.Threads(), len(top.CPUs), m.Notes)
	}
}

// TestOrders states for each placement which CPUs it takes first.
func TestOrders(t *testing.T) {
	sockets, chiplets := hosts()["two sockets of 64 cores with SMT"], hosts()["chiplets"]
	clusters := hosts()["sub-NUMA clusters"]
	for _, c := range []struct {
		shape     shape
		placement string
		want      string // the first CPUs
	}{
		{sockets, Core, "0-255"},
		{sockets, SMT, "0,128,1,129,2,130"},
		{sockets, Node, "0-63,128-191,64-127,192-255"},
		{sockets, LLC, "0-63,128-191,64-127,192-255"},
		{sockets, Spread, "0,64,1,65,2,66"},
		{chiplets, LLC, "0-7,128-135,8-15,136-143"},
		{chiplets, Node, "0-63,128-191"},
		{chiplets, Spread, "0,64,8,72,16,80,24,88,32,96,40,104,48,112,56,120,1,65"},
		{clusters, Node, "0-13,112-125,14-27,126-139"},
		{clusters, Spread, "0,14,28,42,56,70,84,98,1,15"},
		{hosts()["one node of 72 Arm cores"], Spread, "0-71"},
		{hosts()["siblings side by side"], Core, "0,4,8,12"},
		{hosts()["siblings side by side"], SMT, "0-79"},
		{hosts()["some CPUs offline"], Core, "0,2-3,9,4-7,10-15"},
		{hosts()["1,536 CPUs"], Node, "0-47,768-815"},
		{sockets, "7,3-4", "7,3-4"},
	} {
		order, err := mustRead(t, c.shape, nil).order(c.placement)
		if err != nil {
			t.Fatal(err)
		}
		if got := FormatList(order); got != c.want && !strings.HasPrefix(got, c.want+",") {
			t.Errorf("%s: %.60s, want %s", c.placement, got, c.want)
		}
	}
}

// TestCPUSetOffNode0: only what the process may use is used, and memory goes to the nodes of the
// threads.
func TestCPUSetOffNode0(t *testing.T) {
	s := hosts()["two sockets of 64 cores with SMT"]
	top := mustRead(t, s, []int{70, 71, 72, 73, 198, 199, 200, 201})
	m, err := Place(top, Core, Demand{Workers: 2, VCPUs: 1, Destination: true, Decompress: 1})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(m.Source, *m.Destination)
	if want := "{70 [71 72] [199] [1]} {73 [198] [] [1]}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestMainIsTheLastToShare(t *testing.T) {
	top := mustRead(t, hosts()["virtual machine of 2 CPUs"], nil)
	m, err := Place(top, Core, Demand{Workers: 2, VCPUs: 2, Destination: true, Decompress: 1})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(m.Source, *m.Destination)
	if want := "{0 [1 1] [1 1] [0]} {0 [0] [] [0]}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestRefusals(t *testing.T) {
	s := hosts()["virtual machine of 2 CPUs"]
	top := mustRead(t, s, nil)
	for placement, want := range map[string]string{
		"0,5": "CPU 5 is offline or not allowed to this process, which may use 0-1", "0,0": "twice",
		"3-1": "no range", "near": "neither one of core, smt, llc, node, spread",
		"0-70000": "no range", "-1": "no CPU",
	} {
		if _, err := Place(top, placement, Demand{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", placement, err, want)
		}
	}
	for name, broken := range map[string]func(fstest.MapFS){
		"/sys/devices/system/cpu/online cannot be read": func(f fstest.MapFS) {
			delete(f, "devices/system/cpu/online")
		},
		"physical_package_id holds": func(f fstest.MapFS) {
			f["devices/system/cpu/cpu0/topology/physical_package_id"].Data = []byte("x\n")
		},
		"shared_cpu_list: \"0-\" is no CPU": func(f fstest.MapFS) {
			f["devices/system/cpu/cpu1/cache/index3/shared_cpu_list"].Data = []byte("0-\n")
		},
		"thread_siblings_list cannot be read": func(f fstest.MapFS) {
			delete(f, "devices/system/cpu/cpu1/topology/thread_siblings_list")
		},
	} {
		tree := s.tree()
		broken(tree)
		if _, err := Read(tree, []int{0, 1}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %q", err, name)
		}
	}
	if _, err := Read(fs.FS(s.tree()), []int{9}); err == nil {
		t.Error("a process that may use no CPU has a topology")
	}
}
