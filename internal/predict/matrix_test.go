package predict

import (
	"bytes"
	"context"
	"errors"
	"math"
	"mtbench/internal/calibrate"
	"os"
	"strings"
	"testing"

	"mtbench/results"
)

// committed is the first calibration of the baseline.
func committed(t *testing.T) *calibrate.Calibration {
	t.Helper()
	c, _, err := calibrate.Read("../../results/baseline/calibrations/01.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func smallMatrix() Matrix {
	s := scenario()
	s.Memory = 4 << 20
	return Matrix{Setup: Setup{Scenario: s, CPUs: 8}, Resamples: 2, Scale: 1, Seed: 3,
		Cells: []results.Cell{{Model: "locked", Threads: 2, Wait: false},
			{Model: "lockless", Threads: 2, Wait: false}, {Model: "lockless", Threads: 2, Wait: true}}}
}

// Records come in the order of the plan, a resampling's models in a pair, however many CPUs worked.
func TestMatrixRunsInOrderAndRepeats(t *testing.T) {
	var first []results.Run
	for range 2 {
		var runs []results.Run
		err := smallMatrix().Run(context.Background(), committed(t), func(r *results.Run) error {
			runs = append(runs, *r)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range runs {
			if r.Index != i || r.Pair != i/3 || r.Position != i%3 || r.Verified != nil {
				t.Errorf("record %d: index %d, pair %d, position %d", i, r.Index, r.Pair, r.Position)
			}
			if r.Seed != runs[i/3*3].Seed {
				t.Errorf("record %d does not share its pair's seed", i)
			}
		}
		if first == nil {
			first = runs
		} else if first[4].TotalTimeMS != runs[4].TotalTimeMS {
			t.Error("the same prediction twice gave two results")
		}
	}
	if len(first) != 6 || first[0].TotalTimeMS == first[3].TotalTimeMS {
		t.Errorf("%d runs; resampling must make a difference", len(first))
	}
}

func TestMatrixStopsAtAnError(t *testing.T) {
	stop := errors.New("disk full")
	err := smallMatrix().Run(context.Background(), committed(t),
		func(*results.Run) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("ended with %v", err)
	}
	m := smallMatrix()
	m.Cells[1].Model = "nonsense"
	if err := m.Run(context.Background(), committed(t),
		func(*results.Run) error { return nil }); err == nil ||
		!strings.Contains(err.Error(), "nonsense") {
		t.Errorf("an unknown model: %v", err)
	}
}

func TestImpossibleSetups(t *testing.T) {
	for want, change := range map[string]func(*Setup){
		"0 CPUs":       func(s *Setup) { s.CPUs = 0 },
		"multiple of":  func(s *Setup) { s.Scenario.Memory = 5000 },
		"--scale":      func(s *Setup) { s.Scenario.Memory = 1 << 42 },
		"kernel":       func(s *Setup) { s.Scenario.Machine = "goroutine" },
		"bound":        func(s *Setup) { s.Scenario.Limit = 0 },
		"host of its ": func(s *Setup) { s.Apart, s.Scenario.Destination = true, "discard" },
	} {
		s := Setup{Scenario: scenario(), CPUs: 4}
		change(&s)
		if _, _, err := Run(t.Context(), s, typical(), results.Cell{Model: "locked", Threads: 1,
			Wait: false}, 1); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
	if _, _, err := Run(t.Context(), Setup{Scenario: scenario(), CPUs: 4}, typical(),
		results.Cell{Model: "ideal", Threads: 1, Wait: false}, 1); err == nil ||
		!strings.Contains(err.Error(), "--destination discard") {
		t.Errorf("ideal with a destination: %v", err)
	}
}

func TestScaleDividesWhatGrowsWithMemory(t *testing.T) {
	sc := scenario()
	half, err := Scale(sc, 2)
	if err != nil || half.Memory*2 != sc.Memory || half.DowntimeLimit*2 != sc.DowntimeLimit ||
		half.DirtyRate != sc.DirtyRate {
		t.Errorf("%+v, %v", half, err)
	}
	for _, n := range []int{0, 1 << 20} {
		if _, err := Scale(sc, n); err == nil {
			t.Errorf("scaled by 1/%d", n)
		}
	}
	run := &results.Run{TotalTimeMS: 3, SetupTimeMS: 1, Pages: 5,
		Timeline: []results.Point{{MS: 2}}, ThreadUsage: []results.ThreadUsage{{WallMS: 7}}}
	Unscale(run, 10)
	if run.TotalTimeMS != 30 || run.SetupTimeMS != 10 || run.Pages != 50 || run.Timeline[0].MS != 20 ||
		run.ThreadUsage[0].WallMS != 70 {
		t.Errorf("%+v", run)
	}
}

// The two figures of a pair of scales are near each other where rounds are long enough.
func TestScaleErrorIsSmall(t *testing.T) {
	s := scenario()
	s.Memory, s.DirtyRate, s.DowntimeLimit = 256<<20, 50_000, results.DurationOf(20)
	off, err := scaleError(t.Context(), Setup{Scenario: s, CPUs: 16}, typical(),
		results.Cell{Model: "lockless", Threads: 2, Wait: true}, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(math.Log(off)) > 0.25 {
		t.Errorf("at half the memory the total time is off by %.2f", off)
	}
}

func TestComparisonCountsWhatHolds(t *testing.T) {
	run := func(model string, rate float64) results.Run {
		return results.Run{Cell: results.Cell{Model: model, Threads: 4, Wait: true}, Completed: true,
			DrainRate: rate, Pages: 100,
			ThreadUsage: []results.ThreadUsage{{Process: "source", Role: "main", FutexWaits: 50}}}
	}
	list := Compare([]results.Run{run("locked", 100), run("locked", 102), run("lockless", 200)},
		[]results.Run{run("locked", 114), run("lockless", 100)})
	if len(list) != 2 || list[0].Measured.Runs != 2 || list[0].Measured.Throughput.Median != 101 {
		t.Fatalf("%+v", list)
	}
	var b bytes.Buffer
	if err := WriteComparison(&b, list); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"throughput holds in 1 of 2", "calls a page in 2",
		"medians alone in 1 and 2",
		"lockless/locked", "1.98", "0.88", "0.44", "in 0 of 1 cases", "ahead in 0"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in the table\n%s", want, b.String())
		}
	}
	if n := len(ratios(list[:1])); n != 0 {
		t.Errorf("%d ratios of a single model", n)
	}
}

// The letter's twelve rows: lockless is faster in all six cases, as published, and the table says
// what was fitted and what was not.
func TestLetter(t *testing.T) {
	if os.Getenv("MTBENCH_SOAK") == "" {
		t.Skip("half a minute; set MTBENCH_SOAK=1")
	}
	h, err := Letter()
	if err != nil {
		t.Fatal(err)
	}
	predict := func(h LetterHost) []Row {
		t.Helper()
		n := 0
		rows, err := LetterRows()
		if err == nil {
			err = h.Predict(t.Context(), rows, 1, func(*results.Run) error { n++; return nil })
		}
		if err != nil || len(rows) != 12 || n != 12 {
			t.Fatalf("%d rows, %d runs, %v", len(rows), n, err)
		}
		return rows
	}
	rows := predict(h)
	for _, a := range rows {
		for _, b := range rows {
			if a.Model == "locked" && b.Model == "lockless" && a.Threads == b.Threads && a.Wait == b.Wait &&
				longer(a.Predicted, b.Predicted) <= 0 {
				t.Errorf("%s: locked takes %v, lockless %v", a.Cell.String(), a.Predicted, b.Predicted)
			}
		}
	}
	var out bytes.Buffer
	if err := WriteLetter(&out, h, rows, predict(h.Smaller())); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + out.String())
	if n := strings.Count(out.String(), "│ fitted │"); n != 1+2 {
		t.Errorf("%d cells say fitted, the header's included", n)
	}
}

// What scaling does to the rows is told: the worst factor, and rows that complete at one scale
// only.
func TestScaleText(t *testing.T) {
	done := func(s float64) Row {
		return Row{Cell: results.Cell{Model: "locked", Threads: 4, Wait: false},
			Predicted: Figures{Completed: true, Seconds: s}}
	}
	never := Row{Cell: results.Cell{Model: "lockless", Threads: 8, Wait: true},
		Predicted: Figures{Seconds: math.NaN()}}
	for _, x := range []struct {
		rows, smaller []Row
		want          string
	}{
		{[]Row{done(100), never}, []Row{done(100), never}, "at a scale of 1/800 no total time differs\n"},
		{[]Row{done(100), done(50)}, []Row{done(101), done(40)},
			"at a scale of 1/800 total times differ by at most 25.0 % (4 threads, wait off, locked)\n"},
		{[]Row{never}, []Row{{Cell: never.Cell, Predicted: Figures{Completed: true, Seconds: 1}}},
			"at a scale of 1/800 no total time differs; 8 threads, wait on (lockless) completes at one " +
				"of the two only\n"},
	} {
		if got := scaleText(800, x.rows, x.smaller); got != x.want {
			t.Errorf("got %q, want %q", got, x.want)
		}
	}
}

// TestMemoryIsAnAxis: each cell is of its own guest, at the scale of the matrix.
func TestMemoryIsAnAxis(t *testing.T) {
	m := smallMatrix()
	m.Scenario.Memory, m.Scenario.DirtyRate, m.Resamples, m.Scale = 8<<20, 0, 1, 2
	m.Cells = nil
	for _, bytes := range []int64{4 << 20, 8 << 20} {
		m.Cells = append(m.Cells, results.Cell{Model: "locked", Threads: 2, Wait: true,
			Varied: results.Varied{Memory: bytes}})
	}
	var pages []int64
	err := m.Run(t.Context(), committed(t), func(r *results.Run) error {
		pages = append(pages, r.Pages)
		return nil
	})
	if err != nil || len(pages) != 2 || pages[1] != 2*pages[0] {
		t.Errorf("guests of 4 and 8 MiB send %v pages (%v)", pages, err)
	}
}
