package explore

import (
	"errors"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/models/deepring"
	"mtbench/models/lockbatch"
	"mtbench/models/locked"
	"mtbench/models/lockless"
	"mtbench/models/modeltest/planted"
	"mtbench/models/multifd"
	"mtbench/models/spmc"
	"mtbench/models/workqueue"
)

func shipped() []Model {
	deep := Model{Name: "deepring", Build: deepring.Options{Chunk: 2}.Build, InFlight: byDepth,
		Ordered: true}
	return []Model{
		{Name: "locked", Build: locked.Build, InFlight: oneEach},
		{Name: "lockless", Build: lockless.Build, InFlight: byDepth},
		{Name: "lockbatch", Build: lockbatch.Build, InFlight: byDepth},
		{Name: "workqueue", Build: workqueue.Build, InFlight: byDepth},
		{Name: "multifd", Build: multifd.Build, InFlight: packets},
		{Name: "multifd-locked", Build: multifd.Options{Locked: true}.Build, InFlight: packets},
		{Name: "spmc", Build: spmc.Options{Eager: true}.Build, InFlight: byDepth},
		deep,
	}
}

func oneEach(c models.Config) int { return c.Threads }
func byDepth(c models.Config) int { return max(c.Depth, 1) * c.Threads }
func packets(c models.Config) int { return c.Depth * (c.Threads + 1) }

func plantedModel(p planted.Planted) Model { return Model{p.Name, p.Build, p.InFlight, p.Ordered} }

// soakSchedules is how many schedules a shipped model goes through: MTBENCH_SOAK=1 is a nightly
// million, -short a glance.
func soakSchedules() int64 {
	switch {
	case os.Getenv("MTBENCH_SOAK") != "":
		return 1_000_000
	case testing.Short():
		return 2_000
	}
	return 30_000
}

func TestShippedModelsAreClean(t *testing.T) {
	for _, m := range shipped() {
		began := time.Now()
		total := Explore(m, Options{Schedules: soakSchedules(), Bound: 4, Depth: 3, Seed: 1,
			Case: func(name string, first, random Report) {
				t.Logf("%s/%s: depth first %d (bound %d, exhausted %v), random %d, %d choices",
					m.Name, name, first.Schedules, first.Bound, first.Exhausted, random.Schedules,
					first.Points+random.Points)
			}})
		if total.Failure != nil {
			t.Error(total.Failure)
		}
		t.Logf("%s: %d schedules, every one with at most %d departures; %.0f a second", m.Name,
			total.Schedules, total.Bound, float64(total.Schedules)/time.Since(began).Seconds())
	}
}

// The controls: the small pipelines that carry the planted bugs are sound without one.
func TestSoundPipelinesAreClean(t *testing.T) {
	for _, p := range planted.Sound() {
		if total := Explore(plantedModel(p), Options{Schedules: 5000, Bound: 3, Depth: 3,
			Seed: 1}); total.Failure != nil {
			t.Error(total.Failure)
		}
	}
}

// Every planted bug is found within 10,000 schedules, and its schedule shows it again.
func TestPlantedBugsAreFound(t *testing.T) {
	for _, p := range planted.All() {
		t.Run(p.Name, func(t *testing.T) {
			hidden := p.FoundBy&planted.Schedules == 0 || p.FoundBy&planted.NotWithout != 0
			if !thread.Exploring && hidden {
				t.Skip("only a build with -tags explore can switch where this bug is")
			}
			const limit = 10_000
			total := Explore(plantedModel(p), Options{Schedules: limit, Bound: 3, Depth: 5, Seed: 1})
			f := total.Failure
			if f == nil {
				t.Fatalf("not found in %d schedules", total.Schedules)
			}
			t.Log(f)
			if err := Replay(programOf(plantedModel(p), f.Program), f.Schedule); err == nil ||
				err.Error() != f.Err.Error() {
				t.Errorf("the schedule replays to %v", err)
			}
		})
	}
}

// programOf finds the program "model/case".
func programOf(m Model, name string) Program {
	for _, c := range Cases() {
		if p := m.Program(c); p.Name == name {
			return p
		}
	}
	panic("no program " + name)
}

// counter is a program of which everything is known: n threads with k points each.
type counter struct {
	threads, points int
	order           strings.Builder
	fault           error
}

func (c *counter) Fault() error { return c.fault }

func (c *counter) Main(m thread.Machine, t thread.Thread) {
	var js []thread.Joiner
	for i := range c.threads {
		js = append(js, m.Start(t, strconv.Itoa(i), thread.Worker, func(t thread.Thread) {
			for range c.points {
				c.order.WriteString(t.Name())
				t.Compute(1)
			}
		}))
	}
	for _, j := range js {
		j.Join(t)
	}
}

// Depth first visits every interleaving: two threads of 2 points have 4!/(2!2!) orders.
func TestDepthFirstIsExhaustive(t *testing.T) {
	seen := map[string]bool{}
	var last *counter
	p := Program{Name: "count", New: func() Instance {
		if last != nil {
			seen[last.order.String()] = true
		}
		last = &counter{threads: 2, points: 2}
		return last
	}}
	r := DepthFirst(p, 100, 1_000_000)
	seen[last.order.String()] = true
	if !r.Exhausted || len(seen) != 6 {
		t.Errorf("%d schedules, exhausted %v: %d orders, want 6", r.Schedules, r.Exhausted, len(seen))
	}
}

// A level counts each schedule once, however often its prefix is walked again.
func TestLevelsCountOnce(t *testing.T) {
	p := Program{Name: "count", New: func() Instance { return &counter{threads: 1, points: 3} }}
	all := DepthFirst(p, 100, 0)
	sum := int64(0)
	for k := range 12 {
		r := DepthFirst(p, k, 0)
		if r.Schedules < sum {
			t.Fatalf("bound %d has %d schedules, bound %d had %d", k, r.Schedules, k-1, sum)
		}
		sum = r.Schedules
	}
	if sum != all.Schedules {
		t.Errorf("%d schedules with every bound, %d with none", sum, all.Schedules)
	}
}

func TestScheduleText(t *testing.T) {
	for _, s := range []Schedule{nil, {0, 1}, {17, 2, 5, 1}} {
		got, err := ParseSchedule(s.String())
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("%v became %v, %v", s, got, err)
		}
	}
	for text, want := range map[string]string{
		"": "0 numbers", "1": "1 numbers", "1 x": `"x"`, "-1 2": `"-1"`, "1 2 3": "3 numbers",
		strings.Repeat("1 ", 1<<20): "limit",
	} {
		if _, err := ParseSchedule(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: error %v does not say %s", text, err, want)
		}
	}
}

func TestReplayRefusesAForeignSchedule(t *testing.T) {
	p := Program{Name: "count", New: func() Instance { return &counter{threads: 2, points: 2} }}
	if err := Replay(p, Schedule{0, 9}); !errors.Is(err, ErrSchedule) {
		t.Errorf("an option that does not exist: %v", err)
	}
}

func TestUnstableProgramIsNoticed(t *testing.T) {
	runs := 0
	p := Program{Name: "unstable", New: func() Instance {
		runs++
		return &counter{threads: 2 + runs%2, points: 2}
	}}
	if r := DepthFirst(p, 3, 1000); r.Failure == nil || !errors.Is(r.Failure.Err, ErrUnstable) {
		t.Errorf("a program that changes from run to run: %+v", r)
	}
}

// Random walks repeat by seed, and differ from each other.
func TestRandomRepeats(t *testing.T) {
	orders := func(seed uint64) string {
		var all []string
		var last *counter
		Priorities(Program{Name: "c", New: func() Instance {
			if last != nil {
				all = append(all, last.order.String())
			}
			last = &counter{threads: 3, points: 4}
			return last
		}}, 3, seed, 50)
		return strings.Join(all, " ")
	}
	first, again := orders(1), orders(1)
	if first != again {
		t.Error("one seed gave two walks")
	}
	if first == orders(2) {
		t.Error("two seeds gave one walk")
	}
}
