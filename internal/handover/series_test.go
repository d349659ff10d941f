package handover

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/prometheus/procfs"

	"mtbench/internal/host"
	"mtbench/results"
)

func small() Settings {
	s := Defaults()
	s.Grid = results.HandOverGrid{Models: []string{"locked", "lockless", "spmc"}, Threads: []int{1, 2},
		WorksNS: []int64{0}, Loads: []int{50, 100}, Repeats: 3, Time: results.DurationOf(5)}
	s.Seed = 1
	return s
}

// A plan has each cell once in a round, the models of a case side by side, and not always in one
// order.
func TestPlan(t *testing.T) {
	g := small().Grid
	plan := Plan(&g, 1)
	if len(plan) != g.Runs() || len(plan) != 36 {
		t.Fatalf("%d runs", len(plan))
	}
	orders := map[string]bool{}
	for i := 0; i < len(plan); i += 3 {
		var names []string
		for _, s := range plan[i : i+3] {
			if s.Case() != plan[i].Case() || s.Repeat != i/12 || s.Index < i {
				t.Fatalf("run %d: %+v", s.Index, s)
			}
			names = append(names, s.Model)
		}
		orders[strings.Join(names, " ")] = true
		slices.Sort(names)
		if !slices.Equal(names, []string{"locked", "lockless", "spmc"}) {
			t.Errorf("round %d has %v", i/12, names)
		}
	}
	if len(orders) < 3 {
		t.Errorf("the models come in the orders %v alone", orders)
	}
	if !slices.Equal(plan, Plan(&g, 1)) || slices.Equal(plan, Plan(&g, 2)) {
		t.Error("the plan is not its seed's")
	}
}

// fake answers as a child does.
func fake(jobs *[]results.HandOverCell) Ask {
	return func(_ context.Context, job any) (json.RawMessage, error) {
		j := job.(Job)
		*jobs = append(*jobs, j.HandOverCell)
		if j.Model == "spmc" {
			return nil, errors.New("it fell over")
		}
		return json.Marshal(results.HandOver{HandOverCell: j.HandOverCell, Pages: 1, WallMS: 1, Rate: 1,
			CPUNS: 1})
	}
}

type silent struct{ total, done, ran int }

func (p *silent) Begin(total, done int) { p.total, p.done = total, done }
func (p *silent) Ran(Slot, any)         { p.ran++ }
func (p *silent) End()                  {}

// TestResume kills a measurement in the middle of a line, and goes on: exactly the runs that are
// missing are made, failed ones count, and a third time nothing is left.
func TestResume(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.jsonl")
	b := Build{Binary: "abc"}
	n, err := New(small(), b)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Create(path); err != nil {
		t.Fatal(err)
	}
	var first, second []results.HandOverCell
	ctx, stop := context.WithCancel(t.Context())
	ask := fake(&first)
	n.Ask = func(ctx context.Context, job any) (json.RawMessage, error) {
		if len(first) == 7 {
			stop()
			return nil, ctx.Err()
		}
		return ask(ctx, job)
	}
	sum, err := n.Run(ctx, &silent{})
	if !errors.Is(err, context.Canceled) || sum.Left != 29 || sum.Runs+sum.Failed != 7 {
		t.Fatalf("%+v, %v", sum, err)
	}
	n.Close()
	text, _ := os.ReadFile(path)
	if err := os.WriteFile(path, text[:len(text)-9], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(path, Build{Binary: "other"}); err == nil {
		t.Error("another program goes on")
	}
	if n, err = Resume(path, b); err != nil {
		t.Fatal(err)
	}
	n.Ask = fake(&second)
	p := &silent{}
	sum, err = n.Run(t.Context(), p)
	if err != nil || sum != (Summary{Runs: 24, Failed: 12, Reason: "it fell over"}) || p.done != 6 ||
		p.ran != 30 {
		t.Fatalf("%+v, %v, %+v", sum, err, p)
	}
	n.Close()
	plan := Plan(&n.Header.Grid, 1)
	for i, c := range slices.Concat(first[:6], second) {
		if c != plan[i].HandOverCell {
			t.Fatalf("run %d is of %+v, planned is %+v", i, c, plan[i])
		}
	}
	if n, err = Resume(path, b); err != nil || n.Left() != 0 {
		t.Errorf("%v, %d left", err, n.Left())
	}
	n.Close()
}

// TestNoise makes a run beside a process that is another's, which spins: the record says so.
func TestNoise(t *testing.T) {
	s := small()
	s.Grid.Models, s.Grid.Threads = s.Grid.Models[:1], []int{1}
	s.Grid.Loads, s.Grid.Repeats = []int{100}, 1
	n, err := New(s, Build{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "h.jsonl")
	if err := n.Create(path); err != nil {
		t.Fatal(err)
	}
	n.Ask = func(_ context.Context, job any) (json.RawMessage, error) {
		spin := exec.Command("sh", "-c", "while :; do :; done")
		if err := spin.Start(); err != nil {
			return nil, err
		}
		for cpuOf(t, spin.Process.Pid) < 30 { // ticks of 10 ms: more than a tick's edge hides
			time.Sleep(time.Millisecond)
		}
		t.Cleanup(func() { spin.Process.Kill(); spin.Wait() }) // later: who is waited for is the run's
		return json.Marshal(results.HandOver{HandOverCell: job.(Job).HandOverCell, Pages: 1, WallMS: 1,
			Rate: 1, CPUNS: 1})
	}
	if _, err := n.Run(t.Context(), &silent{}); err != nil {
		t.Fatal(err)
	}
	n.Close()
	f, err := results.ReadHandOver(path)
	if err != nil || len(f.Runs) != 1 {
		t.Fatalf("%v, %d runs", err, len(f.Runs))
	}
	switch noise := f.Runs[0].Noise; {
	case noise == nil:
		t.Error("the record does not say what disturbed the run")
	case noise.OutsideCPU == nil:
		t.Skip("this kernel does not tell what others use")
	case noise.Grade == host.Clean || *noise.OutsideCPU == 0:
		t.Errorf("others used a CPU, and the record says %+v", *noise)
	}
}

// cpuOf is the CPU time of a process in ticks.
func cpuOf(t *testing.T, pid int) uint {
	p, err := procfs.NewProc(pid)
	if err != nil {
		t.Fatal(err)
	}
	stat, err := p.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return stat.UTime + stat.STime
}

// A run that hangs is killed, and is a failed run and no error.
func TestHang(t *testing.T) {
	n, err := New(small(), Build{})
	if err != nil {
		t.Fatal(err)
	}
	n.Ask = func(context.Context, any) (json.RawMessage, error) {
		return nil, context.DeadlineExceeded // as the deadline of its own has it
	}
	r, err := n.one(t.Context(), n.plan[0])
	f, ok := r.(*results.HandOverFailed)
	if err != nil || !ok || !strings.Contains(f.Reason, "was killed") {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestBadSettings(t *testing.T) {
	for want, change := range map[string]func(*Settings){
		"--models: unknown":        func(s *Settings) { s.Grid.Models = []string{"no"} },
		"names no model":           func(s *Settings) { s.Grid.Models = nil },
		"twice":                    func(s *Settings) { s.Grid.Models = []string{"locked", "locked"} },
		"baseline":                 func(s *Settings) { s.Grid.Models = []string{"null"} },
		"--threads is 0":           func(s *Settings) { s.Grid.Threads = []int{0} },
		"--threads names no":       func(s *Settings) { s.Grid.Threads = nil },
		"--load is 101":            func(s *Settings) { s.Grid.Loads = []int{101} },
		"--load names a value":     func(s *Settings) { s.Grid.Loads = []int{10, 10} },
		"--work is 2000":           func(s *Settings) { s.Grid.WorksNS = []int64{2e9} },
		"--repeats: 0":             func(s *Settings) { s.Grid.Repeats = 0 },
		"--time":                   func(s *Settings) { s.Grid.Time = results.DurationOf(1e9) },
		"--budget":                 func(s *Settings) { s.Budget = 0 },
		"--pin":                    func(s *Settings) { s.Pin = "nowhere" },
		"--poll-budget is -2":      func(s *Settings) { s.Grid.PollBudgets = []int{-2} },
		"--depth is 9999":          func(s *Settings) { s.Grid.Depths = []int{9999} },
		"the grid has 120000 runs": func(s *Settings) { s.Grid.Loads = upTo(100); s.Grid.Repeats = 200 },
	} {
		s := small()
		change(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	s := small()
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}

func upTo(n int) (list []int) {
	for i := range n {
		list = append(list, i+1)
	}
	return list
}

// The default grid fits its budget whatever the number of contenders, as long as a run is not
// shorter than the shortest.
func TestFit(t *testing.T) {
	s := Defaults()
	s.Fit()
	if got := Takes(&s.Grid, s.Grid.Runs()); got > s.Budget || time.Duration(s.Grid.Time) < shortest {
		t.Errorf("%v, budget %v, %v a run", got, s.Budget, time.Duration(s.Grid.Time))
	}
	s.Grid.Repeats, s.Grid.Time = 500, 0
	if s.Fit(); time.Duration(s.Grid.Time) != shortest {
		t.Errorf("%v a run", time.Duration(s.Grid.Time))
	}
}

// Pages come a quantum at a time, each in the first one at whose end it is due, and none is lost.
func TestPacing(t *testing.T) {
	const quantum = 100 * time.Microsecond
	for _, rate := range []float64{1000, 3333, 10_000, 12_345, 1e6, 5e6} {
		n := int64(0)
		for n < 2000 {
			at := quantumOf(n, rate, quantum)
			due := dueAt(at, rate)
			if at%quantum != 0 || due <= n || dueAt(at-quantum, rate) > n {
				t.Fatalf("rate %g: page %d comes at %v, when %d are due", rate, n, at, due)
			}
			n = due
		}
	}
}

// Percentiles and bars of a histogram that can be checked by hand.
func TestHistogram(t *testing.T) {
	h := hdrhistogram.New(1, int64(longest), digits)
	for i := range 1000 {
		record(h, time.Duration(i+1)*time.Microsecond)
	}
	record(h, 0)
	record(h, time.Hour)
	l := latencyOf(h)
	near := func(name string, got *results.Number, want float64) {
		if got == nil || *got < want*0.985 || *got > want*1.015 {
			t.Errorf("%s is %v, want %g", name, *got, want)
		}
	}
	near("p50", l.P50, 500)
	near("p90", l.P90, 900)
	near("p99", l.P99, 990)
	near("max", l.Max, 60e6)
	var pages int64
	before := 0.0
	for _, b := range bucketsOf(h) {
		if b.UpTo <= before || b.Pages == 0 || before > 20 && b.UpTo < 1e5 && b.UpTo > before*1.2 {
			t.Errorf("bar %+v after %g", b, before)
		}
		pages, before = pages+b.Pages, b.UpTo
	}
	if pages != 1002 {
		t.Errorf("the bars have %d pages", pages)
	}
	few := hdrhistogram.New(1, int64(longest), digits)
	for range least90 {
		record(few, time.Microsecond)
	}
	if l := latencyOf(few); l.P90 == nil || l.P99 != nil || l.P999 != nil || l.Mean == nil {
		t.Errorf("of ten pages: %+v", l)
	}
	few.Reset()
	if l := latencyOf(few); l != (results.Latency{}) || bucketsOf(few) != nil {
		t.Errorf("of no page: %+v", l)
	}
}

func TestRound(t *testing.T) {
	for in, want := range map[float64]float64{0: 0, 1234567: 1235000, 0.00012345678: 0.0001235,
		1000: 1000, 9.9999: 10} {
		if got := round(in, 4); got/want > 1.0000001 || got/want < 0.9999999 && want != 0 {
			t.Errorf("%g is %g, want %g", in, got, want)
		}
	}
}
