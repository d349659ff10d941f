package workloads

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"mtbench/internal/content"
	"mtbench/internal/thread"
)

// Memory is a guest's memory: plain memory outside the Go heap, which vCPUs write while workers
// read it, by design and without any lock. The collector and the race detector do not look there;
// what keeps it right is the dirty log, and the private copy that a worker compresses.
type Memory struct {
	bytes []byte
}

// MapMemory maps size bytes, all zero. Huge pages are asked for, as QEMU does for guest memory; a
// kernel that has none to give is no error.
func MapMemory(size int64) (*Memory, error) {
	b, err := unix.Mmap(-1, 0, int(size), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("mapping %d bytes of guest memory: %w", size, err)
	}
	_ = unix.Madvise(b, unix.MADV_HUGEPAGE) // advice only
	return &Memory{bytes: b}, nil
}

// mapGuest maps the memory of one end on the NUMA nodes of its threads.
func mapGuest(sc Scenario) (*Memory, error) {
	m, err := MapMemory(sc.Memory)
	if err != nil {
		return nil, err
	}
	if err := m.bind(sc.Nodes); err != nil {
		return nil, errors.Join(err, m.Unmap())
	}
	return m, nil
}

// mpolInterleave of mbind(2) gives the pages to the nodes in turn, and to others when these are
// full.
const mpolInterleave = 3

// bind has pages that are not touched yet come from nodes in turn; none leaves it to the kernel. A
// policy and not first touch, since all CPUs fill the memory before a thread of the run is born.
func (m *Memory) bind(nodes []int) error {
	if len(nodes) == 0 {
		return nil
	}
	mask := make([]uint64, 1+slices.Max(nodes)/64)
	for _, n := range nodes {
		mask[n/64] |= 1 << (n % 64)
	}
	_, _, errno := unix.Syscall6(unix.SYS_MBIND, uintptr(unsafe.Pointer(&m.bytes[0])),
		uintptr(len(m.bytes)), mpolInterleave, uintptr(unsafe.Pointer(&mask[0])),
		uintptr(64*len(mask)+1), 0) // the kernel looks at one bit less than it is told
	if errno != 0 {
		return fmt.Errorf("guest memory cannot be put on NUMA nodes %v: mbind: %w", nodes, errno)
	}
	return nil
}

// Populate has the kernel give every page its memory now. Without it the destination would take a
// fault at the first touch of each page, or of each huge one: time of the codec's that is the
// kernel's, several times as much on some virtual machines, and no model's doing.
func (m *Memory) Populate() {
	if unix.Madvise(m.bytes, unix.MADV_POPULATE_WRITE) == nil {
		return
	}
	for at := 0; at < len(m.bytes); at += unix.Getpagesize() { // Linux before 5.14
		m.bytes[at] = 0
	}
}

// Unmap gives the memory back. Nothing may use it afterwards.
func (m *Memory) Unmap() error { return unix.Munmap(m.bytes) }

// Pages is how many pages there are.
func (m *Memory) Pages() int { return len(m.bytes) / PageSize }

// Page is the bytes of one page.
func (m *Memory) Page(page int) []byte {
	return m.bytes[page*PageSize : (page+1)*PageSize : (page+1)*PageSize]
}

// IsZero says whether every byte of the page is zero.
func (m *Memory) IsZero(page int) bool { return isZero(m.Page(page)) }

// zeroPage is read only.
var zeroPage [PageSize]byte

func isZero(page []byte) bool { return bytes.Equal(page, zeroPage[:]) }

// Fill gives every page the content of gen, on all CPUs. Before any thread of a run starts.
func (m *Memory) Fill(gen content.Generator) {
	m.each(func(page int, bytes []byte) { gen.Fill(page, bytes) })
}

// each calls f with every page, from as many goroutines as there are CPUs.
func (m *Memory) each(f func(page int, bytes []byte)) {
	n := min(runtime.NumCPU(), 1+m.Pages()/4096)
	part := func(i int) {
		for page := m.Pages() * i / n; page < m.Pages()*(i+1)/n; page++ {
			f(page, m.Page(page))
		}
	}
	if n == 1 { // on the caller, which may be a sealed thread: it must not wait for a goroutine
		part(0)
		return
	}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { part(i) })
	}
	wg.Wait()
}

// poolPages is how many pages of generated data the vCPUs write from.
const poolPages = 256

// hostStore is a Store into real memory. What it writes is data of the same generator and of the
// same class as the page (zero, or about as many distinct bytes), so that a page stays about as
// compressible as declared however often it was written, and a zero page stays one.
type hostStore struct {
	mem   *Memory
	size  int                // bytes a write
	class []uint8            // of each page, as it was generated
	pool  [numClasses][]byte // whole pages by class; the pages of class 0 are all zero
}

// Classes of pages: 0 is all zero, the others are bands of the number of distinct bytes in a
// sample. Text, machine code, heaps and random data fall into different ones.
const (
	numClasses   = 17
	classSample  = 1024 // bytes
	classesShift = 4    // a band is 16 byte values wide
)

func classOf(page []byte) uint8 {
	if isZero(page) {
		return 0
	}
	var seen [256]bool
	distinct := 0
	for _, b := range page[:classSample] {
		if !seen[b] {
			seen[b] = true
			distinct++
		}
	}
	return uint8(1 + (distinct-1)>>classesShift)
}

func newHostStore(mem *Memory, gen content.Generator, size int) *hostStore {
	s := &hostStore{mem: mem, size: size, class: make([]uint8, mem.Pages())}
	mem.each(func(page int, bytes []byte) { s.class[page] = classOf(bytes) })
	s.pool[0] = zeroPage[:]
	buf := make([]byte, PageSize)
	for i := range poolPages {
		gen.Fill(mem.Pages()+i, buf) // data that no page had at the start
		if c := classOf(buf); c != 0 {
			s.pool[c] = append(s.pool[c], buf...)
		}
	}
	for c := range s.pool {
		if len(s.pool[c]) == 0 {
			s.pool[c] = s.pool[s.nearest(c)]
		}
	}
	return s
}

// nearest is the class next to c that has pages; class 0 only if there is no other.
func (s *hostStore) nearest(c int) int {
	for away := 1; away < numClasses; away++ {
		for _, d := range [2]int{c - away, c + away} {
			if d > 0 && d < numClasses && len(s.pool[d]) > 0 {
				return d
			}
		}
	}
	return 0
}

// Store writes size bytes at an aligned place within the page.
func (s *hostStore) Store(_ thread.Thread, page int, random uint64) {
	hi, lo := bits.Mul64(random, uint64(PageSize-s.size)/8+1)
	at := int(hi) * 8
	pool := s.pool[s.class[page]]
	from := int(lo>>32) % (len(pool) / PageSize) * PageSize
	copy(s.mem.Page(page)[at:at+s.size], pool[from+at:])
}

// zipf's exponent: the weight of the page of rank k is 1/k^ZipfExponent. Ranks are scattered over
// memory, so that hot pages are no neighbours.
const ZipfExponent = 1.1

// Patterns are the orders in which vCPUs write pages.
func Patterns() []string { return []string{"uniform", "sequential", "zipf"} }

// newPattern makes the pages that vCPU i of n writes, one call a page.
func newPattern(name string, pages, i, n int, seed uint64) (func() int, error) {
	r := rand.New(rand.NewPCG(seed, uint64(i)+1))
	switch name {
	case "uniform":
		return func() int { return r.IntN(pages) }, nil
	case "sequential":
		return sequential(pages*i/n, pages*(i+1)/n, pages), nil
	case "zipf":
		z := rand.NewZipf(r, ZipfExponent, 1, uint64(pages-1))
		step := scatter(uint64(pages))
		return func() int { return int(z.Uint64() * step % uint64(pages)) }, nil
	}
	return nil, fmt.Errorf("pattern %q is unknown; there are %s", name, strings.Join(Patterns(), ", "))
}

// sequential goes round the pages [lo, hi), a vCPU's own share of memory.
func sequential(lo, hi, pages int) func() int {
	if lo >= hi { // more vCPUs than pages
		hi = min(lo+1, pages)
		lo = hi - 1
	}
	next := lo
	return func() int {
		page := next
		if next++; next == hi {
			next = lo
		}
		return page
	}
}

// scatter is a number near 0.618 × pages without a common divisor, so that rank × scatter mod
// pages visits every page once.
func scatter(pages uint64) uint64 {
	for step := uint64(float64(pages)*0.6180339887) | 1; ; step += 2 {
		if gcd(step, pages) == 1 {
			return step
		}
	}
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
