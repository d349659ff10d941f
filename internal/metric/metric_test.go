package metric

import (
	"math"
	"os"
	"strings"
	"testing"

	"mtbench/results"
)

// TestTable holds each entry to what the tables and exports ask of it.
func TestTable(t *testing.T) {
	page, err := os.ReadFile("../../docs/figures.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	once := func(what, name string) {
		if name != "" && seen[what+name] {
			t.Errorf("two metrics have the %s %q", what, name)
		}
		seen[what+name] = true
	}
	for _, m := range All() {
		once("name", m.Name)
		once("column of CSV", m.CSV.Name)
		once("unit of benchmarks", m.Bench.Name)
		if m.Unit == "" || m.Doc == "" || m.Of == nil || m.Shown.Name == "" || m.Tick < 0 {
			t.Errorf("%s has no unit, doc, value or heading", m.Name)
		}
		if m.Chart && (m.Shown.Unit == "" || m.Better == Neither) {
			t.Errorf("%s is in charts without a unit, or a way that is better", m.Name)
		}
		if !strings.Contains(string(page), "\n| `"+m.Name+"` | "+m.Unit+" |") {
			t.Errorf("docs/figures.md lacks %s: run scripts/render.sh", m.Name)
		}
	}
}

// TestNames asks for every name that the code asks for.
func TestNames(t *testing.T) {
	for _, name := range []string{TotalTime, Completed, Downtime, DrainRate, SetupShare, BusyRatio,
		MainCPU, WorkerCPU, WorkerCPULowest, WorkerCPUHighest, CPUPerPage, WaitWakesPerPage,
		MigrationTime, WallPerCompressed, CPUPerCompressed, EqualWorkTime, CodecShare, DowntimeKept,
		RateWindows} {
		if got := Get(name).Name; got != name {
			t.Errorf("%s is %s", name, got)
		}
	}
	if _, ok := Lookup("speed"); ok {
		t.Error("there is a metric called speed")
	}
}

// aRun has a main thread and two workers of which everything is known.
func aRun() *results.Run {
	thread := func(role string, cpu float64, switches int64) results.ThreadUsage {
		return results.ThreadUsage{Process: "source", Role: role, WallMS: 1000, CPUMS: &cpu,
			Voluntary: &switches, FutexWaits: 30, FutexWakes: 20, Locks: 100,
			StatesMS: results.States{{Name: "lock-slot", MS: 250}, {Name: "wait-work", MS: 500}}}
	}
	busy, service, destination := 0.25, 9000.0, 300.0
	return &results.Run{Completed: true, TotalTimeMS: 1000, SetupTimeMS: 50, DowntimeMS: 12,
		DowntimeLimitMS: 10, ServiceTimeUS: &service, Pages: 100, PagesCompressed: 50, PagesRaw: 25,
		Busy: 25, BusyRatio: &busy, DrainRate: 100, ThreadUsage: []results.ThreadUsage{
			thread("main", 400, 10), thread("worker", 800, 20), thread("worker", 600, 40),
			{Process: "destination", Role: "main", WallMS: 1000, CPUMS: &destination,
				FutexWaits: 1e6},
			{Process: "destination", Role: "other", CPUMS: &destination}}}
}

func checkValue(t *testing.T, r *results.Run, name string, want float64) {
	t.Helper()
	got, ok := Get(name).Of(r)
	switch {
	case math.IsNaN(want) && ok:
		t.Errorf("%s is %v; it has no value", name, got)
	case !math.IsNaN(want) && (!ok || math.Abs(got-want) > 1e-12 && got != want):
		t.Errorf("%s is %v (%t), want %v", name, got, ok, want)
	}
}

func TestValues(t *testing.T) {
	r := aRun()
	for name, want := range map[string]float64{TotalTime: 1000, Completed: 1, Downtime: 12,
		DrainRate: 100, SetupShare: 0.05, BusyRatio: 0.25, "busy_pages": 25, MainCPU: 0.4,
		WorkerCPU: 0.7, WorkerCPULowest: 0.6, WorkerCPUHighest: 0.8, "worker_cpu_spread": 0.2,
		CPUPerPage: 18000, WaitWakesPerPage: 1.5, "futex_waits_per_page": 0.9,
		"futex_wakes_per_page": 0.6, "switches_per_page": 0.7, "locks_per_1000_pages": 3000,
		"main_futex_waits": 0.3, "worker_futex_waits": 0.6, "worker_voluntary_switches": 0.6,
		"worker_futex_waits_per_second": 60, "lock_wait": 0.25, "sleep_wait": 0.5,
		MigrationTime: 950, WallPerCompressed: 19000, CPUPerCompressed: 36000, EqualWorkTime: 19000,
		CodecShare: 0.25, "main_cpu_ms": 400, "worker_cpu_ms": 1400, "destination_cpu_ms": 300,
		"main_cpu_per_page": 4000, "worker_cpu_per_page": 14000, "destination_cpu_per_page": 3000,
		"downtime_of_limit": 1.2, DowntimeKept: 0, RateWindows: 10} {
		checkValue(t, r, name, want)
	}
	r.DowntimeLimitMS = 12
	checkValue(t, r, DowntimeKept, 1)
	r.Wait = true
	checkValue(t, r, EqualWorkTime, 950)
	r.Completed = false
	for _, name := range []string{TotalTime, MigrationTime, WallPerCompressed, EqualWorkTime} {
		checkValue(t, r, name, math.Inf(1))
	}
	checkValue(t, r, Completed, 0)
}

// TestNoValue: where a part is not known, or has no meaning, there is no figure; a sum of what is
// left, or a time of another bracket, would be a wrong one.
func TestNoValue(t *testing.T) {
	none := math.NaN()
	r := aRun()
	r.ThreadUsage[1].CPUMS = nil
	checkValue(t, r, CPUPerPage, none)
	checkValue(t, r, WorkerCPULowest, 0.6)
	r.ThreadUsage[1].Voluntary = nil
	checkValue(t, r, "switches_per_page", none)
	checkValue(t, r, "worker_voluntary_switches", none)
	checkValue(t, r, "main_voluntary_switches", 0.1)

	r = aRun()
	r.ThreadUsage[0].WallMS = 0 // the total time is not the thread's
	checkValue(t, r, MainCPU, none)
	r.DowntimeMS = 0 // a publication that does not state it
	checkValue(t, r, Downtime, none)
	r.DrainRate = 0
	checkValue(t, r, DrainRate, none)
	r.PagesCompressed = 0 // the time is then that of raw pages
	for _, wait := range []bool{false, true} {
		r.Wait = wait
		checkValue(t, r, EqualWorkTime, none)
	}
	checkValue(t, r, WallPerCompressed, none)
	checkValue(t, r, CPUPerCompressed, none)
	checkValue(t, r, BusyRatio, none)
	for _, name := range []string{"downtime_of_limit", DowntimeKept} {
		checkValue(t, r, name, none)
	}
	r.DowntimeMS, r.DowntimeLimitMS = 3, 0
	checkValue(t, r, "downtime_of_limit", none)
	r.ServiceTimeUS, r.ThreadUsage[3].CPUMS = nil, nil
	checkValue(t, r, CodecShare, none)
	checkValue(t, r, "destination_cpu_ms", none)
	r.Pages = 0
	for _, name := range []string{WaitWakesPerPage, CPUPerPage, "main_locks", "busy_pages"} {
		checkValue(t, r, name, none)
	}
	r.ThreadUsage = nil
	for _, name := range []string{MainCPU, WorkerCPU, "lock_wait", "main_futex_waits_per_second"} {
		checkValue(t, r, name, none)
	}
}

func TestForms(t *testing.T) {
	r := aRun()
	for name, want := range map[string]float64{MainCPU: 40, "locks_per_1000_pages": 3} {
		m := Get(name)
		if got, ok := m.In(m.Shown)(r); !ok || math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is shown as %v, want %v", name, got, want)
		}
	}
	for name, want := range map[string]string{TotalTime: "total time (ms)", BusyRatio: "busy-ratio"} {
		if m := Get(name); m.Head() != want {
			t.Errorf("the heading of %s is %q, want %q", name, m.Head(), want)
		}
	}
	for table, role := range map[Table]string{WaitWakes: "worker", Noise: ""} {
		if len(OfTable(table, role)) < 5 {
			t.Errorf("table %s has %d columns", table, len(OfTable(table, role)))
		}
	}
}
