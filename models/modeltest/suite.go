// Package modeltest is the conformance suite of pipeline models: whatever package models promises
// of a Builder is tested here, so that a model's own test is one call of [Run].
//
// Each case runs on kernel threads, on goroutines, on both with a seeded random delay at every call
// of the machine, and on [Turns], where threads take turns by a seeded choice. Under the race
// detector the real machines show accesses that nothing orders; Turns shows lost wake-ups and
// double ownership, without a clock and with the same result every time. A hang is reported with
// what each thread does and holds. With every other seed Turns also wakes threads without a signal.
//
// What the suite catches is held by its own tests with the planted bugs of package planted.
package modeltest

import (
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"mtbench/internal/thread"
	"mtbench/models"
)

// Model is what the suite must know of a model.
type Model struct {
	Name  string
	Build models.Builder

	// InFlight is how many requests the model has, all of which can be in flight at once.
	InFlight func(models.Config) int

	// Resting is how many accepted requests at most may rest with the submitter, on their way to no
	// worker yet, when Submit returns; nil means none.
	Resting func(models.Config) int

	// Ordered: of the pages that one worker handles, the results come out in the order of their Fill.
	Ordered bool

	// Variants are configurations to test besides the default, by name.
	Variants map[string]func(*models.Config)

	// Machines are those to test on, by name; nil means all.
	Machines []string
}

// Run tests the model on every machine and stops at the first case that fails: where one hangs, so
// do most, and each would cost its patience.
func Run(t *testing.T, model Model) {
	for _, mk := range machines() {
		if model.Machines != nil && !slices.Contains(model.Machines, mk.name) {
			continue
		}
		t.Run(mk.name, func(t *testing.T) {
			for _, c := range cases() {
				if !t.Run(c.name, func(t *testing.T) { runCase(t, model, mk, c) }) {
					return
				}
			}
		})
		if t.Failed() {
			return
		}
	}
}

func runCase(t *testing.T, model Model, mk machine, c testCase) {
	for _, cfg := range configs(model, mk, c) {
		for seed := range uint64(mk.seeds * soak()) {
			if err := runOnce(model, mk, c, cfg, seedOf(c.name, cfg.name, seed)); err != nil {
				t.Errorf("%s, %s, seed %d: %v", c.doc, cfg.name, seed, err)
				return
			}
		}
	}
}

// soak is how many times as often as normal each case is run: 20 with MTBENCH_SOAK=1.
func soak() int {
	if os.Getenv("MTBENCH_SOAK") == "1" {
		return 20
	}
	return 1
}

// plantedSeeds are enough schedules for each planted bug that schedules can show.
const plantedSeeds = 10

// Check runs the suite on the machines that name tells of ("turns", "kernel", …) and returns the
// first failure: what the tests of planted bugs want to see.
func Check(model Model, name string) error {
	for _, mk := range machines() {
		if mk.name != name {
			continue
		}
		if !mk.real {
			mk.seeds = plantedSeeds
		}
		for _, c := range cases() {
			if err := checkCase(model, mk, c); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("there is no machine %q", name)
}

func checkCase(model Model, mk machine, c testCase) error {
	for _, cfg := range configs(model, mk, c) {
		for seed := range uint64(mk.seeds) {
			if err := runOnce(model, mk, c, cfg, seedOf(c.name, cfg.name, seed)); err != nil {
				return fmt.Errorf("%s, %s, seed %d: %w", c.name, cfg.name, seed, err)
			}
		}
	}
	return nil
}

// runOnce runs one case once. The machine is fresh: a machine has one Run.
func runOnce(model Model, mk machine, c testCase, cfg namedConfig, seed uint64) error {
	bound := model.InFlight(cfg.Config)
	e := &env{model: model, cfg: cfg.Config, bySelf: cfg.self, pages: mk.pages,
		work: newCounting(mk.pages + 4*bound)}
	e.work.bound, e.work.ordered = bound, model.Ordered
	if model.Resting != nil {
		e.resting = int64(model.Resting(cfg.Config))
	}
	return mk.run(seed, cfg.Threads+1, e, func(t thread.Thread) {
		e.work.main = t
		c.run(e, t)
	})
}

func seedOf(c, cfg string, n uint64) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, c, "/", cfg)
	return h.Sum64() + n
}

// namedConfig is a configuration, what tells it from others, and whether the submitter does the job
// itself where the model refuses.
type namedConfig struct {
	name string
	models.Config
	self bool
}

// configs are the combinations of threads, wait, side and variant that c makes sense with.
func configs(model Model, mk machine, c testCase) (list []namedConfig) {
	threads := mk.threads
	if mk.real && !mk.delays && c.wide {
		threads = append(slices.Clone(threads), wide)
	}
	for _, n := range threads {
		for _, way := range ways(c.waits) {
			cfg := models.Config{Threads: n, Wait: way.wait, Side: way.side, Name: "worker"}
			named := namedConfig{fmt.Sprintf("%d threads, %s", n, way.name), cfg, way.self}
			list = append(list, named)
			if n == mk.threads[1] {
				list = append(list, varied(model, named)...)
			}
		}
	}
	return list
}

// wide is the most threads of the suite: the letter's.
const wide = 16

// varied are the model's variants of one configuration.
func varied(model Model, cfg namedConfig) (list []namedConfig) {
	for _, what := range slices.Sorted(maps.Keys(model.Variants)) {
		c := cfg
		model.Variants[what](&c.Config)
		c.name += ", " + what
		list = append(list, c)
	}
	return list
}

type way struct {
	name string
	wait bool
	side models.Side
	self bool
}

func ways(w waits) []way {
	off := way{"wait off", false, models.Source, false}
	self := way{"wait self", false, models.Source, true}
	waits := []way{{"wait on", true, models.Source, false}, {"destination", false, models.Destination,
		false}}
	switch w {
	case waiting:
		return waits
	case refusing:
		return []way{off}
	case selfish:
		return []way{self}
	}
	return append(waits, off, self)
}

// machine is a way to run a case.
type machine struct {
	name    string
	make    func(seed uint64, threads int) thread.Machine
	real    bool // threads of the clock's time, which can hang
	delays  bool // at each call; a delayed holder of a spin lock makes a convoy of many threads
	pages   int
	seeds   int
	threads []int
}

func machines() []machine {
	kernel := func(_ uint64, n int) thread.Machine {
		return thread.NewKernel(thread.Options{MaxThreads: n})
	}
	goroutines := func(_ uint64, n int) thread.Machine {
		return thread.NewGoroutines(thread.Options{MaxThreads: n})
	}
	seeds := plantedSeeds
	if RaceDetector {
		seeds = 2 // taking turns shows the detector nothing and is slow under it
	}
	return []machine{
		{"turns", func(seed uint64, _ int) thread.Machine { return NewTurns(seed) }, false, false,
			40, seeds, []int{1, 2, 3}},
		{"kernel", kernel, true, false, 60, 1, []int{1, 4}},
		{"goroutine", goroutines, true, false, 60, 1, []int{1, 4}},
		{"kernel with delays", jittered(kernel), true, true, 30, 1, []int{1, 3}},
		{"goroutine with delays", jittered(goroutines), true, true, 30, 1, []int{1, 3}},
	}
}

// maxDelay is the longest delay before a call of a machine with delays.
const maxDelay = 20 * time.Microsecond

func jittered(mk func(uint64, int) thread.Machine) func(uint64, int) thread.Machine {
	return func(seed uint64, n int) thread.Machine {
		return thread.NewJitter(mk(seed, n), seed, maxDelay)
	}
}

// run runs f on a machine of this kind and returns everything that was wrong.
func (mk machine) run(seed uint64, threads int, e *env, f func(thread.Thread)) error {
	e.m = mk.make(seed, threads)
	if !mk.real {
		err := e.m.Run("main", f)
		return errors.Join(append(e.work.faults, err)...)
	}
	w := &watched{Machine: e.m, patience: patience, usage: readUsage}
	e.m = w
	err := w.Run("main", f)
	if err == nil {
		err = w.checkJoined()
	}
	e.work.mu.Lock()
	defer e.work.mu.Unlock()
	return errors.Join(append(e.work.faults, err)...)
}

// checkJoined reports threads that nobody joined.
func (m *watched) checkJoined() error {
	if s, e, j := m.started.Load(), m.ended.Load(), m.joined.Load(); s != e || s != j {
		return fmt.Errorf("%d threads were started, %d ended, %d joined", s, e, j)
	}
	return nil
}
