// Package topology says which CPUs share what, and which thread of a run goes where.
//
// It reads the files that Linux keeps below /sys/devices/system, and decides without touching a
// thread.
package topology

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// MaxCPUs bounds the numbers of CPUs and nodes that are read: more than any Linux is built for
// (8,192).
const MaxCPUs = 1 << 16

// CPU is one logical CPU. Core and LLC are named by the lowest CPU that shares them, whether or
// not a run may use that one.
type CPU struct {
	ID      int
	Package int
	Core    int
	LLC     int // last-level cache; -1 where the kernel shows none
	Node    int // NUMA node; 0 on a kernel without them
}

// Topology is the CPUs that a run may use, in ascending order.
type Topology struct {
	CPUs []CPU
}

// Read reads of sys (the file system at /sys) the topology of the CPUs in allowed that are
// online. An error says which file is missing or has a form that it must not have.
func Read(sys fs.FS, allowed []int) (*Topology, error) {
	r := reader{sys}
	online, err := r.list("devices/system/cpu/online")
	if err != nil {
		return nil, err
	}
	nodes, err := r.nodes()
	if err != nil {
		return nil, err
	}
	t := &Topology{}
	for _, id := range online {
		if !slices.Contains(allowed, id) {
			continue
		}
		c, err := r.cpu(id)
		if err != nil {
			return nil, err
		}
		c.Node = nodes[id]
		t.CPUs = append(t.CPUs, c)
	}
	if len(t.CPUs) == 0 {
		return nil, errors.New("no CPU is both online and allowed to this process")
	}
	return t, nil
}

type reader struct{ sys fs.FS }

// cpu reads the directory of one CPU.
func (r reader) cpu(id int) (CPU, error) {
	dir := path.Join("devices/system/cpu", "cpu"+strconv.Itoa(id))
	pkg, err := r.text(path.Join(dir, "topology/physical_package_id"))
	if err != nil {
		return CPU{}, err
	}
	number, err := strconv.Atoi(pkg) // -1 on machines whose firmware does not tell
	if err != nil {
		return CPU{}, fmt.Errorf("/sys/%s/topology/physical_package_id holds %.40q, not a number",
			dir, pkg)
	}
	siblings, err := r.list(path.Join(dir, "topology/thread_siblings_list"))
	if err != nil {
		return CPU{}, err
	}
	llc, err := r.lastCache(dir)
	return CPU{ID: id, Package: number, Core: slices.Min(siblings), LLC: llc}, err
}

// lastCache is the lowest CPU that shares the highest level of cache of data with the CPU of dir,
// -1 where the kernel shows no cache. The index of a directory says nothing about its level.
func (r reader) lastCache(dir string) (int, error) {
	highest, lowest := 0, -1
	for i := 0; ; i++ {
		index := path.Join(dir, "cache/index"+strconv.Itoa(i))
		kind, err1 := r.text(path.Join(index, "type"))
		if errors.Is(err1, fs.ErrNotExist) {
			return lowest, nil
		}
		text, err2 := r.text(path.Join(index, "level"))
		level, err3 := strconv.Atoi(text)
		if err := errors.Join(err1, err2, err3); err != nil {
			return -1, err
		}
		if kind == "Instruction" || level <= highest {
			continue
		}
		shared, err := r.list(path.Join(index, "shared_cpu_list"))
		if err != nil {
			return -1, err
		}
		highest, lowest = level, slices.Min(shared)
	}
}

// nodes is the NUMA node by CPU; empty on a kernel without nodes.
func (r reader) nodes() (map[int]int, error) {
	const dir = "devices/system/node"
	nodes := map[int]int{}
	online, err := r.list(path.Join(dir, "online"))
	if errors.Is(err, fs.ErrNotExist) {
		return nodes, nil
	}
	if err != nil {
		return nil, err
	}
	for _, n := range online {
		file := path.Join(dir, "node"+strconv.Itoa(n), "cpulist")
		text, err := r.text(file)
		if err != nil {
			return nil, err
		}
		if text == "" { // memory without CPUs
			continue
		}
		cpus, err := r.list(file)
		if err != nil {
			return nil, err
		}
		for _, cpu := range cpus {
			nodes[cpu] = n
		}
	}
	return nodes, nil
}

func (r reader) list(name string) ([]int, error) {
	text, err := r.text(name)
	if err != nil {
		return nil, err
	}
	list, err := ParseList(text)
	if err != nil {
		return nil, fmt.Errorf("/sys/%s: %w", name, err)
	}
	return list, nil
}

func (r reader) text(name string) (string, error) {
	b, err := fs.ReadFile(r.sys, name)
	var failed *fs.PathError
	if errors.As(err, &failed) {
		err = fmt.Errorf("/sys/%s cannot be read: %w", name, failed.Err)
	}
	return strings.TrimSpace(string(b)), err
}

// ParseList reads a list of CPUs as the kernel and taskset write it, such as "0-3,8", in its
// order. It refuses an empty list, numbers from MaxCPUs on, ranges that run backwards and a
// number that occurs twice.
func ParseList(text string) ([]int, error) {
	var list []int
	seen := map[int]bool{}
	for word := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(word, "-")
		if !isRange {
			last = first
		}
		from, err1 := strconv.ParseUint(first, 10, 32)
		to, err2 := strconv.ParseUint(last, 10, 32)
		if err1 != nil || err2 != nil || from > to || to >= MaxCPUs {
			return nil, fmt.Errorf("%.40q is no CPU and no range of CPUs; write for example 0-3,8", word)
		}
		for cpu := int(from); cpu <= int(to); cpu++ {
			if seen[cpu] {
				return nil, fmt.Errorf("CPU %d occurs twice", cpu)
			}
			seen[cpu] = true
			list = append(list, cpu)
		}
	}
	return list, nil
}

// FormatList writes CPUs as ParseList reads them, in their order.
func FormatList(cpus []int) string {
	var words []string
	for i := 0; i < len(cpus); {
		end := i
		for end+1 < len(cpus) && cpus[end+1] == cpus[end]+1 {
			end++
		}
		word := strconv.Itoa(cpus[i])
		if end > i {
			word += "-" + strconv.Itoa(cpus[end])
		}
		words = append(words, word)
		i = end + 1
	}
	return strings.Join(words, ",")
}
